// The only place that asks the server. The token comes behind the `#` of the address, which no browser sends anywhere,
// and is kept for this tab alone.
import { h } from "./dom.js";

const KEPT = "aiprov-token";

export function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    sessionStorage.setItem(KEPT, found);
    history.replaceState(null, "", location.pathname);
  }
}

export class Refused extends Error {
  constructor(status, error) {
    super(error.message || `the server answered ${status}`);
    this.status = status;
    this.hint = error.hint;
  }
}

async function asked(path, options = {}) {
  const headers = { authorization: `Bearer ${sessionStorage.getItem(KEPT) || ""}`, ...options.headers };
  const reply = await fetch(path, { ...options, headers });
  if (reply.ok) return reply;
  const body = await reply.json().catch(() => ({}));
  throw new Refused(reply.status, body.error || {});
}

export const get = async (path) => (await asked(path)).json();
export const blob = async (path) => (await asked(path)).blob();
export const remove = async (path) => (await asked(path, { method: "DELETE" })).json();
export const post = async (path, body) =>
  (await asked(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();
export const send = async (path, form) => (await asked(path, { method: "POST", body: form })).json();

// Server-sent events, over fetch: EventSource cannot send a token.
export async function follow(path, told, signal) {
  const reply = await asked(path, { headers: { accept: "text/event-stream" }, signal });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) if (event.startsWith("data: ")) told(JSON.parse(event.slice(6)));
  }
}

export function askForToken(again) {
  const field = h("input", { type: "password", name: "token", autocomplete: "off", required: true });
  return h("form", { onsubmit: (event) => { event.preventDefault(); sessionStorage.setItem(KEPT, field.value.trim()); again(); } },
    h("label", {}, "Token (aiprov serve says where it is)", field), h("button", {}, "Open"));
}
