// One thing at a time on the page of a task: steps, verdict on readings, pictures made small, and handing over to the queue.
const form = document.querySelector("form[data-steps]");

if (form) {
  const steps = [...form.querySelectorAll("[data-step]")];
  const bars = form.querySelector("[data-bars]");
  const [back, next, finish] = ["back", "next", "finish"].map((name) => document.querySelector(`[data-${name}]`));
  const refused = steps.findIndex((one) => one.querySelector(".o-f-error, [aria-invalid=true]"));
  let at = Math.max(refused, 0);
  for (const _ of steps) bars.append(document.createElement("i"));

  function show() {
    steps.forEach((step, place) => {
      step.hidden = steps.length > 1 && place !== at;
      bars.children[place].className = place < at ? "is-done" : place === at ? "is-now" : "";
    });
    const last = at >= steps.length - 1;
    back.hidden = at === 0;
    next.hidden = last;
    finish.hidden = !last;
    steps[at]?.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: false });
  }

  function verdict(step) {
    const told = step.querySelector("[data-verdict]");
    if (!told) return;
    const text = step.querySelector("input").value.trim().replace(",", ".");
    const value = Number(text);
    const low = step.dataset.low === "" ? -Infinity : Number(step.dataset.low);
    const high = step.dataset.high === "" ? Infinity : Number(step.dataset.high);
    const known = text !== "" && Number.isFinite(value);
    const good = value >= low && value <= high;
    told.textContent = known ? (good ? told.dataset.good : told.dataset.bad) : "";
    told.className = `o-verdict${known ? (good ? " is-good" : " is-bad") : ""}`;
  }

  const ok = (step) => [...step.querySelectorAll("input, select, textarea")].every((field) => field.reportValidity());

  next.addEventListener("click", () => {
    if (!ok(steps[at])) return;
    at = Math.min(at + 1, steps.length - 1);
    show();
  });
  back.addEventListener("click", () => {
    at = Math.max(at - 1, 0);
    show();
  });
  form.addEventListener("input", (event) => verdict(event.target.closest("[data-step]") ?? form));

  // A photo of a phone has 5 MB; 1600 pixels say the same.
  async function small(file) {
    if (!file.type.startsWith("image/") || file.size < 300000) return file;
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) return file;
    const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    return blob ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
  }

  let handed = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (handed) return;
    const wrong = steps.findIndex((step) => [...step.querySelectorAll("input, select, textarea")].some((field) => !field.checkValidity()));
    if (wrong >= 0) {
      at = wrong;
      show();
      ok(steps[at]);
      return;
    }
    handed = true;
    const fields = [];
    for (const [name, value] of new FormData(form)) fields.push([name, value instanceof File ? (value.size ? await small(value) : null) : value]);
    const detail = { url: location.pathname, title: form.dataset.title, done: form.dataset.done, fields: fields.filter(([, value]) => value !== null) };
    document.dispatchEvent(new CustomEvent("ops:queue", { detail }));
    setTimeout(() => { handed = false; }, 3000);
  });

  // Our own pad, so that the phone's keyboard never covers the field; wedge scanners and gauges type as before.
  function pad(step) {
    const field = step.querySelector("input[inputmode=decimal]");
    if (!field || !matchMedia("(pointer: coarse)").matches) return;
    field.inputMode = "none";
    const keys = document.createElement("div");
    keys.className = "o-pad";
    for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0", "⌫"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = key;
      if (key === "⌫") button.ariaLabel = form.dataset.delete;
      button.addEventListener("click", () => {
        field.value = key === "⌫" ? field.value.slice(0, -1) : field.value + key;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
      keys.append(button);
    }
    step.append(keys);
  }

  steps.forEach(pad);
  steps.forEach(verdict);
  show();
}
