// Before the first paint: the theme ("auto" follows the system), and which panels are folded.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const wanted = root.dataset.theme || "auto";
    root.dataset.bsTheme = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
  };
  apply();
  dark.addEventListener("change", apply);
  new MutationObserver(apply).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  try {
    for (const panel of ["side", "views"]) {
      if (localStorage.getItem(panel) === "folded") root.dataset[panel] = "folded";
    }
  } catch {
    // Without storage nothing is remembered, and nothing else changes.
  }
})();
