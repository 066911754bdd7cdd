// Bulk jobs under the list: what is drawn anew waits while somebody presses one of its buttons, and toasts stand above.
import { isPressed, whenLetGo } from "./pressed.js";

const { htmx } = window;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!["bulk-bar", "bulk-job"].includes(detail.target.id) || !isPressed(detail.target)) return;
  detail.shouldSwap = false;
  whenLetGo(() => htmx.trigger(document.body, "bulk:changed"));
});

// How much of the list's foot the jobs take, for the toasts: none where there is no list, or it is not shown.
const height = new ResizeObserver(() => {
  const bar = document.getElementById("bulk-bar");
  document.documentElement.style.setProperty("--jobs", `${bar?.offsetHeight ?? 0}px`);
});
document.addEventListener("htmx:load", ({ detail }) => {
  const bar = detail.elt.id === "bulk-bar" ? detail.elt : detail.elt.querySelector("#bulk-bar");
  if (!bar) return;
  height.disconnect(); // from the bar that this one has taken the place of
  height.observe(bar);
});

// Enter in a field that has its own button among many presses that one.
document.addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && event.target.dataset?.presses;
  if (!button) return;
  event.preventDefault();
  document.getElementById(button)?.click();
});
