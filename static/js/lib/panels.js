// Panels remember whether they are folded; the side panel as a whole too.
const memory = {
  get: (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // nothing to remember with
    }
  },
};

function restore(root) {
  for (const panel of root.querySelectorAll?.("details[data-remember]") || []) {
    const was = memory.get(panel.id);
    if (was) panel.open = was === "open";
  }
}

export function toggleSide() {
  const narrow = innerWidth < 1180;
  if (narrow) document.getElementById("side")?.classList.toggle("is-shown");
  else fold("side");
}

export const toggleViews = () => fold("views");

function fold(panel) {
  const { dataset } = document.documentElement;
  dataset[panel] = dataset[panel] === "folded" ? "" : "folded";
  memory.set(panel, dataset[panel]);
}

restore(document);
document.addEventListener("htmx:load", (event) => restore(event.detail.elt));
document.addEventListener(
  "toggle",
  (event) => {
    const panel = event.target;
    if (panel.matches?.("details[data-remember]")) memory.set(panel.id, panel.open ? "open" : "folded");
  },
  true,
);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-side]")) toggleSide();
  if (event.target.closest("button[data-views]")) toggleViews();
});
