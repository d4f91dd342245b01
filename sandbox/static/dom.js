// Small helpers: elements, texts in two languages, calls to the sandbox.

/** el makes an element. Attributes that are functions become listeners;
 * undefined and false ones are left out. */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") e.addEventListener(name, value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== undefined && value !== false && value !== "") e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null && c !== false));
  return e;
}

// Drawn on 24 × 24, with a line of 2: no font has to know them.
const drawings = {
  plus: "M12 5v14M5 12h14", menu: "M12 5v.01M12 12v.01M12 19v.01", close: "M6 6l12 12M18 6L6 18", send: "M4 12l16-8-6 16-3-6z M20 4L11 14",
  mic: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5 11a7 7 0 0 0 14 0M12 18v3", stop: "M7 7h10v10H7z", more: "M6 9l6 6 6-6",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", file: "M6 3h8l4 4v14H6zM14 3v4h4", clip: "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.3 4.3l-7.6 7.6a1.5 1.5 0 0 1-2.2-2.2l6.8-6.8",
  pin: "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.800 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z", person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0", sticker: "M5 4h14v10l-6 6H5zM13 20v-6h6M9 9v.01M15 9v.01M9 12a4 4 0 0 0 4 1",
  reply: "M9 7L4 12l5 5M4 12h9a7 7 0 0 1 7 6", edit: "M4 20l1-4L16 5l3 3L8 19z", bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13", ban: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.600 5.600l12.800 12.800",
  horn: "M4 10v4h3l8 4V6l-8 4zM18 9a4 4 0 0 1 0 6", phone: "M7 3l3 5-2 2a12 12 0 0 0 6 6l2-2 5 3-1 4C11 21 3 13 3 4z", out: "M9 5h10v10M19 5L6 18", list: "M4 7h.01M8 7h12M4 12h.01M8 12h12M4 17h.01M8 17h12", ticks: "M1.500 12.500l4.500 4.500L15 7M10 15.500l1.500 1.500L21 7",
};

/** icon draws one. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", drawings[name]);
  svg.append(path);
  return svg;
}

export const $ = (selector, within = document) => within.querySelector(selector);

let texts = {};
export let language = "de";

/** speak loads the texts of a language and writes them into the page. */
export async function speak(wanted) {
  language = wanted === "en" ? "en" : "de";
  texts = await (await fetch(language + ".json")).json();
  document.documentElement.lang = language;
  document.title = t("title") + " · Sandbox";
  for (const e of document.querySelectorAll("[data-text]")) e.textContent = t(e.dataset.text);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  try { localStorage.setItem("language", language); } catch { /* private window */ }
}

/** t is a text, with {names} replaced. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** call asks the sandbox and throws what it says when it refuses. */
export async function call(method, path, body) {
  const response = await fetch("/sandbox/" + path, { method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error?.message ?? String(response.status));
  return answer;
}

/** say tells screen readers, and shows everybody for a moment. */
export function say(text) {
  $("#said").textContent = text;
  const note = el("div", { class: "toast" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 5000);
}

/** attempt runs something and says why it failed. */
export async function attempt(work) {
  try { return await work(); } catch (e) { say(t("failed", { why: e.message })); }
}

/** menu opens a list of choices below a button: [{text, icon, do}]. */
export function menu(button, choices, label) {
  const open = $(".menu");
  open?.close();
  if (open?.button === button) return;
  const box = el("div", { class: "menu", role: "menu", "aria-label": label });
  box.button = button;
  box.close = () => {
    box.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  };
  const outside = (e) => { if (!box.contains(e.target) && !button.contains(e.target)) box.close(); };
  for (const c of choices.filter(Boolean)) {
    box.append(c.row ?? el("button", { type: "button", role: "menuitem", click: () => { box.close(); c.do(); } }, c.icon && icon(c.icon), c.text));
  }
  box.addEventListener("keydown", (e) => {
    const items = [...box.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    if (e.key === "Escape") { box.close(); button.focus(); }
    else if (e.key === "ArrowDown" || e.key === "ArrowRight") items[(at + 1) % items.length].focus();
    else if (e.key === "ArrowUp" || e.key === "ArrowLeft") items[(at + items.length - 1) % items.length].focus();
    else return;
    e.preventDefault();
  });
  button.setAttribute("aria-expanded", "true");
  document.body.append(box);
  const at = button.getBoundingClientRect();
  const below = at.bottom + box.offsetHeight < innerHeight - 8;
  const phone = (button.closest(".phone") ?? document.body).getBoundingClientRect();
  const left = at.left > phone.left + phone.width / 2 ? at.right - box.offsetWidth : at.left;
  box.style.left = Math.max(8, Math.min(left, innerWidth - box.offsetWidth - 8)) + "px";
  box.style.top = Math.max(8, below ? at.bottom + 4 : at.top - box.offsetHeight - 4) + "px";
  document.addEventListener("pointerdown", outside, true);
  $("button", box)?.focus();
}

/** ask opens a dialog with one field and gives its value, or null. */
export function ask(title, value, action) {
  const dialog = $("#ask"), field = el("input", { name: "value", autocomplete: "off", "aria-label": title });
  field.value = value;
  $("h2", dialog).textContent = title;
  $(".fields", dialog).replaceChildren(field);
  $(".primary", dialog).textContent = action;
  return new Promise((done) => {
    dialog.returnValue = "";
    $(".primary", dialog).value = "yes";
    dialog.onclose = () => done(dialog.returnValue === "yes" ? field.value.trim() : null);
    dialog.showModal();
    field.select();
  });
}
