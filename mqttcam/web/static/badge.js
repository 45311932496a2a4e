// Whether a picture is live, and on request how old it is.

import { h } from "./dom.js";

export class Badge {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {import("./streaminfo.js").StreamInfo | null} */
    this.info = null;
    this.text = h("span", { class: "badge" }, "Connecting");
    this.element = h("button", {
      type: "button", class: "status", title: "Delay and quality (d)", "aria-expanded": "false", "aria-keyshortcuts": "d", onclick: () => this.toggle(),
    }, this.text);
  }

  /**
   * @param {string} text
   * @param {string} status
   */
  show(text, status) {
    if (this.text.textContent !== text) this.text.textContent = text;
    this.text.dataset.status = status;
  }

  /** Shows or hides the delay and the quality. */
  async toggle() {
    const { StreamInfo } = await import("./streaminfo.js");
    if (this.info) {
      this.info.remove();
      this.info = null;
    } else {
      this.info = new StreamInfo(this.stage);
      this.element.after(this.info.element);
    }
    this.element.setAttribute("aria-expanded", String(this.info !== null));
  }
}
