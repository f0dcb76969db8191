import { follow, get, post, remove, send } from "./api.js";
import { clock, column, h, money, say, table } from "./dom.js";

const STATUS = { done: "good", failed: "bad", stopped: "warn", running: "", queued: "soft" };
const WORDS = { 0: "done", 1: "failed by a bug", 2: "could not begin", 3: "some inputs failed", 4: "integrity", 5: "budget reached", 6: "storage", 11: "folder in use", 130: "stopped" };

export async function page({ rest, signal, again }) {
  if (rest.length) return one(rest[0], signal);
  const [{ jobs }, { runs }, known] = await Promise.all([get("/api/v1/jobs"), get("/api/v1/runs?limit=30"), get("/api/v1/recipes")]);
  const rows = jobs.map((job) => h("tr", {}));
  jobs.forEach((job, at) => { fill(rows[at], job, again); if (!job.ended_at) watch(rows[at], job.id, signal, again); });
  const live = runs.map((run) => h("tr", {}));
  runs.forEach((run, at) => { line(live[at], run); if (run.alive && run.command !== "serve") follow(`/api/v1/runs/${run.id}`, (now) => line(live[at], now), signal).catch(quiet); });
  const titles = (list) => list.map((title) => column(title));
  return [
    ...begin(known, again),
    jobs.length ? table("Jobs", titles(["Job", "Recipe", "On", "State", "Progress", ""]), rows) : h("p", { class: "soft" }, "No jobs yet."),
    h("h2", {}, "Runs on this machine"), table(null, titles(["Run", "Began", "Command", "State", "Progress"]), live),
  ];
}

const quiet = () => undefined;

function begin({ recipes, folders }, again) {
  const pick = (name, options) => h("select", { name }, options.map((each) => h("option", {}, each)));
  const recipe = pick("recipe", recipes), folder = pick("folder", folders), file = h("input", { type: "file", name: "file" });
  const begun = async (work) => { const job = await work; say(`queued: ${job.id}`); again(); };
  const onFolder = (event) => { event.preventDefault(); begun(post("/api/v1/jobs", { recipe: recipe.value, folder: folder.value })); };
  const onFile = (event) => {
    event.preventDefault();
    if (!file.files.length) return say("choose a recording first");
    const form = new FormData();
    form.append("recipe", recipe.value);
    form.append("file", file.files[0]);
    begun(send("/api/v1/jobs", form));
  };
  const none = folders.length ? null : h("p", { class: "soft" }, "Folders that jobs may work on stand in aiprov.yaml, under server: folders.");
  return [h("h2", {}, "Begin"), h("form", { onsubmit: onFolder }, h("label", {}, "Recipe", recipe),
    h("label", {}, "Folder", folder), h("button", { disabled: !folders.length }, "Run on the folder"),
    h("label", {}, "or a recording", file), h("button", { type: "button", onclick: onFile }, "Send and run")), none];
}

function fill(place, job, again) {
  const word = !job.ended_at ? "Stop" : job.source.upload ? "Remove files" : null;
  const act = async () => { await remove(`/api/v1/jobs/${job.id}`); say(word === "Stop" ? `stopped: ${job.id}` : `removed: what belongs to ${job.id}`); again(); };
  const stop = word && h("button", { type: "button", "aria-label": `${word} ${job.id}`, onclick: act }, word);
  const state = h("span", { class: STATUS[job.status] }, job.status, job.error ? h("div", { class: "soft" }, job.error.message) : null);
  const where = job.run_id ? h("a", { href: `#runs/${job.run_id}` }, job.id) : job.id;
  place.replaceChildren(...[where, job.recipe, job.source.folder || job.source.upload, state, bar(job.progress), stop].map((each) => h("td", {}, each)));
}

function watch(place, id, signal, again) {
  follow(`/api/v1/jobs/${id}`, (job) => { fill(place, job, again); if (job.ended_at && !signal.aborted) again(); }, signal).catch(quiet);
}

function line(place, run) {
  const state = run.alive ? "running" : run.exit_code === null ? "broke off" : WORDS[run.exit_code] || `code ${run.exit_code}`;
  const good = run.exit_code === 0 ? "good" : run.alive ? "" : "warn";
  const began = new Date(run.started_at).toLocaleString();
  const cells = [h("a", { href: `#runs/${run.id}` }, run.id), began, h("code", {}, run.command), h("span", { class: good }, state), bar(run.progress)];
  place.replaceChildren(...cells.map((each) => h("td", {}, each)));
}

function bar(progress) {
  if (!progress || progress.waiting === undefined) return "";
  const ended = progress.done + progress.failed + progress.parked, all = ended + progress.waiting;
  const now = progress.working.map((each) => h("div", { class: "soft" }, `${each.path.split("/").pop()} ${clock(each.done_s)}${each.audio_s ? ` of ${clock(each.audio_s)}` : ""}`));
  const counts = [`${progress.done} done`, progress.skipped ? `${progress.skipped} were finished` : "", progress.failed ? `${progress.failed} failed` : "", progress.parked ? `${progress.parked} wait` : ""];
  return h("div", {}, progress.waiting ? h("progress", { max: all, value: ended, "aria-label": `${ended} of ${all}` }) : null, h("div", {}, counts.filter(Boolean).join(", ")), now);
}

async function one(id, signal) {
  const place = h("div", {});
  const show = (run) => place.replaceChildren(
    h("p", {}, h("code", {}, run.command)), h("p", { class: "soft" }, `${run.id}, began ${new Date(run.started_at).toLocaleString()}`), bar(run.progress),
    table("What it asked for", [column("Model"), ...["Calls", "Failed", "Audio", "Cost"].map((title) => column(title, true))],
      run.charges.map((each) => [each.key, each.attempts, each.failed || "", clock(each.audio_s), money(each.cost)])));
  show(await get(`/api/v1/runs/${encodeURIComponent(id)}`));
  follow(`/api/v1/runs/${encodeURIComponent(id)}`, show, signal).catch(quiet);
  return [h("p", {}, h("a", { href: "#runs" }, "All runs")), place];
}
