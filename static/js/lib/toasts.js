// Passing messages in the corner. Errors stay longer; pointing at one stops its clock.
import { svg } from "./dom.js";
import { say } from "./words.js";

const box = () => document.getElementById("toasts");

export function toast(words, tone = "success", action = null) {
  const item = document.createElement("div");
  item.className = `toast-item toast-${tone}`;
  item.setAttribute("role", tone === "error" ? "alert" : "status");
  const text = document.createElement("span");
  text.className = "toast-words";
  text.textContent = words;
  item.append(svg({ success: "circle-check", error: "alert-circle", info: "message" }[tone]), text);
  if (action) {
    const link = document.createElement("a");
    link.className = "link";
    link.href = action.href;
    link.textContent = action.words;
    item.append(link);
  }
  box()?.append(item);
  return item;
}

function dress(item) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "chip-x toast-x";
  close.setAttribute("aria-label", say("close"));
  close.append(svg("x"));
  close.addEventListener("click", () => item.remove());
  item.append(close);
  const life = item.classList.contains("toast-error") || item.querySelector("form") ? 10000 : 5000;
  let timer = setTimeout(() => item.remove(), life);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener("pointerleave", () => (timer = setTimeout(() => item.remove(), 2500)));
}

function watch() {
  const toasts = box();
  if (!toasts || toasts.dataset.watched) return;
  toasts.dataset.watched = "yes";
  const show = () => {
    // The newest stands above dialogs and menus that opened meanwhile.
    if (toasts.matches(":popover-open")) toasts.hidePopover();
    if (toasts.children.length) toasts.showPopover();
  };
  for (const item of toasts.children) dress(item);
  show();
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) dress(node);
    if (changes.some((change) => change.addedNodes.length)) show();
    else if (!toasts.children.length && toasts.matches(":popover-open")) toasts.hidePopover();
  }).observe(toasts, { childList: true });
}

watch();
document.addEventListener("htmx:historyRestore", watch);
