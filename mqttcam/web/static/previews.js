// Smaller versions of stored pictures, which the server makes.

import { widthFor } from "./pictures.js";

const WIDTHS = [320, 480, 640, 960, 1280]; // few, so that the browser keeps what it has of a picture
// How wide cards are, as in events.css. Not `auto`: a picture that changes its width while it is loaded may fail without an event.
const SIZES = "(max-width: 339px) 92vw, (max-width: 640px) 46vw, 300px";
const DIALOG = 1400; // pixels, as in dialogs.css
const ROOM = matchMedia("(pointer: coarse)").matches ? 2 : 1; // to look closer, with two fingers

/**
 * @param {string} address
 * @param {number} width
 */
const smaller = (address, width) => `${address}?width=${width}`;

/**
 * The attributes of a picture in a card, of which the browser loads the version that fits.
 * @param {string} address
 */
export const inCard = (address) => ({
  loading: "lazy", decoding: "async", sizes: SIZES, srcset: WIDTHS.map((width) => `${smaller(address, width)} ${width}w`).join(", "),
  src: smaller(address, 640),
});

/**
 * The address of a picture for a thumbnail of this height.
 * @param {string} address
 * @param {number} height
 * @param {{width: number, height: number}} size Of the picture.
 */
export const thumbnailOf = (address, height, size) => smaller(address, widthFor((height * devicePixelRatio * size.width) / size.height) ?? size.width);

/**
 * The address of a picture that fills a dialog.
 * @param {string} address
 */
export function inDialog(address) {
  const width = widthFor(Math.min(innerWidth, DIALOG) * devicePixelRatio * ROOM);
  return width ? smaller(address, width) : address;
}
