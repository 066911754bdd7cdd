// <undo-clock until>: counts down while a reply can still be taken back, then lets the page look again.
class UndoClock extends HTMLElement {
  connectedCallback() {
    this.until = new Date(this.getAttribute("until")).getTime();
    this.label = this.querySelector("[data-left]");
    this.timer = setInterval(() => this.tick(), 250);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const left = Math.ceil((this.until - Date.now()) / 1000);
    if (left > 0) {
      this.label.textContent = this.dataset.words.replace("%s", left);
      return;
    }
    clearInterval(this.timer);
    this.querySelector("form")?.remove();
    setTimeout(() => this.dispatchEvent(new CustomEvent("ticket:stale", { bubbles: true })), 1500);
  }
}

customElements.define("undo-clock", UndoClock);
