// Menus that close, forms that open in a dialog, questions before an act, and posts that happen once.
const dialog = document.getElementById("dialog");
const ask = document.getElementById("ask");

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.o-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const close = event.target.closest("[data-close]");
  if (close && dialog?.contains(close)) {
    event.preventDefault();
    dialog.close();
  }
  const open = event.target.closest("dialog");
  if (open === event.target && open.id !== "ask") {
    const box = open.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail) open.close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.o-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  const body = document.getElementById("dialog-body");
  if (dialog && body?.contains(event.target) && !dialog.open) dialog.showModal();
  if (dialog?.open) body.querySelector("[data-error-summary], [autofocus]")?.focus();
});
document.body.addEventListener("ops:close", () => dialog?.close());

function question(form, submitter) {
  ask.querySelector("h2").textContent = form.dataset.confirm;
  const yes = ask.querySelector("[data-answer=yes]");
  yes.textContent = submitter?.textContent.trim() || form.querySelector("[type=submit]").textContent.trim();
  yes.classList.toggle("is-danger", submitter?.classList.contains("is-danger") ?? false);
  ask.showModal();
  ask.onclick = (event) => {
    const answer = event.target.closest("[data-answer]")?.dataset.answer;
    if (!answer) return;
    ask.close();
    if (answer !== "yes") return;
    form.dataset.sure = "1";
    form.requestSubmit(submitter ?? undefined);
  };
}

const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.confirm && !form.dataset.sure && ask) {
    event.preventDefault();
    event.stopImmediatePropagation();
    question(form, event.submitter);
    return;
  }
  delete form.dataset.sure;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  if (form.hasAttribute("hx-post")) return;
  sent.add(form);
  event.submitter?.setAttribute("aria-busy", "true");
  const again = () => {
    sent.delete(form);
    event.submitter?.removeAttribute("aria-busy");
  };
  setTimeout(again, 8000); // a download leaves the page where it is
  addEventListener("pageshow", again, { once: true });
}, true);

// A form that came back with errors starts at its summary.
document.querySelector("[data-error-summary]")?.focus();
