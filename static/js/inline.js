// Cells that are changed in place: double click or E opens, Enter saves, Esc leaves.
const before = new WeakMap();
let row = "";

const form = (node) => node.closest?.("form.o-cell-form");
const focusRow = () => document.querySelector(`#rows tr[data-url="${CSS.escape(row)}"]`)?.focus();

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const cell = event.detail.target;
  if (cell.matches("td[data-edit]") && !cell.querySelector("form")) before.set(cell, cell.innerHTML);
});

document.body.addEventListener("htmx:afterSettle", () => {
  const open = document.querySelector("form.o-cell-form");
  const input = open?.querySelector("input:not([type=hidden]), select");
  if (!input) return;
  row = open.closest("tr").dataset.url;
  if (document.activeElement === input) return;
  input.focus();
  input.select?.();
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  const sent = form(event.detail.requestConfig.elt);
  if (!sent || event.detail.xhr.status !== 200) return;
  document.getElementById("say").textContent = sent.dataset.saved;
  setTimeout(focusRow, 50);
});

// Words are chosen by double click inside the field too; that does not open the cell again.
document.addEventListener("dblclick", (event) => {
  if (form(event.target)) event.stopPropagation();
}, true);

document.addEventListener("keydown", (event) => {
  const open = form(event.target);
  if (!open || event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    open.requestSubmit();
  } else if (event.key === "Escape") {
    event.preventDefault();
    const cell = open.closest("td");
    cell.innerHTML = before.get(cell) ?? "";
    focusRow();
  }
});
