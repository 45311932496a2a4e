// The ribbon of a day: hours from left to right, a row for each camera, and what happened where.

/** @import { Slot } from "./types" */

import { addDays, beginOf, dayName, today } from "./days.js";
import { h, iconButton } from "./dom.js";
import { TYPES, counted } from "./filters.js";
import { time } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const TYPE_NAMES = Object.keys(TYPES);
const ROW = 18; // pixels
const MAX_ZOOM = 32;
const NEAR = 60; // seconds: what is this close counts as at the same time

/** @param {number} value */
const inDay = (value) => Math.min(1, Math.max(0, value));

export class Ribbon {
  /**
   * @param {(at: Date) => void} onChoose A time was chosen.
   * @param {(day: string) => void} onDay Another day was chosen.
   */
  constructor(onChoose, onDay) {
    this.onChoose = onChoose;
    this.onDay = onDay;
    this.day = today();
    /** @type {Slot[]} */
    this.slots = [];
    /** @type {[string, string][]} Ids and names of the cameras. */
    this.rows = [];
    this.zoom = 1;
    this.at = 0; // the cursor, in seconds after the beginning of the day
    this.title = h("h2", {});
    this.summary = h("p", { class: "hint totals", "aria-live": "polite" });
    this.later = iconButton("right", "Next day", () => this.go(1));
    this.smaller = iconButton("minus", "Show more of the day", () => this.zoomBy(1 / 2));
    this.larger = iconButton("plus", "Show less of the day", () => this.zoomBy(2));
    this.names = h("div", { class: "ribbonnames", "aria-hidden": "true" });
    this.rowsElement = document.createElementNS(SVG, "svg");
    this.rowsElement.setAttribute("preserveAspectRatio", "none");
    this.hours = h("div", { class: "hours" });
    this.cursor = h("div", { class: "cursor", hidden: true });
    this.now = h("div", { class: "present", hidden: true });
    this.track = h("div", {
      class: "track", role: "slider", tabindex: "0", "aria-label": "Time of day", "aria-valuemin": "0",
      onkeydown: (event) => this.onKey(event), onclick: (event) => this.onClick(event),
      onpointermove: (event) => this.point(event), onpointerleave: () => this.showCursor(false), onfocus: () => this.mark(this.at), onblur: () => this.showCursor(false),
    }, this.hours, this.cursor, this.now);
    this.track.prepend(this.rowsElement);
    this.scroller = h("div", { class: "ribbonscroll", onwheel: (event) => this.onWheel(event) }, this.track);
    this.element = h("section", { class: "ribbon", "aria-label": "Day" },
      h("header", { class: "ribbonbar" },
        iconButton("left", "Previous day", () => this.go(-1)), this.title, this.later, this.summary, this.smaller, this.larger),
      h("div", { class: "ribbonbody" }, this.names, this.scroller));
    this.pinch();
  }

  get seconds() {
    return (beginOf(this.day, 1).getTime() - beginOf(this.day).getTime()) / 1000;
  }

  /** The time now, in seconds after the beginning of the day. */
  get present() {
    return (Date.now() - beginOf(this.day).getTime()) / 1000;
  }

  /** @param {number} count */
  go(count) {
    this.onDay(addDays(this.day, count));
  }

  /**
   * @param {string} day
   * @param {[string, string][]} rows Ids and names of the cameras.
   * @param {Slot[]} slots
   */
  show(day, rows, slots) {
    if (day !== this.day) this.at = 0;
    this.day = day;
    this.rows = rows;
    const present = day === today() ? this.present : this.seconds;
    // The end of what still goes on is not known yet.
    this.slots = slots.map((slot) => ({ ...slot, end: Math.max(slot.begin, Math.min(slot.end, present)) })).sort((a, b) => a.begin - b.begin);
    this.title.textContent = dayName(day);
    this.later.disabled = day >= today();
    this.names.replaceChildren(...rows.map(([, name]) => h("span", {}, name)));
    this.names.hidden = rows.length < 2;
    this.summarize();
    this.track.setAttribute("aria-valuemax", String(this.seconds));
    this.draw();
    this.drawHours();
    this.mark(this.at, false);
  }

