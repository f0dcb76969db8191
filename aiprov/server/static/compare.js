import { post } from "./api.js";
import { column, h, money, table } from "./dom.js";

export async function page() {
  const result = h("div", { "aria-live": "polite" });
  const kind = h("select", { name: "kind", onchange: () => fields() },
    h("option", { value: "transcription" }, "transcribe"), h("option", { value: "chat" }, "chat"), h("option", { value: "embedding" }, "embed"));
  const minutes = h("input", { type: "number", name: "minutes", min: 0, step: "any", value: 60 });
  const text = h("textarea", { name: "text", rows: 3 });
  const tokens = h("input", { type: "number", name: "tokens", min: 1, value: 500 });
  const labels = { minutes: h("label", {}, "Minutes of audio", minutes), text: h("label", {}, "Text", text), tokens: h("label", {}, "Tokens of the answer", tokens) };
  const fields = () => {
    labels.minutes.hidden = kind.value !== "transcription";
    labels.text.hidden = kind.value === "transcription";
    labels.tokens.hidden = kind.value !== "chat";
  };
  fields();
  const submit = async (event) => {
    event.preventDefault();
    const body = { request_type: kind.value };
    if (kind.value === "transcription") body.minutes = Number(minutes.value);
    else if (kind.value === "chat") Object.assign(body, { messages: [{ role: "user", content: text.value || " " }], max_tokens: Number(tokens.value) });
    else body.input = text.value || " ";
    const found = await post("/api/v1/providers/compare-cost", body);
    const rows = found.providers.map((row) => [row.provider, row.model, row.cost ? money(row.cost.total_cost) : "unknown", row.note || ""]);
    result.replaceChildren(h("p", {}, found.cheapest ? `Cheapest: ${found.cheapest}` : "Nobody who is set up can do this at a known price."),
      table(null, [column("Provider"), column("Model"), column("Cost", true), column("Note")], rows));
  };
  return [h("p", { class: "soft" }, "Prices of this very work everywhere. Nobody is asked anything for it."),
    h("form", { onsubmit: submit }, h("label", {}, "Work", kind), ...Object.values(labels), h("button", {}, "Compare")), result];
}
