// A photo in the list of events: its picture, and what the camera reported of it. Loaded with the list.

/** @import { PhotoFile, RecordedEvent } from "./types" */

import { deletePhoto, keepPhoto, photo, photos } from "./api.js";
import { h } from "./dom.js";
import { number } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const CHANNELS = ["red", "green", "blue"];
const HEIGHT = 64;

/** Photos in one request: their pictures are shown as they are, and may be large. */
export const PHOTO_PAGE = 12;

/**
 * A photo as an entry of the list.
 * @param {PhotoFile} file
 * @returns {RecordedEvent}
 */
function entry(file) {
  const { id, camera, from, keep, name, raw } = file;
  const address = `files/${camera}/${name}`;
  return {
    id, camera, keep, from, type: "photo", to: from, score: null, zones: [], labels: raw ? ["raw"] : [],
    picture: address, clip: null, photo: address,
  };
}

/** @param {Record<string, string | number | undefined>} query */
export const listPhotos = (query) => photos({ ...query, type: "photo" }).then((found) => found.map(entry));

/**
 * @param {string} id
 * @param {boolean} keep
 */
export const setPhotoKeep = (id, keep) => keepPhoto(id, keep).then(entry);

/** @param {string} address */
export const removePhoto = (address) => deletePhoto(address);

/**
 * The picture, with its metadata and histogram once they are loaded.
 * @param {RecordedEvent} item
 */
export function photoView(item) {
  const details = h("details", { class: "photodetails" }, h("summary", {}, "Details"));
  const view = h("div", { class: "photo" }, h("img", { src: item.photo ?? "", alt: "" }), details);
  photo(item.id).then((file) => { details.append(...describe(file)); }, () => details.remove());
  return view;
}

/** @param {PhotoFile} file */
function describe(file) {
  const rows = [
    ["Size", `${file.width} × ${file.height}`],
    ["Bytes", number(file.bytes)],
    ...Object.entries(file.metadata ?? {}).map(([name, value]) => [name, text(value)]),
  ];
  const raw = file.raw ? h("p", {}, h("a", { href: `files/${file.camera}/${file.name.replace(/\.\w+$/, ".dng")}?download`, download: "" }, "Raw data (DNG)")) : null;
  const table = h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  return [histogram(file.histogram ?? {}), raw, table].filter((element) => element !== null);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  if (typeof value === "number") return number(value, 0.001);
  return Array.isArray(value) ? value.map(text).join(", ") : String(value);
}

/** @param {Record<string, number[]>} counts For each channel, by value. */
function histogram(counts) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "histogram");
  svg.setAttribute("viewBox", `0 0 256 ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Histogram of red, green and blue");
  // The ends may hold most of the pixels, and would make the rest flat.
  const most = Math.max(1, ...CHANNELS.flatMap((channel) => (counts[channel] ?? []).slice(1, 255)));
  for (const channel of CHANNELS) {
    const line = document.createElementNS(SVG, "polyline");
    const points = (counts[channel] ?? []).map((count, value) => `${value},${HEIGHT * (1 - Math.min(1, count / most))}`);
    line.setAttribute("points", points.join(" "));
    line.setAttribute("class", channel);
    svg.append(line);
  }
  return svg;
}
