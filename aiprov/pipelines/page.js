"use strict";
(() => {
  const audio = document.querySelector("audio");
  const links = Array.from(document.querySelectorAll("li[data-cited] > a"));
  const seek = (place) => { if (audio) audio.currentTime = Number(place.dataset.start); };
  const clear = () => {
    document.querySelectorAll(".cited").forEach((line) => line.classList.remove("cited"));
    document.querySelectorAll("[aria-current]").forEach((entry) => entry.removeAttribute("aria-current"));
  };
  const show = (entry) => {
    clear();
    entry.setAttribute("aria-current", "true");
    const lines = entry.dataset.cited.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
    lines.forEach((line) => line.classList.add("cited"));
    if (lines.length) lines[0].scrollIntoView({ block: "center" });
    seek(entry);
  };
  const step = (by) => {
    const at = links.indexOf(document.activeElement);
    const next = links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next) next.focus();
  };
  const toggle = () => { if (audio) audio.paused ? audio.play().catch(() => {}) : audio.pause(); };
  const letters = { j: () => step(1), k: () => step(-1), p: toggle };
  const keys = { ArrowDown: () => step(1), ArrowUp: () => step(-1) };
  document.addEventListener("click", (event) => {
    const entry = event.target.closest("li[data-cited]");
    const line = event.target.closest("span[data-start]");
    const link = entry && entry.querySelector("a");
    if (link) { event.preventDefault(); link.focus({ preventScroll: true }); show(entry); }
    if (line) seek(line);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === audio) return;
    const key = letters[event.key] || (links.includes(event.target) && keys[event.key]);
    if (key) { event.preventDefault(); key(); }
    if (event.key === "Escape") clear();
  });
  const named = document.getElementById(location.hash.slice(1));
  if (named && named.dataset.start) seek(named);
})();
