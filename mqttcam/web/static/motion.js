// The test view of motion detection: what it sees, on the picture and below it. Loaded when it is opened.

/** @import { Analysis, Camera, Detection, Finding, Zone } from "./types" */

import { zoneColour } from "./areas.js";
import { NO_ANSWER, patience } from "./api.js";
import { arrange, h, loadStyle } from "./dom.js";
import { number } from "./format.js";
import { MotionLayer } from "./motionlayer.js";
import { ScoreChart } from "./scorechart.js";

await loadStyle("motion");

const RETRY = 2000;
/** @type {Record<Finding, string>} */
const FINDINGS = {
  learning: "Learning the background",
  cut_off: "Part of the picture is missing",
  still: "Nothing moves",
  light: "The light has changed, or motion is not confirmed yet",
  below: "Below the thresholds",
  pause: "Pause after an event",
  motion: "Motion",
};
/** @type {Record<Detection["status"], string>} */
const STATUSES = {
  on: "Waiting for a picture",
  off: "Motion detection is switched off",
  inactive: "Motion detection is not active at this time",
  no_frames: "The camera delivers no pictures",
};

export class MotionTest {
  /**
   * @param {Camera} camera
   * @param {import("./stage.js").Stage} stage
   */
  constructor(camera, stage) {
    this.camera = camera;
    this.layer = new MotionLayer(stage);
    this.chart = new ScoreChart();
    /** @type {Detection | null} */
    this.detection = null;
    /** @type {Analysis | null} */
    this.analysis = null;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.heartbeat = "";
    this.timer = 0;
    this.finding = h("p", { class: "finding" });
    this.zones = h("ul", { class: "zonescores" });
    /** @type {Map<string, ZoneScore>} */
    this.scores = new Map();
    this.element = h("div", { class: "motiontest", role: "group", "aria-label": "Motion test" },
      this.finding, this.chart.canvas, this.zones, legend());
    this.say("", "Connecting");
  }

  start() {
    this.stop();
    const url = new URL(`api/cameras/${this.camera.id}/motion`, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      this.expect();
      this.read(JSON.parse(data));
    };
    socket.onclose = () => this.retry();
    this.socket = socket;
    this.expect();
  }

  stop() {
    clearTimeout(this.timer);
    if (this.socket) this.socket.onclose = this.socket.onmessage = null;
    this.socket?.close();
    this.socket = null;
  }

  remove() {
    this.stop();
    this.layer.remove();
    this.chart.remove();
    this.element.remove();
  }

  /** Connects again if two heartbeats are missed. */
  expect() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.retry(), patience(this.heartbeat));
  }

  retry() {
    this.stop();
    this.analysis = null;
    this.layer.show(this.detection, null);
    this.say("", `${NO_ANSWER}; reconnecting`);
    this.timer = setTimeout(() => this.start(), RETRY);
  }

  /** @param {{detection?: Detection, analysis?: Analysis, heartbeat?: number}} message */
  read({ detection, analysis, heartbeat }) {
    if (heartbeat) this.heartbeat = String(heartbeat);
    if (detection) this.configure(detection);
    if (analysis) this.show(analysis);
  }

  /** @param {Detection} detection */
  configure(detection) {
    this.detection = detection;
    this.analysis = null;
    this.layer.show(detection, null);
    this.chart.setThreshold(detection.threshold);
    const before = this.scores;
    this.scores = new Map(detection.zones.map((zone, index) => [zone.zone, before.get(zone.zone) ?? new ZoneScore(index)]));
    for (const zone of detection.zones) this.scores.get(zone.zone)?.configure(zone);
    arrange(this.zones, [...this.scores.values()].map(({ element }) => element));
    this.say("", STATUSES[detection.status]);
  }

  /** @param {Analysis} analysis */
  show(analysis) {
    this.analysis = analysis;
    this.layer.show(this.detection, analysis);
    this.chart.add(analysis);
    for (const [zone, score] of this.scores) score.show(analysis.zones[zone] ?? 0);
    const moves = analysis.box ? `: ${number(analysis.score, 0, 2)} % of the picture moves` : "";
    this.say(analysis.finding, FINDINGS[analysis.finding] + moves);
  }

  /**
   * @param {string} finding
   * @param {string} text
   */
  say(finding, text) {
    this.finding.dataset.finding = finding;
    this.finding.textContent = text;
  }
}

/** The score of a zone beside its threshold. */
class ZoneScore {
  /** @param {number} index Of the zone. */
  constructor(index) {
    this.threshold = 0;
    this.colour = h("i", { class: "swatch" });
    this.colour.style.background = zoneColour(index);
    this.name = h("span", { class: "name" });
    this.bar = h("i", {});
    this.value = h("span", { class: "value" });
    this.element = h("li", {}, this.colour, this.name, this.value, h("span", { class: "scorebar", "aria-hidden": "true" }, this.bar));
  }

  /** @param {Zone} zone */
  configure({ name, threshold, armed }) {
    this.threshold = threshold;
    this.name.textContent = armed ? name : `${name} (not armed)`;
    this.show(0);
  }

  /** @param {number} score */
  show(score) {
    const share = Math.log1p(score / this.threshold) / Math.log1p(100 / this.threshold);
    this.bar.style.width = `${100 * share}%`;
    this.element.classList.toggle("reached", score >= this.threshold);
    this.value.textContent = `${number(score, 0, 1)} % of ${number(this.threshold, 0, 1)} %`;
  }
}

function legend() {
  const entries = [["moves", "Moves"], ["differs", "Differs, alone or thin"], ["changed", "Differs a little"], ["masked", "Masked"], ["box", "Around everything that moves"]];
  return h("ul", { class: "legend", "aria-label": "Colours on the picture" },
    ...entries.map(([kind, text]) => h("li", {}, h("i", { class: `swatch ${kind}` }), text)));
}
