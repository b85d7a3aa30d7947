// Names after @ complete while typing; without this file a name is simply typed.
for (const box of document.querySelectorAll("textarea[data-mentions]")) {
  const list = document.createElement("ul");
  list.className = "o-names";
  list.id = `${box.id}-names`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "@");
  list.hidden = true;
  box.after(list);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  let running, timer;

  const word = () => /(?:^|[\s(])@([\p{L}\d._+-]*(?: [\p{L}]*)?)$/u.exec(box.value.slice(0, box.selectionStart));
  const chosen = () => list.querySelector("[aria-selected=true]");
  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    box.removeAttribute("aria-activedescendant");
  };

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    const found = word();
    if (!found || !option) return;
    const end = box.selectionStart, start = end - found[1].length;
    box.setRangeText(`${option.dataset.handle} `, start, end, "end");
    close();
    box.focus();
  }

  async function offer() {
    const found = word();
    if (!found?.[1].trim()) return close();
    running?.abort();
    running = new AbortController();
    try {
      const reply = await fetch(`/comments/names/?${new URLSearchParams({ q: found[1] })}`, { signal: running.signal });
      if (!reply.ok || reply.redirected) return close();
      const { people } = await reply.json();
      list.replaceChildren(...people.map((one, index) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.handle = one.handle;
        option.textContent = `${one.name} · @${one.handle}`;
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(option);
        });
        return option;
      }));
      list.style.insetBlockStart = `${box.offsetTop + box.offsetHeight + 2}px`;
      list.hidden = !people.length;
      choose(list.firstElementChild);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, 120);
  });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const all = [...list.children], at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(chosen());
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
