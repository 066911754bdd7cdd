// "Next ticket when done": what was solved makes room for the next of the list, for those who want that.
import { openTicket, rows, setCurrent } from "./list.js";

let following = [];

// The list may be drawn anew before the answer comes: who is next is settled when it is asked for.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig?.verb !== "post" || !detail.elt.closest?.("ticket-view")) return;
  const ids = rows().map((row) => row.dataset.id);
  const at = ids.indexOf(openTicket());
  following = at < 0 ? [] : ids.slice(at + 1);
});

document.addEventListener("desk:solved", ({ detail }) => {
  if (String(detail.ticket) !== openTicket()) return;
  const next = following.map((id) => document.getElementById(`row-${id}`)).find((row) => row?.isConnected);
  following = [];
  if (!next) return;
  setCurrent(next, false);
  next.querySelector(".row-main").click();
});

// An undo from before another ticket was opened must not draw that one's parts into this one's place.
document.addEventListener("ticket:opened", () => {
  for (const form of document.querySelectorAll("#toasts form[data-toast-form]")) form.dataset.elsewhere = "yes";
});
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.dataset?.elsewhere) detail.headers["X-From-List"] = "1";
});
