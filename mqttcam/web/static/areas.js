// Areas of the picture: their colours, the same on the picture and in lists, and how they are stored.

/** @import { Areas, Corner } from "./types" */

/** One after the other for zones; all have enough contrast to a dark edge. */
const ZONES = ["#5fe8d5", "#ffd166", "#8fb8ff", "#f7a1d0", "#b7e36b", "#ffae7a"];
export const MASK = "#aeb8c4";
export const PRIVACY = "#ff8d85";
export const EDGE = "#05080bcc"; // around lines, so that they are visible on any picture

/** @param {number} index Of the zone. */
export const zoneColour = (index) => ZONES[index % ZONES.length];

/**
 * An area that is being drawn. The name and the threshold are those of a zone.
 * @typedef {{kind: "zone" | "mask" | "privacy", name: string, threshold: number, points: Corner[]}} Area
 */

/**
 * The areas of a camera as they are drawn.
 * @param {Areas} areas
 * @returns {Area[]}
 */
export const asList = ({ zones, masks, privacy }) => [
  ...Object.entries(zones).map(([name, { threshold, points }]) => area("zone", points, name, threshold)),
  ...masks.map(({ points }) => area("mask", points)),
  ...privacy.map(({ points }) => area("privacy", points)),
];

/**
 * @param {Area["kind"]} kind
 * @param {Corner[]} points
 * @param {string} [name]
 * @param {number} [threshold]
 * @returns {Area}
 */
export const area = (kind, points, name = "", threshold = 0.5) => ({ kind, name, threshold, points: points.map(([x, y]) => [x, y]) });

/**
 * The corner of an area, in pixels, beside which its name is written: the one that is most to the left and top.
 * @param {Corner[]} corners
 */
export const nameCorner = (corners) => corners.reduce((best, corner) => (corner[0] + corner[1] < best[0] + best[1] ? corner : best));

/**
 * The areas that a command sets.
 * @param {Area[]} list
 */
export const asCommand = (list) => ({
  zones: Object.fromEntries(list.filter(({ kind }) => kind === "zone").map(({ name, threshold, points }) => [name, { points, threshold }])),
  masks: list.filter(({ kind }) => kind === "mask").map(({ points }) => ({ points })),
});

/** Names that YAML takes for something else. */
const QUOTED = /^(\d.*|y|n|yes|no|on|off|true|false|null)$/;

/**
 * The areas as lines of the configuration file.
 * @param {string} camera
 * @param {Area[]} list
 * @param {boolean} hasMotion
 */
export function asYaml(camera, list, hasMotion) {
  /** @param {string} name */
  const key = (name) => (QUOTED.test(name) ? `"${name}"` : name);
  /** @param {Area} one */
  const points = (one) => `[${one.points.map(([x, y]) => `[${x}, ${y}]`).join(", ")}]`;
  /** @param {Area["kind"]} wanted */
  const of = (wanted) => list.filter(({ kind }) => kind === wanted);
  const lines = ["cameras:", `  ${key(camera)}:`];
  if (hasMotion) {
    lines.push("    motion:");
    lines.push(of("zone").length ? "      zones:" : "      zones: {}");
    for (const one of of("zone")) lines.push(`        ${key(one.name)}: {points: ${points(one)}, threshold: ${one.threshold}}`);
    lines.push(of("mask").length ? "      masks:" : "      masks: []");
    for (const one of of("mask")) lines.push(`        - points: ${points(one)}`);
  }
  lines.push(of("privacy").length ? "    privacy:" : "    privacy: []");
  for (const one of of("privacy")) lines.push(`      - points: ${points(one)}`);
  return `${lines.join("\n")}\n`;
}
