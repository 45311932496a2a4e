// The box to find a control by its name, by that of libcamera, or by another word for it.

/** @import { Entity } from "./types" */

import { h } from "./dom.js";

export class Search {
  /** @param {() => void} onchange */
  constructor(onchange) {
    this.input = h("input", {
      type: "search", class: "filter", placeholder: "Find a control", "aria-label": "Find a control", autocomplete: "off", spellcheck: "false",
      oninput: onchange, onkeydown: (event) => this.onKey(event, onchange),
    });
    this.nothing = h("p", { class: "hint nothing", role: "status", hidden: true });
  }

  get words() {
    return this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  /**
   * Escape clears the box.
   * @param {KeyboardEvent} event
   * @param {() => void} onchange
   */
  onKey(event, onchange) {
    if (event.key !== "Escape" || !this.input.value) return;
    event.preventDefault();
    event.stopPropagation();
    this.input.value = "";
    onchange();
  }

  /**
   * Says so if nothing was found.
   * @param {number} count
   */
  tell(count) {
    const isNothing = this.words.length > 0 && count === 0;
    this.nothing.textContent = isNothing
      ? `Nothing found for “${this.input.value.trim()}”. This camera may not have it; try another word, such as exposure, colour or focus.` : "";
    this.nothing.hidden = !isNothing;
  }
}

/**
 * Everything that an entity can be found by.
 * @param {Entity} entity
 */
export const searchText = ({ key, name, title, group, description, synonyms, control, kind, option_titles }) => [
  key, name, title, group, description, control, ...synonyms, ...(kind?.type === "choice" ? kind.allowed : []), ...Object.values(option_titles),
].join("\n").toLowerCase();
