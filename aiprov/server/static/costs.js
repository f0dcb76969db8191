import { get } from "./api.js";
import { clock, column, h, money, svg, table } from "./dom.js";

export async function page() {
  const [days, providers, cells] = await Promise.all(["day", "provider", "day-provider"].map((by) => get(`/api/v1/costs?by=${by}`)));
  const sums = days.totals;
  const unknown = sums.unknown ? h("p", { class: "warn" }, `${sums.unknown} paid calls never reported back: the true cost may be higher.`) : null;
  return [
    h("p", {}, `${money(sums.cost_usd)} spent on ${sums.attempts} calls; ${clock(sums.audio_s)} of audio. `,
      `Local work saved ${money(sums.saved_usd)}, measured by ${days.saved_against.model}.`),
    unknown,
    h("h2", {}, "By day"), ...chart(cells.rows, providers.rows.map((row) => row.key)),
    rows("Days (UTC)", days.rows), h("h2", {}, "By provider"), rows(null, providers.rows),
  ];
}

function rows(caption, lines) {
  const columns = [column(""), ...["Calls", "Failed", "Audio", "Cost", "Unpriced", "Saved"].map((title) => column(title, true))];
  const cells = (row) => [row.key, row.attempts, row.failed || "", clock(row.audio_s), money(row.cost_usd), row.unpriced || "", money(row.saved_usd)];
  return table(caption, columns, lines.length ? [...lines].reverse().map(cells) : [["nothing yet", ...Array(6).fill("")]]);
}

// Bars by day, stacked by provider. What costs nothing is drawn by its calls, so that local work is seen, too.
function chart(cells, names) {
  const paid = cells.some((cell) => cell.cost_usd > 0);
  const size = (cell) => (paid ? cell.cost_usd : cell.attempts);
  const days = [...new Set(cells.map((cell) => cell.key.split(" ")[0]))].sort().slice(-30);
  if (!days.length) return [];
  const stack = days.map((day) => names.map((name) => cells.filter((cell) => cell.key === `${day} ${name}`).reduce((sum, cell) => sum + size(cell), 0)));
  const most = Math.max(...stack.map((parts) => parts.reduce((sum, part) => sum + part, 0))) || 1;
  const wide = 600 / days.length, bars = [];
  stack.forEach((parts, at) => {
    let base = 160;
    parts.forEach((part, kind) => {
      const high = (part / most) * 140;
      base -= high;
      if (part) bars.push(svg("rect", { x: 40 + at * wide + wide * 0.15, y: base, width: Math.min(wide * 0.7, 60), height: high, class: `fill${kind % 6}` },
        svg("title", {}, `${days[at]} ${names[kind]}: ${paid ? money(part) : `${part} calls`}`)));
    });
  });
  const label = (x, y, text, anchor = "start") => svg("text", { x, y, "text-anchor": anchor }, text);
  const summary = `${paid ? "Cost" : "Calls"} by day and provider, ${days[0]} to ${days[days.length - 1]}`;
  const picture = svg("svg", { class: "chart", viewBox: "0 0 650 185", role: "img", "aria-label": summary },
    svg("line", { x1: 40, y1: 160, x2: 645, y2: 160, class: "axis" }), label(36, 24, paid ? money(most) : String(most), "end"), label(36, 164, "0", "end"),
    label(40, 178, days[0]), days.length > 1 ? label(645, 178, days[days.length - 1], "end") : "", ...bars);
  const legend = h("p", { class: "legend soft" }, `${paid ? "Cost" : "Calls"}: `, names.map((name, at) => h("span", {}, h("i", { class: `fill${at % 6}` }), name)));
  return [picture, legend];
}
