// Ctrl K: one box for actions, records and pages; the server answers, the keyboard picks.
const palette = document.getElementById("palette");

if (palette) {
  const input = palette.querySelector("input");
  const list = document.getElementById("palette-list");
  const action = palette.querySelector("form").action;
  let timer, running;

  const options = () => [...list.querySelectorAll("a[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.id ||= `pal-${options().indexOf(option)}`;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  async function answer() {
    running?.abort();
    running = new AbortController();
    const url = `${action}?${new URLSearchParams({ q: input.value, palette: "1" })}`;
    try {
      const reply = await fetch(url, { headers: { "HX-Request": "true" }, signal: running.signal });
      if (reply.redirected || !reply.ok) return;
      list.innerHTML = await reply.text();
      choose(input.value ? options()[0] : null);
    } catch (error) {
      if (error.name !== "AbortError") list.replaceChildren();
    }
  }

  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.select();
    answer();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(answer, 80);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter" && at >= 0) location.assign(all[at].href);
    else if (event.key === "Escape") palette.close(); // a search field would only empty itself
    else return;
    event.preventDefault();
  });
}
