// <live-portal data-src>: keeps what is inside it up to date. A socket says that something changed, the page asks its
// own view for the fragment; where no socket opens, it asks every now and then. What somebody is typing is never lost.
const POLL = 20000;
const PING = 25000;

class LivePortal extends HTMLElement {
  connectedCallback() {
    this.wait = 1000;
    this.failed = 0;
    this.stopped = false;
    this.connect();
    this.poll = setInterval(() => {
      if (!document.hidden && this.socket?.readyState !== WebSocket.OPEN) this.refresh();
    }, POLL);
    this.ping = setInterval(() => this.say({ type: "ping" }), PING);
    this.seen = () => document.hidden || this.refresh();
    document.addEventListener("visibilitychange", this.seen);
    addEventListener("pagehide", () => this.disconnectedCallback(), { once: true });
  }

  disconnectedCallback() {
    this.stopped = true;
    clearInterval(this.poll);
    clearInterval(this.ping);
    document.removeEventListener("visibilitychange", this.seen);
    this.socket?.close();
  }

  say(data) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(data));
  }

  connect() {
    const key = this.querySelector("[data-listening]")?.dataset.listening;
    if (!key || this.stopped) return;
    const url = new URL("/live/portal/", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("key", key);
    this.socket = new WebSocket(url);
    this.socket.addEventListener("message", ({ data }) => this.hear(JSON.parse(data)));
    this.socket.addEventListener("close", async ({ code }) => {
      if (this.stopped) return;
      document.documentElement.dataset.live = "off";
      // The key has ended: the next fragment brings a new one.
      if (code === 4401) await this.refresh();
      setTimeout(() => this.connect(), this.wait * (0.7 + Math.random() * 0.6));
      this.wait = Math.min(this.wait * 2, 60000);
    });
  }

  hear(nudge) {
    if (nudge.type === "joined") {
      this.wait = 1000;
      document.documentElement.dataset.live = "on";
      this.refresh();
    }
    if (nudge.type !== "request") return;
    this.refresh();
    // A reply can be taken back for some seconds; only then is it here to read.
    if (nudge.after) setTimeout(() => this.refresh(), nudge.after * 1000 + 300);
  }

  async refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      const answer = await fetch(this.dataset.src, { headers: { "X-Part": "1" }, credentials: "same-origin" });
      // Signed out, or no longer ours to see: the page itself says what there is to say.
      if (answer.status === 401 || answer.status === 404 || answer.redirected) location.reload();
      else if (answer.ok) this.take(await answer.text());
    } catch {
      // No connection: the next nudge, or the next round, asks again.
    } finally {
      this.asking = false;
      if (this.again) {
        this.again = false;
        this.refresh();
      }
    }
  }

  take(html) {
    const part = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    const here = part && this.querySelector(`#${CSS.escape(part.id)}`);
    if (!here) return;
    here.dataset.listening = part.dataset.listening;
    const list = part.querySelector("#request-messages");
    if (!list) {
      if (!here.contains(document.activeElement)) here.innerHTML = part.innerHTML;
      return;
    }
    this.swap(here.querySelector("#request-status"), part.querySelector("#request-status"));
    this.messages(here.querySelector("#request-messages"), list);
    const act = here.querySelector("#request-act");
    if (act && ![...act.querySelectorAll("textarea")].some((area) => area.value.trim())) {
      this.swap(act, part.querySelector("#request-act"));
    }
  }

  swap(old, fresh) {
    if (old && fresh && old.dataset.version !== fresh.dataset.version) old.replaceWith(fresh);
  }

  messages(old, fresh) {
    const wanted = new Set();
    let before = null;
    for (const item of [...fresh.children]) {
      wanted.add(item.id);
      const known = document.getElementById(item.id);
      if (!known) {
        item.classList.add("is-fresh");
        if (before) before.after(item);
        else old.prepend(item);
      } else this.swap(known, item);
      before = document.getElementById(item.id);
    }
    for (const item of [...old.children]) if (!wanted.has(item.id)) item.remove();
  }
}

customElements.define("live-portal", LivePortal);
