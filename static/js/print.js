// The page that is printed: its button opens the dialog, its choice shows at once, times are the reader's.
const tools = document.querySelector("[data-print-tools]");
const button = tools.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
tools.addEventListener("change", () => tools.requestSubmit());

// Who has chosen no time zone has the browser's, which the server only learns here.
const shown = document.body.dataset.zone;
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const address = new URL(location.href);
if (shown && own && shown !== own && !address.searchParams.has("zone")) {
  address.searchParams.set("zone", own);
  location.replace(address);
}
