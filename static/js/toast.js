// Results leave by themselves after six seconds unless somebody looks at them; errors stay.
const region = document.getElementById("toasts");

function watch(toast) {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "1";
  toast.querySelector("[data-toast-close]")?.addEventListener("click", () => toast.remove());
  const kept = [...region.querySelectorAll("[data-toast]")];
  if (kept.length > 3) kept.find((other) => !other.matches(".is-bad"))?.remove();
  if (toast.matches(".is-bad")) return;
  let timer;
  const start = () => (timer = setTimeout(() => toast.remove(), 6000));
  for (const stop of ["pointerenter", "focusin"]) toast.addEventListener(stop, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) toast.addEventListener(go, start);
  start();
}

function tell(text) {
  const toast = document.createElement("div");
  toast.className = "o-toast is-bad";
  toast.setAttribute("role", "alert");
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "o-btn is-ghost is-sm";
  close.dataset.toastClose = "";
  close.textContent = region.dataset.dismiss;
  toast.append(words, close);
  region.append(toast);
}

if (region) {
  const look = () => region.querySelectorAll("[data-toast]").forEach(watch);
  new MutationObserver(look).observe(region, { childList: true, subtree: true });
  look();
  document.body.addEventListener("htmx:responseError", () => tell(region.dataset.failed));
  for (const lost of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(lost, () => tell(region.dataset.offline));
}
