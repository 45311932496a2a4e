// The symbol at the end of the bar: whether all is well, how many problems there are, or that the connection is lost.

/** @import { Problem } from "./types" */

import { NO_ANSWER } from "./api.js";
import { h, icon } from "./dom.js";

/** @param {Problem[]} trouble */
const wrong = (trouble) => trouble.filter(({ level }) => level === "problem");

export class StateLink {
  /**
   * @param {HTMLElement} link
   * @param {HTMLElement} status What screen readers read aloud.
   */
  constructor(link, status) {
    this.link = link;
    this.status = status;
    this.text = h("span", {});
    link.append(icon("warn"), this.text);
    this.state = "";
    this.timer = 0;
    /** @type {Problem[]} */
    this.trouble = [];
  }

  /**
   * @param {boolean} connected
   * @param {number} nextTry When the page connects again, in milliseconds since 1970.
   */
  setConnected(connected, nextTry) {
    this.state = connected ? "on" : "off";
    this.nextTry = nextTry;
    clearInterval(this.timer);
    if (!connected) this.timer = setInterval(() => this.show(), 250);
    this.show();
  }

  /** @param {Problem[]} trouble */
  setTrouble(trouble) {
    this.trouble = trouble;
    this.show();
  }

  /** @param {string} [hash] Of the place that is shown. */
  mark(hash) {
    if (hash === this.link.getAttribute("href")) this.link.setAttribute("aria-current", "page");
    else this.link.removeAttribute("aria-current");
  }

  /** Shows nothing, as without a login. */
  clear() {
    clearInterval(this.timer);
    this.state = "";
    this.trouble = [];
    this.show();
  }

  show() {
    const { link } = this;
    const problems = wrong(this.trouble);
    const count = problems.length;
    const summary = count ? `${count} ${count === 1 ? "problem" : "problems"}` : "All is well";
    const lost = this.state === "off";
    link.hidden = !this.state;
    link.dataset.state = this.state;
    link.classList.toggle("wrong", !lost && count > 0);
    change(this.text, lost ? this.reconnecting() : count ? String(count) : "");
    link.title = lost ? NO_ANSWER : summary;
    link.setAttribute("aria-label", lost ? "Reconnecting" : summary);
    change(this.status, lost ? `${NO_ANSWER}; reconnecting.` : this.state && count ? [summary, ...problems.map(({ text }) => text)].join(". ") : "");
  }

  reconnecting() {
    const seconds = Math.ceil(((this.nextTry ?? 0) - Date.now()) / 1000);
    return seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting";
  }
}

/**
 * Changes a text only if it differs: each change is painted, and a screen reader may read it aloud.
 * @param {HTMLElement} element
 * @param {string} text
 */
function change(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
