// A window drawn on the live picture: dragged by mouse or finger, or moved and sized by keys.
//
// A window is [x, y, width, height] in the control's own units. `view` is the part of its bounds that the picture shows
// now, so what is drawn on an enlarged or cropped picture is where it looks to be.

import { h } from "./dom.js";

const STEP = 0.02;
const SMALLEST_DRAG = 8;
const HELP = "Drag a box on the picture. Arrow keys move it, with Shift they resize it; Enter sets it, Escape leaves.";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The buttons of a window's field, and the drawing that the first one starts. */
export class WindowTool {
  constructor(stage, field) {
    Object.assign(this, { stage, field, kind: field.entity.kind, state: {}, drawing: null });
    // What the picture shows keeps the picture's shape: another one would be stretched.
    this.isView = this.kind.view === field.entity.key;
    this.draw = h("button", { type: "button", class: "button quiet", "aria-pressed": "false", onclick: () => this.toggle() }, "Draw on the picture");
    this.whole = h("button", { type: "button", class: "button quiet", onclick: () => field.change(this.largest()) }, "Whole picture");
    field.element.append(h("div", { class: "row windowtools" }, this.draw, this.whole));
  }

  /** The camera's entities, one of which says what the picture shows. */
  know(entities) {
    this.shown = entities.find(({ key }) => key === this.kind.view);
  }

  update(live) {
    this.state = live.state;
    this.draw.disabled = live.status !== "running";
    if (this.draw.disabled) this.leave();
    this.drawing?.paint();
  }

  /** The part of the bounds that the picture shows. */
  view() {
    return this.state[this.kind.view] ?? this.shown?.default ?? this.kind.bounds;
  }

