// The line to the server: a session, a socket that comes back by itself, and a long poll where sockets are blocked.
// What was said waits in the outbox until it is answered for; said twice it is kept once, by its id.
const WAITS = [500, 1000, 2000, 4000, 8000, 15000];
const DEAD = 4401;
const BANNED = 4403;
const SILENCE = 8000; // ms without a welcome: sockets may be blocked here

export class Link {
  // keep: where the browser keeps nothing for frames of other sites, the site's own page does
  constructor(key, hear, keep) {
    this.hear = hear;
    this.keep = keep;
    this.key = key;
    this.store = `otklik:${key}`;
    this.since = 0;
    this.failed = 0;
    this.stage = "";
    this.token = this.read("token");
    this.outbox = this.read("outbox") || [];
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.socket?.close()); // otherwise a dead line is noticed late
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    setInterval(() => this.ping(), 15000);
  }

  read(name) {
    try {
      return JSON.parse(localStorage.getItem(`${this.store}:${name}`));
    } catch {
      this.denied = true;
      return null;
    }
  }

  restore(kept) {
    if (!this.denied || this.token || !kept) return;
    this.token = kept.token;
    this.outbox = kept.outbox || [];
  }

  write(name, value) {
    try {
      localStorage.setItem(`${this.store}:${name}`, JSON.stringify(value));
    } catch {
      this.keep(name, value);
    }
  }

  // visit: {origin, referrer, language, identity}
  async begin(visit) {
    this.visit = visit;
    try {
      const answer = await fetch(`/chat/${this.key}/session/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...visit, token: this.token }),
      });
      if (answer.status === 403 || answer.status === 404) return this.hear({ type: "banned" });
      if (!answer.ok) throw new Error(answer.status);
      const { token } = await answer.json();
      if (token !== this.token) {
        if (this.token) this.forget();
        this.token = token;
        this.write("token", token);
      }
      this.connect();
    } catch {
      this.later(() => this.begin(visit));
    }
  }

  forget() {
    this.since = 0;
    this.stage = "";
    this.outbox = [];
    this.write("outbox", []);
    this.socket?.close();
    this.hear({ type: "anew" });
  }

  later(again) {
    this.hear({ type: "offline" });
    clearTimeout(this.timer);
    this.again = again;
    const wait = WAITS[Math.min(this.failed++, WAITS.length - 1)];
    this.timer = setTimeout(again, wait * (0.7 + Math.random() * 0.6));
  }

  hurry() {
    if (!this.again || this.isUp) return;
    clearTimeout(this.timer);
    this.failed = 0;
    this.again();
  }

  connect() {
    clearTimeout(this.timer);
    this.again = null;
    if (this.polls) return this.poll(true);
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/live/chat/`);
    this.socket = socket;
    this.pinged = 0;
    const silence = setTimeout(() => socket.close(), SILENCE);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "hello", token: this.token, since: this.since })));
    socket.addEventListener("message", ({ data }) => {
      this.pinged = 0;
      const frame = JSON.parse(data);
      if (frame.type === "welcome") {
        clearTimeout(silence);
        this.welcomed = true;
      }
      this.take(frame);
    });
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(silence);
      if (socket !== this.socket) return;
      this.isUp = false;
      if (code === BANNED) return;
      if (code === DEAD) {
        this.token = null;
        this.forget();
        this.later(() => this.begin(this.visit));
        return;
      }
      if (!this.welcomed && this.failed >= 2 && navigator.onLine) this.polls = true;
      this.later(() => this.connect());
    });
  }

  take(frame) {
    if (frame.type === "welcome") {
      this.isUp = true;
      this.failed = 0;
      this.again = null;
    }
    const { lines } = frame;
    for (const line of lines || []) this.since = Math.max(this.since, line.seq);
    if (frame.type === "welcome") this.since = Math.max(this.since, frame.state.seq);
    if (frame.state || frame.type === "state") this.stage = (frame.state || frame).stage;
    if (frame.type === "ack" || frame.type === "refused") this.settle(frame.id);
    if (frame.type === "ack" && frame.seq === this.since + 1) this.since = frame.seq;
    this.hear(frame);
    if (frame.type === "welcome") for (const waiting of this.outbox) this.send(waiting);
  }

  // Something that must arrive.
  say(frame) {
    this.outbox.push(frame);
    this.write("outbox", this.outbox);
    this.send(frame);
  }

  settle(id) {
    if (!id || !this.outbox.some((one) => one.id === id)) return;
    this.outbox = this.outbox.filter((one) => one.id !== id);
    this.write("outbox", this.outbox);
  }

  // Something that is worth nothing later.
  send(frame) {
    if (!this.isUp) return;
    if (this.polls) this.post("send", { frames: [frame] }).then((frames) => frames.forEach((one) => this.take(one)), () => {});
    else if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  ping() {
    if (this.polls || this.socket?.readyState !== WebSocket.OPEN) return;
    if (this.pinged) this.socket.close(); // dead without saying so
    else {
      this.pinged = Date.now();
      this.send({ type: "ping" });
    }
  }

  async post(where, more) {
    const answer = await fetch(`/live/chat/${where}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: this.token, since: this.since, ...more }),
    });
    const { frames } = await answer.json();
    if (!frames) throw new Error(answer.status);
    return frames;
  }

  async poll(first) {
    try {
      const frames = await this.post("poll", { stage: this.stage, first });
      for (const frame of frames) {
        if (frame.type === "banned") return this.hear(frame);
        if (frame.type === "gone") {
          this.token = null;
          this.forget();
          return this.begin(this.visit);
        }
        this.take(frame);
      }
      this.again = null;
      this.timer = setTimeout(() => this.poll(false), 100);
    } catch {
      this.isUp = false;
      this.later(() => this.poll(true));
    }
  }

  async upload(file) {
    const body = new FormData();
    body.append("file", file, file.name || "screenshot.png");
    const answer = await fetch("/chat/files/", { method: "POST", headers: { Authorization: `Bearer ${this.token}` }, body });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(data.words || "");
    return data.key;
  }

  async address(id) {
    const answer = await fetch(`/chat/files/${id}/address/`, { method: "POST", headers: { Authorization: `Bearer ${this.token}` } });
    return answer.ok ? (await answer.json()).url : "";
  }
}
