// A camera's live picture: an MJPEG stream, no wider than it is shown.

/** @import { Camera, CameraState } from "./types" */

import { patience } from "./api.js";
import { h, icon } from "./dom.js";
import { pictures } from "./mjpeg.js";

const WIDTH_STEP = 160;
const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;

const LOST = "The camera node does not answer; trying again";
/** @type {Record<string, string>} */
const STOPPED = {
  off: "The camera is switched off",
  failed: "The camera failed",
  stopped: "The camera has stopped",
};

export class Stage {
  /**
   * @param {Camera} camera
   * @param {number | null} [fps] Of the stream; null for every frame.
   */
  constructor(camera, fps = null) {
    this.camera = camera;
    this.fps = fps;
    this.running = false;
    this.wanted = false;
    this.connected = true;
    this.status = "";
    /** Whether the picture shown is a live one, and whether there was one before that was lost. */
    this.live = this.lost = false;
    /** @type {Blob | null} The newest picture, while the one before is being decoded. */
    this.next = null;
    this.drawing = false;
    this.stream = new AbortController();
    this.deadline = 0;
    /** @type {number | undefined} */
    this.device = undefined;
    /** @type {{leave(): void} | null} The tool that draws on the picture. */
    this.tool = null;
    this.timer = 0;
    this.retry = FIRST_RETRY;
    this.picture = h("img", {
      class: "picture", draggable: "false",
      onerror: () => this.drawn(false), onload: () => this.drawn(true),
    });
    this.reason = h("p", {});
    this.curtain = h("div", { class: "curtain", hidden: true }, icon("off"), this.reason);
    this.badge = h("span", { class: "badge" }, "Connecting");
    this.element = h("div", { class: "stage" }, this.picture, this.curtain, this.badge);
    this.adopt(camera);
  }

  /**
   * Takes over a new description of the camera. While its size is unknown, the last one is kept.
   * @param {Camera} camera
   */
  adopt(camera) {
    const { width, height } = camera.width ? camera : this.camera;
    this.camera = { ...camera, width, height };
    this.picture.alt = `Live picture of ${camera.name}`;
    this.picture.width = width ?? 640;
    this.picture.height = height ?? 480;
    this.element.style.setProperty("--shape", `${width ?? 4} / ${height ?? 3}`);
  }

  /** Shows the stream while the camera runs. */
  start() {
    this.wanted = true;
    this.connect();
  }

  stop() {
    this.wanted = false;
    this.disconnect();
  }

  /** Connects again, after the size has changed or the daemon has come back. */
  restart() {
    if (!this.wanted) return;
    this.disconnect();
    this.connect();
  }

  /**
   * @param {CameraState} live
   * @param {boolean} connected
   */
  update(live, connected) {
    if (this.device !== undefined && this.device !== live.device) this.restart();
    this.device = live.device;
    const stopped = STOPPED[live.status];
    const why = stopped ? [stopped, live.status === "off" ? null : live.last_error].filter(Boolean).join(": ") : "";
    this.reason.textContent = connected ? why : LOST;
    this.curtain.hidden = connected && !stopped;
    this.element.classList.toggle("stopped", !this.curtain.hidden);
    this.status = live.status;
    this.connected = connected;
    this.showStatus();
    if (stopped) this.disconnect();
    else if (this.wanted && !this.timer) this.connect();
  }

  /** "Live" is shown only over a picture, and only while something is received. */
  showStatus() {
    this.lost ||= !this.connected && this.live;
    const running = this.status === "running" || !this.status;
    const waiting = !this.connected || (running && !this.live);
    this.badge.textContent = waiting ? (this.lost ? "Reconnecting" : "Connecting") : running ? "Live" : this.status;
    this.element.dataset.status = waiting ? "connecting" : this.status || "running";
  }

  connect() {
    if (this.running || STOPPED[this.status] || !this.wanted) return;
    this.timer = 0;
    this.running = true;
    this.stream = new AbortController();
    this.read(this.stream);
  }

  /**
   * Shows pictures until the stream ends or stalls.
   * @param {AbortController} stream
   */
  async read(stream) {
    try {
      for await (const picture of this.pictures(stream.signal)) {
        if (stream.signal.aborted) return;
        this.next = picture;
        this.draw();
      }
    } catch {
      // Whatever it was, another attempt follows.
    }
    if (!stream.signal.aborted) this.onError();
  }

  /**
   * The pictures of one connection.
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<Blob, void, void>}
   */
  async *pictures(signal) {
    const response = await this.get("stream.mjpg", signal);
    yield* pictures(response.body, () => this.expect(patience(response.headers.get("X-Heartbeat"))));
  }

  /**
   * @param {string} file
   * @param {AbortSignal} signal
   */
  async get(file, signal) {
    this.expect(patience(null));
    this.element.dataset.stream = this.address(file);
    const response = await fetch(this.element.dataset.stream, { signal, cache: "no-store" });
    if (!response.ok || !response.body) throw new Error(response.statusText);
    return { headers: response.headers, body: response.body };
  }

  /**
   * Ends the stream unless something is received within this time.
   * @param {number} milliseconds
   */
  expect(milliseconds) {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.onError(), milliseconds);
  }

  /** Shows the newest picture; those that come while one is being decoded are skipped, all but the last. */
  draw() {
    if (this.drawing || !this.next || !this.running) return;
    this.drawing = true;
    this.picture.src = URL.createObjectURL(this.next);
    this.next = null;
  }

  /** @param {boolean} shown Whether the picture could be decoded. */
  drawn(shown) {
    this.drawing = false;
    URL.revokeObjectURL(this.picture.src);
    if (!this.running) return;
    if (shown) {
      this.live = true;
      this.lost = false;
      this.retry = FIRST_RETRY;
      this.showStatus();
    }
    this.draw();
  }

  /**
   * The address of the stream or of one picture. It is different each time, so that no cache answers.
   * @param {string} file
   */
  address(file) {
    const query = new URLSearchParams({ t: Date.now().toString(36) });
    const width = this.width();
    if (width) query.set("width", String(width));
    if (this.fps) query.set("fps", String(this.fps));
    return `cameras/${this.camera.id}/${file}?${query}`;
  }

  disconnect() {
    clearTimeout(this.timer);
    clearTimeout(this.deadline);
    this.timer = 0;
    this.stream.abort();
    this.running = this.live = this.drawing = false;
    this.next = null;
    this.picture.removeAttribute("src"); // the last picture would look live
    this.showStatus();
  }

  /** The aspect ratio of the picture. */
  shape() {
    return (this.camera.width ?? 4) / (this.camera.height ?? 3);
  }

  /** The width to request, that of the picture on this screen; null for the camera's own. */
  width() {
    const shown = Math.ceil((this.element.clientWidth * devicePixelRatio) / WIDTH_STEP) * WIDTH_STEP;
    return shown && shown < (this.camera.width ?? 0) ? shown : null;
  }

  onError() {
    if (!this.running) return;
    this.lost ||= this.live;
    this.disconnect();
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }
}
