// Marks an element that has not been touched or used for a while, so that what covers a picture can fade.

const AFTER = 4000; // milliseconds
const USES = ["pointerdown", "pointermove", "keydown", "focusin"];

/** @param {HTMLElement} element */
export function markIdle(element) {
  let timer = 0;
  const used = () => {
    element.classList.remove("idle");
    clearTimeout(timer);
    timer = setTimeout(() => element.classList.add("idle"), AFTER);
  };
  for (const use of USES) element.addEventListener(use, used, { passive: true });
  used();
}
