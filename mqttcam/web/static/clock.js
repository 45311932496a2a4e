// The clock of the server, which need not agree with the browser's.

import { serverTime } from "./api.js";

const ROUND_TRIPS = 3;
const VALID = 60000; // milliseconds: clocks drift

/** Unix time by the browser's clock, in milliseconds. */
export const now = () => performance.timeOrigin + performance.now();

let measured = { offset: 0, at: -Infinity };

/** By how many milliseconds the server's clock is ahead: the quickest of some round trips is the most exact. */
export async function clockOffset() {
  if (now() - measured.at < VALID) return measured.offset;
  let shortest = Infinity;
  for (let count = 0; count < ROUND_TRIPS; count += 1) {
    const sent = now();
    const time = await serverTime();
    const trip = now() - sent;
    if (trip < shortest) measured = { offset: 1000 * time - (sent + trip / 2), at: now() };
    shortest = Math.min(shortest, trip);
  }
  return measured.offset;
}
