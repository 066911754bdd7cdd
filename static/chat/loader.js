// The one script of a site: <script src="https://desk.example/chat/widget.js" data-key="…" async></script>
// Draws the button, and the window in an iframe of its own. window.otklik takes commands, also before it is loaded:
//   otklik.push(["identify", token])   the site's signed word about its customer; ["identify", ""] signs out
//   otklik.push(["open"]), ["close"]
(() => {
  const script = document.currentScript;
  const key = script?.dataset.key;
  if (!key || document.getElementById("otklik-chat")) return;
  const base = new URL(script.src).origin;
  const lang = (script.dataset.lang || document.documentElement.lang || navigator.language || "").slice(0, 2).toLowerCase();
  const home = document.createElement("div");
  home.id = "otklik-chat";
  const root = home.attachShadow({ mode: "open" });
  let identity = script.dataset.identity;
  let frame, button, badge, words, ready, isOpen, where, busy, bubble;
  let since = Date.now();
  let unasked = [];

  // A page without storage forgets whether the window was open, and who has been here before.
  const keep = (store, name, value) => {
    try {
      window[store].setItem(`otklik-${name}`, value);
    } catch {
      // nothing to remember with
    }
  };
  const kept = (store, name) => {
    try {
      return window[store].getItem(`otklik-${name}`) || "";
    } catch {
      return "";
    }
  };
  // The window keeps its own session, unless the browser allows frames of other sites no storage.
  const stored = () => JSON.parse(kept("localStorage", key) || "{}");
  const remember = (on) => keep("sessionStorage", "chat", on ? "1" : "");
  const remembered = () => kept("sessionStorage", "chat") === "1";
  const visits = () => {
    if (!kept("sessionStorage", "visit")) {
      keep("sessionStorage", "visit", "1");
      keep("localStorage", "visits", Number(kept("localStorage", "visits")) + 1);
    }
    return Number(kept("localStorage", "visits"));
  };

  // Said unasked: the first that fits the page, the time on it and the visitor; at most one a visit, and none
  // to somebody who talks. As channels_in/kinds/chat/triggers.py has it.
  const offer = () => {
    if (!unasked.length || isOpen || busy || kept("sessionStorage", "told")) return;
    const address = location.href.toLowerCase();
    const seconds = (Date.now() - since) / 1000;
    const due = unasked.find((one) => address.includes(one.contains.toLowerCase()) && seconds >= one.seconds && (!one.returning || visits() > 1));
    if (!due) return;
    keep("sessionStorage", "told", "1");
    bubble = document.createElement("div");
    bubble.className = "say";
    bubble.setAttribute("role", "status");
    const text = document.createElement("button");
    text.type = "button";
    text.textContent = due.text;
    text.addEventListener("click", () => show(true));
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", words.dismiss);
    close.addEventListener("click", hush);
    bubble.append(text, close);
    root.append(bubble);
  };
  const hush = () => {
    bubble?.remove();
    bubble = null;
  };

  const tell = (what, more = {}) => ready && frame.contentWindow.postMessage({ otklik: what, ...more }, base);
  const page = () => ({ url: location.href, title: document.title });

  const show = (on) => {
    if (on === isOpen) return;
    isOpen = on;
    home.toggleAttribute("open", on);
    button.setAttribute("aria-expanded", String(on));
    button.setAttribute("aria-label", on ? words.close : words.open);
    remember(on);
    hush();
    if (on) {
      build();
      tell("open");
      frame.focus();
    } else {
      tell("close");
      button.focus();
    }
  };

  const unread = (count) => {
    badge.textContent = count > 9 ? "9+" : count || "";
    badge.hidden = !count;
    if (!isOpen) button.setAttribute("aria-label", count ? `${words.open}. ${words.unread.replace("%s", count)}` : words.open);
  };

  const build = () => {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words.title;
    frame.allow = "clipboard-write; autoplay";
    frame.src = `${base}/chat/${key}/frame/?lang=${lang}`;
    root.append(frame);
  };

  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== base || !data) return;
    if (data.otklik === "ready") {
      ready = true;
      tell("hello", { page: page(), referrer: document.referrer, identity, open: isOpen, kept: stored() });
    } else if (data.otklik === "unread") unread(data.count);
    else if (data.otklik === "busy") {
      busy = data.on;
      if (busy) hush();
    } else if (data.otklik === "keep") keep("localStorage", key, JSON.stringify({ ...stored(), [data.name]: data.value }));
    else if (data.otklik === "close") show(false);
    else if (data.otklik === "open") show(true);
  });

  const commands = {
    open: () => show(true),
    close: () => show(false),
    identify: (token) => {
      identity = token;
      tell("identify", { identity });
    },
  };
  const run = ([name, ...rest]) => commands[name]?.(...rest);

  const moved = () => {
    if (where === location.href) return offer();
    where = location.href;
    since = Date.now();
    tell("page", { page: page() });
  };

  const draw = (config) => {
    words = config.words;
    unasked = config.unasked;
    visits();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      :host { all: initial; position: fixed; z-index: 2147483000; bottom: 20px; ${config.side}: 20px; }
      .say { position: absolute; bottom: 4px; ${config.side}: 68px; display: flex; width: max-content; max-width: min(280px, calc(100vw - 110px));
        box-sizing: border-box; padding: 4px; border-radius: 14px; background: #fff; color: #1b2130; box-shadow: 0 6px 24px rgb(0 0 0 / 22%);
        font: 15px/1.4 system-ui, sans-serif; }
      .say button { all: unset; padding: 6px 10px; border-radius: 10px; cursor: pointer; overflow-wrap: anywhere; }
      .say button + button { flex: none; align-self: start; color: #626c7e; }
      .say button:hover { background: #eff1f4; }
      .say button:focus-visible { outline: 2px solid #3d55cc; }
      .main { all: unset; box-sizing: border-box; display: grid; place-items: center; width: 56px; height: 56px; border-radius: 50%;
        background: ${config.colour}; color: ${config.ink}; cursor: pointer; position: relative;
        box-shadow: 0 6px 20px rgb(0 0 0 / 25%); }
      .main:hover { transform: scale(1.05); }
      .main:focus-visible { outline: 3px solid ${config.colour}; outline-offset: 3px; }
      svg { width: 26px; height: 26px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
      .x, :host([open]) .o { display: none; } :host([open]) .x { display: block; }
      b { position: absolute; top: -3px; ${config.side}: -3px; min-width: 20px; height: 20px; padding: 0 5px; box-sizing: border-box;
        border-radius: 10px; background: #c32f35; color: #fff; font: 700 12px/20px system-ui, sans-serif; text-align: center; }
      [hidden] { display: none; }
      iframe { display: none; position: fixed; bottom: 88px; ${config.side}: 20px; width: 384px; height: min(640px, calc(100dvh - 108px));
        border: 0; border-radius: 14px; box-shadow: 0 14px 44px rgb(0 0 0 / 28%); color-scheme: normal; }
      :host([open]) iframe { display: block; }
      @media (max-width: 480px) {
        iframe { inset: 0; width: 100%; height: 100dvh; border-radius: 0; }
        :host([open]) .main { display: none; }
      }
      @media (prefers-reduced-motion: reduce) { .main { transition: none; } }
      @media print { :host { display: none; } }`);
    root.adoptedStyleSheets = [sheet];
    button = document.createElement("button");
    button.type = "button";
    button.className = "main";
    button.innerHTML = '<svg class="o" viewBox="0 0 24 24" aria-hidden="true"><path d="M21 12a8.5 8.5 0 0 1-12.3 7.6L3 21l1.5-5.3A8.5 8.5 0 1 1 21 12z"/></svg><svg class="x" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 9l6 6 6-6"/></svg><b hidden></b>';
    badge = button.querySelector("b");
    button.setAttribute("aria-label", words.open);
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => show(!isOpen));
    root.append(button);
    document.body.append(home);
    where = location.href;
    setInterval(moved, 1000);
    const early = Array.isArray(window.otklik) ? window.otklik : [];
    window.otklik = { push: run };
    early.forEach(run);
    if (remembered() && innerWidth > 480) show(true);
    // The rest of the page first.
    else (window.requestIdleCallback || setTimeout)(build, { timeout: 3000 });
  };

  const begin = () =>
    fetch(`${base}/chat/${key}/config/?lang=${lang}`)
      .then((answer) => (answer.ok ? answer.json().then(draw) : null))
      .catch(() => setTimeout(begin, 30000));
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
