// What the pointer holds down just now. A click is lost when what was pressed is drawn anew before it is let go,
// so what comes by itself waits that long.
let pressed = null;
const waiting = new Set();

addEventListener("pointerdown", ({ target }) => (pressed = target), true);
const release = () =>
  // The click comes after this, and goes first.
  setTimeout(() => {
    pressed = null;
    const due = [...waiting];
    waiting.clear();
    for (const run of due) run();
  });
addEventListener("pointerup", release, true);
addEventListener("pointercancel", release, true);
addEventListener("contextmenu", release, true); // where a menu opens, the letting go may never be told
addEventListener("blur", release);

export const isPressed = (part) => Boolean(pressed) && part.contains(pressed);
export const whenLetGo = (run) => waiting.add(run);
