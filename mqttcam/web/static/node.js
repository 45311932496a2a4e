// The node behind the cameras: its readings, commands and addresses, in a drawer.

import { command, logout } from "./api.js";
import { confirmed, h, iconButton, modal, toast } from "./dom.js";
import { Field } from "./fields.js";
import { reading } from "./format.js";

export class NodeView {
  constructor(node, visitor) {
    this.node = node;
    this.visitor = visitor;
    this.mayChange = visitor.role === "admin";
    this.state = node.state;
    this.parts = [];
  }

  update(state) {
    this.state = state;
    for (const part of this.parts) part(state);
  }

  open() {
    this.parts = [];
    const readings = h("dl", { class: "readings" });
    const fields = h("div", { class: "fields" });
    const buttons = h("div", { class: "row" });
    for (const entity of this.node.entities) {
      if (entity.command && entity.kind) fields.append(this.makeField(entity));
      else if (entity.command) buttons.append(this.makeButton(entity));
      else if (entity.kind) readings.append(this.makeReading(entity));
    }
    const { dialog, done } = modal("drawer", "This node",
      h("header", { class: "drawerbar" }, h("h2", {}, this.node.id), iconButton("close", "Close", () => dialog.close())),
      readings, fields, buttons, this.makeLinks());
    done.then(() => { this.parts = []; });
    this.update(this.state);
  }

  makeReading(entity) {
    const output = h("dd", {});
    this.parts.push((state) => { output.textContent = reading(entity, state[entity.key]); });
    return h("div", {}, h("dt", {}, entity.name), output);
  }

  /** An entity whose choice is a command's argument. */
  makeField(entity) {
    const { arguments: names } = this.node.commands.find(({ name }) => name === entity.command);
    const [argument] = Object.keys(names);
    const field = new Field(entity, async (value) => {
      await command(null, entity.command, { [argument]: value });
      return value;
    });
    field.widget.input.disabled = !this.mayChange;
    this.parts.push((state) => field.update(state[entity.key]));
    return field.element;
  }

  makeButton(entity) {
    const press = async () => {
      if (entity.options.device_class === "restart" && !(await confirmed(`${entity.name}?`, "Yes"))) return;
      command(null, entity.command).then(() => toast(`${entity.name}: done`), (error) => toast(error.message, "error"));
    };
    return h("button", { type: "button", class: "button quiet", disabled: !this.mayChange, onclick: press }, entity.name);
  }

  makeLinks() {
    const link = (href, text) => h("li", {}, h("a", { href, target: "_blank", rel: "noopener" }, text));
    const links = h("ul", { class: "links" },
      link("stream.mjpg", "Stream"), link("photo_feed", "Picture"), link("api/openapi.json", "API (OpenAPI)"),
      link("metrics", "Metrics"), link("healthz", "Health"));
    if (this.visitor.proof !== "session") return links;
    const leave = async () => {
      await logout();
      location.reload();
    };
    return h("div", {}, links, h("button", { type: "button", class: "button quiet", onclick: leave }, `Log out ${this.visitor.name}`));
  }
}
