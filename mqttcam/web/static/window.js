// A rectangle, called window in cameras, that is drawn on the live picture: by mouse, finger or keys.
//
// A window is [x, y, width, height] in the control's own units. `view` is the part of its bounds that the picture shows
// now, so that a window appears where it is drawn although the picture is enlarged or cropped.

/** @import { CameraState, Entity, Rectangle, RectangleKind, Values } from "./types" */

import { h } from "./dom.js";
import { followPicture, placeOnPage, placeOnStage } from "./place.js";

const STEP = 0.02;
const SMALLEST_DRAG = 8;
const HELP = "Drag a box on the picture. Arrow keys move it, with Shift they resize it; Enter applies it, Escape cancels.";
/** @typedef {[x: number, y: number]} Point */
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The buttons in the field of a window, of which the first starts to draw. */
export class WindowTool {
  /**
   * @param {import("./stage.js").Stage} stage
   * @param {import("./fields.js").Field} field
   * @param {RectangleKind} kind
   */
  constructor(stage, field, kind) {
    this.stage = stage;
    this.field = field;
    this.kind = kind;
    /** @type {Values} */
    this.state = {};
    /** @type {Drawing | null} */
    this.drawing = null;
    /** @type {Entity | undefined} The entity that says what the picture shows. */
    this.viewEntity = undefined;
    // The window that the picture shows keeps the picture's aspect ratio, or the picture would be distorted.
    this.isView = kind.view === field.entity.key;
    this.draw = h("button", { type: "button", class: "button quiet", "aria-pressed": "false", onclick: () => this.toggle() }, "Draw on the picture");
    this.whole = h("button", { type: "button", class: "button quiet", onclick: () => field.change(this.largest()) }, "Whole picture");
    field.element.append(h("div", { class: "row windowtools" }, this.draw, this.whole));
  }

  /**
   * Takes over the present entities of the camera.
   * @param {Entity[]} entities
   */
  adopt(entities) {
    this.viewEntity = entities.find(({ key }) => key === this.kind.view);
  }

  /** @param {CameraState} live */
  update(live) {
    this.state = live.state;
    this.draw.disabled = live.status !== "running";
    if (this.draw.disabled) this.leave();
    this.drawing?.paint();
  }

  /**
   * The part of the bounds that the picture shows.
   * @returns {Rectangle}
   */
  view() {
    return (this.kind.view === null ? null : this.state[this.kind.view]) ?? this.viewEntity?.default ?? this.kind.bounds;
  }

  /**
   * The largest window, centred in the bounds if it has to have the picture's aspect ratio.
   * @returns {Rectangle}
   */
  largest() {
    const [x, y, width, height] = this.kind.bounds;
    const shape = this.isView ? this.stage.shape() : width / height;
    const wide = Math.round(Math.min(width, height * shape));
    const high = Math.round(Math.min(height, width / shape));
    return [x + Math.round((width - wide) / 2), y + Math.round((height - high) / 2), wide, high];
  }

  toggle() {
    if (this.drawing) this.leave();
    else this.enter();
  }

  enter() {
    this.stage.tool?.leave();
    this.stage.tool = this;
    this.drawing = new Drawing(this, (box) => {
      this.leave();
      if (box) this.field.change(box);
      this.draw.focus({ preventScroll: true });
    });
    this.draw.setAttribute("aria-pressed", "true");
  }

  leave() {
    this.drawing?.remove();
    this.drawing = null;
    this.draw.setAttribute("aria-pressed", "false");
  }
}

/** The layer over the picture while a window is drawn. */
class Drawing {
  /**
   * @param {WindowTool} tool
   * @param {(box: Rectangle | null) => void} done Called with the window, or null if it was cancelled.
   */
  constructor(tool, done) {
    this.tool = tool;
    this.done = done;
    this.kind = tool.kind;
    this.shape = tool.isView ? tool.stage.shape() : null;
    /** @type {{id: number, at: Point, point: Point, drawn: boolean} | null} Where the pointer went down. */
    this.from = null;
    this.frame = tool.stage.element;
    this.box = this.first();
    this.mark = h("div", { class: "window" });
    this.size = h("output", { class: "size" });
    this.layer = h("div", {
      class: "drawing", tabindex: "0", role: "application", "aria-label": `${tool.field.entity.name}. ${HELP}`,
      onpointerdown: (event) => this.onDown(event), onpointermove: (event) => this.onMove(event),
      onpointerup: (event) => this.onUp(event), onpointercancel: () => { this.from = null; },
      ondblclick: (event) => event.stopPropagation(), onkeydown: (event) => this.onKey(event),
    }, this.mark);
    this.bar = h("div", { class: "drawbar" }, h("span", {}, "Drag a box"), this.size,
      h("button", { type: "button", class: "pill", onclick: () => done(null) }, "Cancel"));
    this.frame.append(this.layer, this.bar);
    this.frame.classList.add("drawn");
    this.unfollow = followPicture(tool.stage, () => this.paint());
    this.paint();
    this.frame.scrollIntoView({ block: "nearest" });
    this.layer.focus({ preventScroll: true });
  }

  remove() {
    this.unfollow();
    this.layer.remove();
    this.bar.remove();
    this.frame.classList.remove("drawn");
  }

  /**
   * The present window if it is visible; else one in the middle.
   * @returns {Rectangle}
   */
  first() {
    const view = this.tool.view();
    /** @type {Rectangle | null | undefined} */
    const now = this.tool.state[this.tool.field.entity.key];
    if (now && !this.tool.isView && contains(view, now)) return [...now];
    return this.fit([view[0] + view[2] / 4, view[1] + view[3] / 4, view[2] / 2, view[3] / 2]);
  }

