// Two pictures of the time line side by side, or one over the other, with the same zoom, and what is known of both.

/** @import { Entry } from "./types" */

import { whatOf } from "./cards.js";
import { h, iconButton, loadStyle, modal } from "./dom.js";
import { dateTime } from "./format.js";
import { histogram, metadata } from "./photos.js";
import { photo, pictureOf } from "./recorded.js";
import { Zoom } from "./zoom.js";

await loadStyle("compare");

const SIDE = 256; // pixels: the size in which the values of a picture are counted

/**
 * Opens the comparison.
 * @param {[Entry, Entry]} entries
 * @param {(camera: string) => string} nameOf
 */
export function openCompare(entries, nameOf) {
  const sides = entries.map((entry) => new Side(entry, nameOf(entry.camera)));
  shareZoom(sides);
  const pictures = h("div", { class: "pair" }, ...sides.map(({ element }) => element));
  const line = h("input", { type: "range", min: "0", max: "100", value: "50", "aria-label": "Dividing line", oninput: () => divide() });
  const divide = () => pictures.style.setProperty("--at", `${line.value}%`);
  const over = h("button", { type: "button", class: "button quiet", "aria-pressed": "false", onclick: () => arrange(over.getAttribute("aria-pressed") !== "true") }, "One over the other");
  /** @param {boolean} swiped */
  const arrange = (swiped) => {
    over.setAttribute("aria-pressed", String(swiped));
    pictures.classList.toggle("swiped", swiped);
    line.hidden = !swiped;
    for (const { zoom } of sides) zoom.apply();
  };
  const [zoom] = sides.map((side) => side.zoom);
  const bar = h("div", { class: "viewbar" }, over, line, h("span", { class: "caption" }),
    iconButton("minus", "Smaller", () => zoom.by(1 / 1.5)), iconButton("plus", "Larger", () => zoom.by(1.5)),
    iconButton("close", "Close", () => dialog.close()));
  const details = h("div", { class: "pair details" }, ...sides.map((side) => side.details));
  const { dialog } = modal("view compare", "Compare two pictures", bar, pictures, details);
  divide();
  arrange(false);
}

class Side {
  /**
   * @param {Entry} entry
   * @param {string} name Of the camera.
   */
  constructor(entry, name) {
    const caption = [name, dateTime(Date.parse(entry.from) / 1000), whatOf(entry)].join(" · ");
    this.image = h("img", { src: pictureOf(entry) ?? "", alt: caption });
    this.frame = h("div", { class: "frame", tabindex: "0", role: "group", "aria-label": `${caption}. Keys + and − zoom, arrows move.` }, this.image);
    this.element = h("figure", {}, this.frame, h("figcaption", {}, caption));
    this.details = h("div", {});
    this.zoom = new Zoom(this.frame, this.image, () => this.onZoom());
    /** Called after each change of the zoom. */
    this.onZoom = () => {};
    if (entry.type === "photo") photo(entry.id).then((file) => this.describe(file.histogram, metadata(file)), () => this.count());
    else this.count();
  }

  /**
   * @param {Record<string, ArrayLike<number>> | undefined} counts
   * @param {HTMLElement | string} [table]
   */
  describe(counts, table = "") {
    if (counts && Object.keys(counts).length) this.details.replaceChildren(histogram(counts), table);
    else this.details.replaceChildren(table);
  }

  /** Counts the values of a picture whose histogram is not kept. */
  async count() {
    await this.image.decode().catch(() => {});
    const { naturalWidth: width, naturalHeight: height } = this.image;
    if (!width) return;
    const size = h("dl", {}, h("dt", {}, "Size"), h("dd", {}, `${width} × ${height}`));
    this.describe(countsOf(this.image), size);
  }
}

/**
 * @param {HTMLImageElement} image
 * @returns {Record<string, ArrayLike<number>>}
 */
function countsOf(image) {
  const drawing = h("canvas", { width: SIDE, height: SIDE }).getContext("2d", { willReadFrequently: true });
  if (!drawing) return {};
  drawing.drawImage(image, 0, 0, SIDE, SIDE);
  const { data } = drawing.getImageData(0, 0, SIDE, SIDE);
  const [red, green, blue] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)];
  for (let index = 0; index < data.length; index += 4) {
    red[data[index]] += 1;
    green[data[index + 1]] += 1;
    blue[data[index + 2]] += 1;
  }
  return { red, green, blue };
}

/**
 * Lets each picture follow the zoom of the other one.
 * @param {Side[]} sides
 */
function shareZoom(sides) {
  let following = false;
  for (const side of sides) {
    side.onZoom = () => {
      if (following) return;
      following = true;
      const { zoom } = side;
      for (const other of sides) {
        if (other !== side) {
          const ratio = other.frame.clientWidth / Math.max(1, side.frame.clientWidth);
          Object.assign(other.zoom, { scale: zoom.scale, x: zoom.x * ratio, y: zoom.y * ratio });
          other.zoom.apply();
        }
      }
      following = false;
    };
  }
}
