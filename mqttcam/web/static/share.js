// Links to share: they need no login, and expire.

/** @import { Entry } from "./types" */

import { errorText, h, modal, toast } from "./dom.js";
import { dateTime } from "./format.js";
import { share } from "./recorded.js";

/** @type {[string, number][]} */
const TIMES = [["1 hour", 3600], ["1 day", 86400], ["7 days", 7 * 86400]];

/**
 * Asks how long the link should work, makes it, and copies it.
 * @param {Entry} entry
 */
export function openShare(entry) {
  const what = entry.clip ? "clip" : "picture";
  const result = h("div", { class: "link-made", "aria-live": "polite" });
  const buttons = TIMES.map(([text, seconds]) => h("button", { type: "button", class: "button quiet", onclick: () => make(seconds) }, text));
  /** @param {number} seconds */
  const make = async (seconds) => {
    for (const button of buttons) button.disabled = true;
    try {
      const { url, expires } = await share(entry, seconds);
      await offer(new URL(url, location.href).href, expires, result);
    } catch (error) {
      toast(errorText(error), "error");
    }
    for (const button of buttons) button.disabled = false;
  };
  const { dialog } = modal("ask share", "Share",
    h("h1", {}, `Share this ${what}`),
    h("p", {}, `Everyone who has the link can see this ${what}, and nothing else, without a login. How long should it work?`),
    h("div", { class: "row" }, ...buttons),
    result,
    h("div", { class: "row end" }, h("button", { type: "button", class: "button quiet", onclick: () => dialog.close() }, "Close")));
}

/**
 * Copies the link; shows it to be copied by hand as well: over plain HTTP, browsers let no page write to the clipboard.
 * @param {string} link
 * @param {string} expires
 * @param {HTMLElement} result
 */
async function offer(link, expires, result) {
  const field = h("input", { type: "text", readonly: true, value: link, "aria-label": "Link", onfocus: () => field.select() });
  const copied = await copy(link);
  const until = `It works until ${dateTime(Date.parse(expires) / 1000)}.`;
  result.replaceChildren(h("p", { class: "hint" }, copied ? `Copied. ${until}` : `Copy this link. ${until}`), field);
  if (!copied) field.focus();
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} Whether it is in the clipboard.
 */
async function copy(text) {
  if (!navigator.clipboard) return false;
  return navigator.clipboard.writeText(text).then(() => true, () => false);
}
