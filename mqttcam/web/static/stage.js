// A camera's live picture: the MJPEG stream in an image, no wider than it is shown.

import { h, icon } from "./dom.js";

const WIDTH_STEP = 160;
const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;

const LOST = "The camera node does not answer; trying again";
const STOPPED = {
  off: "The camera is switched off",
  failed: "The camera does not work",
  stopped: "The camera has stopped",
};

export class Stage {
  /** `fps`: of the stream, or null for every frame. */
  constructor(camera, fps = null) {
    this.camera = camera;
    this.fps = fps;
    this.running = false;
    this.wanted = false;
    this.retry = FIRST_RETRY;
    this.picture = h("img", {
      class: "picture", draggable: "false",
      onerror: () => this.failed(), onload: () => this.loaded(),
    });
    this.reason = h("p", {});
    this.curtain = h("div", { class: "curtain", hidden: true }, icon("off"), this.reason);
    this.badge = h("span", { class: "badge" }, "Connecting");
    this.element = h("div", { class: "stage" }, this.picture, this.curtain, this.badge);
    this.adopt(camera);
  }

  /** The camera as it is described now; while it does not know its size, it keeps that which it had. */
  adopt(camera) {
    const { width, height } = camera.width ? camera : this.camera;
    this.camera = { ...camera, width, height };
    this.picture.alt = `Live picture of ${camera.name}`;
    this.picture.width = width ?? 640;
    this.picture.height = height ?? 480;
    this.element.style.setProperty("--shape", `${width ?? 4} / ${height ?? 3}`);
  }

  /** Show it from now on, as long as the camera runs. */
  start() {
    this.wanted = true;
    this.connect();
  }

  stop() {
    this.wanted = false;
    this.disconnect();
  }

  /** Anew: after the size has changed, or the daemon has come back. */
  restart() {
    if (!this.wanted) return;
    this.disconnect();
    this.connect();
  }

  /** The camera's live values. */
  update(live, linked) {
    // The stream of a camera that was replaced has ended, of which the browser says nothing.
    if (this.running && this.device !== undefined && this.device !== live.device) this.picture.src = this.address("stream.mjpg");
    this.device = live.device;
    const stopped = STOPPED[live.status];
    const why = stopped ? [stopped, live.status === "off" ? null : live.last_error].filter(Boolean).join(": ") : "";
    this.reason.textContent = linked ? why : LOST;
    this.curtain.hidden = linked && !stopped;
    this.element.classList.toggle("stopped", !this.curtain.hidden);
    this.badge.textContent = !linked ? "Connecting" : live.status === "running" ? "Live" : live.status;
    this.element.dataset.status = linked ? live.status : "connecting";
    this.status = live.status;
    if (stopped) this.disconnect();
    else if (this.wanted && !this.running) this.connect();
  }

  connect() {
    if (this.running || STOPPED[this.status] || !this.wanted) return;
    this.running = true;
    this.picture.src = this.address("stream.mjpg");
  }

  /** Of the stream or of one picture; never the same twice, so that no cache answers. */
  address(file) {
    const query = new URLSearchParams({ t: Date.now().toString(36) });
    const width = this.width();
    if (width) query.set("width", width);
    if (this.fps) query.set("fps", this.fps);
    return `cameras/${this.camera.id}/${file}?${query}`;
  }

  disconnect() {
    clearTimeout(this.timer);
    this.running = false;
    // An empty address closes the connection; the last picture must not stay as if it were live.
    this.picture.removeAttribute("src");
  }

  /** Width by height of the picture. */
  shape() {
    return (this.camera.width ?? 4) / (this.camera.height ?? 3);
  }

  /** The width to ask for: that of the picture on this screen; null for the camera's own. */
  width() {
    const shown = Math.ceil((this.element.clientWidth * devicePixelRatio) / WIDTH_STEP) * WIDTH_STEP;
    return shown && shown < (this.camera.width ?? 0) ? shown : null;
  }

  loaded() {
    this.retry = FIRST_RETRY;
  }

  failed() {
    if (!this.running) return;
    this.disconnect();
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }
}
