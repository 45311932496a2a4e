// The common options of a camera as fields: each reads its value from the camera's section, and writes it there.

/** @import { Child, Section, Setup } from "./types" */

import { h } from "./dom.js";
import { tuningFiles } from "./setupapi.js";

const SIZES = ["640x480", "1280x720", "1920x1080", "2560x1440", "3840x2160"];

/**
 * @typedef {object} Option
 * @property {string} key The path below the camera, as in errors.
 * @property {HTMLElement} element
 * @property {HTMLInputElement | HTMLSelectElement} input
 * @property {HTMLElement} message
 * @property {(section: Section) => void} show
 * @property {(section: Section) => void} write
 */

let count = 0;

/**
 * Makes a labelled field.
 * @param {string} key
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {string} hint
 * @param {Pick<Option, "show" | "write">} binding
 * @param {Child} [more]
 * @returns {Option}
 */
function option(key, label, input, hint, binding, more = null) {
  const id = `setup-${++count}`;
  input.id = id;
  const message = h("p", { class: "error", id: `${id}-error`, role: "alert" });
  const note = h("p", { class: "hint", id: `${id}-hint` }, hint);
  input.setAttribute("aria-describedby", `${id}-error ${id}-hint`);
  const toggles = input.getAttribute("role") === "switch";
  const element = h("div", { class: `field ${toggles ? "toggle" : "text"}`, "data-option": key },
    h("label", { for: id, class: "name" }, label), input, more, message, note);
  return { key, element, input, message, ...binding };
}

/**
 * @param {Section} section
 * @param {string[]} path
 */
const valueAt = (section, path) => path.reduce((/** @type {any} */ found, name) => found?.[name], section);

/**
 * Writes a value, or removes its key if it is undefined.
 * @param {Section} section
 * @param {string[]} path
 * @param {unknown} value
 */
function write(section, path, value) {
  const [name, ...rest] = path;
  if (rest.length) {
    if (value === undefined && !section[name]) return;
    if (typeof section[name] !== "object" || section[name] === null) section[name] = {};
    write(section[name], rest, value);
  } else if (value === undefined) delete section[name];
  else section[name] = value;
}

/**
 * A field for text or a number; an empty one means the default.
 * @param {string} key
 * @param {string} label
 * @param {string} hint
 * @param {import("./types").Attributes} attributes
 */
function typed(key, label, hint, attributes) {
  const path = key.split(".");
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes });
  return option(key, label, input, hint, {
    show: (section) => { input.value = valueAt(section, path) ?? ""; },
    write: (section) => {
      const text = input.type === "password" ? input.value : input.value.trim();
      const isNumber = input.type === "number" || (/^\d+$/.test(text) && ["source.device", "source.camera"].includes(key));
      write(section, path, text === "" ? undefined : isNumber ? Number(text) : text);
    },
  });
}

/**
 * A switch of an optional section or a plain switch; what is in the section stays.
 * @param {string} key
 * @param {string} label
 * @param {string} hint
 */
function toggle(key, label, hint) {
  const input = h("input", { type: "checkbox", role: "switch" });
  const isOn = (/** @type {unknown} */ value) => value !== undefined && value !== null && value !== false && value !== "false";
  return option(key, label, input, hint, {
    show: (section) => { input.checked = isOn(section[key]); },
    write: (section) => {
      if (input.checked !== isOn(section[key])) write(section, [key], input.checked || undefined);
    },
  });
}

function rotation() {
  const input = h("select", {}, ...[0, 90, 180, 270].map((degrees) => h("option", { value: degrees }, degrees ? `${degrees}° clockwise` : "None")));
  return option("rotation", "Rotation", input, "", {
    show: (section) => { input.value = String(section.rotation ?? 0); },
    write: (section) => write(section, ["rotation"], Number(input.value) || (section.rotation === undefined ? undefined : 0)),
  });
}

/** @param {string[]} sizes */
function size(sizes) {
  const list = h("datalist", { id: `setup-sizes-${++count}` }, ...(sizes.length ? sizes : SIZES).map((value) => h("option", { value })));
  const input = h("input", { type: "text", autocomplete: "off", list: list.id, placeholder: "the camera's own" });
  return option("size", "Size", input, "Width x height in pixels", {
    show: (section) => { input.value = Array.isArray(section.size) ? section.size.join("x") : section.size ?? ""; },
    write: (section) => {
      if (input.value.trim() !== (Array.isArray(section.size) ? section.size.join("x") : section.size ?? "")) write(section, ["size"], input.value.trim() || undefined);
    },
  }, list);
}

/** A tuning file, with those that there are to choose from. */
function tuningFile() {
  const list = h("datalist", { id: `setup-tuning-${++count}` });
  const fill = async () => {
    if (!list.childElementCount) list.replaceChildren(...(await tuningFiles()).map((value) => h("option", { value })));
  };
  const field = typed("source.tuning_file", "Tuning file", "One of libcamera's or of your own, such as imx219_noir.json", {
    autocapitalize: "none", placeholder: "libcamera's own", list: list.id, onfocus: fill,
  });
  field.element.append(list);
  return field;
}

/**
 * @param {Setup} setup
 * @param {string[]} hidden Keys that are kept and not shown.
 * @returns {Record<string, Option[]>} The fields of each type of source.
 */
export function sourceOptions(setup, hidden) {
  const kept = hidden.some((key) => key.startsWith("source.password"));
  return {
    url: [
      typed("source.url", "Address", "rtsp://… or http://…, as in the camera's manual. The part after the host is not shown again.", { inputmode: "url", autocapitalize: "none" }),
      typed("source.username", "User name of the camera", "", { autocapitalize: "none" }),
      typed("source.password", "Password of the camera", kept ? "Leave empty to keep the stored password. With another address, enter it again." : "", { type: "password", autocomplete: "new-password", placeholder: kept ? "unchanged" : "" }),
    ],
    file: [typed("source.path", "File or folder", `Pictures or a video, in ${setup.folders.join(", ")}`, { autocapitalize: "none" })],
    v4l2: [typed("source.device", "Device", "Its number, id or path; empty: the first USB camera", { autocapitalize: "none" })],
    picamera2: [
      typed("source.camera", "Camera", "Its number, id or model", { autocapitalize: "none" }),
      tuningFile(),
    ],
  };
}

/**
 * @param {string[]} sizes Those that the camera offers.
 * @returns {Option[]}
 */
export function commonOptions(sizes) {
  return [
    typed("name", "Name", "The displayed name, such as Front door", { maxlength: 100 }),
    size(sizes),
    typed("frame_rate", "Frames per second", "", { type: "number", min: 0.01, max: 240, step: "any", inputmode: "decimal", placeholder: "15" }),
    rotation(),
    toggle("hflip", "Mirror left and right", ""),
    toggle("vflip", "Mirror top and bottom", ""),
    toggle("motion", "Motion detection", "Zones and masks are drawn on the camera's own page."),
    toggle("record", "Record motion", "Needs motion detection"),
  ];
}

/**
 * A section as YAML, its values as in JSON.
 * @param {Section} section
 * @param {string} [indent]
 * @returns {string}
 */
export const asYaml = (section, indent = "") => Object.entries(section).map(([key, value]) => {
  const isSection = value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0;
  return isSection ? `${indent}${key}:\n${asYaml(value, `${indent}  `)}` : `${indent}${key}: ${JSON.stringify(value)}\n`;
}).join("");
