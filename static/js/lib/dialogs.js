// data-dialog="ID" opens a native dialog; what it needs comes with the button.
const { htmx } = window;

function open(button) {
  const dialog = document.getElementById(button.dataset.dialog);
  if (!dialog) return;
  button.closest("[popover]")?.hidePopover();
  const form = dialog.querySelector("form[data-hx]");
  if (form && button.dataset.action) {
    form.action = button.dataset.action;
    form.setAttribute("hx-post", button.dataset.action);
    form.setAttribute("data-close-on-success", "");
    htmx.process(form);
  }
  const chosen = dialog.querySelector("[data-selected]");
  if (chosen) chosen.value = String(getSelection()).trim().slice(0, 500);
  if (button.dataset.load) {
    const place = dialog.querySelector("[data-loaded]");
    const wait = document.createElement("div");
    wait.className = "dialog-body";
    wait.append(Object.assign(document.createElement("span"), { className: "spinner" }));
    place.replaceChildren(wait);
    htmx.ajax("GET", button.dataset.load, { target: place, swap: "innerHTML", source: place });
  }
  dialog.showModal();
  // Not the button that closes it: what one types into has the keyboard.
  dialog.querySelector(".dialog-body :is(input.input, textarea)")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) open(opener);
  if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog")?.close();
  // A press on the backdrop is a press on the dialog itself, outside its box.
  if (event.target instanceof HTMLDialogElement) {
    const box = event.target.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.clientX) event.target.close();
  }
  const fill = event.target.closest("[data-fill]");
  if (fill) document.getElementById(fill.dataset.fill).value = fill.dataset.value;
});
