// <bot-editor>: keeps the cards open that are open, puts variables into texts, keeps the talk at its end.
class BotEditor extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.last = null;
    this.addEventListener("htmx:configRequest", ({ detail }) => {
      for (const card of this.querySelectorAll("[data-step][open]")) detail.formData.append("open", card.dataset.step);
    });
    this.addEventListener("focusin", ({ target }) => {
      if (target.matches("textarea, input[name^='subjects.']")) this.last = target;
    });
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("htmx:afterSwap", ({ target }) => {
      if (target.id === "bot-try") this.settle(true);
    });
    this.addEventListener("htmx:oobAfterSwap", () => this.settle(false));
    this.addEventListener("htmx:load", ({ target }) => {
      const shown = target.querySelector?.("[data-shown]");
      if (shown) this.show(shown, false);
    });
    this.settle(false);
  }

  press(event) {
    const insert = event.target.closest("[data-insert]");
    if (insert) return this.insert(insert);
    const link = event.target.closest("[data-open-step]");
    if (!link) return undefined;
    event.preventDefault();
    return this.show(this.querySelector(`[data-step="${CSS.escape(link.dataset.openStep)}"]`), true);
  }

  insert(button) {
    const form = button.closest("form");
    const area = this.last && form.contains(this.last) ? this.last : form.querySelector("textarea");
    area.setRangeText(button.dataset.insert, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  show(card, focus) {
    if (!card) return;
    card.open = true;
    card.scrollIntoView({ block: "nearest" });
    if (focus) card.querySelector("summary").focus();
  }

  settle(focus) {
    const talk = this.querySelector("#bot-talk");
    if (talk) talk.scrollTop = talk.scrollHeight;
    if (focus) this.querySelector("#try-text")?.focus({ preventScroll: true });
  }
}

customElements.define("bot-editor", BotEditor);
