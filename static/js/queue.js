// What is done without network is kept in IndexedDB and sent once each, in order, when the network is back.
const net = document.querySelector("[data-net]");
const who = net?.dataset.who ?? "";
const words = net?.dataset ?? {};
let sending = false;
let needsSignIn = false;

const open = new Promise((resolve, reject) => {
  const asked = indexedDB.open("ops-queue", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("entries", { keyPath: "order", autoIncrement: true });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function store(mode, work) {
  const database = await open;
  return new Promise((resolve, reject) => {
    const change = database.transaction("entries", mode, { durability: "strict" });
    const asked = work(change.objectStore("entries"));
    change.oncomplete = () => resolve(asked.result);
    change.onerror = () => reject(change.error);
  });
}

const entries = async () => (await store("readonly", (all) => all.getAll())).filter((one) => one.who === who);
const forget = (entry) => store("readwrite", (all) => all.delete(entry.order));
const keep = (entry) => store("readwrite", (all) => all.put(entry));
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

async function freshToken() {
  // A page kept on the phone may carry the token of an older sign-in.
  const answer = await fetch("/my-work/", { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]")?.value ?? null;
}

async function send(entry, csrf) {
  const body = new FormData();
  for (const [name, value] of entry.fields) {
    if (name === "csrfmiddlewaretoken") continue;
    if (value instanceof Blob) body.append(name, value, value.name || "photo.jpg");
    else body.append(name, value);
  }
  return fetch(entry.url, { method: "POST", body, credentials: "same-origin", redirect: "manual", headers: { Accept: "application/json", "X-CSRFToken": csrf } });
}

async function flush() {
  if (sending || !who) return;
  sending = true;
  try {
    let csrf = token();
    for (const entry of await entries()) {
      if (entry.problem) continue;
      let answer = await send(entry, csrf);
      if (answer.status === 403 || answer.type === "opaqueredirect") {
        const fresh = await freshToken();
        needsSignIn = fresh === null;
        if (needsSignIn) break;
        csrf = fresh;
        answer = await send(entry, csrf);
      }
      if (answer.ok) await forget(entry);
      else if (answer.status >= 400 && answer.status < 500 && answer.status !== 401 && answer.status !== 429) {
        const told = await answer.json().catch(() => ({}));
        await keep({ ...entry, problem: told.message ?? `${answer.status}` });
      } else break;
    }
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    // No network: the entries stay, the next try comes by itself.
  } finally {
    sending = false;
    await show();
  }
}

function line(entry) {
  const row = document.createElement("span");
  row.className = "o-net-row";
  const text = document.createElement("span");
  text.textContent = `${entry.title}: ${entry.problem}`;
  const look = document.createElement("a");
  look.href = entry.url;
  look.textContent = words.open;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "o-link";
  drop.textContent = words.discard;
  drop.addEventListener("click", () => forget(entry).then(show));
  row.append(text, look, drop);
  return row;
}

async function show() {
  if (!net) return;
  const all = await entries().catch(() => []);
  const waiting = all.filter((one) => !one.problem);
  const refused = all.filter((one) => one.problem);
  const text = net.querySelector("[data-net-text]");
  net.hidden = navigator.onLine && !all.length;
  net.classList.toggle("is-bad", refused.length > 0);
  text.replaceChildren();
  if (refused.length) text.append(`${words.look} `, ...refused.map(line));
  else if (waiting.length) text.textContent = `${needsSignIn ? words.signin : navigator.onLine ? words.sending : words.kept} ${waiting.length}`;
  else if (!navigator.onLine) text.textContent = words.offline;
}

// The page of a task hands its form over; the entry's own number makes a second sending harmless.
document.addEventListener("ops:queue", async (event) => {
  const { url, title, fields, done } = event.detail;
  await keep({ who, url, title, fields, at: new Date().toISOString() });
  await flush();
  const left = (await entries()).find((one) => one.url === url && one.problem);
  if (!left) location.assign(done);
});

addEventListener("online", flush);
addEventListener("offline", show);
setInterval(flush, 15000);
flush();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js", { scope: "/" }).then(async () => {
    const place = document.querySelector("[data-keep]");
    const ready = await navigator.serviceWorker.ready;
    if (place && navigator.onLine) ready.active.postMessage({ keep: place.dataset.keep.split(" ") });
  }).catch(() => {});
}

// Signing out with something unsent asks first.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.action?.includes("/account/logout/") || form.dataset.asked) return;
  event.preventDefault();
  entries().then((all) => {
    if (all.length && !confirm(`${words.kept} ${all.length}`)) return;
    form.dataset.asked = "1";
    form.submit();
  });
}, true);