  // coordinates

  /**
   * A pointer's position in the control's units, limited to the picture.
   * @param {PointerEvent} event
   * @returns {Point}
   */
  point(event) {
    const place = placeOnPage(this.tool.stage);
    const [x, y, width, height] = this.tool.view();
    /** @param {number} value */
    const limit = (value) => Math.min(1, Math.max(0, value));
    return [x + width * limit((event.clientX - place.left) / place.width), y + height * limit((event.clientY - place.top) / place.height)];
  }

  paint() {
    const place = placeOnStage(this.tool.stage);
    const [x, y, width, height] = this.tool.view();
    const scale = [place.width / width, place.height / height];
    const { style } = this.mark;
    style.left = `${place.left + (this.box[0] - x) * scale[0]}px`;
    style.top = `${place.top + (this.box[1] - y) * scale[1]}px`;
    style.width = `${this.box[2] * scale[0]}px`;
    style.height = `${this.box[3] * scale[1]}px`;
    const [left, top, wide, high] = this.rounded();
    this.size.textContent = `${wide} × ${high} at ${left}, ${top}`;
  }

  // pointers

  /** @param {PointerEvent} event */
  onDown(event) {
    event.stopPropagation();
    if (this.from || event.button > 0) return;
    event.preventDefault();
    this.layer.focus({ preventScroll: true });
    this.layer.setPointerCapture(event.pointerId);
    this.from = { id: event.pointerId, at: [event.clientX, event.clientY], point: this.point(event), drawn: false };
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    event.stopPropagation();
    if (this.from?.id !== event.pointerId) return;
    const [x, y] = this.from.at;
    this.from.drawn ||= Math.max(Math.abs(event.clientX - x), Math.abs(event.clientY - y)) >= SMALLEST_DRAG;
    if (!this.from.drawn) return;
    this.box = this.between(this.from.point, this.point(event));
    this.paint();
  }

  /** @param {PointerEvent} event */
  onUp(event) {
    event.stopPropagation();
    if (this.from?.id !== event.pointerId) return;
    const { drawn } = this.from;
    this.from = null;
    if (drawn) this.done(this.rounded());
  }

  /**
   * The window between two corners. The second one moves if the window has to be larger, or of another shape.
   * @param {Point} from
   * @param {Point} to
   */
  between([x, y], [toX, toY]) {
    let width = Math.max(Math.abs(toX - x), this.kind.least[0]);
    let height = Math.max(Math.abs(toY - y), this.kind.least[1]);
    if (this.shape) {
      width = Math.max(width, height * this.shape);
      height = width / this.shape;
    }
    const view = this.tool.view();
    const room = [toX < x ? x - view[0] : view[0] + view[2] - x, toY < y ? y - view[1] : view[1] + view[3] - y];
    const shrink = this.shape ? Math.min(1, room[0] / width, room[1] / height) : 1;
    return this.fit([toX < x ? x - width * shrink : x, toY < y ? y - height * shrink : y, width * shrink, height * shrink]);
  }

  /**
   * A window of the right shape, not too small, and within what the picture shows, as far as that is possible.
   * @param {Rectangle} box
   * @returns {Rectangle}
   */
  fit([x, y, width, height]) {
    const view = this.tool.view();
    const [wide, high] = this.fitSize(width, height, view);
    /** @type {(at: number, length: number, start: number, room: number) => number} */
    const within = (at, length, start, room) => Math.min(Math.max(at, start), start + Math.max(0, room - length));
    return [within(x, wide, view[0], view[2]), within(y, high, view[1], view[3]), wide, high];
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {Rectangle} view
   */
  fitSize(width, height, view) {
    const least = this.kind.least;
    if (!this.shape) {
      return [Math.max(least[0], Math.min(width, view[2])), Math.max(least[1], Math.min(height, view[3]))];
    }
    const most = Math.min(view[2], view[3] * this.shape);
    const wide = Math.max(least[0], least[1] * this.shape, Math.min(width, most));
    return [wide, wide / this.shape];
  }

  /**
   * The window in whole numbers, within the bounds.
   * @returns {Rectangle}
   */
  rounded() {
    const [x, y, width, height] = this.kind.bounds;
    const wide = Math.min(width, Math.round(this.box[2]));
    const high = Math.min(height, Math.round(this.box[3]));
    /** @type {(at: number, length: number, start: number, room: number) => number} */
    const within = (at, length, start, room) => Math.min(Math.max(Math.round(at), start), start + room - length);
    return [within(this.box[0], wide, x, width), within(this.box[1], high, y, height), wide, high];
  }

  // keys

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.done(this.rounded());
    else if (event.key === "Escape") this.done(null);
    else if (ARROWS[event.key]) this.nudge(ARROWS[event.key], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {Point} direction
   * @param {boolean} resize
   */
  nudge([right, down], resize) {
    const view = this.tool.view();
    const by = [right * Math.max(1, view[2] * STEP), down * Math.max(1, view[3] * STEP)];
    const [x, y, width, height] = this.box;
    if (!resize) this.box = this.fit([x + by[0], y + by[1], width, height]);
    else if (this.shape) this.box = this.fit([x, y, width + (by[0] || by[1] * this.shape), height]);
    else this.box = this.fit([x, y, width + by[0], height + by[1]]);
    this.paint();
  }
}

/**
 * @param {Rectangle} outer
 * @param {Rectangle} inner
 */
const contains = (outer, inner) => inner[0] >= outer[0] && inner[1] >= outer[1]
  && inner[0] + inner[2] <= outer[0] + outer[2] && inner[1] + inner[3] <= outer[1] + outer[3];
