// Around every request of htmx: what failed is said in words, and nothing typed is lost.
import { say } from "./words.js";
import { toast } from "./toasts.js";

const { htmx } = window;

document.addEventListener("htmx:sendError", () => toast(say("unreachable"), "error"));
document.addEventListener("htmx:timeout", () => toast(say("unreachable"), "error"));
document.addEventListener("htmx:responseError", ({ detail }) => {
  const { status } = detail.xhr;
  const key = { 403: "forbidden", 404: "missing", 413: "too_large", 429: "too_often" }[status] || "failed";
  toast(say(key), "error");
});

// What has come into a page is wired by htmx some milliseconds later. Whoever is quicker, by keyboard say, would send
// the form the plain way and lose the page, or open a menu that never fills: what is pressed or opened is wired before
// the event arrives there.
const wired = new WeakSet();
const PARTS = {
  click: (target) => [target.closest("form[hx-post]"), target.closest("[hx-get], [hx-post]")],
  submit: (form) => [form],
  beforetoggle: (opened) => opened.querySelectorAll("[hx-get]"),
  toggle: (opened) => opened.querySelectorAll("[hx-get]"),
};
document.addEventListener("htmx:afterProcessNode", ({ target }) => wired.add(target));
for (const [press, partsOf] of Object.entries(PARTS)) {
  const wire = ({ target }) => {
    if (!(target instanceof Element)) return;
    for (const part of partsOf(target)) if (part && !wired.has(part)) htmx.process(part);
  };
  document.addEventListener(press, wire, true);
}

// What is said beside an answer that leads elsewhere, and has no body of its own.
document.addEventListener("desk:told", ({ detail }) => htmx.swap(document.body, detail.html, { swapStyle: "none" }));

// "Tomorrow at nine" is nine where the reader is; so is a time typed into a form.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.path.endsWith("/snooze/") || detail.elt.querySelector?.("input[type=datetime-local]")) {
    const own = document.documentElement.dataset.zone;
    detail.parameters.zone = own || Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
});

// A menu that has been chosen from closes; so does a dialog whose form went through.
document.addEventListener("htmx:afterRequest", ({ detail, target }) => {
  // What is refused (422) comes with words that are shown, and counts as an answer: the form stays as it is.
  if (!detail.successful || detail.xhr.status >= 400) return;
  const { elt } = detail;
  if (detail.requestConfig?.verb === "post") elt.closest?.("[popover].menu:popover-open")?.hidePopover();
  if (elt.matches?.("[data-close-on-success]")) {
    elt.closest("dialog")?.close();
    elt.reset();
  }
  if (elt.matches?.("[data-toast-form]")) elt.closest(".toast-item")?.remove();
  if (target.matches?.("[popover] *, [popover]")) target.dispatchEvent(new CustomEvent("menu:loaded", { bubbles: true }));
});
