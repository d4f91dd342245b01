// Single keys, when nobody is typing.
import { $, $$ } from "./page.js";
import { focusMessage, undo } from "./thread.js";
import { openTemplates } from "./dialogs.js";
import { openFind } from "./find.js";

const move = (step) => {
  const links = $$("#rows .row a");
  const at = links.indexOf(document.activeElement);
  const from = at >= 0 ? at : links.findIndex((link) => link.closest(".current"));
  links[Math.min(links.length - 1, Math.max(0, from + step))]?.focus();
};

const focusPerson = () => {
  const person = $("#person");
  if (!person) return;
  if (getComputedStyle(person).display === "none") location.hash = "person";
  person.tabIndex = -1;
  person.focus();
};

const keys = {
  j: () => move(1), k: () => move(-1), "/": () => $("#q")?.focus(), r: () => $("#text")?.focus(), t: openTemplates, a: () => $("#file")?.click(),
  f: openFind, p: focusPerson, m: () => focusMessage(-1), z: () => undo(), e: () => $("#close")?.click(), u: () => { location.href = "/inbox?view=unread"; },
  "?": () => $("#help")?.showModal(),
};

// press does what a key does; it reports whether the key does something.
export const press = (key) => { keys[key]?.(); return key in keys; };

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("input, textarea")) { event.target.blur(); return; }
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (press(event.key)) event.preventDefault();
});
$("[data-help]")?.addEventListener("click", () => $("#help").showModal());
