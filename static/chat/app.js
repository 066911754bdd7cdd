// The window: who says what to whom is in link.js, how it looks in talk.js, forms.js and composer.js.
import { Composer } from "./composer.js";
import { el, icon } from "./dom.js";
import { address, introduction, later, rating } from "./forms.js";
import { Link } from "./link.js";
import { Talk } from "./talk.js";

const settings = JSON.parse(document.getElementById("settings").textContent);
const { words, language } = settings;
const alone = parent === window;
const root = document.documentElement;
let state = { stage: "idle", missing: [], read: 0, seen: 0, seq: 0 };
let site = alone ? location.origin : "";
let isOpen = alone;
let begun = false;
let offline = false;
let banned = false;
let sound = true;
let typed = 0;
let quiet;

// --- the site around us ---------------------------------------------------------------------------

const allowed = (origin) =>
  origin === location.origin ||
  settings.sites.some((known) => {
    const [scheme, host] = known.split("://");
    return host.startsWith("*.") ? origin.startsWith(`${scheme}://`) && origin.endsWith(host.slice(1)) : origin === known;
  });
const tell = (what, more = {}) => site && !alone && parent.postMessage({ otklik: what, ...more }, site);

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || !data?.otklik || !allowed(origin)) return;
  site = origin;
  if (data.otklik === "hello") {
    visit = { ...visit, origin, referrer: data.referrer };
    if (data.identity !== undefined) visit.identity = data.identity;
    page = data.page;
    link.restore(data.kept);
    if (data.open) open();
    else if (link.token) begin();
  } else if (data.otklik === "open") open();
  else if (data.otklik === "close") isOpen = false;
  else if (data.otklik === "page") {
    page = data.page;
    link.send({ type: "page", ...page });
  } else if (data.otklik === "identify") {
    visit.identity = data.identity;
    if (begun) link.begin(visit);
  }
});

// --- the line -------------------------------------------------------------------------------------

let visit = { origin: site, referrer: document.referrer, language };
let page = null;
const link = new Link(
  settings.key,
  (frame) => hears[frame.type]?.(frame),
  (name, value) => tell("keep", { name, value }),
);

const begin = () => {
  if (begun) return;
  begun = true;
  link.begin(visit);
};

const hears = {
  welcome(frame) {
    offline = false;
    settle(frame.state);
    talk.add(frame.lines);
    for (const waiting of link.outbox) if (!talk.waiting.has(waiting.id)) talk.send({ ...waiting, names: waiting.names });
    talk.seen(state.read);
    if (page) link.send({ type: "page", ...page });
    if (isOpen) link.send({ type: "open" });
    mark();
  },
  state: (frame) => settle(frame),
  lines({ lines }) {
    const fresh = talk.add(lines);
    talk.seen(state.read);
    if (fresh) {
      talk.typing("");
      chime();
    }
    mark();
  },
  ack({ id, seq }) {
    talk.acked(id, seq);
    talk.seen(state.read);
  },
  refused({ id, code, words: why }) {
    talk.refused(id, why);
    if (code === "introduce" || code === "away") link.send({ type: "state" });
    else if (!id) composer.say(why);
  },
  typing({ on, name }) {
    clearTimeout(quiet);
    talk.typing(on ? name : "");
    quiet = setTimeout(() => talk.typing(""), 25000);
  },
  read({ seq }) {
    state.read = Math.max(state.read, seq);
    talk.seen(state.read);
  },
  told: ({ email }) => note(words.mailed.replace("%s", email)),
  offline() {
    offline = true;
    draw();
  },
  banned() {
    banned = true;
    draw();
  },
  anew: () => talk.clear(),
};

const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const say = (text, files = [], names = []) => {
  const frame = { type: "say", id: newId(), text, files, names };
  talk.send(frame);
  link.say(frame);
  typing(false);
};

const leave = ({ text, name, email }, consent) => {
  link.send({ type: "introduce", name, email, consent });
  const frame = { type: "leave", id: newId(), text, name, email };
  talk.send(frame);
  link.say(frame);
};

const typing = (on) => {
  if (state.stage !== "waiting" && state.stage !== "talking") return;
  if (on && Date.now() - typed < 3000) return;
  if (!on && !typed) return;
  typed = on ? Date.now() : 0;
  link.send({ type: "typing", on });
};

// --- what has been read ----------------------------------------------------------------------------

