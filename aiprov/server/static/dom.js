// Elements out of data. Text is always text: nothing that was said or named becomes markup.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
}

export function table(caption, columns, rows) {
  const cell = (kind, value, column) => h(kind, { class: column.number ? "number" : null, scope: kind === "th" ? "col" : null }, value ?? "");
  const lines = rows.map((row) => (row instanceof Node ? row : h("tr", {}, row.map((value, at) => cell("td", value, columns[at])))));
  return h("table", {}, caption ? h("caption", {}, caption) : null,
    h("thead", {}, h("tr", {}, columns.map((column) => cell("th", column.title, column)))), h("tbody", {}, lines));
}

export const column = (title, number = false) => ({ title, number });

export function money(usd) {
  if (usd === null || usd === undefined) return "unknown";
  if (usd > 0 && usd < 0.0001) return "under $0.0001";
  return "$" + (usd >= 1 || Number.isInteger(usd * 100) ? usd.toFixed(2) : usd.toFixed(4));
}

export function clock(seconds) {
  const whole = Math.round(seconds || 0), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { place.textContent = ""; }, 8000);
}
