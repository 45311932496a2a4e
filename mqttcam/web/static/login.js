// The login form.

import { login } from "./api.js";
import { errorText, h } from "./dom.js";

/**
 * @param {() => void} onDone
 * @param {string} [problem] Why the login before had no effect.
 */
export function loginForm(onDone, problem = "") {
  const name = h("input", { id: "login-name", autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { id: "login-password", type: "password", autocomplete: "current-password", required: true, "aria-describedby": "login-error" });
  const message = h("p", { class: "error", id: "login-error", role: "alert" }, problem);
  const button = h("button", { class: "button", type: "submit" }, "Log in");
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    message.textContent = "";
    try {
      await login(name.value.trim(), password.value);
      onDone();
    } catch (error) {
      message.textContent = errorText(error);
      password.select();
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { class: "card login", onsubmit: submit },
    h("img", { src: "static/icon.svg", alt: "", width: "56", height: "56" }),
    h("h1", {}, "mqttcam"),
    h("div", { class: "field text" }, h("label", { for: "login-name" }, "Name"), name),
    h("div", { class: "field text" }, h("label", { for: "login-password" }, "Password"), password),
    message, button,
    h("p", { class: "hint" }, "To log in with a token, leave the name empty."));
}
