// The requests of the view "Set up".

/** @import { FoundCamera, Restored, Section, Setup } from "./types" */

import { request } from "./api.js";

const SLOW = 60000; // milliseconds: a camera opens, or the daemon reloads

/** What is sent of a camera: its section, or that as YAML. @typedef {{camera: Section} | {text: string}} Given */

/** @returns {Promise<Setup>} */
export const setup = () => request("GET", "api/setup");

/** @returns {Promise<FoundCamera[]>} */
export const foundCameras = () => request("GET", "api/setup/found", undefined, SLOW).then(({ cameras }) => cameras);

/** @returns {Promise<string[]>} The names of the tuning files of Raspberry Pi cameras. */
export const tuningFiles = () => request("GET", "api/tuning_files").then(({ files }) => [...new Set(files.map((/** @type {{name: string}} */ { name }) => name))]);

/**
 * @param {string} id
 * @param {Given} given
 * @returns {Promise<{text: string, section: string, camera: Section}>} The text to paste, the section alone as YAML, and as JSON.
 */
export const checkCamera = (id, given) => request("POST", "api/setup/check", { id, ...given });

/**
 * @param {string} id
 * @param {Given} given
 * @returns {Promise<{picture: string, width: number, height: number, model: string | null, remark: string | null}>} The picture in base64.
 */
export const testPicture = (id, given) => request("POST", "api/setup/test", { id, ...given }, SLOW);

/**
 * @param {string} id
 * @param {Given} given
 * @param {string} revision
 * @param {boolean} create Whether the camera must be new.
 */
export const saveCamera = (id, given, revision, create) => request("PUT", `api/setup/cameras/${id}`, { ...given, revision, create }, SLOW);

/**
 * @param {string} id
 * @param {string} revision
 */
export const removeCamera = (id, revision) =>
  request("DELETE", `api/setup/cameras/${id}?${new URLSearchParams({ revision })}`, undefined, SLOW);

/**
 * What restoring a backup would change.
 * @param {Blob} archive
 * @returns {Promise<Restored>}
 */
export const checkBackup = (archive) => request("POST", "api/setup/restore/check", archive, SLOW);

/**
 * @param {Blob} archive
 * @param {string} revision Of the file that was looked at.
 * @returns {Promise<Restored>}
 */
export const restoreBackup = (archive, revision) =>
  request("POST", `api/setup/restore?${new URLSearchParams({ revision })}`, archive, SLOW);
