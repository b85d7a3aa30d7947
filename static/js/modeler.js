// The drawing board: draws the draft, checks it while one draws, saves it, and opens the form of the selected step.
const data = JSON.parse(document.getElementById("board-data").textContent);
const card = document.querySelector("[data-board-card]");
const canvas = document.querySelector("[data-board-canvas]");
const alertBox = document.querySelector("[data-board-alert]");
const state = document.querySelector("[data-board-state]");
const sound = document.querySelector("[data-board-sound]");
const list = document.querySelector("[data-board-findings]");
const chosen = document.querySelector("[data-board-selected]");
const button = (name) => card.querySelector(`[data-board=${name}]`);
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
const PLACES = { position: { top: -12, right: 12 } };

let version = data.version;
let dirty = false;
let lint = 0;
let asked = 0;

const modeler = new window.BpmnJS({
  container: canvas,
  keyboard: { bind: false },
  // Their icons are coloured by style attributes, which this platform's pages do not allow.
  additionalModules: [{ alignElementsMenuProvider: ["value", null], alignElementsContextPadProvider: ["value", null], distributeElementsMenuProvider: ["value", null] }],
});
const part = (name) => modeler.get(name);

function complain(text) {
  alertBox.textContent = text;
  alertBox.hidden = !text;
}

function mark(changed) {
  dirty = changed;
  state.textContent = changed ? data.words.unsaved : data.words.saved;
  state.className = `o-st is-${changed ? "warn" : "good"}`;
}

async function call(url, method, body, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token(), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const found = await answer.json().catch(() => ({}));
  return { status: answer.status, found };
}

const drawing = async () => (await modeler.saveXML({ format: true })).xml;

async function check() {
  const mine = ++asked;
  sound.textContent = data.words.checking;
  try {
    const { status, found } = await call(data.check, "POST", { xml: await drawing() });
    if (mine === asked) show(status === 200 ? found : [{ element: "", message: found.detail ?? data.words.unreadable, serious: true }]);
  } catch {
    if (mine === asked) sound.textContent = data.words.offline;
  }
}

function show(findings) {
  const overlays = part("overlays");
  overlays.remove({ type: "finding" });
  list.replaceChildren();
  sound.textContent = findings.length ? "" : data.words.sound;
  for (const one of findings) {
    const line = document.createElement("li");
    const open = document.createElement("button");
    open.type = "button";
    open.className = "o-finding";
    const sign = document.createElement("b");
    sign.className = `o-st is-${one.serious ? "bad" : "idle"}`;
    sign.textContent = one.serious ? data.words.mend : data.words.advice;
    open.append(sign, ` ${one.message}`);
    open.addEventListener("click", () => select(one.element));
    line.append(open);
    list.append(line);
    if (part("elementRegistry").get(one.element)) {
      const dot = document.createElement("span");
      dot.className = `o-board-dot is-${one.serious ? "bad" : "idle"}`;
      dot.title = one.message;
      dot.textContent = "!";
      overlays.add(one.element, "finding", { ...PLACES, html: dot });
    }
  }
}

function select(key) {
  const element = part("elementRegistry").get(key);
  if (!element) return;
  part("selection").select(element);
  part("canvas").scrollToElement(element);
  canvas.scrollIntoView({ block: "nearest" });
}

function tell() {
  const [one] = part("selection").get();
  const key = one && one.type !== "label" ? one.id : one?.labelTarget?.id;
  const useful = key && one.businessObject.$instanceOf("bpmn:FlowElement");
  button("settings").disabled = !useful;
  button("settings").dataset.element = useful ? key : "";
  chosen.textContent = useful ? one.businessObject.name || key : data.words.leave;
}

async function save() {
  complain("");
  button("save").setAttribute("aria-busy", "true");
  try {
    const { status, found } = await call(data.save, "PATCH", { xml: await drawing() }, { "If-Match": `"v${version}"` });
    if (status === 200) {
      version = found.version;
      mark(false);
      window.htmx?.ajax("GET", data.steps, { target: "#steps", swap: "innerHTML" });
      return true;
    }
    complain(status === 412 ? data.words.conflict : found.detail ?? data.words.offline);
  } catch {
    complain(data.words.offline);
  } finally {
    button("save").removeAttribute("aria-busy");
  }
  return false;
}

async function settings() {
  const key = button("settings").dataset.element;
  if (!key || (dirty && !(await save()))) return;
  window.htmx.ajax("GET", data.settings.replace("ELEMENT", encodeURIComponent(key)), { target: "#dialog-body", swap: "innerHTML" });
}

// A form changed the draft on the server: show it as it is now.
async function again() {
  const { status, found } = await call(`${data.save}?fields=xml,version`, "GET");
  if (status !== 200) return;
  const box = part("canvas").viewbox();
  const key = button("settings").dataset.element;
  await modeler.importXML(found.xml);
  part("canvas").viewbox(box);
  version = found.version;
  mark(false);
  select(key);
  check();
  window.htmx?.ajax("GET", data.steps, { target: "#steps", swap: "innerHTML" });
}

async function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await drawing()], { type: "application/xml" }));
  link.download = "workflow.bpmn";
  link.click();
  URL.revokeObjectURL(link.href);
}

const acts = {
  undo: () => part("commandStack").undo(),
  redo: () => part("commandStack").redo(),
  fit: () => {
    part("canvas").zoom("fit-viewport", "auto");
    part("canvas").zoom(part("canvas").zoom() * 0.88);
    part("canvas").scroll({ dx: 100, dy: 0 }); // beside the tools, not below them
  },
  file: download,
  save,
  settings,
};

card.addEventListener("click", (event) => acts[event.target.closest("[data-board]")?.dataset.board]?.());
document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === "s") {
    event.preventDefault();
    save();
  } else if (card.contains(document.activeElement) && command && event.key === "z") {
    event.preventDefault();
    acts[event.shiftKey ? "redo" : "undo"]();
  } else if (canvas.contains(document.activeElement) && event.key === "Delete" && !event.target.closest("[contenteditable]")) {
    part("modeling").removeElements(part("selection").get().slice());
  }
});
document.body.addEventListener("ops:drawn", again);
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

try {
  card.hidden = false; // sizes are only known while it is seen
  await modeler.importXML(data.xml);
  canvas.querySelector("svg")?.setAttribute("aria-label", document.querySelector("h1").textContent);
  acts.fit();
  document.querySelector("[data-drawn]").hidden = true;
  modeler.on("commandStack.changed", () => {
    mark(true);
    clearTimeout(lint);
    lint = setTimeout(check, 500);
  });
  modeler.on("selection.changed", tell);
  mark(false);
  check();
  window.opsBoard = modeler;
} catch {
  card.hidden = true;
  complain(data.words.unreadable);
}
