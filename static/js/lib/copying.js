// data-copy: to the clipboard, and a word that it is done.
import { say } from "./words.js";
import { toast } from "./toasts.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  button.closest("[popover]")?.hidePopover();
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text.startsWith("#") ? new URL(text, location.href).href : text);
    toast(say("copied"));
  } catch {
    toast(say("not_copied"), "error");
  }
});
