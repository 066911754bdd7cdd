// hx-swap="keyed": a list is brought up to date child by child. What has the same id and data-version stays
// as it is, with its scroll, focus and frames; so a live page never flickers.
const { htmx } = window;

function merge(target, next) {
  for (const { name, value } of [...next.attributes]) {
    if (name.startsWith("data-") || name === "aria-label") target.setAttribute(name, value);
  }
  const wanted = [...next.children];
  const ids = new Set(wanted.map((child) => child.id));
  for (const child of [...target.children]) if (!ids.has(child.id)) child.remove();
  const had = new Map([...target.children].map((child) => [child.id, child]));
  const fresh = [];
  let cursor = target.firstElementChild;
  for (const child of wanted) {
    const old = had.get(child.id);
    let element = child;
    if (old && old.dataset.version === child.dataset.version) {
      element = old;
    } else {
      fresh.push(child);
      if (old) {
        keepChoices(old, child);
        if (cursor === old) cursor = old.nextElementSibling;
        old.remove();
      } else {
        child.classList.add("is-arriving");
      }
    }
    if (element === cursor) cursor = cursor.nextElementSibling;
    else target.insertBefore(element, cursor);
  }
  return fresh;
}

function keepChoices(old, child) {
  const before = old.querySelector("input[type=checkbox]");
  const after = child.querySelector("input[type=checkbox]");
  if (before && after) after.checked = before.checked;
  if (old.querySelector("details[open]")) child.querySelector("details")?.setAttribute("open", "");
  if (old.classList.contains("is-current")) child.classList.add("is-current");
}

htmx.defineExtension("keyed", {
  isInlineSwap: (style) => style === "keyed",
  handleSwap(style, target, fragment) {
    if (style !== "keyed") return false;
    const next = fragment.querySelector(`#${CSS.escape(target.id)}`);
    if (!next) return [];
    // A list inside the element (the column of views) carries the keys.
    const inner = next.querySelector(":scope > ul");
    const own = target.querySelector(":scope > ul");
    const fresh = inner && own ? merge(own, inner) : merge(target, next);
    target.dispatchEvent(new CustomEvent("keyed:merged", { bubbles: true, detail: { fresh } }));
    return fresh;
  },
});
