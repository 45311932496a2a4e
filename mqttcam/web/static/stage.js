// A camera's live picture: H.264 video, or pictures that are no wider than they are shown.

/** @import { Camera, CameraState } from "./types" */
/** @import { Picture } from "./pictures.js" */

import { patience } from "./api.js";
import { Badge } from "./badge.js";
import { Curtain } from "./curtain.js";
import { h } from "./dom.js";
import { NotPlayable, canPlay, play } from "./live.js";
import { Painter } from "./painter.js";
import { polled, pushed, streamAddress, streamed, widthFor } from "./pictures.js";

const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;
const MOST_FAILURES = 2; // without a picture in between, before the next way is tried
const SETTLED = 400; // milliseconds without another change of the size

/** How the picture can be received, the best first: as video, an MJPEG stream, a WebSocket with pictures, or one picture after the other. */
const RECEIVE = { stream: streamed, socket: pushed, poll: polled };
/** @typedef {"video" | keyof typeof RECEIVE} Way */

export class Stage {
  /**
   * @param {Camera} camera
   * @param {Way[]} ways How to receive the picture, in the order of attempts.
   * @param {number | null} [fps] Of pictures; null for every frame.
   */
  constructor(camera, ways, fps = null) {
    this.camera = camera;
    this.ways = ways.filter((way) => way !== "video" || canPlay());
    this.attempt = 0;
    this.fps = fps;
    this.failures = 0;
    this.running = false;
    this.wanted = false;
    this.connected = true;
    this.status = camera.status;
    /** Whether the picture shown is a live one, and whether there was one before that was lost. */
    this.live = this.lost = false;
    /** What is received: the capture time of the last keyframe (Unix seconds), where that is in the video, and all bytes. */
    this.received = { codec: "", ts: 0, time: 0, bytes: 0 };
    this.stream = new AbortController();
    this.deadline = 0;
    /** @type {number | undefined} */
    this.device = undefined;
    /** @type {{leave(): void} | null} The tool that draws on the picture. */
    this.tool = null;
    this.timer = 0;
    this.retry = FIRST_RETRY;
    this.painter = new Painter(() => this.shown());
    this.image = this.painter.image;
    this.video = h("video", { playsinline: true, disablepictureinpicture: true, onloadeddata: () => this.shown() });
    this.video.muted = true; // may play by itself
    /** @type {(hasSound: boolean) => void} Called when it begins to show something, or nothing. */
    this.onsound = () => {};
    this.picture = h("div", { class: "picture" }, this.image, this.video);
    this.curtain = new Curtain();
    this.badge = new Badge(this);
    this.element = h("div", { class: "stage" }, this.picture, this.curtain.element, this.badge.element);
    this.observer = new ResizeObserver(() => this.resize());
    this.resizeTimer = 0;
    /** @type {number | null} The width of the pictures that are requested. */
    this.requested = null;
    this.adopt(camera);
  }

  /**
   * Takes over a new description of the camera. While its size is unknown, the last one is kept.
   * @param {Camera} camera
   */
  adopt(camera) {
    if (!this.wanted) this.status = camera.status;
    const { width, height } = camera.width ? camera : this.camera;
    this.camera = { ...camera, width, height };
    this.image.alt = `Live picture of ${camera.name}`;
    this.video.setAttribute("aria-label", this.image.alt);
    this.image.width = width ?? 640;
    this.image.height = height ?? 480;
    this.element.style.setProperty("--shape", String(this.shape()));
    this.resize();
  }

  get way() {
    return this.ways[this.attempt];
  }

  get showsVideo() {
    return this.way === "video";
  }

  /** Begins to show the picture while the camera runs. */
  start() {
    if (this.wanted) return;
    this.wanted = true;
    this.requested = this.width();
    this.observer.observe(this.element);
    this.connect();
  }

  stop() {
    this.wanted = false;
    this.observer.disconnect();
    clearTimeout(this.resizeTimer);
    this.disconnect();
  }

  /** Connects again, after the camera was replaced or the daemon has come back. */
  restart() {
    this.attempt = this.failures = 0;
    this.reconnect();
  }

  reconnect() {
    if (!this.wanted) return;
    this.disconnect();
    this.connect();
  }

  /** Requests another width once the size on the screen has settled. */
  resize() {
    clearTimeout(this.resizeTimer);
    this.resizeTimer = setTimeout(() => {
      if (!this.wanted || this.width() === this.requested) return;
      this.requested = this.width();
      this.reconnect();
    }, SETTLED);
  }

