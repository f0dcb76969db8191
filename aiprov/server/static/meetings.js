import { blob, get } from "./api.js";
import { clock, column, h, table } from "./dom.js";

export async function page({ rest, signal }) {
  if (rest[0] === "find") return found(rest.slice(1).join("/"));
  if (rest.length) return meeting(rest[0], Number(rest[1] || 0), signal);
  const { meetings } = await get("/api/v1/meetings");
  const rows = meetings.map((each) => [each.day, h("a", { href: `#meetings/${each.id}` }, each.meeting), each.minutes ? "yes" : "", each.transcript ? "yes" : ""]);
  return [searching(""), meetings.length ? table(null, ["Day", "Meeting", "Minutes", "Transcript"].map((title) => column(title)), rows)
    : h("p", { class: "soft" }, "The archive is empty. aiprov embed, or a recipe that embeds, brings meetings into it.")];
}

function searching(query) {
  const field = h("input", { type: "search", name: "q", value: query, size: 40, required: true });
  return h("form", { role: "search", onsubmit: (event) => { event.preventDefault(); location.hash = `meetings/find/${encodeURIComponent(field.value)}`; } },
    h("label", {}, "What was said about …", field), h("button", {}, "Search"));
}

async function found(query) {
  const { results } = await get(`/api/v1/search?q=${encodeURIComponent(query)}`);
  const hit = (each) => h("li", {}, h("a", { href: each.id ? `#meetings/${each.id}/${each.start}` : null }, `${each.meeting} ${clock(each.start)}`), " ",
    each.speaker ? h("strong", {}, `${each.speaker}: `) : null, each.text);
  return [searching(query), results.length ? h("ol", {}, results.map(hit)) : h("p", {}, "Nothing was found.")];
}

async function meeting(id, start, signal) {
  const whole = await get(`/api/v1/meetings/${encodeURIComponent(id)}`);
  const audio = whole.audio ? h("audio", { controls: true, preload: "none" }) : null;
  const said = whole.transcript ? whole.transcript.segments.map(line) : [];
  const seek = (seconds) => { if (audio && audio.src) audio.currentTime = seconds; };
  const cite = (entry, ids) => {
    said.forEach((each) => each.classList.remove("cited"));
    const lines = ids.map((number) => said.find((each) => each.dataset.id === String(number))).filter(Boolean);
    lines.forEach((each) => each.classList.add("cited"));
    if (lines.length) lines[0].scrollIntoView({ block: "center" });
    seek(Number(entry.dataset.start));
  };
  const page = h("div", { class: "meeting" }, h("section", { "aria-label": "Minutes", tabindex: 0 }, minutes(whole.minutes, cite)),
    h("section", { "aria-label": "Transcript", tabindex: 0 }, said));
  page.addEventListener("click", (event) => { const at = event.target.closest("p.said"); if (at) seek(Number(at.dataset.start)); });
  if (audio) play(audio, id, said, signal);
  setTimeout(() => jump(said, start), 0);
  return [h("p", {}, h("a", { href: "#meetings" }, "All meetings")), h("h2", {}, whole.minutes?.title || whole.meeting), h("p", { class: "soft" }, whole.day), audio, page];
}

const line = (segment) => h("p", { class: "said", "data-id": segment.id, "data-start": segment.start, "data-end": segment.end },
  h("time", {}, clock(segment.start)), segment.speaker ? h("strong", {}, `${segment.speaker}: `) : null, segment.text.trim());

function minutes(document, cite) {
  if (!document) return h("p", { class: "soft" }, "No minutes yet: aiprov summarize writes them.");
  const parts = [["Summary", "summary"], ["Topics", "topics"], ["Decisions", "decisions"], ["Action items", "action_items"], ["Open questions", "open_questions"], ["Not supported by the transcript", "unsupported"]];
  return parts.filter(([, name]) => (document[name] || []).length).map(([title, name]) =>
    h("div", { class: name }, h("h2", {}, title), h("ul", {}, document[name].map((entry) => item(entry, cite)))));
}

function item(entry, cite) {
  const more = [entry.owner, entry.due ? `until ${entry.due}` : null].filter(Boolean).join(", ");
  const element = h("li", { tabindex: 0, role: "button", "data-start": entry.start }, h("time", {}, clock(entry.start)), entry.text, more ? h("small", {}, ` (${more})`) : null);
  const act = () => cite(element, entry.segments || []);
  element.addEventListener("click", act);
  element.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } });
  return element;
}

// The token travels in a header alone, so the sound comes by fetch, when it is first wanted.
function play(audio, id, said, signal) {
  let url = "";
  const load = async () => { if (!url) { url = "…"; url = URL.createObjectURL(await blob(`/api/v1/meetings/${encodeURIComponent(id)}/audio`)); audio.src = url; } };
  load();
  signal.addEventListener("abort", () => { audio.pause(); if (url.startsWith("blob:")) URL.revokeObjectURL(url); });
  audio.addEventListener("timeupdate", () => {
    for (const each of said) each.classList.toggle("now", Number(each.dataset.start) <= audio.currentTime && audio.currentTime < Number(each.dataset.end));
  });
}

function jump(said, start) {
  const at = start ? said.find((each) => Number(each.dataset.end) > start) : null;
  if (at) { at.classList.add("cited"); at.scrollIntoView({ block: "center" }); }
}
