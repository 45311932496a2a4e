// The calendar: a month, with the days on which something happened.

/** @import { DayCounts } from "./types" */

import { addDays, beginOf, dayOf, today } from "./days.js";
import { h, iconButton } from "./dom.js";
import { counted } from "./filters.js";

/** Monday is 1, as in `Intl.Locale`. */
const FIRST_WEEKDAY = firstWeekday();

function firstWeekday() {
  const locale = /** @type {any} */ (new Intl.Locale(navigator.language));
  return Number((locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1);
}

/** @param {string} month Such as "2026-11". */
const beginOfMonth = (month) => `${month}-01`;

/**
 * @param {string} month
 * @param {number} by
 */
function addMonths(month, by) {
  const begin = beginOf(beginOfMonth(month));
  return dayOf(new Date(begin.getFullYear(), begin.getMonth() + by, 1)).slice(0, 7);
}

/** @type {Record<string, number>} By how many days a key moves. */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

export class Calendar {
  /**
   * @param {(day: string) => void} onChoose
   * @param {(from: string, to: string) => Promise<DayCounts[]>} load The days from one up to another one.
   */
  constructor(onChoose, load) {
    this.onChoose = onChoose;
    this.load = load;
    this.month = today().slice(0, 7);
    this.chosen = today();
    /** @type {Map<string, DayCounts>} */
    this.days = new Map();
    this.title = h("h2", { "aria-live": "polite" });
    this.next = iconButton("right", "Next month", () => this.go(1));
    this.grid = h("tbody", {});
    this.table = h("table", { class: "month", role: "grid", "aria-label": "Days", onkeydown: (event) => this.onKey(event) },
      h("thead", {}, h("tr", {}, ...weekdays())), this.grid);
    this.element = h("div", { class: "calendar" },
      h("header", { class: "calendarbar" }, iconButton("left", "Previous month", () => this.go(-1)), this.title, this.next), this.table);
  }

  /**
   * Marks a day, and shows its month.
   * @param {string} day
   */
  choose(day) {
    this.chosen = day;
    this.month = day.slice(0, 7);
    return this.refresh();
  }

  /** @param {number} by */
  go(by) {
    this.month = addMonths(this.month, by);
    return this.refresh();
  }

  /** Reads the counts of the month again. */
  async refresh() {
    const { month } = this;
    if (this.drawn !== month) this.draw(new Map());
    const found = await this.load(beginOfMonth(month), beginOfMonth(addMonths(month, 1)));
    if (month === this.month) this.draw(new Map(found.map((one) => [one.day, one])));
  }

  /** @param {Map<string, DayCounts>} days */
  draw(days) {
    const focused = this.table.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.day : undefined;
    const begin = beginOf(beginOfMonth(this.month));
    this.days = days;
    this.drawn = this.month;
    this.title.textContent = begin.toLocaleDateString(undefined, { month: "long", year: "numeric" });
    this.next.disabled = this.month >= today().slice(0, 7);
    const before = (begin.getDay() - (FIRST_WEEKDAY % 7) + 7) % 7;
    const first = addDays(beginOfMonth(this.month), -before);
    const reachable = this.chosen.startsWith(this.month) ? this.chosen : beginOfMonth(this.month);
    const weeks = [];
    for (let week = 0; week < 6; week += 1) {
      const cells = Array.from({ length: 7 }, (_, index) => this.cell(addDays(first, week * 7 + index), reachable));
      weeks.push(h("tr", {}, ...cells));
    }
    this.grid.replaceChildren(...weeks);
    if (focused) this.focus(focused);
  }

  /**
   * @param {string} day
   * @param {string} reachable That the tab key reaches.
   */
  cell(day, reachable) {
    if (!day.startsWith(this.month)) return h("td", {});
    const counts = Object.entries(this.days.get(day)?.counts ?? {});
    const sum = counts.reduce((total, [, count]) => total + count, 0);
    const name = beginOf(day).toLocaleDateString(undefined, { dateStyle: "full" });
    const words = counts.map(([type, count]) => counted(type, count)).join(", ");
    return h("td", { "aria-selected": String(day === this.chosen) }, h("button", {
      type: "button", tabindex: day === reachable ? "0" : "-1", "data-day": day, "aria-label": `${name}, ${words || "nothing"}`,
      "data-level": String(Math.min(4, Math.ceil(Math.log10(sum + 1) * 2))), "aria-current": day === today() ? "date" : null,
      disabled: day > today(), onclick: () => this.onChoose(day), title: words,
    }, String(Number(day.slice(8)))));
  }

  /** @param {string} day */
  focus(day) {
    for (const button of this.table.querySelectorAll("button")) {
      button.tabIndex = button.dataset.day === day ? 0 : -1;
      if (button.dataset.day === day) button.focus();
    }
  }

  /** @param {KeyboardEvent} event */
  async onKey(event) {
    const { day } = /** @type {HTMLElement} */ (event.target).dataset;
    if (!day || event.ctrlKey || event.metaKey || event.altKey) return;
    let wanted = "";
    if (event.key in STEPS) wanted = addDays(day, STEPS[event.key]);
    else if (event.key === "PageUp") wanted = beginOfMonth(addMonths(this.month, -1));
    else if (event.key === "PageDown") wanted = beginOfMonth(addMonths(this.month, 1));
    else return;
    event.preventDefault();
    if (wanted > today()) return;
    if (!wanted.startsWith(this.month)) {
      this.month = wanted.slice(0, 7);
      this.draw(new Map());
      this.focus(wanted);
      await this.refresh();
    } else this.focus(wanted);
  }
}

function weekdays() {
  return Array.from({ length: 7 }, (_, index) => {
    const day = new Date(2024, 0, FIRST_WEEKDAY + index); // 2024 began on a Monday
    return h("th", { scope: "col" }, h("abbr", { title: day.toLocaleDateString(undefined, { weekday: "long" }) }, day.toLocaleDateString(undefined, { weekday: "narrow" })));
  });
}
