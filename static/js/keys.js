// Single keys for the desk. Never inside a field, and off for whoever turned them off.
const allowed = document.documentElement.hasAttribute("data-keys");
let first = "", since = 0;

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
const rows = () => [...document.querySelectorAll("#rows tbody tr[data-url]")];
const here = () => document.activeElement?.closest?.("#rows tbody tr[data-url]");

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(here()) + step))] ?? all[0];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function press(selector) {
  const found = [...document.querySelectorAll(selector)].find((node) => node.checkVisibility?.() ?? true);
  found?.click();
  return Boolean(found);
}

function after(key) {
  const fresh = Date.now() - since < 1200 ? first : "";
  first = "";
  if (fresh === "g") return press(`[data-go="${CSS.escape(key)}"]`) || follow(`[data-go="${CSS.escape(key)}"]`);
  if (fresh === "c") return follow(`[data-new="${CSS.escape(key)}"]`);
  return false;
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function row(key, event) {
  const at = here();
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (!at) return false;
  if (key === "x") {
    at.querySelector("input[name=row]")?.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: event.shiftKey }));
    return true;
  }
  if (key === "enter" && at === document.activeElement && at.dataset.url) {
    location.assign(at.dataset.url);
    return true;
  }
  if (key === "e") {
    const cell = at.querySelector("[data-edit]");
    cell?.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    return Boolean(cell);
  }
  return false;
}

function page(key) {
  if (key === "/") {
    document.getElementById("search")?.focus();
    return Boolean(document.getElementById("search"));
  }
  if (key === "f") {
    const filters = document.getElementById("filters");
    if (!filters) return false;
    filters.open = true;
    filters.querySelector("input:not([type=hidden]), select")?.focus();
    return true;
  }
  if (key === "m") {
    const box = document.querySelector("#comment textarea");
    box?.focus();
    return Boolean(box);
  }
  if (key === "?") {
    document.getElementById("keys")?.showModal();
    return true;
  }
  return /^[a-z]$/.test(key) && press(`[data-key="${key}"], [data-key="${key.toUpperCase()}"]`);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest?.("form[method=post]") ?? document.querySelector("[data-main-form]");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (!allowed || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
  if (event.target.closest?.("[data-chart]") && event.key.startsWith("Arrow")) return;
  const key = event.key.toLowerCase();
  let done = after(key) || row(key, event);
  if (!done && (key === "g" || key === "c") && document.querySelector(key === "g" ? "[data-go]" : "[data-new]")) {
    first = key;
    since = Date.now();
    done = true;
  }
  if (done || page(key)) event.preventDefault();
});
