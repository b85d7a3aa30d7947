// The bell opens its newest lines in a popover; an opened notice is read. Without this file the bell is a link.
const bell = document.getElementById("bell");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

document.addEventListener("click", async (event) => {
  const notice = event.target.closest("a[data-notice]");
  if (notice) {
    const body = new URLSearchParams({ csrfmiddlewaretoken: token() });
    for (const key of notice.dataset.notice.trim().split(" ")) body.append("key", key);
    fetch("/notices/read/", { method: "POST", body, keepalive: true, headers: { "X-Requested-By": "bell" } }).catch(() => {});
    return;
  }
  const link = event.target.closest("a[data-bell]");
  if (!link || !bell?.showPopover || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  try {
    const reply = await fetch(`${link.href}?popover=1`, { headers: { "HX-Request": "true" } });
    if (!reply.ok || reply.redirected) return location.assign(link.href);
    bell.innerHTML = await reply.text();
    bell.showPopover();
    bell.querySelector("a, button")?.focus();
  } catch {
    location.assign(link.href);
  }
});
