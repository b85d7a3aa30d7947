// What was typed survives a reload, a crash or a sign-out: the server keeps it per person and form until it is saved or discarded.
const form = document.querySelector("form[data-draft]");

if (form) {
  const url = form.dataset.draft;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const refused = form.querySelector("[data-error-summary]");
  const note = form.querySelector("[data-draft-note]");
  const skip = ["hidden", "password", "file", "submit", "button", "reset"];
  const fields = () => [...form.elements].filter((field) => field.name && !skip.includes(field.type));
  const clock = (at) => at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  let timer;

  function read() {
    const body = new URLSearchParams();
    for (const field of fields()) {
      if (field.selectedOptions) for (const option of field.selectedOptions) body.append(field.name, option.value);
      else if (!["checkbox", "radio"].includes(field.type) || field.checked) body.append(field.name, field.value);
    }
    return body;
  }

  function put(values) {
    for (const field of fields()) {
      const kept = values[field.name] ?? [];
      if (field.options) for (const option of field.options) option.selected = kept.includes(option.value);
      else if (["checkbox", "radio"].includes(field.type)) field.checked = kept.includes(field.value);
      else if (kept.length) field.value = kept[0];
    }
  }

  function post(body) {
    body.set("csrfmiddlewaretoken", token);
    return fetch(url, { method: "POST", body, keepalive: true });
  }

  async function restore() {
    const reply = await fetch(url, { headers: { Accept: "application/json" } });
    if (!reply.ok || reply.redirected) return;
    const { values, saved_at: at } = await reply.json();
    if (!at || !Object.keys(values).length) return;
    put(values);
    note.textContent = `${note.dataset.restored} ${clock(new Date(at))}`;
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "o-btn is-ghost is-sm";
    discard.textContent = note.dataset.discard;
    discard.addEventListener("click", () => {
      post(new URLSearchParams({ do: "forget" })).then(() => location.reload());
    });
    note.after(discard);
  }

  async function keep() {
    try {
      const reply = await post(read());
      if (reply.ok && !reply.redirected) note.textContent = `${note.dataset.saved} ${clock(new Date())}`;
    } catch {
      timer = setTimeout(keep, 10000); // offline: try again, what was typed is still in the fields
    }
  }

  if (!refused) restore().catch(() => {});
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 2000);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    sessionStorage.setItem("ops-draft-sent", url);
  });
}
