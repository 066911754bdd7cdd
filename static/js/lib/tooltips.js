// data-tip and data-keys: one tooltip for the whole page, on pointer and on keyboard focus.
const tip = document.createElement("div");
tip.className = "tip";
tip.popover = "manual";
tip.setAttribute("role", "tooltip");
let timer;
let owner;

function show(element) {
  if (!element.isConnected || element.getAttribute("aria-expanded") === "true") return;
  if (!tip.isConnected) document.body.append(tip);
  tip.textContent = element.dataset.tip;
  for (const key of (element.dataset.keys || "").split(" ").filter(Boolean)) {
    const cap = document.createElement("kbd");
    cap.textContent = key === "Escape" ? "Esc" : key;
    tip.append(cap);
  }
  tip.showPopover();
  const at = element.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const rail = element.closest(".rail") && innerWidth > 720;
  let left = rail ? at.right + 8 : at.left + at.width / 2 - own.width / 2;
  let top = rail ? at.top + at.height / 2 - own.height / 2 : at.bottom + 7;
  if (!rail && top + own.height > innerHeight - 6) top = at.top - own.height - 7;
  left = Math.max(6, Math.min(left, innerWidth - own.width - 6));
  top = Math.max(6, top);
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

function hide() {
  clearTimeout(timer);
  owner = undefined;
  if (tip.isConnected && tip.matches(":popover-open")) tip.hidePopover();
}

function aim(event) {
  const element = event.target.closest?.("[data-tip]");
  if (element === owner) return;
  hide();
  if (!element) return;
  owner = element;
  timer = setTimeout(() => show(element), event.type === "focusin" ? 500 : 350);
}

document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && aim(event));
document.addEventListener("focusin", (event) => event.target.matches?.(":focus-visible") && aim(event));
document.addEventListener("focusout", hide);
document.addEventListener("pointerdown", hide);
document.addEventListener("keydown", hide);
// Focus that scrolls the page to where it goes is not somebody scrolling away.
document.addEventListener(
  "scroll",
  () => {
    const element = owner;
    hide();
    if (!element?.matches(":focus-visible")) return;
    owner = element;
    timer = setTimeout(() => show(element), 300);
  },
  true,
);
