// The cards of the time line, grouped by day.

/** @import { DayCounts, Entry, SeriesOfDay } from "./types" */

import { arrange, h, icon } from "./dom.js";
import { beginOf, dayName, dayOf } from "./days.js";
import { TYPES, addressOf } from "./filters.js";
import { date, duration, time } from "./format.js";
import { inCard } from "./previews.js";
import { clipOf, pictureOf } from "./recorded.js";

const seconds = (/** @type {string} */ iso) => Date.parse(iso) / 1000;

/** @type {Record<string, string>} The icons of entries without a picture. */
const SYMBOLS = { photo: "shot", series: "stack", detection: "eye" };

/**
 * A picture, or a placeholder where there is none: of a video without one, or of a file that is gone or that no browser can show.
 * @param {string | null} address
 * @param {string} symbol
 */
function pictureWith(address, symbol) {
  const placeholder = h("span", { class: "nopicture" }, icon(symbol));
  if (!address) return placeholder;
  const image = h("img", { alt: "", ...inCard(address) });
  image.addEventListener("error", () => image.replaceWith(placeholder));
  return image;
}

/**
 * What an entry is, in words.
 * @param {Entry} entry
 */
export function whatOf({ type, series, zones, labels, raw, clip }) {
  return [type === "series" ? series : TYPES[type], ...zones, ...labels, raw ? "raw" : "", type === "series" && clip ? "video" : ""].filter(Boolean).join(", ");
}

/** @param {Entry} entry */
function lasted({ type, from, to }) {
  if (type === "photo" || type === "series") return "";
  return to === null ? "now" : duration(Math.max(1, seconds(to) - seconds(from)));
}

export class Cards {
  /** @param {(id: string) => void} onOpen */
  constructor(onOpen) {
    this.onOpen = onOpen;
    /** @type {Map<string, string>} The names of the cameras by their ids. */
    this.names = new Map();
    /** @type {Map<string, {key: string, element: HTMLElement}>} What is shown, by the ids of entries, series and days. */
    this.shown = new Map();
    this.element = h("div", { class: "days" });
  }

  /** @param {string} camera */
  nameOf(camera) {
    return this.names.get(camera) ?? camera;
  }

  /**
   * Marks a card; null: none.
   * @param {string | null} id
   */
  pick(id) {
    for (const card of this.element.querySelectorAll("button.event")) {
      const picked = /** @type {HTMLElement} */ (card).dataset.id === id;
      card.classList.toggle("picked", picked);
      if (picked) card.setAttribute("aria-pressed", "true");
      else card.removeAttribute("aria-pressed");
    }
  }

  /**
   * @param {Entry[]} entries Newest first.
   * @param {DayCounts[]} counts With the series of the days.
   */
  show(entries, counts) {
    /** @type {Map<string, {at: number, element: HTMLElement}[]>} */
    const days = new Map();
    const old = this.shown;
    this.shown = new Map();
    /**
     * @param {string} id
     * @param {string} at
     * @param {string} key
     * @param {() => HTMLElement} make
     */
    const place = (id, at, key, make) => {
      const before = old.get(id);
      const one = before?.key === key ? before : { key, element: make() };
      this.shown.set(id, one);
      const day = dayOf(new Date(at));
      days.set(day, [...(days.get(day) ?? []), { at: Date.parse(at), element: one.element }]);
    };
    for (const entry of entries) place(entry.id, entry.from, JSON.stringify([entry, this.nameOf(entry.camera)]), () => this.card(entry));
    for (const { series, to } of counts) {
      for (const one of series) place(`${one.camera}/${one.series}/${to}`, one.last, JSON.stringify([one, this.nameOf(one.camera)]), () => this.seriesCard(one, to));
    }
    const sections = [...days].sort(([a], [b]) => (a < b ? 1 : -1)).map(([day, cards]) => this.section(day, cards, old));
    arrange(this.element, sections);
  }

  /**
   * @param {string} day
   * @param {{at: number, element: HTMLElement}[]} cards
   * @param {Map<string, {key: string, element: HTMLElement}>} old
   */
  section(day, cards, old) {
    const heading = dayName(day);
    const before = old.get(day);
    const element = before?.key === heading ? before.element : h("section", { class: "day", "data-day": day }, h("h2", {}, heading), h("ul", { class: "events" }));
    this.shown.set(day, { key: heading, element });
    arrange(/** @type {Element} */ (element.lastElementChild), cards.sort((a, b) => b.at - a.at).map((card) => card.element));
    return element;
  }

  /** @param {Entry} entry */
  card(entry) {
    const begin = seconds(entry.from);
    const shown = [this.nameOf(entry.camera), whatOf(entry), lasted(entry)].filter(Boolean).join(" · ");
    return h("li", {}, h("button", {
      type: "button", class: `event ${entry.type}`, "data-id": entry.id, onclick: () => this.onOpen(entry.id),
      "aria-label": [`${time(begin)} ${shown}`, date(begin), entry.keep ? "favourite" : ""].filter(Boolean).join(", "),
    },
    pictureWith(pictureOf(entry), SYMBOLS[entry.type] ?? "film"),
    entry.keep ? h("span", { class: "kept" }, icon("star")) : null,
    clipOf(entry) ? h("span", { class: "plays" }, icon("play")) : null,
    h("span", { class: "when" }, time(begin)), " ",
    h("span", { class: "what" }, shown)));
  }

  /**
   * The pictures of a series of one day: a link to them.
   * @param {SeriesOfDay} series
   * @param {string} end Of the day.
   */
  seriesCard({ camera, series, count, name, last }, end) {
    const before = beginOf(dayOf(new Date())) < new Date(end) && new Date(end) > new Date() ? "" : end;
    const shown = [this.nameOf(camera), series, `${count} ${count === 1 ? "picture" : "pictures"}`].join(" · ");
    return h("li", {}, h("a", {
      class: "event series many", href: addressOf({ camera, type: "series", before }),
      "aria-label": `${count} ${time(seconds(last))} ${shown}, the last on ${date(seconds(last))}`,
    },
    pictureWith(`files/${camera}/${name}`, "stack"),
    h("span", { class: "count" }, icon("stack"), String(count)), " ",
    h("span", { class: "when" }, time(seconds(last))), " ",
    h("span", { class: "what" }, shown)));
  }
}
