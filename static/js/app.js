// Everything works without scripts; these modules make the frequent things faster. Page-bound ones load where they are needed.
import "./dialog.js";
import "./palette.js";
import "./keys.js";
import "./toast.js";

document.documentElement.classList.add("has-js");
if (document.querySelector("[data-list]")) import("./bulk.js");
if (document.querySelector("[data-chart]")) import("./hover.js");
if (document.querySelector("[data-draft]") || sessionStorage.getItem("ops-draft-sent")) import("./draft.js");

// Late cards refresh only while somebody looks.
setInterval(() => {
  if (!document.hidden && window.htmx) window.htmx.trigger(document.body, "ops:tick");
}, 60000);
