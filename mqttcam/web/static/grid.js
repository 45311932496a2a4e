// How large the tiles of the overview are, so that they fill the window.

/** @typedef {{width: number, height: number, before: number, after: number}} Place The size of a tile, and its margins in a line of tiles. */
/** @typedef {{width: number, height: number, gap: number}} Room */

const NARROW = 560; // pixels: a phone held upright, whose tiles are as wide as it is
const LEAST_WIDTH = 280; // where the page has to scroll
const LEAST_HEIGHT = 140; // where it does not
const EVEN = 1.05; // how much smaller tiles may be if all lines then have the same number of them
const SHAPES = [0.75, 2.4]; // beyond these, there are bars beside the picture

/**
 * Distributes tiles over lines: as large as possible while all of them are visible, unless they would be too small.
 * @param {number[]} shapes The width of each picture divided by its height.
 * @param {Room} room What is visible of the page, and the gap between two tiles, in pixels.
 * @returns {Place[]}
 */
export function place(shapes, room) {
  const limited = shapes.map((shape) => Math.min(SHAPES[1], Math.max(SHAPES[0], shape)));
  return (room.width < NARROW ? null : withoutScrolling(limited, room)) ?? withScrolling(limited, room);
}

/**
 * @param {number[]} shapes
 * @param {Room} room
 * @returns {Place[] | null} null if the tiles would be too small.
 */
function withoutScrolling(shapes, { width, height, gap }) {
  let best = { lines: [shapes], high: 0, score: 0 };
  for (let count = 1; count <= shapes.length; count += 1) {
    const lines = evenly(shapes, count);
    const high = Math.min((height - gap * (count - 1)) / count, ...lines.map((line) => filling(line, width, gap)));
    const score = shapes.length % count ? high : high * EVEN;
    if (score > best.score) best = { lines, high, score };
  }
  return best.high < LEAST_HEIGHT ? null : best.lines.flatMap((line) => centred(line, best.high, width, gap));
}

/**
 * @param {number[]} shapes
 * @param {Room} room
 * @returns {Place[]}
 */
function withScrolling(shapes, { width, height, gap }) {
  const columns = Math.max(1, Math.floor((width + gap) / (LEAST_WIDTH + gap)));
  let most = Math.max(height, LEAST_HEIGHT);
  const places = [];
  for (let from = 0; from < shapes.length; from += columns) {
    const line = shapes.slice(from, from + columns);
    const high = Math.min(most, filling(line, width, gap));
    if (columns > 1) most = high; // the last line may have fewer tiles, which are not larger for that
    places.push(...centred(line, high, width, gap));
  }
  return places;
}

/**
 * Distributes shapes over so many lines, the first of which may have one more than the others.
 * @param {number[]} shapes
 * @param {number} count
 */
function evenly(shapes, count) {
  const [least, more] = [Math.floor(shapes.length / count), shapes.length % count];
  return Array.from({ length: count }, (_, line) => {
    const from = line * least + Math.min(line, more);
    return shapes.slice(from, from + least + (line < more ? 1 : 0));
  });
}

/**
 * The height at which a line is as wide as the room.
 * @param {number[]} line
 * @param {number} width
 * @param {number} gap
 */
const filling = (line, width, gap) => (width - gap * (line.length - 1)) / line.reduce((sum, shape) => sum + shape, 0);

/**
 * Places the tiles of a line in its middle. With their margins they are as wide as the room, so that the next line begins after them.
 * @param {number[]} line
 * @param {number} height
 * @param {number} width
 * @param {number} gap
 * @returns {Place[]}
 */
function centred(line, height, width, gap) {
  const widths = line.map((shape) => Math.floor(shape * height));
  const rest = Math.floor(width) - widths.reduce((sum, wide) => sum + wide, gap * (line.length - 1));
  return widths.map((wide, index) => ({
    width: wide,
    height: Math.floor(height),
    before: index === 0 ? Math.floor(rest / 2) : 0,
    after: index === line.length - 1 ? Math.ceil(rest / 2) : gap,
  }));
}