  /**
   * @param {CameraState} live
   * @param {boolean} connected
   */
  update(live, connected) {
    const { device, status } = live;
    const isReplaced = this.device !== undefined && this.device !== device;
    if (status === "running" && this.status !== "running" && !this.live) this.attempt = this.failures = 0;
    this.device = device;
    this.status = status;
    this.connected = connected;
    if (status !== "running" && status !== "starting") this.disconnect();
    else if (isReplaced) this.restart();
    else if (!this.timer) this.connect();
    this.cover(live.last_error);
    this.showStatus();
  }

  /** @param {string | null} error Of the camera. */
  cover(error) {
    if (this.connected) this.curtain.show(this.live ? "running" : this.status, error);
    else this.curtain.close();
    this.element.classList.toggle("stopped", !this.curtain.element.hidden);
  }

  /** "Live" is shown only over a picture, and only while something is received. */
  showStatus() {
    this.lost ||= !this.connected && this.live;
    const running = this.status === "running";
    const waiting = !this.connected || (running && !this.live);
    const text = waiting ? (this.lost ? "Reconnecting" : "Connecting") : running ? "Live" : this.status;
    this.element.dataset.status = waiting ? "connecting" : this.status;
    this.badge.show(text, this.element.dataset.status);
  }

  /** Begins to receive, once the camera delivers pictures: the server refuses it before. */
  connect() {
    this.timer = 0;
    if (this.running || this.status !== "running" || !this.wanted) return;
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
    const { way } = this;
    try {
      await (way === "video" ? this.readVideo(signal) : this.readPictures(RECEIVE[way], signal));
    } catch (error) {
      if (error instanceof NotPlayable && !signal.aborted) {
        this.attempt += 1;
        return this.reconnect();
      }
      // Whatever else it was, another attempt follows.
    }
    return signal.aborted ? undefined : this.onError();
  }

  /** @param {AbortSignal} signal */
  async readVideo(signal) {
    await play(this.video, this.begin("live"), signal, {
      onData: (heartbeat, size) => {
        this.received.bytes += size;
        this.expect(patience(heartbeat));
      },
      onBegin: (codec) => {
        this.received.codec = codec;
        this.onsound(codec.includes("mp4a"));
      },
      onKeyframe: (ts, time) => Object.assign(this.received, { ts, time }),
    });
  }

  /**
   * @param {(receiver: import("./pictures.js").Receiver) => AsyncGenerator<Picture, void, void>} receive
   * @param {AbortSignal} signal
   */
  async readPictures(receive, signal) {
    this.received.codec = "JPEG";
    const receiver = { begin: this.begin.bind(this), expect: this.expect.bind(this), signal };
    for await (const picture of receive(receiver)) {
      if (signal.aborted) return;
      this.received.bytes += picture.blob.size;
      this.painter.show(picture);
    }
  }

  /**
   * The address of a stream that is opened now.
   * @param {string} file
   */
  begin(file) {
    this.expect(patience(null));
    return (this.element.dataset.stream = streamAddress(this.camera.id, file, this.width(), this.fps));
  }

  /**
   * Ends the stream unless something is received within this time.
   * @param {number} milliseconds
   */
  expect(milliseconds) {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.onError(), milliseconds);
  }

  /** A live picture is visible. */
  shown() {
    if (!this.running) return;
    this.live = true;
    this.lost = false;
    this.retry = FIRST_RETRY;
    this.failures = 0;
    this.showStatus();
  }

  disconnect() {
    clearTimeout(this.timer);
    clearTimeout(this.deadline);
    this.timer = 0;
    this.stream.abort();
    this.running = this.live = false;
    this.received.ts = 0;
    this.onsound(false);
    this.painter.clear();
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

  /** The width to request, about that of the picture on this screen; null for the camera's own and for video. */
  width() {
    if (this.showsVideo) return null;
    const { clientWidth, clientHeight } = this.element;
    const wanted = widthFor(Math.min(clientWidth, clientHeight * this.shape()) * devicePixelRatio);
    return wanted && wanted < (this.camera.width ?? 0) ? wanted : null;
  }

  onError() {
    if (!this.running) return;
    this.lost ||= this.live;
    if (!this.live) this.failures += 1;
    if (this.failures >= MOST_FAILURES && this.attempt < this.ways.length - 1) {
      this.attempt += 1;
      this.failures = 0;
    }
    this.disconnect();
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }
}
