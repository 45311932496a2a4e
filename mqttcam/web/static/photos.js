// A photo: its picture, and what the camera reported of it. Loaded with the time line.

/** @import { Entry, PhotoFile } from "./types" */

import { h } from "./dom.js";
import { number } from "./format.js";
import { inDialog } from "./previews.js";
import { photo, pictureOf } from "./recorded.js";

const SVG = "http://www.w3.org/2000/svg";
const CHANNELS = ["red", "green", "blue"];
const HEIGHT = 64;

/**
 * The picture, with its metadata and histogram once they are loaded.
 * @param {Entry} item
 */
export function photoView(item) {
  const image = h("img", { src: inDialog(pictureOf(item) ?? ""), alt: "" });
  image.addEventListener("error", () => {
    if (image.isConnected) image.replaceWith(h("p", { class: "note" }, "This browser cannot show the picture. Download it."));
  });
  if (item.type !== "photo") return image;
  const details = h("details", { class: "photodetails" }, h("summary", {}, "Details"));
  photo(item.id).then((file) => { details.append(...describe(file)); }, () => details.remove());
  return h("div", { class: "photo" }, image, details);
}

/** @param {PhotoFile} file */
function describe(file) {
  const raw = file.raw ? h("p", {}, h("a", { href: `files/${file.camera}/${file.name.replace(/\.\w+$/, ".dng")}?download`, download: "" }, "Raw data (DNG)")) : null;
  return [histogram(file.histogram ?? {}), raw, metadata(file)].filter((element) => element !== null);
}

/** @param {PhotoFile} file */
export function metadata(file) {
  const rows = [
    ["Size", `${file.width} × ${file.height}`],
    ["Bytes", number(file.bytes)],
    ...Object.entries(file.metadata ?? {}).map(([name, value]) => [name, text(value)]),
  ];
  return h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  if (typeof value === "number") return number(value, 0.001);
  return Array.isArray(value) ? value.map(text).join(", ") : String(value);
}

/** @param {Record<string, ArrayLike<number>>} counts For each channel, by value. */
export function histogram(counts) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "histogram");
  svg.setAttribute("viewBox", `0 0 256 ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Histogram of red, green and blue");
  // The ends may hold most of the pixels, and would make the rest flat.
  const most = Math.max(1, ...CHANNELS.flatMap((channel) => Array.from(counts[channel] ?? []).slice(1, 255)));
  for (const channel of CHANNELS) {
    const line = document.createElementNS(SVG, "polyline");
    const points = Array.from(counts[channel] ?? [], (count, value) => `${value},${HEIGHT * (1 - Math.min(1, count / most))}`);
    line.setAttribute("points", points.join(" "));
    line.setAttribute("class", channel);
    svg.append(line);
  }
  return svg;
}
