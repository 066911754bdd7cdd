// <request-form>: questions that come and go with the answers, a sum where one has to prove to be no robot,
// one press sends once. data-challenge, data-worker: the sum; data-goes-on: send by itself when it is done.
class RequestForm extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("form");
    this.classList.add("is-alive");
    this.form.elements.script.value = "1";
    this.form.addEventListener("change", () => this.look());
    this.form.addEventListener("input", () => this.look());
    this.form.addEventListener("submit", (event) => this.submit(event));
    // Come back by the browser's own button, the form can be sent again.
    addEventListener("pageshow", () => this.busy(false));
    this.look();
    this.querySelector("[data-summary], .f-summary")?.focus();
    if (this.dataset.challenge) this.prove();
  }

  // In the order of the page: what a hidden question shows is hidden too.
  look() {
    for (const field of this.querySelectorAll("[data-when]")) {
      const when = JSON.parse(field.dataset.when);
      const shown = this.holds(when);
      field.hidden = !shown;
      for (const input of field.querySelectorAll("input, select, textarea")) input.disabled = !shown;
    }
  }

  holds({ key, values }) {
    const above = this.querySelector(`[data-field="${CSS.escape(key)}"]`);
    if (!above) return true;
    if (above.hidden) return false;
    const given = [...above.querySelectorAll("input, select, textarea")]
      .filter((input) => input.name === key && (!["radio", "checkbox"].includes(input.type) || input.checked))
      .map((input) => (input.value === "on" && input.type === "checkbox" ? "True" : input.value.trim()))
      .filter((value) => value !== "");
    return values.length ? given.some((value) => values.includes(value)) : given.length > 0;
  }

  prove() {
    const challenge = JSON.parse(this.dataset.challenge);
    this.proving = new Promise((done) => {
      const worker = new Worker(this.dataset.worker);
      worker.onmessage = ({ data }) => {
        const { algorithm, challenge: sum, salt, signature } = challenge;
        this.form.elements.proof.value = btoa(JSON.stringify({ algorithm, challenge: sum, number: data, salt, signature }));
        worker.terminate();
        done();
      };
      worker.onerror = () => done(); // sent without: then a mail has to confirm it
      worker.postMessage(challenge);
    });
    if (this.dataset.goesOn !== undefined) this.proving.then(() => this.form.requestSubmit());
  }

  async submit(event) {
    if (this.sending) {
      event.preventDefault();
      return;
    }
    if (this.querySelector("file-drop.is-wrong")) {
      event.preventDefault();
      this.querySelector("file-drop.is-wrong").scrollIntoView({ block: "center" });
      return;
    }
    this.busy(true);
    if (this.proving && !this.form.elements.proof.value) {
      event.preventDefault();
      await this.proving;
      this.sending = false;
      this.proving = undefined;
      this.form.requestSubmit();
    }
  }

  busy(now) {
    this.sending = now;
    this.querySelector("[type=submit]").setAttribute("aria-disabled", String(now));
    this.querySelector("[data-busy]").hidden = !now;
  }
}

customElements.define("request-form", RequestForm);
