// Selecting rows: all on the page, ranges with Shift, and a bar that says how many.
const list = document.querySelector("[data-list]");
const boxes = () => [...list.querySelectorAll("input[name=row]")];
let last = null;

function show() {
  const all = boxes();
  const picked = all.filter((box) => box.checked);
  const label = list.querySelector("[data-bulk-count]");
  const matching = list.querySelector("input[name=all_matching]");
  if (matching && picked.length < all.length) matching.checked = false;
  if (label) {
    const count = matching?.checked ? label.dataset.all : picked.length;
    label.textContent = `${count} ${label.dataset.one}`;
  }
  const head = list.querySelector("[data-check-all]");
  if (head) {
    head.checked = all.length > 0 && picked.length === all.length;
    head.indeterminate = picked.length > 0 && picked.length < all.length;
  }
}

list.addEventListener("click", (event) => {
  const box = event.target.closest("input[name=row]");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const other of all.slice(from, to + 1)) other.checked = box.checked;
  }
  last = box;
  show();
});

list.addEventListener("change", (event) => {
  if (event.target.matches("[data-check-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("input[name=all_matching]") && event.target.checked) for (const box of boxes()) box.checked = true;
  show();
});
list.addEventListener("reset", () => setTimeout(show));
document.body.addEventListener("htmx:afterSettle", show);
show();