const mark = () => {
  const { last } = talk;
  const others = [...talk.lines.values()].filter((line) => line.by !== "visitor" && line.by !== "notice");
  if (isOpen && !document.hidden && document.hasFocus() && last > state.seen) {
    state.seen = last;
    link.send({ type: "read", seq: last });
  } else if (last > (state.got || 0)) {
    state.got = last;
    link.send({ type: "got", seq: last });
  }
  const count = others.filter((line) => line.seq > state.seen).length;
  tell("unread", { count: isOpen && document.hasFocus() ? 0 : count });
};
addEventListener("focus", mark);
document.addEventListener("visibilitychange", mark);

let audio;
const chime = () => {
  if (!sound || (isOpen && document.hasFocus())) return;
  try {
    audio ||= new AudioContext();
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.setValueAtTime(660, audio.currentTime);
    tone.frequency.setValueAtTime(880, audio.currentTime + 0.09);
    volume.gain.setValueAtTime(0.06, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.3);
  } catch {
    // no sound where the browser wants a click first
  }
};

// --- the window -----------------------------------------------------------------------------------

const talk = new Talk({
  words,
  language,
  address: (id) => link.address(id),
  again: (text) => composer.put(text),
  choose(line, choice, label) {
    const frame = { type: "choose", id: newId(), line, choice, text: label };
    talk.send(frame);
    link.say(frame);
  },
});
const composer = new Composer({ words, blocked: settings.blocked, upload: (file) => link.upload(file), send: say, typing });
const subtitle = el("p.sub");
const banner = el("p.banner", { role: "status" });
const foot = el("div.foot-area");
const menu = el("div.menu", { role: "menu", hidden: true });
const more = el("button.icon", { type: "button", "aria-label": words.menu, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => toggle(menu.hidden) }, icon("more"));
const shut = el("button.icon", { type: "button", "aria-label": words.close, hidden: alone, onclick: () => close() }, icon("close"));

const item = (label, act, role = "menuitem", checked = null) => el("button", { type: "button", role, "aria-checked": checked, onclick: () => (toggle(false), act()) }, label);
const toggle = (on) => {
  menu.hidden = !on;
  more.setAttribute("aria-expanded", String(on));
  if (!on) return more.focus();
  menu.replaceChildren(
    ...[
      state.stage === "bot" && item(words.person, person),
      going() && item(words.end, () => link.send({ type: "end" })),
      state.email && talk.lines.size > 1 && item(words.transcript, () => link.send({ type: "transcript" })),
      item(words.sound, () => link.write("sound", (sound = !sound)), "menuitemcheckbox", String(sound)),
    ].filter(Boolean),
  );
  menu.firstChild.focus();
};
const person = () => {
  const frame = { type: "person", id: newId(), text: words.person };
  talk.send(frame);
  link.say(frame);
};

const open = () => {
  isOpen = true;
  begin();
  if (link.isUp) link.send({ type: "open" });
  draw();
  focusFirst();
  talk.down();
  mark();
};
const close = () => {
  isOpen = false;
  tell("close");
};
const focusFirst = () => (foot.querySelector("textarea, input:not([hidden]), select, .star, .send") || shut).focus();

const note = (text) => {
  banner.textContent = text;
  setTimeout(draw, 6000);
};

const going = () => ["bot", "waiting", "talking"].includes(state.stage);
const settle = (next) => {
  const before = state.stage;
  state = { ...state, ...next, got: state.got, seen: Math.max(next.seen, state.seen), agent: next.agent };
  talk.withBot = state.stage === "bot" && !unasked();
  talk.choices();
  tell("busy", { on: going() });
  if (before !== "talking" && state.stage !== before) talk.typing("");
  draw();
};

const unasked = () => state.missing.includes("consent");
const mode = () => {
  if (banned) return "banned";
  if (!going() && state.open === false && !state.bot) return "leave";
  if (unasked() || (!going() && state.missing.length)) return "form";
  if (state.stage === "ended") return "ended";
  return "talk";
};

const opens = () => (state.opens ? words.opens.replace("%s", new Intl.DateTimeFormat(language, { weekday: "long", hour: "2-digit", minute: "2-digit" }).format(new Date(state.opens))) : "");

