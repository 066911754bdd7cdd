// What has been typed and is not on the server yet, kept by this tab: it outlives a reload, a lost line and having to
// sign in again, and is nobody else's.
const owner = () => document.querySelector("live-feed")?.dataset.user || "";
const key = (ticket, kind) => `draft ${owner()} ${ticket} ${kind}`;

export function keep(ticket, kind, text) {
  try {
    sessionStorage.setItem(key(ticket, kind), JSON.stringify(text));
  } catch {
    // Full, or not allowed here: then there is the draft on the server.
  }
}

export function kept(ticket, kind) {
  try {
    return JSON.parse(sessionStorage.getItem(key(ticket, kind)));
  } catch {
    return null;
  }
}

export function forget(ticket, kind) {
  try {
    sessionStorage.removeItem(key(ticket, kind));
  } catch {
    // There is nothing then.
  }
}

// Which of somebody's windows this is. A reload does not make it another one.
const made = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 12)}`;
export function windowName() {
  try {
    if (!sessionStorage.getItem("window")) sessionStorage.setItem("window", made);
    return sessionStorage.getItem("window");
  } catch {
    return made;
  }
}
