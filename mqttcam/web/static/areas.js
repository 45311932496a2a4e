// Areas of the picture: their colours, the same on the picture and in lists.

/** One after the other for zones; all have enough contrast to a dark edge. */
const ZONES = ["#5fe8d5", "#ffd166", "#8fb8ff", "#f7a1d0", "#b7e36b", "#ffae7a"];
export const MASK = "#aeb8c4";
export const EDGE = "#05080bcc"; // around lines, so that they are visible on any picture

/** @param {number} index Of the zone. */
export const zoneColour = (index) => ZONES[index % ZONES.length];
