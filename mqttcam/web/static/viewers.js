// Who is watching now. Loaded when it is opened for the first time.

/** @import { CameraList, Session, Viewer } from "./types" */

import { ApiError, disconnect, viewers } from "./api.js";
import { arrange, errorText, h, icon, loadStyle, toast } from "./dom.js";
import { moment, number } from "./format.js";

await loadStyle("trouble");

const INTERVAL = 2000; // milliseconds

/** @type {Record<string, string>} */
const STREAMS = {
  mjpeg: "MJPEG stream", mpegts: "Video (MPEG-TS)", video: "Video on the page", pictures: "Pictures on the page", motion: "Motion test",
};

export class ViewersView {
  /**
   * @param {CameraList} list
   * @param {Session} identity
   */
  constructor(list, identity) {
    this.mayControl = identity.role === "admin";
    this.timer = 0;
    /** @type {Map<string, Line>} */
    this.lines = new Map();
    this.list = h("ul", { class: "ended" });
    this.nobody = h("div", { class: "empty well", hidden: true });
    this.element = h("section", { class: "troublelist" }, h("div", { class: "troublebar" }, h("h1", {}, "Who is watching now")), this.list, this.nobody);
    this.adopt(list);
  }

  /** @param {CameraList} list */
  adopt({ cameras }) {
    this.names = new Map(cameras.map(({ id, name }) => [id, name]));
  }

  start() {
    this.stop();
    this.timer = setInterval(() => this.load(), INTERVAL);
    this.load();
  }

  stop() {
    clearInterval(this.timer);
  }

  update() {}

  async load() {
    if (!this.mayControl) {
      this.show([], "Only admins can see who is watching.");
      return;
    }
    try {
      this.show(await viewers(), "Nobody is watching");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /**
   * @param {Viewer[]} present
   * @param {string} otherwise
   */
  show(present, otherwise) {
    const old = this.lines;
    this.lines = new Map(present.map((viewer) => {
      const line = old.get(viewer.id) ?? new Line(viewer.id);
      line.update(viewer, this.names?.get(viewer.camera) ?? viewer.camera);
      return [viewer.id, line];
    }));
    arrange(this.list, [...this.lines.values()].map(({ element }) => element));
    this.list.hidden = !present.length;
    this.nobody.hidden = present.length > 0;
    if (!present.length) this.nobody.replaceChildren(icon("eye"), h("h2", {}, otherwise));
  }
}

class Line {
  /** @param {string} id */
  constructor(id) {
    this.who = h("b", {});
    this.what = h("span", {});
    this.rate = h("small", {});
    const end = () => disconnect(id).catch((error) => toast(errorText(error), "error"));
    this.element = h("li", { class: "viewer" }, icon("eye"), h("p", {}, this.who, this.what, this.rate),
      h("button", { type: "button", class: "button quiet", onclick: end }, "Disconnect"));
  }

  /**
   * @param {Viewer} viewer
   * @param {string} camera Its name.
   */
  update({ user, address, stream, since, fps, kbps }, camera) {
    this.who.textContent = user ? `${user} (${address})` : address;
    this.what.textContent = `${camera} · ${STREAMS[stream ?? ""] ?? "Connecting"}`;
    const rate = fps === null || kbps === null ? null : `${number(fps, 0.1)} fps · ${number(kbps, 1)} kbit/s`;
    this.rate.textContent = [rate, `since ${moment(new Date(since))}`].filter(Boolean).join(" · ");
  }
}
