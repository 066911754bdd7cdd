// One WebSocket a page. Comes back by itself, says so when it is gone, and catches up.
import { signedOut } from "./signed-out.js";

let socket;
let wait = 500;
let pinged = 0;
let banner;
let leaving = false;

const offline = (on) => {
  clearTimeout(banner);
  const bar = document.getElementById("offline");
  if (!bar) return;
  if (!on) bar.hidden = true;
  else banner = setTimeout(() => (bar.hidden = false), 2500);
};

export function send(data) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(data));
}

export function connect() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const url = new URL("/live/ws/", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.addEventListener("open", () => {
    wait = 500;
    pinged = 0;
    offline(false);
  });
  socket.addEventListener("message", ({ data }) => {
    pinged = 0;
    const nudge = JSON.parse(data);
    document.dispatchEvent(new CustomEvent(`live:${nudge.type}`, { detail: nudge }));
  });
  socket.addEventListener("close", (event) => {
    if (leaving) return;
    document.documentElement.dataset.live = "off";
    // 4401: signed out meanwhile. Asking again would not help.
    if (event.code === 4401) {
      signedOut();
      return;
    }
    offline(true);
    setTimeout(connect, wait * (0.7 + Math.random() * 0.6));
    wait = Math.min(wait * 1.8, 20000);
  });
}

// A line that is dead without saying so: a ping unanswered until the next one.
setInterval(() => {
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (pinged && Date.now() - pinged > 20000) socket.close();
  else {
    if (!pinged) pinged = Date.now();
    send({ type: "ping" });
  }
}, 10000);

addEventListener("online", () => {
  // A line that was away for a moment only has never closed.
  if (socket?.readyState === WebSocket.OPEN) offline(false);
  else connect();
});
addEventListener("offline", () => offline(true));
addEventListener("pagehide", () => {
  leaving = true;
  socket?.close();
});
addEventListener("pageshow", (event) => {
  leaving = false;
  if (event.persisted) connect();
});
document.addEventListener("visibilitychange", () => document.hidden || connect());
