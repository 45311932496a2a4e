// Areas drawn on the live picture: their corners are moved, added and removed by mouse, finger or keys.

/** @import { Corner } from "./types" */
/** @typedef {import("./areas.js").Area} Area */

import { MASK, PRIVACY, nameCorner, zoneColour } from "./areas.js";
import { addCorner, arrowStep, middle, moveArea, moveCorner, percent, removeCorner, snapped } from "./corners.js";
import { followPicture, placeOnPage, placeOnStage } from "./place.js";

const SVG = "http://www.w3.org/2000/svg";
const KINDS = { zone: "zone", mask: "mask", privacy: "privacy area" };

export class Polygons {
  /**
   * @param {import("./stage.js").Stage} stage
   * @param {() => void} onChange Called after each change.
   * @param {(area: Area) => void} onSelect
   */
  constructor(stage, onChange, onSelect) {
    this.stage = stage;
    this.onChange = onChange;
    this.onSelect = onSelect;
    /** @type {Area[]} */
    this.areas = [];
    /** @type {Area | null} */
    this.selected = null;
    /** What is being dragged, and where the pointer and the corners were. @type {{id: number, corner: number | null, from: Corner, points: Corner[]} | null} */
    this.drag = null;
    this.svg = make("svg", {
      class: "polygons", role: "application",
      "aria-label": "Areas on the picture. Tab goes to an area and its corners, arrow keys move them, Enter adds a corner, Delete removes one.",
    });
    this.svg.addEventListener("pointermove", (event) => this.onMove(event));
    this.svg.addEventListener("pointerup", (event) => this.onEnd(event));
    this.svg.addEventListener("pointercancel", (event) => this.onEnd(event));
    this.svg.addEventListener("dblclick", (event) => this.onDoubleClick(event));
    this.svg.addEventListener("pointerdown", (event) => this.onDown(event));
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
    stage.curtain.element.before(this.svg);
    this.unfollow = followPicture(stage, () => this.paint());
  }

  remove() {
    this.unfollow();
    this.svg.remove();
  }

  /**
   * @param {Area[]} areas
   * @param {Area | null} selected
   */
  show(areas, selected) {
    this.areas = areas;
    this.selected = selected;
    this.paint();
  }

  // drawing

  /** Draws everything again. Elements are replaced, so the focus is returned to the one with the same name. */
  paint() {
    const focused = this.svg.contains(document.activeElement) ? document.activeElement?.getAttribute("data-name") : null;
    const place = placeOnStage(this.stage);
    /** @param {Corner} corner */
    const at = ([x, y]) => /** @type {Corner} */ ([place.left + x * place.width, place.top + y * place.height]);
    const order = [...this.areas].sort((one, other) => Number(one === this.selected) - Number(other === this.selected));
    this.svg.replaceChildren(...order.flatMap((area) => this.polygon(area, area.points.map(at))));
    if (this.drag) this.svg.classList.add("dragged");
    if (focused) this.focus(focused);
  }

  /** @param {string} name */
  focus(name) {
    /** @type {SVGElement | null} */ (this.svg.querySelector(`[data-name="${name}"]`))?.focus({ preventScroll: true });
  }

  /**
   * @param {Area} area
   * @param {Corner[]} corners In pixels.
   */
  polygon(area, corners) {
    const index = this.areas.indexOf(area);
    const selected = area === this.selected;
    const points = corners.map((corner) => corner.join(",")).join(" ");
    const shape = make("polygon", {
      points, class: `area ${area.kind}${selected ? " selected" : ""}`, "data-area": index, "data-name": `area-${index}`,
      tabindex: 0, role: "button", "aria-label": `${this.title(area)}: ${selected ? "arrow keys move it" : "Enter selects it"}`,
    });
    shape.style.setProperty("--colour", this.colour(area));
    const edge = make("polygon", { points, class: "areaedge" });
    const [x, y] = nameCorner(corners);
    const name = make("text", { class: "areaname", x: x + 12, y: y + 22, "aria-hidden": "true" });
    name.textContent = area.kind === "zone" ? area.name : this.title(area);
    name.style.setProperty("--colour", this.colour(area));
    if (!selected) return [edge, shape, name];
    const middles = corners.map((corner, number) => this.handle(area, "middle", number, middle(corner, corners[(number + 1) % corners.length])));
    return [edge, shape, name, ...middles, ...corners.map((corner, number) => this.handle(area, "corner", number, corner))];
  }

