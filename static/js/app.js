// What every page needs. Scripts never import each other: each is a file of its own name and hash, loaded by whoever uses it.
document.documentElement.classList.add("has-js");

// Late cards refresh only while somebody looks.
setInterval(() => {
  if (!document.hidden && window.htmx) window.htmx.trigger(document.body, "ops:tick");
}, 60000);

// A draft is dropped once its form was accepted: the next page is not that form again with its errors.
const sent = sessionStorage.getItem("ops-draft-sent");
sessionStorage.removeItem("ops-draft-sent");
if (sent && !document.querySelector(`form[data-draft="${CSS.escape(sent)}"] [data-error-summary]`)) {
  const body = new URLSearchParams({ do: "forget", csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "" });
  fetch(sent, { method: "POST", body, keepalive: true }).catch(() => {});
}
