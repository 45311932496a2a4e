// The tabs of the cameras.

/** @import { Camera } from "./types" */

import { arrange, byId, h } from "./dom.js";

const FADE = 10; // pixels at either end of the tabs

const tabs = byId("tabs");
const tabElements = () => /** @type {HTMLAnchorElement[]} */ ([...tabs.children]);

/**
 * Shows a tab for each camera and one for all, unless there is one camera.
 * @param {Camera[]} all
 */
export function makeTabs(all) {
  const old = new Map(tabElements().map((tab) => [tab.hash, tab]));
  /**
   * @param {string} id
   * @param {string} name
   */
  const tab = (id, name) => {
    const element = old.get(`#/${id}`) ?? h("a", { href: `#/${id}` });
    element.textContent = name;
    return element;
  };
  arrange(tabs, all.length > 1 ? [tab("", "All"), ...all.map(({ id, name }) => tab(id, name))] : []);
}

/**
 * Marks the current tab, if there is one.
 * @param {string} hash The hash of the tab's address.
 */
export function markTab(hash) {
  for (const tab of tabElements()) {
    if (tab.hash === hash) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  scrollToTab(tabs.querySelector("[aria-current]"));
}

/**
 * Scrolls the tabs only: `scrollIntoView` would also scroll a dashboard that embeds the page.
 * @param {Element | null} tab
 */
function scrollToTab(tab) {
  if (!tab) return;
  const [outer, inner] = [tabs.getBoundingClientRect(), tab.getBoundingClientRect()];
  const [before, after] = [outer.left + FADE - inner.left, inner.right - outer.right + FADE];
  if (before > 0) tabs.scrollLeft -= before;
  else if (after > 0) tabs.scrollLeft += Math.min(after, -before);
}
