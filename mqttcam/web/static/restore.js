// Restoring a backup: what it would change is shown first. Loaded when it is needed.

/** @import { Restored, RestoredCamera } from "./types" */

import { command } from "./api.js";
import { errorText, h, icon, modal, toast } from "./dom.js";
import { checkBackup, restoreBackup } from "./setupapi.js";

/** @type {[RestoredCamera["change"], string][]} */
const CHANGES = [["added", "Added"], ["changed", "Changed"], ["removed", "Removed"], ["refused", "Not restored"], ["unchanged", "Unchanged"]];
const FILE = "configuration file";

/**
 * Shows what restoring a backup would change, and restores it once that is confirmed.
 * @param {File} file
 * @param {(id: string) => string} nameOf The name of a camera.
 * @returns {Promise<boolean>} Whether something was restored.
 */
export async function openRestore(file, nameOf) {
  try {
    return await new Restore(file, await checkBackup(file), nameOf).done;
  } catch (error) {
    toast(`${file.name}: ${errorText(error)}`, "error");
    return false;
  }
}

class Restore {
  /**
   * @param {File} file
   * @param {Restored} plan
   * @param {(id: string) => string} nameOf
   */
  constructor(file, plan, nameOf) {
    this.file = file;
    this.plan = plan;
    this.nameOf = nameOf;
    this.restored = false;
    this.error = h("p", { class: "error", role: "alert" });
    this.start = h("button", { type: "button", class: "button", disabled: plan.read_only !== null || !changes(plan), onclick: () => this.restore() }, "Restore");
    this.actions = h("div", { class: "row end" },
      h("button", { type: "button", class: "button quiet", onclick: () => this.dialog.close() }, "Cancel"), this.start);
    this.body = h("div", { class: "restored" }, ...this.describe());
    const { dialog, done } = modal("ask restore", "Restore a backup", h("h1", {}, "Restore a backup"), this.body, this.error, this.actions);
    this.dialog = dialog;
    /** @type {Promise<boolean>} */
    this.done = done.then(() => this.restored);
  }

  describe() {
    const { plan } = this;
    const cameras = CHANGES.flatMap(([change, title]) => this.cameras(title, plan.cameras.filter((one) => one.change === change)));
    const sections = plan.sections.length ? `Other sections of the ${FILE} differ, and stay as they are: ${plan.sections.join(", ")}. To restore them, run mqttcam restore FILE in a terminal.` : "";
    return [
      h("p", { class: "hint" }, this.file.name),
      plan.read_only ? h("p", { class: "card note" }, h("span", {}, icon("warn"), `The cameras cannot be restored: ${plan.read_only}.`)) : "",
      changes(plan) ? "" : h("p", {}, "Nothing would change."),
      h("dl", {}, ...cameras,
        ...row("Values that were set", plan.values.map((id) => this.nameOf(id))),
        ...row("Tuning files", plan.tuning_files.map(({ name, change }) => `${name} (${change})`)),
        ...row("Progress of series", plan.series)),
      sections ? h("p", { class: "hint" }, sections) : "",
      plan.restart ? h("p", { class: "hint" }, "Values and tuning files take effect at the next start, when they replace whatever has been set by then.") : "",
    ].filter((part) => part !== "");
  }

  /**
   * @param {string} title
   * @param {RestoredCamera[]} cameras
   */
  cameras(title, cameras) {
    return row(title, cameras.map(({ id, keys, left_out: left, reason, change }) => [
      this.nameOf(id), change === "changed" ? ` (${keys.join(", ")})` : "", reason ? `: ${reason}` : "", left.length ? `, without ${left.join(", ")}` : "",
    ].join("")));
  }

  async restore() {
    this.start.disabled = true;
    this.error.textContent = "";
    try {
      await restoreBackup(this.file, this.plan.revision);
    } catch (error) {
      this.error.textContent = errorText(error);
      return;
    }
    this.restored = true;
    toast("The backup is restored");
    if (this.plan.restart) this.offerRestart();
    else this.dialog.close();
  }

  /** Offers the restart after which the values are in effect. */
  offerRestart() {
    const restart = h("button", { type: "button", class: "button", onclick: () => this.restart(restart) }, "Restart now");
    this.body.replaceChildren(h("p", {}, "The backup is restored. Values and tuning files take effect at the next start."));
    this.actions.replaceChildren(h("button", { type: "button", class: "button quiet", onclick: () => this.dialog.close() }, "Later"), restart);
    restart.focus();
  }

  /** @param {HTMLButtonElement} button */
  async restart(button) {
    button.disabled = true;
    try {
      await command(null, "restart");
      this.dialog.close();
    } catch (error) {
      this.error.textContent = errorText(error);
      button.disabled = false;
    }
  }
}

/**
 * @param {string} title
 * @param {string[]} texts
 */
function row(title, texts) {
  return texts.length ? [h("dt", {}, title), ...texts.map((text) => h("dd", {}, text))] : [];
}

/** @param {Restored} plan */
const changes = ({ cameras, values, tuning_files: tuning, series }) =>
  Boolean(values.length || tuning.length || series.length || cameras.some(({ change }) => change !== "unchanged" && change !== "refused"));