  /** @param {Slot[]} slots */
  countsOf(slots) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { type, count } of slots) counts.set(type, (counts.get(type) ?? 0) + count);
    return [...counts].sort(([a], [b]) => TYPE_NAMES.indexOf(a) - TYPE_NAMES.indexOf(b));
  }

  /** Writes the totals of the day, which are the legend of the colours as well. */
  summarize() {
    const totals = this.countsOf(this.slots);
    const text = totals.map(([type, count]) => h("span", { class: `total ${type}` }, counted(type, count)));
    this.summary.replaceChildren(...(totals.length ? text : ["Nothing on this day"]));
  }

  /** Draws a path for each camera and type. */
  draw() {
    const height = Math.max(1, this.rows.length) * ROW;
    this.rowsElement.setAttribute("viewBox", `0 0 ${this.seconds} ${height}`);
    this.rowsElement.style.height = `${height}px`;
    /** @type {Map<string, string[]>} */
    const lines = new Map();
    for (const { camera, type, begin, end } of this.slots) {
      const row = this.rows.findIndex(([id]) => id === camera);
      if (row < 0) continue;
      const key = `${row} ${type}`;
      lines.set(key, [...(lines.get(key) ?? []), `M${begin} ${row * ROW + ROW / 2}H${Math.max(end, begin + 1)}`]);
    }
    const order = Object.keys({ series: 0, recording: 0, photo: 0, motion: 0, detection: 0 });
    const paths = [...lines].sort(([a], [b]) => order.indexOf(a.split(" ")[1]) - order.indexOf(b.split(" ")[1])).map(([key, parts]) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", key.split(" ")[1]);
      path.setAttribute("d", parts.join(""));
      return path;
    });
    this.rowsElement.replaceChildren(...paths);
  }

  drawHours() {
    const wide = this.scroller.clientWidth || 600;
    const every = [1, 2, 3, 4, 6, 12].find((hours) => (wide * this.zoom * hours) / 24 >= 56) ?? 12;
    const begin = beginOf(this.day);
    const marks = [];
    for (let hour = 0; hour < 24; hour += every) {
      const at = new Date(begin.getFullYear(), begin.getMonth(), begin.getDate(), hour);
      const text = at.toLocaleTimeString(undefined, { hour: "numeric" });
      const mark = h("span", {}, text);
      mark.style.left = `${(at.getTime() - begin.getTime()) / 10 / this.seconds}%`;
      marks.push(mark);
    }
    this.hours.replaceChildren(...marks);
    this.now.hidden = this.day !== today();
    this.now.style.left = `${inDay(this.present / this.seconds) * 100}%`;
    this.smaller.disabled = this.zoom <= 1;
    this.larger.disabled = this.zoom >= MAX_ZOOM;
    this.track.style.width = `${this.zoom * 100}%`;
  }

  /**
   * @param {number} factor
   * @param {number} [share] Of the day: what stays where it is.
   */
  zoomBy(factor, share = this.at / this.seconds) {
    const before = this.scroller.scrollLeft - share * this.track.clientWidth;
    this.zoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
    this.drawHours();
    this.scroller.scrollLeft = before + share * this.track.clientWidth;
    if (!share) this.scroller.scrollLeft = 0;
  }

  /**
   * Moves the cursor.
   * @param {number} at In seconds after the beginning of the day.
   * @param {boolean} [visible]
   */
  mark(at, visible = true) {
    this.at = Math.min(this.seconds, Math.max(0, at));
    const near = this.slots.filter(({ begin, end }) => begin <= this.at + NEAR && end >= this.at - NEAR);
    const text = [this.timeText, ...this.countsOf(near).map(([type, count]) => counted(type, count))].join(" · ");
    this.track.setAttribute("aria-valuenow", String(Math.round(this.at)));
    this.track.setAttribute("aria-valuetext", text);
    this.cursor.style.left = `${(this.at / this.seconds) * 100}%`;
    this.cursor.classList.toggle("late", this.at > this.seconds / 2);
    this.cursor.dataset.text = text;
    if (visible) this.showCursor(true);
  }

  get timeText() {
    return time(beginOf(this.day).getTime() / 1000 + this.at);
  }

  /** @param {boolean} visible */
  showCursor(visible) {
    this.cursor.hidden = !visible && document.activeElement !== this.track;
  }

  /** @param {MouseEvent} event */
  atPointer(event) {
    const { left, width } = this.track.getBoundingClientRect();
    return inDay((event.clientX - left) / width) * this.seconds;
  }

  /** @param {PointerEvent} event */
  point(event) {
    if (event.pointerType === "mouse") this.mark(this.atPointer(event));
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    this.mark(this.atPointer(event));
    this.choose();
  }

  /** Shows what happened up to the minute of the cursor, or up to the thing that is nearest to it. */
  choose() {
    const reach = Math.max(NEAR, (this.seconds / Math.max(1, this.track.clientWidth)) * 8);
    const near = this.slots.filter(({ begin, end }) => begin <= this.at + reach && end >= this.at - reach);
    const nearest = near.sort((a, b) => Math.abs(a.begin - this.at) - Math.abs(b.begin - this.at))[0];
    const at = (nearest ? nearest.begin : this.at) + NEAR;
    this.onChoose(new Date(beginOf(this.day).getTime() + at * 1000));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), ArrowUp: () => this.step(1), ArrowDown: () => this.step(-1),
      Home: () => this.mark(0), End: () => this.mark(this.seconds),
      PageUp: () => this.go(-1), PageDown: () => this.later.disabled || this.go(1),
      "+": () => this.zoomBy(2), "=": () => this.zoomBy(2), "-": () => this.zoomBy(1 / 2),
      Enter: () => this.choose(), " ": () => this.choose(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
    this.reveal();
  }

  /**
   * Moves the cursor to the next thing that happened, or by an hour where nothing more did.
   * @param {1 | -1} direction
   */
  step(direction) {
    const begins = this.slots.map(({ begin }) => begin);
    const next = direction > 0 ? begins.find((begin) => begin > this.at + 1) : begins.findLast((begin) => begin < this.at - 1);
    this.mark(next ?? this.at + direction * 3600);
  }

  /** Scrolls to the cursor. */
  reveal() {
    const x = (this.at / this.seconds) * this.track.clientWidth;
    const { scrollLeft, clientWidth } = this.scroller;
    if (x < scrollLeft || x > scrollLeft + clientWidth) this.scroller.scrollLeft = x - clientWidth / 2;
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoomBy(Math.exp(-event.deltaY / 200), this.atPointer(event) / this.seconds);
  }

  /** Zooms with two fingers; one finger scrolls. */
  pinch() {
    let apart = 0;
    /** @param {TouchEvent} event */
    const distance = ({ touches: [a, b] }) => Math.abs(a.clientX - b.clientX) || 1;
    this.scroller.addEventListener("touchstart", (event) => { if (event.touches.length === 2) apart = distance(event); }, { passive: true });
    this.scroller.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      const [{ clientX: a }, { clientX: b }] = event.touches;
      const { left, width } = this.track.getBoundingClientRect();
      this.zoomBy(distance(event) / apart, inDay(((a + b) / 2 - left) / width));
      apart = distance(event);
    }, { passive: false });
  }
}
