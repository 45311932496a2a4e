// The time line: what was recorded, by day, of one camera or all. Loaded when it is opened for the first time.

/** @import { CameraList, DayCounts, Entry, Session, State } from "./types" */

import { ApiError } from "./api.js";
import { Calendar } from "./calendar.js";
import { Cards } from "./cards.js";
import { addDays, beginOf, dayOf, today } from "./days.js";
import { errorText, h, icon, iconButton, loadStyle, toast } from "./dom.js";
import { addressOf, Filters } from "./filters.js";
import { Player } from "./player.js";
import { keep, remove, timeline, timelineDays, timelineSlots } from "./recorded.js";
import { Ribbon } from "./ribbon.js";

await Promise.all([loadStyle("events"), loadStyle("timeline")]);

const PAGE = 48;
const MOST = 288; // entries on the page, so that it does not grow without bound
const WIDE = matchMedia("(min-width: 1100px)");
const QUIET = 1000; // milliseconds between two readings of what changes often

export class EventsView {
  /**
   * @param {CameraList} list
   * @param {Session} identity
   */
  constructor(list, identity) {
    this.mayControl = identity.role === "admin";
    /** @type {Entry[]} Newest first. */
    this.items = [];
    /** @type {DayCounts[]} */
    this.days = [];
    this.changes = -1;
    this.started = this.loading = this.again = this.cut = false;
    this.quiet = 0;
    this.turn = 0; // answers to what was asked before the last restart are ignored
    this.filters = new Filters(() => this.restart());
    this.ribbon = new Ribbon((at) => this.goTo(at), (day) => this.goTo(beginOf(day, 1)));
    this.calendar = new Calendar((day) => this.goTo(beginOf(day, 1)),
      (from, to) => this.read(timelineDays({ ...this.query(), from, to }), []));
    this.cards = new Cards((id) => this.open(id));
    /** @type {Entry[] | null} What is chosen to be compared; null unless something is being chosen. */
    this.chosen = null;
    this.hint = h("p", { class: "comparehint", role: "status", hidden: true });
    this.compare = iconButton("compare", "Compare two pictures", () => this.choose(this.chosen ? null : []), { "aria-pressed": "false" });
    this.empty = h("div", { class: "empty", hidden: true });
    this.newest = h("button", { type: "button", class: "button quiet", hidden: true, onclick: () => this.goTo(new Date()) }, "Back to the newest");
    this.older = h("button", { type: "button", class: "button quiet", hidden: true, onclick: () => this.loadOlder() }, "Older events");
    const month = h("details", { class: "calendarbox", open: WIDE.matches },
      h("summary", {}, icon("days"), "Calendar"), this.calendar.element);
    this.element = h("section", { class: "eventlist", "aria-label": "Events" },
      h("div", { class: "eventbar" }, h("h1", {}, "Events"), this.compare, this.filters.element),
      this.ribbon.element, month,
      h("div", { class: "daylist" }, h("p", { class: "more" }, this.newest), this.hint, this.cards.element, this.empty, h("p", { class: "more" }, this.older)));
    this.adopt(list);
  }

  /** @param {string} camera */
  nameOf(camera) {
    return this.cards.nameOf(camera);
  }

  /**
   * Takes over a new list of cameras, and what is in the address.
   * @param {CameraList} list
   */
  adopt({ cameras }) {
    if (this.filters.adopt(cameras) && this.started) this.restart();
  }

  start() {
    this.started = true;
    this.calendar.chosen = this.day;
    this.calendar.month = this.day.slice(0, 7);
    this.load();
    this.loadDay();
  }

  stop() {
    this.started = false;
    clearTimeout(this.quiet);
  }

  /** Reads everything again from the beginning. */
  restart() {
    this.turn += 1;
    this.items = [];
    this.cut = false;
    this.load();
    this.loadDay();
  }

  /**
   * Opens an entry, or chooses it to be compared.
   * @param {string} id
   */
  async open(id) {
    const entry = this.items.find((item) => item.id === id);
    if (!this.chosen || !entry) {
      new Player(this, id);
      return;
    }
    if (!entry.picture) {
      toast("This entry has no picture to compare.", "error");
      return;
    }
    const [first] = this.chosen;
    if (!first || first.id === id) {
      this.choose(first ? [] : [entry]);
      return;
    }
    this.choose(null);
    const { openCompare } = await import("./compare.js");
    openCompare([first, entry], (camera) => this.nameOf(camera));
  }

  /** @param {Entry[] | null} chosen To be compared. */
  choose(chosen) {
    this.chosen = chosen;
    this.compare.setAttribute("aria-pressed", String(chosen !== null));
    this.hint.hidden = chosen === null;
    this.hint.textContent = chosen?.length ? "Choose the picture to compare it with." : "Choose two pictures to compare.";
    this.cards.pick(chosen?.[0]?.id ?? null);
  }

  /** The day of the ribbon. */
  get day() {
    const { before } = this.filters.values;
    return before ? dayOf(new Date(Date.parse(before) - 1)) : today();
  }