const told = () => {
  if (banned) return words.banned;
  if (offline) return words.offline;
  if (state.stage !== "waiting") return "";
  const place = state.place > 1 ? words.queue.replace("%s", state.place) : words.next;
  if (state.place === 1 || state.wait == null) return place;
  return `${place} ${state.wait >= 3600 ? words.waitlong : words.wait.replace("%s", Math.max(1, Math.ceil(state.wait / 60)))}`;
};

// Whoever waits may prefer the answer by mail; whoever has left a message gets it no other way.
const wantsAddress = () => ["waiting", "left"].includes(state.stage) && !state.email;

let drawn = "";
const draw = () => {
  subtitle.textContent = state.agent ? words.with.replace("%s", state.agent) : state.open === false ? opens() : words.soon;
  banner.textContent = told();
  banner.hidden = !banner.textContent;
  const now = mode();
  const key = [now, state.missing, now === "ended" && state.rated, now === "talk" && wantsAddress() && state.stage].join();
  if (key === drawn) return;
  drawn = key;
  const held = document.activeElement;
  const had = foot.contains(held);
  const agreed = unasked();
  const parts = {
    banned: () => [],
    talk: () => (wantsAddress() ? [address(words, state.stage, ({ email }) => link.send({ type: "introduce", email })), composer.root] : [composer.root]),
    form: () => [introduction(words, settings.asks, words.consent, state, (said) => link.send({ type: "introduce", ...said, consent: agreed }))],
    leave: () => [later(words, state.reason === "full" ? words.full : words.away, words.consent, state, (said) => leave(said, agreed))],
    ended: () => [rating(words, state.rated, (score) => link.send({ type: "rate", score })), el("button.send", { type: "button", onclick: anew }, words.anew)],
  };
  const stuck = talk.isDown;
  foot.replaceChildren(...parts[now]());
  talk.root.classList.toggle("small", now === "leave" || now === "form");
  if (stuck) talk.down();
  // Whoever is typing goes on typing.
  if (had && isOpen) held.isConnected ? held.focus() : focusFirst();
};
const anew = () => {
  state.stage = "idle";
  link.send({ type: "open" });
  draw();
  focusFirst();
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") menu.hidden ? close() : toggle(false);
  if (["ArrowDown", "ArrowUp"].includes(event.key) && !menu.hidden) {
    event.preventDefault();
    const items = [...menu.children];
    const step = event.key === "ArrowDown" ? 1 : items.length - 1;
    items[(items.indexOf(document.activeElement) + step) % items.length].focus();
  }
  if (event.key !== "Tab" || alone) return;
  // The window keeps the focus until it is closed.
  const all = [...document.querySelectorAll("button, a[href], input:not([hidden]), textarea, select, [tabindex='0']")].filter((one) => one.offsetParent);
  const [first, last] = event.shiftKey ? [all.at(-1), all[0]] : [all[0], all.at(-1)];
  if (document.activeElement !== last) return;
  event.preventDefault();
  first.focus();
});
document.addEventListener("click", ({ target }) => !menu.hidden && !menu.contains(target) && !more.contains(target) && toggle(false));

const dark = matchMedia("(prefers-color-scheme: dark)");
const look = () => {
  const isDark = settings.theme === "dark" || (settings.theme === "auto" && dark.matches);
  root.dataset.theme = isDark ? "dark" : "light";
  const { colours } = settings;
  root.style.setProperty("--accent", isDark ? colours.dark : colours.light);
  root.style.setProperty("--ink", isDark ? colours.on_dark : colours.on_light);
};
dark.addEventListener("change", look);
look();
sound = link.read("sound") ?? true;

const drop = el("div.drop", { hidden: true }, words.drop);
for (const [name, on] of [["dragover", true], ["dragleave", false], ["drop", false]])
  document.addEventListener(name, (event) => {
    if (mode() !== "talk") return;
    event.preventDefault();
    drop.hidden = !on;
    if (name === "drop") composer.take(event.dataTransfer.files);
  });

document.body.append(
  el(
    "main.window",
    { role: "dialog", "aria-label": words.title },
    el("header", {}, el("div", {}, el("h1", {}, words.title), subtitle), more, shut, menu),
    banner,
    el("p.hello", {}, words.greeting),
    talk.root,
    foot,
    drop,
  ),
);
draw();
if (alone) open();
else parent.postMessage({ otklik: "ready" }, "*"); // says nothing of anybody; whoever answers is looked at
