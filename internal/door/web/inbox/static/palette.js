// Ctrl+K: everything by name. Commands are at hand; people and messages come
// from the server.
import { $, $$, look } from "./page.js";
import { press } from "./keyboard.js";
import { turnOn } from "./notify.js";

const dialog = $("#palette"), input = $("#palette-text"), list = $("#palette-list");
let timer;

export const openPalette = () => { input.value = ""; filter(); dialog.showModal(); };

const visible = () => $$("li", list).filter((item) => !item.hidden);
const choose = (at) => {
  for (const item of $$("li", list)) item.removeAttribute("aria-selected");
  const item = visible()[at];
  if (!item) return;
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
  item.id ||= `option-${Math.random().toString(36).slice(2)}`;
  input.setAttribute("aria-activedescendant", item.id);
};
const chosen = () => visible().findIndex((item) => item.getAttribute("aria-selected") === "true");

const filter = () => {
  const words = input.value.trim().toLowerCase();
  for (const item of $$("li", list)) {
    if (item.dataset.found) item.remove(); else item.hidden = !item.textContent.toLowerCase().includes(words);
  }
  choose(0);
  clearTimeout(timer);
  if (words.length > 1) timer = setTimeout(() => find(words), 120);
};
const find = async (words) => {
  const page = await look("/fragments/palette", { q: words });
  if (!page || input.value.trim().toLowerCase() !== words) return;
  list.append(...page.body.children);
  if (chosen() < 0) choose(0);
};

const run = (item) => {
  if (!item) return;
  dialog.close();
  if (item.dataset.go) location.href = item.dataset.go;
  if (item.dataset.key) press(item.dataset.key);
  if (item.dataset.notify) turnOn();
};

input?.addEventListener("input", filter);
input?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = visible();
  if (step && all.length) { event.preventDefault(); choose((chosen() + step + all.length) % all.length); }
  if (event.key === "Enter") { event.preventDefault(); run(all[chosen()]); }
});
list?.addEventListener("click", (event) => run(event.target.closest("li")));
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && dialog && !$("dialog[open]")) { event.preventDefault(); openPalette(); }
});
