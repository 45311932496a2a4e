// What the page says of a problem besides its text: since when, when mqttcam tries again; and the button that lets it try at once.

/** @import { Problem } from "./types" */

import { ApiError, command } from "./api.js";
import { errorText, h, toast } from "./dom.js";
import { duration, moment } from "./format.js";

const PRESSED = 1500; // milliseconds for which the button stays disabled, as more attempts have no effect

/** @param {string} iso */
export const seconds = (iso) => Date.parse(iso) / 1000;

/**
 * @param {Problem} problem
 * @param {number} now Unix seconds by the clock of the node.
 * @returns {{since: string, next: string}}
 */
export function timesOf({ since, next_try: next, can_retry: canRetry, level, part }, now) {
  const begin = seconds(since);
  const left = next ? Math.ceil(seconds(next) - now) : 0;
  const tries = next ? true : level === "problem" && !canRetry && part === "Camera";
  return {
    since: `Since ${moment(new Date(begin * 1000))} (${duration(Math.max(1, now - begin))})`,
    next: left > 0 ? `Next try in ${duration(left)}` : tries ? "Trying now" : "",
  };
}

/** The button "Try again", which is there while a problem can be retried. */
export class RetryButton {
  /**
   * @param {boolean} mayControl
   * @param {string} style Its class.
   * @param {() => unknown} onGone Called if the problem has ended meanwhile.
   */
  constructor(mayControl, style, onGone) {
    this.mayControl = mayControl;
    this.onGone = onGone;
    /** @type {Problem | null} */
    this.problem = null;
    this.isPressed = false;
    this.element = h("button", { type: "button", class: style, hidden: true, onclick: () => this.press() }, "Try again");
  }

  /** @param {Problem | null} problem */
  update(problem) {
    this.problem = problem;
    this.element.hidden = !this.mayControl || (!problem?.can_retry && !this.isPressed);
  }

  async press() {
    if (!this.problem) return;
    this.isPressed = this.element.disabled = true;
    setTimeout(() => {
      this.isPressed = this.element.disabled = false;
      this.update(this.problem);
    }, PRESSED);
    try {
      await command(null, "retry", { problem: this.problem.id });
    } catch (error) {
      if (error instanceof ApiError && error.field === "problem") this.onGone();
      else toast(errorText(error), "error");
    }
  }
}
