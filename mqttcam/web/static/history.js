// The last snapshots: thumbnails below the picture, and a dialog with each in full size.

/** @import { Camera, Snapshot } from "./types" */

import { h, icon, iconButton, modal } from "./dom.js";
import { bytes, date, dateTime, time } from "./format.js";
import { thumbnailOf } from "./previews.js";

const HEIGHT = 78; // of a thumbnail, as in layout.css

export class SnapshotHistory {
  /** @param {Camera} camera */
  constructor(camera) {
    this.camera = camera;
    /** @type {Snapshot[]} */
    this.items = [];
    this.strip = h("ul", { class: "strip" });
    this.element = h("section", { class: "history", hidden: true, "aria-label": "Last snapshots" }, this.strip);
  }

  /** @param {Snapshot[]} items Newest first. */
  update(items) {
    if (items.map(({ id }) => id).join() === this.items.map(({ id }) => id).join()) return;
    const old = new Map(this.items.map((item, index) => [item.id, this.strip.children[index]]));
    this.items = items;
    this.element.hidden = items.length === 0;
    this.strip.replaceChildren(...items.map((item) => old.get(item.id) ?? this.thumbnail(item)));
  }

  /** @param {Snapshot} item */
  address(item) {
    return `cameras/${this.camera.id}/snapshots/${item.id}.jpg`;
  }

  /** @param {Snapshot} item */
  thumbnail(item) {
    const picture = h("img", { src: thumbnailOf(this.address(item), HEIGHT, item), alt: "", loading: "lazy", width: item.width, height: item.height });
    return h("li", {}, h("button", {
      type: "button", class: "thumb", "aria-label": `Snapshot of ${date(item.ts)}, ${time(item.ts)}`, onclick: () => this.open(item.id),
    }, picture, h("span", {}, time(item.ts))));
  }

  /**
   * Opens the dialog, in which the left and right arrow keys show newer and older snapshots.
   * @param {string} id
   */
  open(id) {
    const picture = h("img", { alt: "" });
    const caption = h("p", { class: "caption", "aria-live": "polite" });
    const save = h("a", { class: "round", "aria-label": "Download", title: "Download", download: "" }, icon("save"));
    /** @param {Snapshot | undefined} item */
    const show = (item) => {
      if (!item) return; // the camera was replaced, and its snapshots are gone
      id = item.id;
      picture.src = save.href = this.address(item);
      picture.alt = `Snapshot of ${this.camera.name}, ${dateTime(item.ts)}`;
      caption.textContent = `${dateTime(item.ts)} · ${item.width} × ${item.height} · ${bytes(item.bytes)}`;
    };
    /** @param {number} by */
    const step = (by) => {
      const index = this.items.findIndex((item) => item.id === id) + by;
      show(this.items[Math.min(this.items.length - 1, Math.max(0, index))]);
    };
    const bar = h("div", { class: "viewbar" }, caption,
      iconButton("left", "Newer", () => step(-1)), iconButton("right", "Older", () => step(1)), save,
      iconButton("close", "Close", () => dialog.close()));
    const { dialog } = modal("view", "Snapshot", picture, bar);
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
    show(this.items.find((item) => item.id === id));
  }
}
