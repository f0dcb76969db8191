import { askForToken, takeToken } from "./api.js";
import { h, say } from "./dom.js";

// Each page is a module that gives its content; a page that watches something stops when `signal` aborts.
const PAGES = {
  providers: "Providers",
  costs: "Costs",
  compare: "Compare",
  runs: "Runs",
  meetings: "Meetings",
};
let leaving = new AbortController();

async function show() {
  const [name, ...rest] = (location.hash.slice(1) || "providers").split("/").map(decodeURIComponent);
  const chosen = name in PAGES ? name : "providers";
  leaving.abort();
  leaving = new AbortController();
  const links = Object.entries(PAGES).map(([key, title]) =>
    h("a", { href: `#${key}`, "aria-current": key === chosen ? "page" : null }, title));
  document.getElementById("nav").replaceChildren(...links, h("a", { href: "/docs" }, "Interface"));
  document.title = `${PAGES[chosen]} - aiprov`;
  const page = document.getElementById("page");
  const { signal } = leaving;
  try {
    const module = await import(`./${chosen}.js`);
    const content = await module.page({ rest, signal, again: show });
    if (!signal.aborted) page.replaceChildren(h("h1", {}, PAGES[chosen]), ...content.filter(Boolean));
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 401) page.replaceChildren(h("h1", {}, "aiprov"), askForToken(show));
    else page.replaceChildren(h("h1", {}, PAGES[chosen]), h("p", { class: "bad" }, error.message), h("p", { class: "soft" }, error.hint || ""));
  }
}

takeToken();
addEventListener("hashchange", () => { takeToken(); show(); });
addEventListener("unhandledrejection", (event) => { event.preventDefault(); say(event.reason.message || "something went wrong"); });
show();
