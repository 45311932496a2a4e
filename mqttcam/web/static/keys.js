// The keys of the page: `?` lists them.

import { h, iconButton, modal } from "./dom.js";

/** @type {[title: string, keys: [key: string, text: string][]][]} */
const KEYS = [
  ["On the picture of a camera", [
    ["f", "Full screen"],
    ["s", "Take a snapshot"],
    ["m", "Sound on or off"],
    ["d", "Delay and quality"],
    ["+ −", "Zoom"],
    ["0", "Whole picture"],
    ["← → ↑ ↓", "Move the enlarged picture"],
  ]],
  ["Everywhere", [
    ["Tab", "To the next control"],
    ["Enter", "Open or press"],
    ["Esc", "Close"],
    ["?", "This list"],
  ]],
];

/** @param {KeyboardEvent} event */
function onKey(event) {
  const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || isTyping || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  show();
}

function show() {
  const lists = KEYS.flatMap(([title, keys]) => [
    h("h3", {}, title),
    h("dl", { class: "keys" }, ...keys.map(([key, text]) => h("div", {}, h("dt", {}, ...key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, text)))),
  ]);
  const bar = h("div", { class: "drawerbar" }, h("h2", {}, "Keys"), iconButton("close", "Close", () => dialog.close()));
  const { dialog } = modal("drawer", "Keys", bar, ...lists);
}

document.addEventListener("keydown", onKey);
