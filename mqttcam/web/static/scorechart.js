// The score of motion over the last minute, with its threshold.

/** @import { Finding } from "./types" */

import { h } from "./dom.js";
import { number } from "./format.js";

const SECONDS = 60;
const LEFT = 44; // pixels for the numbers
/** @type {Record<Finding, string>} Names of colours of the style sheet. */
const COLOURS = { learning: "--edge", cut_off: "--edge", still: "--edge", light: "--edge", below: "--below", pause: "--below", motion: "--moving" };

/** @typedef {{ts: number, score: number, finding: Finding}} Point */

export class ScoreChart {
  constructor() {
    this.canvas = h("canvas", { class: "scores", role: "img", "aria-label": "The score of the last minute, with the threshold" });
    /** @type {Point[]} */
    this.points = [];
    this.threshold = 1;
    this.resized = new ResizeObserver(() => this.paint());
    this.resized.observe(this.canvas);
  }

  remove() {
    this.resized.disconnect();
  }

  /** @param {Point} point */
  add(point) {
    const last = this.points.at(-1);
    if (last && point.ts < last.ts) this.points = []; // the clock was set back
    this.points.push(point);
    this.points = this.points.filter(({ ts }) => ts > point.ts - SECONDS);
    this.paint();
  }

  /** @param {number} threshold */
  setThreshold(threshold) {
    this.threshold = threshold;
    this.paint();
  }

  /** The height of a score as a share of the chart's: logarithmic, so that the threshold is visible beside large scores. */
  scale() {
    const top = Math.max(8 * this.threshold, ...this.points.map(({ score }) => score));
    const most = Math.log1p(top / this.threshold);
    return { top, height: (/** @type {number} */ score) => Math.log1p(score / this.threshold) / most };
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = width * devicePixelRatio;
    this.canvas.height = height * devicePixelRatio;
    const drawing = this.canvas.getContext("2d");
    if (!drawing || !width) return;
    drawing.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(this.canvas);
    const { top, height: share } = this.scale();
    const inner = height - 20;
    /** @param {number} score */
    const y = (score) => height - 6 - share(score) * inner;
    const end = this.points.at(-1)?.ts ?? 0;
    /** @param {number} ts */
    const x = (ts) => LEFT + (width - LEFT) * (1 - (end - ts) / SECONDS);
    this.points.forEach((point, index) => {
      const next = this.points[index + 1]?.ts ?? end;
      drawing.fillStyle = style.getPropertyValue(COLOURS[point.finding]);
      const from = x(point.ts);
      drawing.fillRect(from, y(point.score), Math.max(2, Math.min(x(next) - from, 14)), height - 6 - y(point.score));
    });
    this.line(drawing, y(0), width, style.getPropertyValue("--line"), []);
    this.line(drawing, y(this.threshold), width, style.getPropertyValue("--accent"), [6, 4]);
    drawing.fillStyle = style.getPropertyValue("--muted");
    drawing.font = `12px ${style.fontFamily}`;
    drawing.textAlign = "right";
    drawing.fillText(`${number(this.threshold, 0, 1)} %`, LEFT - 6, y(this.threshold) + 4);
    drawing.fillText(`${number(top, 0, top < 10 ? 1 : 0)} %`, LEFT - 6, y(top) + 4);
  }

  /**
   * @param {CanvasRenderingContext2D} drawing
   * @param {number} y
   * @param {number} width
   * @param {string} colour
   * @param {number[]} dash
   */
  line(drawing, y, width, colour, dash) {
    drawing.beginPath();
    drawing.setLineDash(dash);
    drawing.moveTo(LEFT, y);
    drawing.lineTo(width, y);
    drawing.lineWidth = 1.5;
    drawing.strokeStyle = colour;
    drawing.stroke();
  }
}
