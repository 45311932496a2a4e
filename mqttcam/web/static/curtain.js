// What covers the picture of a camera that delivers none, and says why.

import { h, icon } from "./dom.js";

/** @type {Record<string, string>} */
const REASONS = {
  starting: "The camera is starting",
  off: "The camera is switched off",
  failed: "The camera failed",
  stopped: "The camera has stopped",
};

export class Curtain {
  constructor() {
    this.symbol = icon("off");
    this.reason = h("p", {});
    this.element = h("div", { class: "curtain", hidden: true }, this.symbol, this.reason);
  }

  /**
   * @param {string} status Of the camera.
   * @param {string | null} error
   * @returns {boolean} Whether it covers the picture.
   */
  show(status, error) {
    const reason = REASONS[status];
    this.reason.textContent = reason ? [reason, status === "off" ? null : error].filter(Boolean).join(": ") : "";
    this.symbol.querySelector("use")?.setAttribute("href", `static/icons.svg#${status === "failed" ? "warn" : "off"}`);
    this.element.hidden = !reason;
    return Boolean(reason);
  }

  /** Covers the picture without a reason: the bar shows that the connection is lost. */
  close() {
    this.reason.textContent = "";
    this.element.hidden = false;
  }
}
