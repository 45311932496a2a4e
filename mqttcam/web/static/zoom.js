// Looking closer: the picture scaled and moved within its frame, by wheel, pinch, double click or keys.

const MOST = 8;

export class Zoom {
  constructor(frame, picture, onChange) {
    Object.assign(this, { frame, picture, onChange, scale: 1, x: 0, y: 0, pointers: new Map() });
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    frame.addEventListener("dblclick", (event) => this.toggle(event));
    frame.addEventListener("pointerdown", (event) => this.down(event));
    frame.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      frame.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    frame.addEventListener("keydown", (event) => this.key(event));
  }

  /** Scale by a factor, the point (x, y) of the frame staying where it is. */
  by(factor, x = this.frame.clientWidth / 2, y = this.frame.clientHeight / 2) {
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    const real = scale / this.scale;
    this.x = x - (x - this.x) * real;
    this.y = y - (y - this.y) * real;
    this.scale = scale;
    this.apply();
  }

  reset() {
    this.by(1 / this.scale);
  }

  apply() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    this.x = Math.min(0, Math.max(width * (1 - this.scale), this.x));
    this.y = Math.min(0, Math.max(height * (1 - this.scale), this.y));
    this.picture.style.transform = this.scale === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.frame.classList.toggle("zoomed", this.scale > 1);
    this.onChange(this.scale);
  }

  wheel(event) {
    // Without a key the wheel scrolls the page, unless the picture is already enlarged.
    if (this.scale === 1 && !event.ctrlKey && !document.fullscreenElement) return;
    event.preventDefault();
    const box = this.frame.getBoundingClientRect();
    this.by(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }

  toggle(event) {
    if (event.target.closest("button, a")) return;
    const box = this.frame.getBoundingClientRect();
    if (this.scale > 1) this.reset();
    else this.by(2.5, event.clientX - box.left, event.clientY - box.top);
  }

  down(event) {
    if (event.target.closest("button, a")) return;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const after = [event.clientX, event.clientY];
    if (this.pointers.size === 1 && this.scale > 1) {
      this.x += after[0] - before[0];
      this.y += after[1] - before[1];
      this.apply();
    } else if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const box = this.frame.getBoundingClientRect();
      const factor = distance(after, other) / Math.max(1, distance(before, other));
      this.by(factor, (after[0] + other[0]) / 2 - box.left, (after[1] + other[1]) / 2 - box.top);
    }
    this.pointers.set(event.pointerId, after);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 60;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key === "+" || event.key === "=") this.by(1.5);
    else if (event.key === "-") this.by(1 / 1.5);
    else if (event.key === "0") this.reset();
    else if (this.scale > 1 && moves[event.key]) {
      this.x += moves[event.key][0];
      this.y += moves[event.key][1];
      this.apply();
    } else return;
    event.preventDefault();
  }
}

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
