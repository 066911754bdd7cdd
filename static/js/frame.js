// In a frame on another site: tells the page round it how high the form is. The height is no secret.
if (parent !== window) {
  const tell = (more = {}) => parent.postMessage({ otklik: "form", height: document.documentElement.scrollHeight, ...more }, "*");
  new ResizeObserver(() => tell()).observe(document.body);
  addEventListener("load", () => tell({ moved: document.querySelector("[data-summary], .f-sent") !== null }));
}
