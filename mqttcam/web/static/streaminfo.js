// How old the picture shown is, how it is received, and how much of it comes.

import { clockOffset, now } from "./clock.js";
import { h } from "./dom.js";
import { bytes, number } from "./format.js";

const INTERVAL = 500; // milliseconds
const SPAN = 4; // intervals over which rates are averaged

/** @type {Record<string, string>} */
const WAYS = { video: "Video", stream: "Pictures", socket: "Pictures", poll: "Single pictures" };
/** @type {Record<string, string>} */
const CODECS = { avc1: "H.264", hvc1: "H.265", hev1: "H.265" };

/**
 * The number of frames that a stage has shown so far, and their size in pixels.
 * @param {import("./stage.js").Stage} stage
 */
function shown({ showsVideo, video, image, painter }) {
  if (!showsVideo) return { frames: painter.count, width: image.naturalWidth, height: image.naturalHeight };
  return { frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth, height: video.videoHeight };
}

/**
 * When what a stage shows was captured, in Unix seconds, and when it came to the screen, in milliseconds by the browser's clock.
 * @param {import("./stage.js").Stage} stage
 * @returns {{ts: number, at: number} | null} null if that is not known.
 */
function captured({ showsVideo, video, reception, painter }) {
  if (showsVideo) {
    const { ts, time } = reception?.received ?? { ts: 0, time: 0 };
    return ts ? { ts: ts + video.currentTime - time, at: now() } : null;
  }
  return painter.ts ? { ts: painter.ts, at: painter.at } : null;
}

export class StreamInfo {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {number | null} */
    this.offset = null;
    /** @type {{at: number, frames: number, bytes: number}[]} */
    this.counts = [];
    this.values = ["Delay", "Shown as", "Format", "Rate", "Size", "Data"].map((name) => {
      const value = h("dd", {}, "–");
      return { value, row: h("div", {}, h("dt", {}, name), value) };
    });
    this.element = h("dl", { class: "streaminfo" }, ...this.values.map(({ row }) => row));
    this.timer = setInterval(() => this.update(), INTERVAL);
    clockOffset().then((offset) => { this.offset = offset; }, () => {}); // without it, no delay is shown
    this.update();
  }

  remove() {
    clearInterval(this.timer);
    this.element.remove();
  }

  update() {
    if (!this.element.isConnected && this.counts.length) {
      clearInterval(this.timer);
      return;
    }
    const { stage } = this;
    const { frames, width, height } = shown(stage);
    const { bytes: received, codec: all } = stage.reception?.received ?? { bytes: 0, codec: "" };
    this.counts = [...this.counts, { at: now(), frames, bytes: received }].slice(-SPAN - 1);
    const rate = this.rates();
    const [codec] = all.split(",");
    const texts = stage.live
      ? [this.delay(), WAYS[stage.way], CODECS[codec.slice(0, 4)] ? `${CODECS[codec.slice(0, 4)]} (${codec})` : codec,
        rate && `${number(rate.frames, 0, 1)} fps`, width ? `${width} × ${height}` : null, rate && `${bytes(rate.bytes)}/s`]
      : [];
    this.values.forEach(({ value }, index) => { value.textContent = texts[index] || "–"; });
  }

  /** The time from the capture to the screen, in words. */
  delay() {
    const picture = captured(this.stage);
    if (this.offset === null || !picture) return null;
    const delay = picture.at + this.offset - 1000 * picture.ts;
    return `about ${number(10 * Math.max(0, Math.round(delay / 10)))} ms`;
  }

  /** Frames and bytes per second; null until they are known. */
  rates() {
    const [first, last] = [this.counts[0], this.counts[this.counts.length - 1]];
    const seconds = (last.at - first.at) / 1000;
    if (!seconds || last.frames < first.frames || last.bytes < first.bytes) return null;
    return { frames: (last.frames - first.frames) / seconds, bytes: (last.bytes - first.bytes) / seconds };
  }
}