  /**
   * @param {Area} area
   * @param {"corner" | "middle"} kind
   * @param {number} number
   * @param {Corner} at
   */
  handle(area, kind, number, [x, y]) {
    const [left, top] = area.points[number];
    const name = `Corner ${number + 1} of ${area.points.length}, ${percent(left)} from the left, ${percent(top)} from the top`;
    const group = make("g", {
      class: `handle ${kind}`, "data-handle": kind, "data-number": number, transform: `translate(${x} ${y})`,
      ...(kind === "corner" ? { tabindex: 0, role: "button", "aria-label": name, "data-name": `corner-${number}` } : { "aria-hidden": "true" }),
    });
    group.style.setProperty("--colour", this.colour(area));
    group.append(make("circle", { class: "target", r: kind === "corner" ? 22 : 16 }), make("circle", { class: "dot", r: kind === "corner" ? 7 : 5 }));
    return group;
  }

  /** @param {Area} area */
  colour(area) {
    if (area.kind === "mask") return MASK;
    return area.kind === "privacy" ? PRIVACY : zoneColour(this.areas.filter(({ kind }) => kind === "zone").indexOf(area));
  }

  /** @param {Area} area */
  title(area) {
    const number = this.areas.filter(({ kind }) => kind === area.kind).indexOf(area) + 1;
    return area.kind === "zone" ? `Zone ${area.name}` : `${KINDS[area.kind].replace(/^./, (first) => first.toUpperCase())} ${number}`;
  }

  // changes

  /**
   * Changes the selected area.
   * @param {(area: Area) => boolean} change Returns whether it has done so.
   */
  change(change) {
    if (!this.selected || !change(this.selected)) return false;
    this.paint();
    this.onChange();
    return true;
  }

  // pointers

  /** @param {PointerEvent} event */
  onDown(event) {
    const target = parts(event);
    if (!target.element || event.button > 0) return; // the picture below is moved
    event.stopPropagation();
    event.preventDefault();
    if (this.drag) return;
    const area = target.area === null ? this.selected : this.areas[target.area];
    if (area && area !== this.selected) this.onSelect(area);
    let corner = target.corner;
    const between = target.middle;
    if (between !== null && this.change((one) => addCorner(one, between))) corner = between + 1;
    this.drag = { id: event.pointerId, corner, from: this.point(event), points: area?.points ?? [] };
    this.svg.setPointerCapture(event.pointerId);
    this.paint();
    this.focus(corner === null ? `area-${this.areas.indexOf(/** @type {Area} */ (area))}` : `corner-${corner}`);
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    if (this.drag?.id !== event.pointerId) return;
    event.stopPropagation();
    const { corner, from, points } = this.drag;
    const [x, y] = this.point(event);
    this.change((one) => (corner === null ? moveArea(one, [x - from[0], y - from[1]], points) : moveCorner(one, corner, [snapped(x), snapped(y)])));
  }

  /** @param {PointerEvent} event */
  onEnd(event) {
    if (this.drag?.id !== event.pointerId) return;
    event.stopPropagation();
    this.drag = null;
    this.svg.classList.remove("dragged");
  }

  /** @param {MouseEvent} event */
  onDoubleClick(event) {
    const { element, corner } = parts(event);
    if (element) event.stopPropagation(); // else the picture is enlarged
    if (corner !== null) this.change((one) => removeCorner(one, corner));
  }

  /**
   * A pointer's position as shares of the picture.
   * @param {PointerEvent} event
   * @returns {Corner}
   */
  point(event) {
    const place = placeOnPage(this.stage);
    return [(event.clientX - place.left) / place.width, (event.clientY - place.top) / place.height];
  }

  // keys

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { area, corner } = parts(event);
    if (corner !== null) this.onCornerKey(event, corner);
    else if (area !== null) this.onAreaKey(event, this.areas[area]);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} corner
   */
  onCornerKey(event, corner) {
    const by = arrowStep(event);
    if (by) this.change((one) => moveCorner(one, corner, [one.points[corner][0] + by[0], one.points[corner][1] + by[1]]));
    else if (event.key === "Enter" || event.key === "Insert") {
      if (this.change((one) => addCorner(one, corner))) this.focus(`corner-${corner + 1}`);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (this.change((one) => removeCorner(one, corner))) this.focus(`corner-${Math.max(0, corner - 1)}`);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Area} area
   */
  onAreaKey(event, area) {
    const by = arrowStep(event);
    if (by && area === this.selected) this.change((one) => moveArea(one, by, one.points));
    else if (event.key === "Enter" || event.key === " ") this.onSelect(area);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function make(tag, attributes) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/**
 * The part that an event happened on; each number is null if it is none of that kind.
 * @param {Event} event
 */
function parts(event) {
  const target = /** @type {Element} */ (event.target);
  /** @type {SVGElement | null} */
  const element = target.closest("[data-handle], [data-area]");
  const { handle, number, area } = element?.dataset ?? {};
  return {
    element,
    corner: handle === "corner" ? Number(number) : null,
    middle: handle === "middle" ? Number(number) : null,
    area: area === undefined ? null : Number(area),
  };
}
