// The ways to receive a camera's pictures: an MJPEG stream, a WebSocket, or one picture after the other.

import { patience } from "./api.js";
import { parts } from "./mjpeg.js";

const WIDTHS = [320, 480, 640, 960, 1280, 1920, 2560]; // few, as the server encodes each of them
const ENOUGH = 0.9; // of the pixels on the screen
const POLL_INTERVAL = 1000; // milliseconds
const POLLS_AT_ONCE = 3; // browsers open six connections per host, and controls need some of them

/** @typedef {{blob: Blob, ts: number | null}} Picture With the time of its capture in Unix seconds, if that is known. */

/**
 * What receives pictures.
 * @typedef {object} Receiver
 * @property {(file: string) => string} begin Returns the address of what is requested now.
 * @property {(milliseconds: number) => void} expect Ends the stream unless something is received within this time.
 * @property {AbortSignal} signal Ends the stream.
 */

/**
 * The width of pictures to request for so many pixels on the screen; undefined for the camera's own.
 * @param {number} pixels
 */
export const widthFor = (pixels) => (pixels ? WIDTHS.find((width) => width >= pixels * ENOUGH) : undefined);

/**
 * The address of a stream or of one picture. It is different each time, so that no cache answers.
 * @param {string} camera
 * @param {string} file
 * @param {number | null} width
 * @param {number | null} fps
 */
export function streamAddress(camera, file, width, fps) {
  const query = new URLSearchParams({ t: Date.now().toString(36) });
  if (width) query.set("width", String(width));
  if (fps) query.set("fps", String(fps));
  return `cameras/${camera}/${file}?${query}`;
}

/**
 * @param {Receiver} receiver
 * @returns {AsyncGenerator<Picture, void, void>}
 */
export async function* streamed({ begin, expect, signal }) {
  const { headers, body } = await get(begin("stream.mjpg"), signal);
  yield* parts(body, () => expect(patience(headers.get("X-Heartbeat"))));
}

/**
 * One picture after the other, which any proxy lets through.
 * @param {Receiver} receiver
 * @returns {AsyncGenerator<Picture, void, void>}
 */
export async function* polled({ begin, signal }) {
  while (!signal.aborted) {
    const release = await turn();
    try {
      if (signal.aborted) return;
      const { headers, body } = await get(begin("snapshot.jpg"), signal);
      yield { blob: await new Response(body).blob(), ts: Number(headers.get("X-Timestamp")) || null };
    } finally {
      release();
    }
    await new Promise((done) => { setTimeout(done, POLL_INTERVAL); });
  }
}

let polls = 0;
/** @type {(() => void)[]} */
const waiting = [];

/** Waits until few others request a picture. @returns {Promise<() => void>} Lets the next one begin. */
async function turn() {
  if (polls >= POLLS_AT_ONCE) await new Promise((done) => { waiting.push(() => done(undefined)); });
  else polls += 1;
  return () => {
    const next = waiting.shift();
    if (next) next();
    else polls -= 1;
  };
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 */
async function get(address, signal) {
  const response = await fetch(address, { signal, cache: "no-store" });
  if (!response.ok || !response.body) throw new Error(response.statusText);
  return { headers: response.headers, body: response.body };
}

/**
 * Pictures over a WebSocket, which is not one of the six connections that a browser opens per host.
 * @param {Receiver} receiver
 * @returns {AsyncGenerator<Picture, void, void>}
 */
export async function* pushed({ begin, expect, signal }) {
  const url = new URL(begin("live"), document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("mode", "jpeg");
  url.searchParams.set("times", "1");
  const socket = new WebSocket(url);
  socket.binaryType = "blob";
  /** @type {string | null} */
  let heartbeat = null;
  /** @type {{ts: number | null, picture: Picture | null, error: Error | null, wake: () => void}} */
  const state = { ts: null, picture: null, error: null, wake: () => {} };
  /** @param {Error} error */
  const end = (error) => {
    state.error ??= error;
    state.wake();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      heartbeat = message.heartbeat ?? heartbeat;
      state.ts = message.ts ?? null;
      if (message.error) end(new Error(message.error.message));
    } else {
      state.picture = { blob: data.slice(0, data.size, "image/jpeg"), ts: state.ts }; // the one before, if not taken, is skipped
      state.wake();
    }
    expect(patience(heartbeat));
  };
  socket.onclose = () => end(new Error("the connection has ended"));
  signal.addEventListener("abort", () => end(new Error("stopped")), { once: true });
  try {
    for (;;) {
      if (!state.picture && !state.error) await new Promise((done) => { state.wake = () => done(undefined); });
      if (state.error) throw state.error;
      const { picture } = state;
      state.picture = null;
      if (picture) yield picture;
    }
  } finally {
    socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
