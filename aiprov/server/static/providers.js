import { get, post } from "./api.js";
import { column, h, say, table } from "./dom.js";

const STATES = { healthy: "good", degraded: "warn", unhealthy: "bad", unconfigured: "soft", disabled: "soft" };

export async function page({ again }) {
  const status = await get("/api/v1/providers/status");
  const names = Object.entries(status.providers).sort((a, b) => a[1].priority - b[1].priority || a[0].localeCompare(b[0]));
  const health = h("div", {}, h("p", { class: "soft" }, "looking at their health …"));
  showHealth(health);
  const order = names.map(([name]) => name);
  const rows = names.map(([name, each], at) => row(name, each, at, order, status.providers, again));
  return [
    h("p", { class: "soft" }, `Strategy: ${status.strategy}. The first in the list is asked first; drag a row, or use its arrows.`),
    table(null, ["Takes part", "Provider", "Priority", "Can do", "Where", "Order"].map((title) => column(title, title === "Priority")), rows),
    h("h2", {}, "Health"), health,
  ];
}

function row(name, each, at, order, providers, again) {
  const change = async (changes, said) => {
    await post("/api/v1/providers/update", { provider: name, ...changes });
    say(`${name}: ${said}`);
    again();
  };
  const move = (to) => change({ priority: between(name, to, order, providers) }, "moved");
  const toggle = h("input", { type: "checkbox", role: "switch", "aria-label": `${name} takes part`, checked: each.enabled,
    onchange: (event) => change({ enabled: event.target.checked }, event.target.checked ? "enabled" : "disabled") });
  const arrow = (sign, label, to) => h("button", { type: "button", "aria-label": `${label} ${name}`, disabled: to < 0 || to >= order.length,
    onclick: () => move(to) }, sign);
  const cells = [
    h("td", {}, toggle), h("td", {}, h("strong", {}, name), each.note ? h("div", { class: "soft" }, each.note) : null),
    h("td", { class: "number" }, priority(name, each.priority, change)), h("td", {}, each.capabilities.join(", ")),
    h("td", {}, (each.host || "this machine") + (each.region ? ` (${each.region})` : "")),
    h("td", { class: "order" }, arrow("↑", "Move up", at - 1), " ", arrow("↓", "Move down", at + 1)),
  ];
  return draggable(h("tr", { draggable: "true", "data-provider": name }, cells), order, move);
}

function priority(name, value, change) {
  const field = h("input", { type: "number", size: 5, value, "aria-label": `Priority of ${name}`, step: 1 });
  field.addEventListener("change", () => { if (field.value !== "") change({ priority: Number(field.value) }, `priority ${field.value}`); });
  return field;
}

// A number that puts a provider at a place: between its new neighbours, or one beyond the last.
function between(name, to, order, providers) {
  const others = order.filter((other) => other !== name);
  const number = (at) => providers[others[at]].priority;
  if (to <= 0) return number(0) - 10;
  if (to >= others.length) return number(others.length - 1) + 10;
  return Math.floor((number(to - 1) + number(to)) / 2);
}

function draggable(line, order, move) {
  line.addEventListener("dragstart", (event) => { event.dataTransfer.setData("text/plain", line.dataset.provider); line.classList.add("dragging"); });
  line.addEventListener("dragend", () => line.classList.remove("dragging"));
  line.addEventListener("dragover", (event) => { event.preventDefault(); line.classList.add("target"); });
  line.addEventListener("dragleave", () => line.classList.remove("target"));
  line.addEventListener("drop", (event) => {
    event.preventDefault();
    line.classList.remove("target");
    const moved = event.dataTransfer.getData("text/plain");
    if (order.includes(moved) && moved !== line.dataset.provider)
      document.querySelector(`tr[data-provider="${CSS.escape(moved)}"]`).dispatchEvent(new CustomEvent("moved", { detail: order.indexOf(line.dataset.provider) }));
  });
  line.addEventListener("moved", (event) => move(event.detail));
  return line;
}

async function showHealth(place) {
  const found = await get("/api/v1/providers/health?detail=1");
  const rows = Object.entries(found).map(([name, each]) =>
    [name, h("span", { class: STATES[each.state] || "" }, each.state), each.reasons.join("; ")]);
  place.replaceChildren(table(null, ["Provider", "State", "Why"].map((title) => column(title)), rows));
}
