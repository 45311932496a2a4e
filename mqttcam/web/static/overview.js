// All cameras at once, smaller and slower: a browser keeps six connections to one host, and the controls need theirs.

import { h } from "./dom.js";
import { Stage } from "./stage.js";

const STREAMS = 3;
const STREAM_FPS = 8;
const POLL = 1000;

export class Overview {
  constructor(cameras) {
    this.tiles = cameras.map((camera, index) => new Tile(camera, index < STREAMS ? new Stage(camera, STREAM_FPS) : new Polled(camera)));
    this.element = h("section", { class: "overview" },
      h("h1", { class: "unseen" }, "All cameras"), ...this.tiles.map(({ element }) => element));
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
    Object.assign(this, { camera, stage });
    this.element = h("a", { class: "tile", href: `#/${camera.id}` }, stage.element, h("span", { class: "tilename" }, camera.name));
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
