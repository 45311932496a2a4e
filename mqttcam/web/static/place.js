// Where the picture is on the stage, for what is drawn over it.

/** @typedef {{left: number, top: number, width: number, height: number}} Place */

/**
 * Where the picture is, without the bars beside it.
 * @param {import("./stage.js").Stage} stage
 * @returns {Place} In pixels, from the corner of the page's visible part.
 */
export function placeOnPage(stage) {
  const outer = stage.picture.getBoundingClientRect();
  const shape = stage.shape();
  const width = Math.min(outer.width, outer.height * shape);
  const height = width / shape;
  return { left: outer.left + (outer.width - width) / 2, top: outer.top + (outer.height - height) / 2, width, height };
}

/**
 * The same, from the corner of the stage.
 * @param {import("./stage.js").Stage} stage
 * @returns {Place}
 */
export function placeOnStage(stage) {
  const place = placeOnPage(stage);
  const frame = stage.element.getBoundingClientRect();
  return { ...place, left: place.left - frame.left - stage.element.clientLeft, top: place.top - frame.top - stage.element.clientTop };
}

/**
 * Calls a function whenever the picture has another size, or is moved by zooming.
 * @param {import("./stage.js").Stage} stage
 * @param {() => void} onMove
 * @returns {() => void} Ends this.
 */
export function followPicture(stage, onMove) {
  const resized = new ResizeObserver(onMove);
  resized.observe(stage.element);
  // Zooming moves the picture without an event.
  const moved = new MutationObserver(onMove);
  moved.observe(stage.picture, { attributes: true, attributeFilter: ["style"] });
  return () => {
    resized.disconnect();
    moved.disconnect();
  };
}