  /** The bounds; of the picture's shape, in their middle, where it must be that. */
  largest() {
    const [x, y, width, height] = this.kind.bounds;
    const shape = this.isView ? this.stage.shape() : width / height;
    const size = [Math.min(width, height * shape), Math.min(height, width / shape)].map(Math.round);
    return [x + Math.round((width - size[0]) / 2), y + Math.round((height - size[1]) / 2), ...size];
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

/** The layer over the picture while a window is drawn; `done` gets the window, or null. */
class Drawing {
  constructor(tool, done) {
    Object.assign(this, { tool, done, kind: tool.kind, shape: tool.isView ? tool.stage.shape() : null, from: null });
    this.frame = tool.stage.element;
    this.box = this.first();
    this.mark = h("div", { class: "window" });
    this.says = h("output", { class: "size" });
    this.layer = h("div", {
      class: "drawing", tabindex: "0", role: "application", "aria-label": `${tool.field.entity.name}. ${HELP}`,
      onpointerdown: (event) => this.down(event), onpointermove: (event) => this.move(event),
      onpointerup: (event) => this.up(event), onpointercancel: () => { this.from = null; },
      ondblclick: (event) => event.stopPropagation(), onkeydown: (event) => this.key(event),
    }, this.mark);
    this.bar = h("div", { class: "drawbar" }, h("span", {}, "Drag a box"), this.says,
      h("button", { type: "button", class: "pill", onclick: () => done(null) }, "Cancel"));
    this.frame.append(this.layer, this.bar);
    this.frame.classList.add("drawn");
    this.resized = new ResizeObserver(() => this.paint());
    this.resized.observe(this.frame);
    // Looking closer moves the picture without a word.
    this.moved = new MutationObserver(() => this.paint());
    this.moved.observe(tool.stage.picture, { attributes: true, attributeFilter: ["style"] });
    this.paint();
    this.frame.scrollIntoView({ block: "nearest" });
    this.layer.focus({ preventScroll: true });
  }

  remove() {
    this.resized.disconnect();
    this.moved.disconnect();
    this.layer.remove();
    this.bar.remove();
    this.frame.classList.remove("drawn");
  }

  /** The window that is set, where it can be seen and moved; else one in the middle. */
  first() {
    const view = this.tool.view();
    const now = this.tool.state[this.tool.field.entity.key];
    if (now && !this.tool.isView && contains(view, now)) return [...now];
    return this.fitted([view[0] + view[2] / 4, view[1] + view[3] / 4, view[2] / 2, view[3] / 2]);
  }

  // where things are

  /** The picture's place in the page, without the bars beside it. */
  place() {
    const outer = this.tool.stage.picture.getBoundingClientRect();
    const shape = this.tool.stage.shape();
    const width = Math.min(outer.width, outer.height * shape);
    const height = width / shape;
    return { left: outer.left + (outer.width - width) / 2, top: outer.top + (outer.height - height) / 2, width, height };
  }

  /** A point of the page in the control's units, no further out than the picture. */
  point(event) {
    const place = this.place();
    const [x, y, width, height] = this.tool.view();
    const part = (value) => Math.min(1, Math.max(0, value));
    return [x + width * part((event.clientX - place.left) / place.width), y + height * part((event.clientY - place.top) / place.height)];
  }

  paint() {
    const place = this.place();
    const frame = this.frame.getBoundingClientRect();
    const [x, y, width, height] = this.tool.view();
    const scale = [place.width / width, place.height / height];
    const style = {
      left: place.left - frame.left - this.frame.clientLeft + (this.box[0] - x) * scale[0],
      top: place.top - frame.top - this.frame.clientTop + (this.box[1] - y) * scale[1],
      width: this.box[2] * scale[0],
      height: this.box[3] * scale[1],
    };
    for (const [name, value] of Object.entries(style)) this.mark.style[name] = `${value}px`;
    const [left, top, wide, high] = this.rounded();
    this.says.textContent = `${wide} × ${high} at ${left}, ${top}`;
  }

  // drawing

  down(event) {
    event.stopPropagation();
    if (this.from || event.button > 0) return;
    event.preventDefault();
    this.layer.focus({ preventScroll: true });
    this.layer.setPointerCapture(event.pointerId);
    this.from = { id: event.pointerId, at: [event.clientX, event.clientY], point: this.point(event), drawn: false };
  }

  move(event) {
    event.stopPropagation();
    if (this.from?.id !== event.pointerId) return;
    const [x, y] = this.from.at;
    this.from.drawn ||= Math.max(Math.abs(event.clientX - x), Math.abs(event.clientY - y)) >= SMALLEST_DRAG;
    if (!this.from.drawn) return;
    this.box = this.between(this.from.point, this.point(event));
    this.paint();
  }

  up(event) {
    event.stopPropagation();
    if (this.from?.id !== event.pointerId) return;
    const { drawn } = this.from;
    this.from = null;
    if (drawn) this.done(this.rounded());
  }

  /** The window from one corner to the other one, which gives way where the window must be larger or of a shape. */
  between([x, y], [toX, toY]) {
    let width = Math.max(Math.abs(toX - x), this.kind.least[0]);
    let height = Math.max(Math.abs(toY - y), this.kind.least[1]);
    if (this.shape) width = Math.max(width, height * this.shape);
    if (this.shape) height = width / this.shape;
    const view = this.tool.view();
    const room = [toX < x ? x - view[0] : view[0] + view[2] - x, toY < y ? y - view[1] : view[1] + view[3] - y];
    const shrink = this.shape ? Math.min(1, room[0] / width, room[1] / height) : 1;
    return this.fitted([toX < x ? x - width * shrink : x, toY < y ? y - height * shrink : y, width * shrink, height * shrink]);
  }

  /** Of the right shape, not too small, and within what the picture shows, as far as that goes. */
  fitted([x, y, width, height]) {
    const view = this.tool.view();
    const size = this.sized(width, height, view);
    const within = (at, length, start, room) => Math.min(Math.max(at, start), start + Math.max(0, room - length));
    return [within(x, size[0], view[0], view[2]), within(y, size[1], view[1], view[3]), ...size];
  }

  sized(width, height, view) {
    const least = this.kind.least;
    if (!this.shape) {
      return [Math.max(least[0], Math.min(width, view[2])), Math.max(least[1], Math.min(height, view[3]))];
    }
    const most = Math.min(view[2], view[3] * this.shape);
    const wide = Math.max(least[0], least[1] * this.shape, Math.min(width, most));
    return [wide, wide / this.shape];
  }

  /** In whole numbers, within the bounds. */
  rounded() {
    const [x, y, width, height] = this.kind.bounds;
    const size = [Math.min(width, Math.round(this.box[2])), Math.min(height, Math.round(this.box[3]))];
    const within = (at, length, start, room) => Math.min(Math.max(Math.round(at), start), start + room - length);
    return [within(this.box[0], size[0], x, width), within(this.box[1], size[1], y, height), ...size];
  }

  // keys

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.done(this.rounded());
    else if (event.key === "Escape") this.done(null);
    else if (ARROWS[event.key]) this.nudge(ARROWS[event.key], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  nudge([right, down], resize) {
    const view = this.tool.view();
    const by = [right * Math.max(1, view[2] * STEP), down * Math.max(1, view[3] * STEP)];
    const [x, y, width, height] = this.box;
    if (!resize) this.box = this.fitted([x + by[0], y + by[1], width, height]);
    else if (this.shape) this.box = this.fitted([x, y, width + (by[0] || by[1] * this.shape), height]);
    else this.box = this.fitted([x, y, width + by[0], height + by[1]]);
    this.paint();
  }
}

const contains = (outer, inner) => inner[0] >= outer[0] && inner[1] >= outer[1]
  && inner[0] + inner[2] <= outer[0] + outer[2] && inner[1] + inner[3] <= outer[1] + outer[3];
