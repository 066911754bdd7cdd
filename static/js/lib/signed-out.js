// Signed out meanwhile, here or elsewhere. The page stays, since something may be typed in it, and says so.
export function signedOut() {
  const bar = document.getElementById("signed-out");
  if (!bar) return;
  const link = bar.querySelector("a");
  link.href = `${link.pathname}?${new URLSearchParams({ next: location.pathname + location.search })}`;
  bar.hidden = false;
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (!event.detail.xhr.getResponseHeader("X-Signed-Out")) return;
  event.preventDefault();
  signedOut();
});
