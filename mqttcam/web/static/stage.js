// A camera's live picture: H.264 video, or pictures that are no wider than they are shown.

/** @import { Camera, CameraState } from "./types" */
/** @import { Picture } from "./pictures.js" */
/** @import { Way } from "./reception.js" */

import { Badge } from "./badge.js";
import { Comeback } from "./comeback.js";
import { Curtain } from "./curtain.js";
import { h } from "./dom.js";
import { canPlay } from "./live.js";
import { Painter } from "./painter.js";
import { widthFor } from "./pictures.js";
import { Reception } from "./reception.js";
import { Settling } from "./settling.js";

const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;
const MOST_FAILURES = 2; // without a picture in between, before the next way is tried

export class Stage {
  /**
   * @param {Camera} camera
   * @param {Way[]} ways How to receive the picture, the best first. A better one than the present is tried again later.
   * @param {number | null} [fps] Of pictures; null for every frame.
   */
  constructor(camera, ways, fps = null) {
    this.camera = camera;
    this.ways = ways.filter((way) => way !== "video" || canPlay());
    this.attempt = 0;
    this.fps = fps;
    this.failures = 0;
    /** @type {Reception | null} */
    this.reception = null;
    /** @type {Reception | null} A better one, which is tried while the present one goes on. */
    this.trial = null;
    this.comeback = new Comeback(() => this.tryBetter());
    this.wanted = false;
    this.connected = true;
    this.status = camera.status;
    /** Whether the picture shown is a live one, and whether there was one before that was lost. */
    this.live = this.lost = false;
    /** @type {number | undefined} */
    this.device = undefined;
    /** @type {{leave(): void} | null} The tool that draws on the picture. */
    this.tool = null;
    this.timer = 0;
    this.retry = FIRST_RETRY;
    this.painter = new Painter(() => this.shown());
    this.image = this.painter.image;
    this.video = h("video", { playsinline: true, disablepictureinpicture: true, onloadeddata: () => this.onVideo() });
    this.video.muted = true; // may play by itself
    /** @type {(hasSound: boolean) => void} Called when it begins to show something, or nothing. */
    this.onsound = () => {};
    this.picture = h("div", { class: "picture" }, this.image, this.video);
    this.curtain = new Curtain();
    this.badge = new Badge(this);
    this.element = h("div", { class: "stage" }, this.picture, this.curtain.element, this.badge.element);
    this.size = new Settling(this.element, () => this.resize());
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
    this.size.changed();
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
    this.size.start();
    this.connect();
  }

  stop() {
    this.wanted = false;
    this.size.stop();
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

  /** Requests another width if the size on the screen needs one. */
  resize() {
    if (this.width() !== this.requested) this.reconnect();
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
    if (this.reception || this.status !== "running" || !this.wanted) return;
    if (this.attempt && this.comeback.isDue) {
      this.attempt -= 1;
      this.failures = MOST_FAILURES - 1;
    }
    const reception = new Reception(this, this.way);
    this.show(reception);
    this.showOne();
    reception.run();
  }

  /** @param {Reception} reception What is shown from now on. */
  show(reception) {
    this.reception = reception;
    this.requested = this.width();
    this.announce(reception);
    if (this.attempt) this.comeback.wait();
  }

  /** Shows either the video or pictures. */
  showOne() {
    this.video.hidden = !this.showsVideo;
    this.image.hidden = this.showsVideo;
    if (this.showsVideo) this.painter.clear();
  }

  /** Tries a better way. What is shown now stays until something comes. */
  tryBetter() {
    this.trial = new Reception(this, this.ways[this.attempt - 1]);
    this.trial.run();
  }

  /** @param {Reception} trial Delivers: from now on, its way is the present one. */
  changeOver(trial) {
    this.reception?.end();
    this.trial = null;
    this.attempt -= 1;
    this.failures = 0;
    this.comeback.succeeded();
    this.show(trial);
    this.video.hidden = !this.showsVideo; // over the last picture, which stays until the video has been drawn
    requestAnimationFrame(() => requestAnimationFrame(() => this.showOne()));
  }

  /**
   * What others see of a reception, once it is the present one.
   * @param {Reception} reception
   */
  announce(reception) {
    if (reception !== this.reception) return;
    this.element.dataset.stream = reception.address;
    this.onsound(reception.hasSound);
  }

  /**
   * @param {Reception} reception
   * @param {Picture} picture
   */
  onPicture(reception, picture) {
    if (reception === this.trial) this.changeOver(reception);
    this.painter.show(picture);
  }

  /** A frame of the video can be shown. */
  onVideo() {
    if (this.trial?.way === "video") this.changeOver(this.trial);
    this.reception?.begun();
    this.shown();
  }

  /** A live picture is visible. */
  shown() {
    if (!this.reception) return;
    this.live = true;
    this.lost = false;
    this.retry = FIRST_RETRY;
    this.failures = 0;
    this.showStatus();
  }

  disconnect() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.comeback.stop();
    this.reception?.end();
    this.reception = null;
    this.live = false;
    this.onsound(false);
    this.painter.clear();
    this.endTrial();
    this.showStatus();
  }

  /** Ends the trial, and whatever video there is. */
  endTrial() {
    this.trial?.end();
    this.trial = null;
    if (!this.video.hasAttribute("src")) return;
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** The aspect ratio of the picture. */
  shape() {
    return (this.camera.width ?? 4) / (this.camera.height ?? 3);
  }

  /** The width to request, about that of the picture on this screen; null for the camera's own and for video. */
  width(way = this.way) {
    if (way === "video") return null;
    const { clientWidth, clientHeight } = this.element;
    const wanted = widthFor(Math.min(clientWidth, clientHeight * this.shape()) * devicePixelRatio);
    return wanted && wanted < (this.camera.width ?? 0) ? wanted : null;
  }

  /**
   * @param {Reception} reception
   * @param {boolean} isFutile Whether it would probably fail again.
   */
  onEnd(reception, isFutile) {
    if (reception === this.trial) {
      this.endTrial();
      this.comeback.failed(isFutile);
      this.comeback.wait();
      return;
    }
    this.lost ||= this.live;
    if (!this.live) this.failures += 1;
    const falls = (isFutile || this.failures >= MOST_FAILURES) && this.attempt < this.ways.length - 1;
    this.disconnect();
    if (falls) {
      this.attempt += 1;
      this.failures = 0;
      this.retry = FIRST_RETRY;
      this.comeback.failed(isFutile);
      this.connect();
      return;
    }
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }
}
