// Shows pictures as they come, without flicker: the next one once the one before has been decoded.

/** @import { Picture } from "./pictures.js" */

import { h } from "./dom.js";

export class Painter {
  /** @param {() => void} onShown Called for each picture that is visible. */
  constructor(onShown) {
    this.onShown = onShown;
    /** @type {Picture | null} The newest picture, while the one before is being decoded. */
    this.next = null;
    this.drawing = false;
    this.active = false;
    /** When the picture shown was captured, in Unix seconds. @type {number | null} */
    this.ts = null;
    /** When it was shown, in Unix milliseconds by the browser's clock. */
    this.at = 0;
    this.count = 0;
    this.image = h("img", { draggable: "false", onerror: () => this.drawn(false), onload: () => this.drawn(true) });
  }

  /**
   * Shows a picture. Those that come while one is being decoded are skipped, all but the last.
   * @param {Picture} picture
   */
  show(picture) {
    this.next = picture;
    this.active = true;
    this.draw();
  }

  draw() {
    if (this.drawing || !this.next || !this.active) return;
    this.drawing = true;
    this.image.src = URL.createObjectURL(this.next.blob);
    this.ts = this.next.ts;
    this.next = null;
  }

  /** @param {boolean} shown Whether the picture could be decoded. */
  drawn(shown) {
    this.drawing = false;
    URL.revokeObjectURL(this.image.src);
    if (!this.active) return;
    this.count += 1;
    this.at = performance.timeOrigin + performance.now();
    if (shown) this.onShown();
    this.draw();
  }

  /** Shows nothing: the last picture would look live. */
  clear() {
    this.active = this.drawing = false;
    this.next = this.ts = null;
    this.image.removeAttribute("src");
  }
}
