// The corners of an area, as shares of the picture's sides, and how they change.

/** @import { Corner } from "./types" */
/** @typedef {import("./areas.js").Area} Area */

const STEP = 0.01;
const LARGE_STEP = 0.05;
const SNAP = 0.015; // corners this close to an edge of the picture are put onto it
const LEAST = 3;
const MOST = 100;
/** @type {Record<string, Corner>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {Area} area
 * @param {number} number
 * @param {Corner} to
 */
export function moveCorner(area, number, to) {
  area.points[number] = [rounded(to[0]), rounded(to[1])];
  return true;
}

/**
 * Moves an area, which stays within the picture.
 * @param {Area} area
 * @param {Corner} by
 * @param {Corner[]} points From where.
 */
export function moveArea(area, by, points) {
  const x = within(by[0], points.map((point) => point[0]));
  const y = within(by[1], points.map((point) => point[1]));
  area.points = points.map((point) => [rounded(point[0] + x), rounded(point[1] + y)]);
  return true;
}

/**
 * Adds a corner between one and the next.
 * @param {Area} area
 * @param {number} number
 * @returns {boolean} Whether there was room for one more.
 */
export function addCorner({ points }, number) {
  if (points.length >= MOST) return false;
  const [x, y] = middle(points[number], points[(number + 1) % points.length]);
  points.splice(number + 1, 0, [rounded(x), rounded(y)]);
  return true;
}

/**
 * @param {Area} area
 * @param {number} number
 * @returns {boolean} Whether enough corners are left.
 */
export function removeCorner({ points }, number) {
  if (points.length <= LEAST) return false;
  points.splice(number, 1);
  return true;
}

/**
 * How far an arrow key moves; null for another key.
 * @param {KeyboardEvent} event
 * @returns {Corner | null}
 */
export function arrowStep({ key, shiftKey }) {
  const size = shiftKey ? LARGE_STEP : STEP;
  return ARROWS[key] ? [ARROWS[key][0] * size, ARROWS[key][1] * size] : null;
}

/**
 * @param {Corner} one
 * @param {Corner} other
 * @returns {Corner}
 */
export const middle = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];

/** @param {number} share */
const rounded = (share) => Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;

/** @param {number} share */
export function snapped(share) {
  if (share < SNAP) return 0;
  return share > 1 - SNAP ? 1 : share;
}

/**
 * How far these may move, at most by this much.
 * @param {number} by
 * @param {number[]} shares
 */
const within = (by, shares) => Math.min(1 - Math.max(...shares), Math.max(-Math.min(...shares), by));

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;
