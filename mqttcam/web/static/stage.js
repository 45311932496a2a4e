// A camera's live picture: an MJPEG stream in an image, no wider than it is shown.

/** @import { Camera, CameraState } from "./types" */

import { h, icon } from "./dom.js";

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
    this.status = "";
    /** @type {number | undefined} */
    this.device = undefined;
    /** @type {{leave(): void} | null} The tool that draws on the picture. */
    this.tool = null;
    this.timer = 0;
    this.retry = FIRST_RETRY;
    this.picture = h("img", {
      class: "picture", draggable: "false",
      onerror: () => this.onError(), onload: () => this.onLoad(),
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
    // The stream of a camera that was replaced has ended, which browsers do not report.
    if (this.running && this.device !== undefined && this.device !== live.device) this.picture.src = this.address("stream.mjpg");
    this.device = live.device;
    const stopped = STOPPED[live.status];
    const why = stopped ? [stopped, live.status === "off" ? null : live.last_error].filter(Boolean).join(": ") : "";
    this.reason.textContent = connected ? why : LOST;
    this.curtain.hidden = connected && !stopped;
    this.element.classList.toggle("stopped", !this.curtain.hidden);
    this.badge.textContent = !connected ? "Connecting" : live.status === "running" ? "Live" : live.status;
    this.element.dataset.status = connected ? live.status : "connecting";
    this.status = live.status;
    if (stopped) this.disconnect();
    else if (this.wanted && !this.running) this.connect();
  }

  connect() {
    if (this.running || STOPPED[this.status] || !this.wanted) return;
    this.running = true;
    this.picture.src = this.address("stream.mjpg");
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
    this.running = false;
    // Without an address the connection is closed, and the last picture does not look live.
    this.picture.removeAttribute("src");
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

  onLoad() {
    this.retry = FIRST_RETRY;
  }

  onError() {
    if (!this.running) return;
    this.disconnect();
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }
}
