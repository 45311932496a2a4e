// The HTTP API of what is recorded: events, photos and series. Addresses are relative to the page.

/** @import { DayCounts, Entry, PhotoFile, Slot, TimelineFilters } from "./types" */

import { request } from "./api.js";

/** @typedef {Record<string, string | number | undefined>} Query Empty values are left out. */

/** @param {Query} query */
function given(query) {
  return new URLSearchParams(Object.entries(query).filter(([, value]) => value).map(([name, value]) => [name, String(value)]));
}

/**
 * @param {Query} query
 * @returns {Promise<Entry[]>} Newest first.
 */
export const timeline = (query) => request("GET", `api/timeline?${given(query)}`).then(({ entries }) => entries);

/** The time zone of the browser. */
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * @param {Query} query With the first day, and the day after the last one.
 * @returns {Promise<DayCounts[]>} Oldest first.
 */
export const timelineDays = (query) => request("GET", `api/timeline/days?${given({ tz: zone(), ...query })}`).then(({ days }) => days);

/**
 * @param {Query} query
 * @returns {Promise<Slot[]>}
 */
export const timelineSlots = (query) => request("GET", `api/timeline/slots?${given(query)}`).then(({ slots }) => slots);

/**
 * @param {string} camera Empty for all.
 * @returns {Promise<TimelineFilters>}
 */
export const timelineFilters = (camera) => request("GET", `api/timeline/filters?${given({ camera })}`);

/**
 * @param {string} id
 * @returns {Promise<PhotoFile>}
 */
export const photo = (id) => request("GET", `api/files/${id}`);

/** @param {Entry} entry */
const isFile = ({ type }) => type === "photo" || type === "series";

/**
 * The address of the main file of a photo or series.
 * @param {Entry} entry
 */
const fileOf = ({ camera, name }) => `files/${camera}/${name}`;

/**
 * The address of the picture; null if there is none.
 * @param {Entry} entry
 */
export function pictureOf(entry) {
  if (!entry.picture) return null;
  return isFile(entry) ? fileOf(entry) : `events/${entry.id}/picture.jpg`;
}

/**
 * The address of the video; null if there is none.
 * @param {Entry} entry
 */
export function clipOf(entry) {
  if (!entry.clip) return null;
  return isFile(entry) ? fileOf(entry) : `events/${entry.id}/clip.mp4`;
}

/** @param {Entry} entry */
export const remove = (entry) => request("DELETE", isFile(entry) ? fileOf(entry) : `api/events/${entry.id}`);

/**
 * @param {Entry} entry
 * @param {boolean} wanted
 * @returns {Promise<{keep: boolean}>}
 */
export const keep = (entry, wanted) => request("POST", `api/${isFile(entry) ? "files" : "events"}/${entry.id}/keep`, { keep: wanted });

/**
 * @param {Entry} entry
 * @param {number} seconds
 * @returns {Promise<{url: string, expires: string}>}
 */
export const share = (entry, seconds) =>
  request("POST", `api/${isFile(entry) ? "files" : "events"}/${entry.id}/share`,
    isFile(entry) ? { seconds } : { seconds, file: entry.clip ? "clip" : "picture" });
