// The card of the broker: those of the network, an address, the login and its test.

import { errorText, h } from "./dom.js";
import { ask, request, shownAt } from "./firststartform.js";

/** @typedef {{name: string, address: string}} FoundBroker */

const TLS = /^mqtts:|:8883$/;
const WITHOUT_HINT = "For the Mosquitto broker add-on, a user of Home Assistant. Leave empty if the broker needs no login.";

/**
 * @param {boolean} embedded Whether mqttcam's own broker can be chosen.
 */
function kinds(embedded) {
  const options = [["address", "The broker that Home Assistant uses"]];
  if (embedded) options.push(["embedded", "None yet: mqttcam's own broker, for everyone in the network, without a password"]);
  options.push(["none", "None: only the web page"]);
  return h("select", { "data-field": "broker.kind", "aria-label": "Broker" }, ...options.map(([value, text]) => h("option", { value }, text)));
}

/**
 * Looks for brokers, and fills in the first one.
 * @param {HTMLElement} list
 * @param {HTMLInputElement} address
 */
async function search(list, address) {
  list.replaceChildren(h("li", { class: "hint" }, "Looking for brokers in the network …"));
  try {
    /** @type {{brokers: FoundBroker[], note: string | null}} */
    const { brokers, note } = await request("brokers", {});
    const use = (/** @type {FoundBroker} */ broker) => {
      address.value = broker.address;
      address.dispatchEvent(new Event("input"));
    };
    list.replaceChildren(
      ...brokers.map((broker) => h("li", {}, `${broker.name}: ${broker.address}`,
        h("button", { type: "button", class: "button quiet", onclick: () => use(broker), "aria-label": `Use ${broker.name}` }, "Use"))),
      h("li", { class: "hint", hidden: brokers.length > 0 && !note }, note ?? "No broker was found in the network: type its address."));
    if (brokers.length && !address.value) use(brokers[0]);
  } catch (error) {
    list.replaceChildren(h("li", { class: "error" }, errorText(error)));
  }
}

/** @param {boolean} embedded */
export function brokerCard(embedded) {
  const kind = kinds(embedded);
  const found = h("ul", { class: "found", id: "brokers" });
  const plain = { autocapitalize: "none", spellcheck: "false", autocomplete: "off" };
  const address = ask("broker.address", "Address of the broker", { placeholder: "homeassistant.local", ...plain }, "mqtts:// in front of it encrypts the connection (TLS).");
  const username = ask("broker.username", "User name", plain, WITHOUT_HINT);
  const password = ask("broker.password", "Password", { type: "password", autocomplete: "off" });
  const authority = ask("broker.ca_file", "Certificate of the broker's authority, a PEM file on the machine with the cameras", plain, "Leave empty if the system trusts the certificate.");
  authority.element.hidden = true;
  const result = h("p", { class: "ok", role: "status" });
  const button = h("button", { type: "button", class: "button quiet", id: "login" }, "Try the login");
  const answer = () => (kind.value === "address"
    ? { kind: "address", address: address.input.value, username: username.input.value, password: password.input.value, ca_file: authority.input.value }
    : { kind: kind.value });
  const details = h("div", { class: "fields" }, found, address.element,
    h("div", { class: "pair" }, username.element, password.element), authority.element, h("div", { class: "row" }, button), result);

  button.addEventListener("click", async () => {
    button.disabled = true;
    result.className = "hint";
    result.textContent = "Logging in …";
    try {
      await request("login", answer());
      result.className = "ok";
      result.textContent = "The broker accepts the login.";
    } catch (error) {
      result.className = "error";
      result.textContent = shownAt(error, "broker.") === null ? errorText(error) : "";
    } finally {
      button.disabled = false;
    }
  });
  address.input.addEventListener("input", () => { authority.element.hidden = !TLS.test(address.input.value.trim()); });
  kind.addEventListener("change", () => { details.hidden = kind.value !== "address"; });
  void search(found, address.input);
  return { element: h("section", { class: "card ask" }, h("h2", {}, "The MQTT broker"), kind, details), answer };
}