  /**
   * Shows what happened before a time.
   * @param {Date} at
   */
  goTo(at) {
    this.filters.set({ before: at < new Date() ? at.toISOString() : "" });
  }

  /** The parameters of every request. */
  query() {
    const { camera, type, zone, label } = this.filters.values;
    return { camera, type, zone, label };
  }

  /**
   * Reads everything again that may have changed.
   * @param {State} state
   */
  update({ events: changes = 0 }) {
    const changed = this.changes >= 0 && changes !== this.changes;
    this.changes = changes;
    if (!changed || !this.started) return;
    if (!this.cut) this.load();
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.loadDay(), QUIET);
  }

  /** Reads as many entries as are shown, and at least one page. */
  async load() {
    this.again = true;
    if (this.loading) return;
    this.loading = true;
    try {
      while (this.again) {
        this.again = false;
        const limit = Math.max(PAGE, this.items.length);
        const found = await this.find({ limit, before: this.filters.values.before });
        if (!this.again) await this.show(found, found.length === limit);
      }
    } catch (error) {
      this.loading = false; // what fails may be read again with other filters
      this.fail(error);
      return;
    }
    this.loading = false;
  }

  /** @param {{limit: number, before?: string}} query */
  find(query) {
    const type = this.filters.values.type || "motion,recording,detection,photo"; // series are shown by day
    return timeline({ ...this.query(), type, ...query });
  }

  /** Reads what the ribbon, the calendar and the filters show. */
  async loadDay() {
    const { day } = this;
    const [from, to] = [beginOf(day).toISOString(), beginOf(day, 1).toISOString()];
    const [slots] = await Promise.all([
      this.read(timelineSlots({ ...this.query(), from, to }), []), this.filters.load(), this.calendar.choose(day),
    ]);
    if (day !== this.day) return;
    const { camera } = this.filters.values;
    this.cards.names = this.filters.names;
    this.ribbon.show(day, [...this.filters.names].filter(([id]) => !camera || id === camera), slots);
  }

  async loadOlder() {
    const { turn } = this;
    const before = this.items.at(-1)?.id;
    this.older.disabled = true;
    try {
      const found = await this.find({ limit: PAGE, before });
      if (turn !== this.turn) return;
      const items = [...this.items, ...found];
      this.cut ||= items.length > MOST;
      await this.show(items.slice(-MOST), found.length === PAGE);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) await this.load(); // the last one was deleted
      else this.fail(error);
    } finally {
      this.older.disabled = false;
    }
  }

  /**
   * @template T
   * @param {Promise<T>} request
   * @param {T} otherwise If it fails.
   */
  read(request, otherwise) {
    return request.catch((error) => {
      this.fail(error);
      return otherwise;
    });
  }

  /** @param {unknown} error */
  fail(error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404 && ["camera", "zone", "label"].includes(error.field ?? "")) this.filters.set({ [error.field ?? ""]: "" });
    else if (error.status !== 401) toast(errorText(error), "error");
  }

  /**
   * @param {Entry[]} items
   * @param {boolean} more Whether there may be older ones.
   */
  async show(items, more) {
    const { turn } = this;
    const days = await this.seriesOf(items, more);
    if (turn !== this.turn) return;
    this.items = items;
    this.days = days;
    this.cards.names = this.filters.names;
    this.cards.show(items, days);
    this.older.hidden = !more;
    this.newest.hidden = !this.cut && !this.filters.values.before;
    this.empty.hidden = items.length > 0 || days.length > 0;
    if (!this.empty.hidden) this.empty.replaceChildren(...this.nothing());
  }

  /**
   * The series of the days that are shown, unless their pictures are shown themselves.
   * @param {Entry[]} items
   * @param {boolean} more
   */
  async seriesOf(items, more) {
    const { camera, type, zone, label } = this.filters.values;
    if (type || zone || label) return [];
    const newest = this.cut && items.length ? dayOf(new Date(items[0].from)) : this.day;
    const oldest = items.length ? dayOf(new Date(items[items.length - 1].from)) : newest;
    const from = more ? oldest : [addDays(newest, -30), oldest].sort()[0];
    return this.read(timelineDays({ camera, type: "series", from, to: addDays(newest, 1) }), []);
  }

  nothing() {
    const { camera, type, zone, label, before } = this.filters.values;
    if (camera || type || zone || label || before) {
      return [h("p", {}, "No matching entries."), h("p", {}, h("a", { class: "button quiet", href: addressOf({}) }, "Show everything"))];
    }
    return [
      h("h1", {}, "Nothing recorded yet"),
      h("p", {}, "To record motion, set “motion: true” and “record: true” in a camera's section of the configuration."),
    ];
  }

  /**
   * @param {Entry} entry
   * @param {boolean} wanted
   */
  async keep(entry, wanted) {
    const changed = await keep(entry, wanted);
    await this.show(this.items.map((item) => (item.id === entry.id ? { ...item, keep: changed.keep } : item)), !this.older.hidden);
  }

  /** @param {Entry} entry */
  async remove(entry) {
    await remove(entry).catch((error) => {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    });
    await this.show(this.items.filter(({ id }) => id !== entry.id), !this.older.hidden);
  }
}
