// The views that have an address of their own besides the cameras. Each is loaded when it is opened for the first time. Add views here.

/** @import { CameraList, Session, State } from "./types" */

/**
 * What a view has to do.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(list: CameraList) => void} adopt Takes over a new list of cameras, and what is in the address.
 * @property {() => void} start Begins to load, when the view or the page becomes visible.
 * @property {() => void} stop Ends what `start` has begun.
 * @property {() => void} [restart] Loads again, after the daemon has come back.
 * @property {(state: State, connected: boolean) => void} update
 */

/**
 * @typedef {object} Place
 * @property {string} hash The address: this, or this with a slash and the id of a camera, or with a question mark and a query.
 * @property {string} title
 * @property {string} symbol Its name in `icons.svg`.
 * @property {(identity: Session) => boolean} shown Whether the header has a link to it.
 * @property {() => Promise<new (list: CameraList, identity: Session) => View>} load
 */

/** @type {Place[]} */
export const PLACES = [
  // The symbol at the end of the bar leads there.
  { hash: "#trouble", title: "Problems", symbol: "warn", shown: () => false, load: async () => (await import("./trouble.js")).TroubleView },
  // The drawer of the node has a link to it.
  { hash: "#viewers", title: "Who is watching now", symbol: "eye", shown: () => false, load: async () => (await import("./viewers.js")).ViewersView },
  { hash: "#events", title: "Events", symbol: "film", shown: () => true, load: async () => (await import("./events.js")).EventsView },
  { hash: "#setup", title: "Set up", symbol: "setup", shown: ({ edit }) => edit, load: async () => (await import("./setup.js")).SetupView },
];

/**
 * The place that an address names, if it is not a camera.
 * @param {string} hash
 */
export const placeAt = (hash) => PLACES.find((place) => hash.split(/[/?]/u, 1)[0] === place.hash);
