// What the motion detection sees, drawn over the live picture: cells, masks, zones and the box.

/** @import { Analysis, Corner, Detection } from "./types" */

import { EDGE, MASK, nameCorner, zoneColour } from "./areas.js";
import { h } from "./dom.js";
import { followPicture, placeOnStage } from "./place.js";

const DIFFERS = 100;
const MOVES = 200;
const MASKED = 255;
const LEAST_SHOWN = 25; // percent of the difference that counts; noise stays below
/** @typedef {[red: number, green: number, blue: number, alpha: number]} Colour */
/** @type {Colour} */
const MOVING = [255, 61, 113, 150];
/** @type {Colour} */
const DIFFERENT = [255, 176, 46, 130];
/** @type {Colour} */
const CHANGED = [95, 232, 213, 90]; // at the most
/** @type {Colour} */
const HIDDEN = [5, 8, 11, 115];

export class MotionLayer {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.canvas = h("canvas", { class: "motionlayer", "aria-hidden": "true" });
    this.cells = h("canvas", {});
    /** @type {Detection | null} */
    this.detection = null;
    /** @type {Analysis | null} */
    this.analysis = null;
    this.showsAreas = true;
    stage.picture.after(this.canvas);
    this.unfollow = followPicture(stage, () => this.paint());
  }

  remove() {
    this.unfollow();
    this.canvas.remove();
  }

  /**
   * @param {Detection | null} detection
   * @param {Analysis | null} analysis
   */
  show(detection, analysis) {
    this.detection = detection;
    this.analysis = analysis;
    if (analysis) this.paintCells(analysis);
    this.paint();
  }

  /** @param {boolean} shown Whether to show zones and masks, which the editor also does. */
  showAreas(shown) {
    this.showsAreas = shown;
    this.paint();
  }

  /** @param {Analysis} analysis */
  paintCells({ columns, cells }) {
    const bytes = Uint8Array.from(atob(cells), (character) => character.charCodeAt(0));
    this.cells.width = columns;
    this.cells.height = columns ? bytes.length / columns : 0;
    if (!bytes.length) return;
    const image = new ImageData(this.cells.width, this.cells.height);
    bytes.forEach((cell, index) => image.data.set(colour(cell), 4 * index));
    this.cells.getContext("2d")?.putImageData(image, 0, 0);
  }

  paint() {
    const { clientWidth, clientHeight } = this.stage.element;
    this.canvas.width = clientWidth * devicePixelRatio;
    this.canvas.height = clientHeight * devicePixelRatio;
    const drawing = this.canvas.getContext("2d");
    if (!drawing || !this.detection) return;
    const place = placeOnStage(this.stage);
    drawing.scale(devicePixelRatio, devicePixelRatio);
    drawing.translate(place.left, place.top);
    drawing.imageSmoothingEnabled = false;
    if (this.analysis && this.cells.width && this.cells.height) drawing.drawImage(this.cells, 0, 0, place.width, place.height);
    if (this.showsAreas) this.paintAreas(drawing, this.detection, place);
    if (this.analysis?.box) this.paintBox(drawing, this.analysis.box, place);
  }

  /**
   * @param {CanvasRenderingContext2D} drawing
   * @param {Detection} detection
   * @param {import("./place.js").Place} place
   */
  paintAreas(drawing, detection, place) {
    /** @param {Corner} corner */
    const at = ([x, y]) => /** @type {Corner} */ ([x * place.width, y * place.height]);
    for (const mask of detection.masks) outline(drawing, mask.map(at), MASK, [4, 4]);
    detection.zones.forEach(({ points, name, armed }, index) => {
      const corners = points.map(at);
      outline(drawing, corners, zoneColour(index), armed ? [] : [8, 5]);
      label(drawing, corners, name, zoneColour(index));
    });
  }

  /**
   * @param {CanvasRenderingContext2D} drawing
   * @param {import("./types").Rectangle} box
   * @param {import("./place.js").Place} place
   */
  paintBox(drawing, [x, y, width, height], place) {
    /** @type {Corner[]} */
    const corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
    outline(drawing, corners.map(([left, top]) => [left * place.width, top * place.height]), "#fff", []);
  }
}

/**
 * @param {number} cell
 * @returns {Colour}
 */
function colour(cell) {
  if (cell === MASKED) return HIDDEN;
  if (cell === MOVES) return MOVING;
  if (cell === DIFFERS) return DIFFERENT;
  if (cell < LEAST_SHOWN) return [0, 0, 0, 0];
  const [red, green, blue, most] = CHANGED;
  return [red, green, blue, (most * cell) / DIFFERS];
}

/**
 * @param {CanvasRenderingContext2D} drawing
 * @param {Corner[]} corners
 * @param {string} line
 * @param {number[]} dash
 */
function outline(drawing, corners, line, dash) {
  drawing.beginPath();
  for (const [x, y] of corners) drawing.lineTo(x, y);
  drawing.closePath();
  drawing.lineJoin = "round";
  drawing.setLineDash([]);
  drawing.lineWidth = 4;
  drawing.strokeStyle = EDGE;
  drawing.stroke();
  drawing.setLineDash(dash);
  drawing.lineWidth = 2;
  drawing.strokeStyle = line;
  drawing.stroke();
}

/**
 * Writes a name into an area, at its corner at the left and top.
 * @param {CanvasRenderingContext2D} drawing
 * @param {Corner[]} corners
 * @param {string} name
 * @param {string} text The colour of the text.
 */
function label(drawing, corners, name, text) {
  const [x, y] = nameCorner(corners);
  drawing.font = "600 13px system-ui, sans-serif";
  const width = drawing.measureText(name).width + 14;
  drawing.fillStyle = EDGE;
  drawing.beginPath();
  drawing.roundRect(x + 5, y + 5, width, 22, 6);
  drawing.fill();
  drawing.fillStyle = text;
  drawing.fillText(name, x + 12, y + 21);
}
