// Once every row that is shown is ticked, and there are more, all of the view can be chosen.
const { htmx } = window;

const strip = () => document.getElementById("selection-whole");
const field = () => document.getElementById("selection")?.elements.all;

// How many that are, in words ("999+"); empty while only rows are chosen.
export const wholeWords = () => (field()?.value ? strip()?.dataset.words || "" : "");

function set(words) {
  const part = strip();
  field().value = words ? "1" : "";
  part.dataset.words = words;
  for (const each of part.querySelectorAll("[data-when]")) each.hidden = (each.dataset.when === "whole") !== Boolean(words);
}

// Called whenever the selection changes; count: ticked rows.
export function showWhole(count) {
  const part = strip();
  if (!part) return;
  const all = document.querySelectorAll("#rows input[name=ticket]").length;
  const offered = count > 0 && count === all && (document.getElementById("row-more") || wholeWords());
  if (!offered) {
    set("");
    part.hidden = true;
    part.replaceChildren();
    delete part.dataset.shown;
    return;
  }
  part.hidden = false;
  if (wholeWords() || part.dataset.shown === String(count)) return;
  part.dataset.shown = String(count);
  htmx.ajax("GET", `${part.dataset.url}&shown=${count}`, { source: part, target: part, swap: "innerHTML" });
}

// Choose all of the view, if that is offered just now.
export function chooseWhole() {
  const button = strip()?.querySelector("[data-whole=on]");
  if (!button || !button.checkVisibility()) return false;
  button.click();
  return true;
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-whole]");
  if (!button) return;
  set(button.dataset.whole === "on" ? button.dataset.words : "");
  document.dispatchEvent(new CustomEvent("selection:changed"));
  strip().querySelector("[data-whole]:not([hidden] *)")?.focus();
});
