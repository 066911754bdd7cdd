// "Next ticket when done": what was solved makes room for the next of the list, for those who want that.
import { beyond, openTicket, setCurrent } from "./list.js";

let following = [];

// The list may be drawn anew before the answer comes: who is next is settled when it is asked for.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig?.verb !== "post" || !detail.elt.closest?.("ticket-view")) return;
  following = beyond(1);
});

document.addEventListener("desk:solved", ({ detail }) => {
  if (String(detail.ticket) !== openTicket()) return;
  const next = following.map((id) => document.getElementById(`row-${id}`)).find((row) => row?.isConnected);
  following = [];
  if (!next) return;
  setCurrent(next, false);
  next.querySelector(".row-main").click();
});

// An answer about one ticket must not be drawn into another that was opened meanwhile: an undo from before, or
// one that was slow. Only what it says is shown.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const about = detail.xhr.getResponseHeader("X-Ticket");
  if (!about || !openTicket() || about === openTicket()) return;
  const answer = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  detail.serverResponse = [...answer.querySelectorAll("#toasts")].map((part) => part.outerHTML).join("");
});
