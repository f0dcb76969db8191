"use strict";
(() => {
  const audio = document.querySelector("audio");
  const entries = Array.from(document.querySelectorAll("li[data-cited]"));
  const show = (entry) => {
    document.querySelectorAll(".cited").forEach((line) => line.classList.remove("cited"));
    entries.forEach((other) => other.removeAttribute("aria-current"));
    entry.setAttribute("aria-current", "true");
    const lines = entry.dataset.cited.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
    lines.forEach((line) => line.classList.add("cited"));
    if (lines.length) lines[0].scrollIntoView({ block: "center" });
    if (audio) audio.currentTime = Number(entry.dataset.start);
  };
  const step = (by) => {
    const at = entries.indexOf(document.activeElement);
    const next = entries[Math.min(entries.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next) next.focus();
  };
  const keys = { j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1) };
  document.addEventListener("click", (event) => {
    const entry = event.target.closest("li[data-cited]");
    const line = event.target.closest("span[data-start]");
    if (entry) { event.preventDefault(); entry.focus(); show(entry); }
    if (line && audio) audio.currentTime = Number(line.dataset.start);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === audio) return;
    const entry = event.target.closest("li[data-cited]");
    if (keys[event.key] && (entry || event.key.length === 1)) { event.preventDefault(); keys[event.key](); }
    if (event.key === "Enter" && entry) { event.preventDefault(); show(entry); }
    if (event.key === "p" && audio) audio.paused ? audio.play() : audio.pause();
  });
})();
