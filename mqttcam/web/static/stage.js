// A camera's live picture: H.264 video, or an MJPEG stream that is no wider than it is shown.

/** @import { Camera, CameraState } from "./types" */

import { patience } from "./api.js";
import { h, icon } from "./dom.js";
import { NotPlayable, canPlay, play } from "./live.js";
import { pictures } from "./mjpeg.js";

const WIDTH_STEP = 160;
const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;
const MOST_FAILURES = 2; // of video without a picture in between, before MJPEG is shown

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
   * @param {number | null} [fps] Of an MJPEG stream; null for every frame.
   * @param {boolean} [wantsVideo] Whether to show video where that is possible.
   */
  constructor(camera, fps = null, wantsVideo = false) {
    this.camera = camera;
    this.fps = fps;
    this.wantsVideo = wantsVideo;
    this.showsVideo = wantsVideo && canPlay();
    this.failures = 0;
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
    this.image = h("img", { draggable: "false", onerror: () => this.drawn(false), onload: () => this.drawn(true) });
    this.video = h("video", { playsinline: true, disablepictureinpicture: true, onloadeddata: () => this.shown() });
    this.video.muted = true; // may play by itself
    /** @type {(hasSound: boolean) => void} Called when it begins to show something, or nothing. */
    this.onsound = () => {};
    this.picture = h("div", { class: "picture" }, this.image, this.video);
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
    this.image.alt = `Live picture of ${camera.name}`;
    this.video.setAttribute("aria-label", this.image.alt);
    this.image.width = width ?? 640;
    this.image.height = height ?? 480;
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

  /** Connects again, after the camera was replaced or the daemon has come back. */
  restart() {
    this.showsVideo = this.wantsVideo && canPlay();
    this.failures = 0;
    this.reconnect();
  }

  /** Connects again, after the size on the screen has changed. */
  reconnect() {
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
    this.video.hidden = !this.showsVideo;
    this.image.hidden = this.showsVideo;
    this.stream = new AbortController();
    this.read(this.stream);
  }

  /**
   * Shows video or pictures until the stream ends or stalls.
   * @param {AbortController} stream
   */
  async read({ signal }) {
    try {
      await (this.showsVideo ? this.readVideo(signal) : this.readPictures(signal));
    } catch (error) {
      if (error instanceof NotPlayable && !signal.aborted) {
        this.showsVideo = false;
        return this.reconnect();
      }
      // Whatever else it was, another attempt follows.
    }
    return signal.aborted ? undefined : this.onError();
  }

  /** @param {AbortSignal} signal */
  async readVideo(signal) {
    const address = this.begin("live");
    const onData = (/** @type {string | null} */ heartbeat) => this.expect(patience(heartbeat));
    await play(this.video, address, signal, onData, (hasSound) => this.onsound(hasSound));
  }

  /** @param {AbortSignal} signal */
  async readPictures(signal) {
    for await (const picture of this.pictures(signal)) {
      if (signal.aborted) return;
      this.next = picture;
      this.draw();
    }
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
    const response = await fetch(this.begin(file), { signal, cache: "no-store" });
    if (!response.ok || !response.body) throw new Error(response.statusText);
    return { headers: response.headers, body: response.body };
  }

  /**
   * The address of a stream that is opened now.
   * @param {string} file
   */
  begin(file) {
    this.expect(patience(null));
    return (this.element.dataset.stream = this.address(file));
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
    this.image.src = URL.createObjectURL(this.next);
    this.next = null;
  }

  /** @param {boolean} shown Whether the picture could be decoded. */
  drawn(shown) {
    this.drawing = false;
    URL.revokeObjectURL(this.image.src);
    if (!this.running) return;
    if (shown) this.shown();
    this.draw();
  }

  /** A live picture is visible. */
  shown() {
    this.live = true;
    this.lost = false;
    this.retry = FIRST_RETRY;
    this.failures = 0;
    this.showStatus();
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
    this.onsound(false);
    this.image.removeAttribute("src"); // the last picture would look live
    if (this.video.hasAttribute("src")) {
      this.video.removeAttribute("src");
      this.video.load();
    }
    this.showStatus();
  }

  /** The aspect ratio of the picture. */
  shape() {
    return (this.camera.width ?? 4) / (this.camera.height ?? 3);
  }

  /** The width to request, that of the picture on this screen; null for the camera's own and for video. */
  width() {
    if (this.showsVideo) return null;
    const shown = Math.ceil((this.element.clientWidth * devicePixelRatio) / WIDTH_STEP) * WIDTH_STEP;
    return shown && shown < (this.camera.width ?? 0) ? shown : null;
  }

  onError() {
    if (!this.running) return;
    this.lost ||= this.live;
    if (this.showsVideo && !this.live) this.failures += 1;
    if (this.failures >= MOST_FAILURES) this.showsVideo = false;
    this.disconnect();
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }
}
