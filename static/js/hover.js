// The value under the pointer, and the same by arrow keys for those who do not point.
const say = document.getElementById("say");
let tip = null;

function hide() {
  tip?.remove();
  tip = null;
}

function show(point, spoken) {
  hide();
  tip = document.createElement("div");
  tip.className = "o-tip";
  tip.setAttribute("aria-hidden", "true");
  tip.textContent = point.dataset.tip;
  document.body.append(tip);
  const box = point.getBoundingClientRect();
  const left = box.left + box.width / 2 - tip.offsetWidth / 2;
  tip.style.left = `${Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.max(4, box.top - tip.offsetHeight - 6)}px`;
  if (spoken && say) say.textContent = point.dataset.tip;
}

const points = (chart) => [...chart.querySelectorAll("[data-tip]")].filter((point) => point.getBoundingClientRect().width);

document.addEventListener("pointermove", (event) => {
  const chart = event.target.closest?.("[data-chart]");
  if (!chart) return hide();
  let best = null, distance = Infinity;
  for (const point of points(chart)) {
    const box = point.getBoundingClientRect();
    const away = Math.abs(box.left + box.width / 2 - event.clientX) * 4 + Math.abs(box.top + box.height / 2 - event.clientY);
    if (away < distance) [best, distance] = [point, away];
  }
  if (best) show(best, false);
});

document.addEventListener("keydown", (event) => {
  const chart = event.target.closest?.("[data-chart]");
  if (!chart || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
  const all = points(chart);
  if (!all.length) return;
  const at = Number(chart.dataset.at ?? -1);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
  chart.dataset.at = Math.max(0, Math.min(all.length - 1, next));
  event.preventDefault();
  show(all[chart.dataset.at], true);
});
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, true);
