// Puts a form of the helpdesk where this script stands on the page of another site:
// <script src="https://help.example.org/forms/embed.js" data-form="KEY" data-service="7" async></script>
// data-service may be missing (the general form); data-language: "en", "ru", …; data-title: for screen readers.
(() => {
  const script = document.currentScript;
  const { form, service = "general", language = "", title = "" } = script.dataset;
  const home = new URL(script.src);
  const address = new URL(`/forms/${encodeURIComponent(form)}/${encodeURIComponent(service)}/`, home.origin);
  if (language) address.searchParams.set("lang", language);
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = title || "Form";
  frame.style.cssText = "display:block;width:100%;height:420px;border:0;color-scheme:normal";
  frame.loading = "lazy";
  // The frame says how high it is; nobody else is listened to.
  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== home.origin || source !== frame.contentWindow || data?.otklik !== "form") return;
    const height = Number(data.height);
    if (height > 0) frame.style.height = `${Math.min(Math.ceil(height), 20000)}px`;
    if (data.moved) frame.scrollIntoView({ block: "nearest" });
  });
  script.after(frame);
})();
