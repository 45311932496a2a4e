// Zoom: the picture is scaled and moved within its frame, by wheel, pinch, double click or keys.

const MAX_SCALE = 8;
const KEY_STEP = 60;
const DOUBLE_TAP = 350; // milliseconds
const FINGER = 20; // pixels by which a finger that taps may move
/** @typedef {[x: number, y: number]} Point */
/** @type {Record<string, Point>} */
const ARROWS = {
  ArrowLeft: [KEY_STEP, 0], ArrowRight: [-KEY_STEP, 0], ArrowUp: [0, KEY_STEP], ArrowDown: [0, -KEY_STEP],
};

export class Zoom {
  /**
   * @param {HTMLElement} frame
   * @param {HTMLElement} picture
   * @param {(scale: number) => void} onChange
   */
  constructor(frame, picture, onChange) {
    this.frame = frame;
    this.picture = picture;
    this.onChange = onChange;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    /** @type {Map<number, Point>} Mouse buttons and fingers that are down. */
    this.pointers = new Map();
    /** The last touch, if only one finger was down. @type {{at: Point, time: number} | null} */
    this.touch = null;
    /** The last tap. @type {{at: Point, time: number} | null} */
    this.tap = null;
    this.isTouch = false;
    frame.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    frame.addEventListener("dblclick", (event) => { if (!this.isTouch) this.toggle(event); });
    frame.addEventListener("pointerdown", (event) => this.onDown(event));
    frame.addEventListener("pointermove", (event) => this.onMove(event));
    frame.addEventListener("pointerup", (event) => this.onUp(event));
    frame.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    frame.addEventListener("pointerleave", (event) => this.pointers.delete(event.pointerId));
    frame.addEventListener("keydown", (event) => this.onKey(event));
  }

  /**
   * Scales by a factor. The point (x, y) of the frame stays where it is.
   * @param {number} factor
   * @param {number} [x]
   * @param {number} [y]
   */
  by(factor, x = this.frame.clientWidth / 2, y = this.frame.clientHeight / 2) {
    const scale = Math.min(MAX_SCALE, Math.max(1, this.scale * factor));
    const real = scale / this.scale;
    this.x = x - (x - this.x) * real;
    this.y = y - (y - this.y) * real;
    this.scale = scale;
    this.apply();
  }

  reset() {
    this.by(1 / this.scale);
  }

  /**
   * @param {number} right
   * @param {number} down
   */
  move(right, down) {
    this.x += right;
    this.y += down;
    this.apply();
  }

  apply() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    this.x = Math.min(0, Math.max(width * (1 - this.scale), this.x));
    this.y = Math.min(0, Math.max(height * (1 - this.scale), this.y));
    this.picture.style.transform = this.scale === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.frame.classList.toggle("zoomed", this.scale > 1);
    this.onChange(this.scale);
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    // The wheel scrolls the page, unless Ctrl is held or the picture is already enlarged.
    if (this.scale === 1 && !event.ctrlKey && !document.fullscreenElement && !this.frame.classList.contains("filled")) return;
    event.preventDefault();
    const box = this.frame.getBoundingClientRect();
    this.by(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {MouseEvent} event */
  toggle(event) {
    if (isOnTool(event)) return;
    const box = this.frame.getBoundingClientRect();
    if (this.scale > 1) this.reset();
    else this.by(2.5, event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    if (isOnTool(event)) return;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    this.isTouch = event.pointerType === "touch";
    this.touch = this.isTouch && this.pointers.size === 1 ? { at: [event.clientX, event.clientY], time: event.timeStamp } : null;
  }

  /**
   * Finds double taps: not all phones make a double click of them.
   * @param {PointerEvent} event
   */
  onUp(event) {
    this.pointers.delete(event.pointerId);
    const { touch, tap } = this;
    this.touch = null;
    if (!touch || distance(touch.at, [event.clientX, event.clientY]) > FINGER || event.timeStamp - touch.time > DOUBLE_TAP) return;
    const isSecond = tap && touch.time - tap.time < DOUBLE_TAP && distance(tap.at, touch.at) < 2 * FINGER;
    this.tap = isSecond ? null : touch;
    if (isSecond) this.toggle(event);
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    /** @type {Point} */
    const after = [event.clientX, event.clientY];
    if (this.pointers.size === 1 && this.scale > 1) {
      this.move(after[0] - before[0], after[1] - before[1]);
    } else if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const box = this.frame.getBoundingClientRect();
      const factor = distance(after, other) / Math.max(1, distance(before, other));
      this.by(factor, (after[0] + other[0]) / 2 - box.left, (after[1] + other[1]) / 2 - box.top);
    }
    this.pointers.set(event.pointerId, after);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (event.key === "+" || event.key === "=") this.by(1.5);
    else if (event.key === "-") this.by(1 / 1.5);
    else if (event.key === "0") this.reset();
    else if (this.scale > 1 && arrow) this.move(...arrow);
    else return;
    event.preventDefault();
  }
}

/** @param {Event} event */
const isOnTool = (event) => event.target instanceof Element && event.target.closest("button, a") !== null;

/**
 * @param {Point} a
 * @param {Point} b
 */
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
