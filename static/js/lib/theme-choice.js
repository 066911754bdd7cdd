// The theme changes at a touch, and is kept.
import { post } from "./dom.js";

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.name === "theme" && target.type === "radio") {
    document.documentElement.dataset.theme = target.value;
    const form = target.closest("[data-theme-form]");
    if (form) post(form.action, { theme: target.value });
  }
  if (target.name === "density" && target.type === "radio") document.documentElement.dataset.density = target.value;
  if (target.name === "notify_browser" && target.checked && "Notification" in window) Notification.requestPermission();
});
