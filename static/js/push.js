// Push on this device: the browser makes the keys, the server keeps only the public half.
const card = document.getElementById("push");

if (card && "serviceWorker" in navigator && "PushManager" in window) {
  const on = card.querySelector("[data-push-on]"), off = card.querySelector("[data-push-off]");
  const worker = card.dataset.worker, scope = worker.slice(0, worker.lastIndexOf("/") + 1);
  const token = card.querySelector("[name=csrfmiddlewaretoken]").value;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const tell = (values) => fetch(card.dataset.push, { method: "POST", body: new URLSearchParams({ ...values, csrfmiddlewaretoken: token }) });
  const known = async () => (await navigator.serviceWorker.getRegistration(scope))?.pushManager.getSubscription();

  async function show() {
    const active = Boolean(await known());
    card.hidden = false;
    on.hidden = active;
    off.hidden = !active;
    card.querySelector("[data-push-denied]").hidden = Notification.permission !== "denied";
  }

  on.addEventListener("click", async () => {
    if ((await Notification.requestPermission()) !== "granted") return show();
    const place = await navigator.serviceWorker.register(worker, { scope });
    const made = await place.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(card.dataset.key) });
    const { endpoint, keys } = made.toJSON();
    const reply = await tell({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
    if (!reply.ok) await made.unsubscribe();
    show();
  });
  off.addEventListener("click", async () => {
    const made = await known();
    if (made) {
      await tell({ endpoint: made.endpoint, forget: "1" });
      await made.unsubscribe();
    }
    show();
  });
  show();
}
