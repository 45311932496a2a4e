// All cameras at once, smaller and slower: a browser keeps six connections to one host, and the controls need theirs.

import { arrange, h } from "./dom.js";
import { Stage } from "./stage.js";

const STREAMS = 3;
const STREAM_FPS = 8;
const POLL = 1000;

export class Overview {
  constructor(cameras) {
    this.tiles = [];
    this.title = h("h1", { class: "unseen" }, "All cameras");
    this.element = h("section", { class: "overview" });
    this.adopt(cameras);
  }

  /** The cameras that there are now; the pictures of those that stay go on. */
  adopt(cameras) {
    const old = new Map(this.tiles.map((tile) => [tile.camera.id, tile]));
    this.tiles = cameras.map((camera, index) => {
      const kind = index < STREAMS ? Stage : Polled;
      const before = old.get(camera.id);
      if (before?.stage.constructor !== kind) return new Tile(camera, new kind(camera, STREAM_FPS));
      old.delete(camera.id);
      return before.adopt(camera);
    });
    for (const { stage } of old.values()) stage.stop();
    arrange(this.element, this.tiles.length ? [this.title, ...this.tiles.map(({ element }) => element)] : [nothing()]);
  }

  start() {
    for (const { stage } of this.tiles) stage.start();
  }

  stop() {
    for (const { stage } of this.tiles) stage.stop();
  }

  restart() {
    for (const { stage } of this.tiles) stage.restart();
  }

  update(view, linked) {
    for (const { camera, stage } of this.tiles) {
      const live = view.cameras[camera.id];
      if (live) stage.update(live, linked);
    }
  }
}

class Tile {
  constructor(camera, stage) {
    this.stage = stage;
    this.name = h("span", { class: "tilename" });
    this.element = h("a", { class: "tile", href: `#/${camera.id}` }, stage.element, this.name);
    this.adopt(camera);
  }

  adopt(camera) {
    this.camera = camera;
    this.stage.adopt(camera);
    this.name.textContent = camera.name;
    return this;
  }
}

/** One picture after the other instead of a stream. */
class Polled extends Stage {
  address() {
    return super.address("snapshot.jpg");
  }

  loaded() {
    super.loaded();
    this.timer = setTimeout(() => {
      if (this.running) this.picture.src = this.address();
    }, POLL);
  }
}

const nothing = () => h("div", { class: "empty" },
  h("h1", {}, "No camera yet"), h("p", {}, "Add one below “cameras:” in the configuration, then restart mqttcam."));
