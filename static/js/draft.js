// What was typed survives a reload or a crash: kept in this browser under a key the server chose per person and form.
const form = document.querySelector("form[data-draft]");
const slot = (key) => `ops-draft:${key}`;
const sent = sessionStorage.getItem("ops-draft-sent");

// The last form was accepted unless it is here again with its errors.
if (sent && !(form?.dataset.draft === sent && form.querySelector("[data-error-summary]"))) localStorage.removeItem(slot(sent));
sessionStorage.removeItem("ops-draft-sent");

if (form) {
  const key = form.dataset.draft;
  const note = form.querySelector("[data-draft-note]");
  const fields = () => [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));
  const read = () => fields().map((field) => [field.name, ["checkbox", "radio"].includes(field.type) ? field.checked : field.value, field.value]);
  const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  let timer;

  function restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(slot(key)));
    } catch {
      return;
    }
    if (!kept || JSON.stringify(kept.values) === JSON.stringify(read())) return;
    for (const field of fields()) {
      const box = ["checkbox", "radio"].includes(field.type);
      const found = kept.values.find(([name, , value]) => name === field.name && (!box || value === field.value));
      if (found) box ? (field.checked = found[1]) : (field.value = found[1]);
    }
    note.textContent = `${note.dataset.restored} ${kept.at}`;
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "o-btn is-ghost is-sm";
    discard.textContent = note.dataset.discard;
    discard.addEventListener("click", () => {
      localStorage.removeItem(slot(key));
      form.reset();
      note.textContent = "";
      discard.remove();
    });
    note.after(discard);
  }

  if (!form.querySelector("[data-error-summary]")) restore();
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      localStorage.setItem(slot(key), JSON.stringify({ at: clock(), values: read() }));
      note.textContent = `${note.dataset.saved} ${clock()}`;
    }, 1500);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    sessionStorage.setItem("ops-draft-sent", key);
  });
}
