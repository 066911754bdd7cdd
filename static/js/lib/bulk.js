// Bulk jobs under the list: what is drawn anew waits while somebody presses one of its buttons.
import { isPressed, whenLetGo } from "./pressed.js";

const { htmx } = window;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!["bulk-bar", "bulk-job"].includes(detail.target.id) || !isPressed(detail.target)) return;
  detail.shouldSwap = false;
  whenLetGo(() => htmx.trigger(document.body, "bulk:changed"));
});

// Enter in a field that has its own button among many presses that one.
document.addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && event.target.dataset?.presses;
  if (!button) return;
  event.preventDefault();
  document.getElementById(button)?.click();
});
