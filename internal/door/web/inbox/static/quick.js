// Quick replies: "/" at the beginning of the text opens the list.
import { $, $$, conversation, get } from "./page.js";
import { compose, text } from "./composer.js";

const list = $("#quick");
let all;

const show = async () => {
  const wanted = /^\/(\S*)$/.exec(text.value)?.[1]?.toLowerCase();
  if (wanted === undefined) { list.hidden = true; return; }
  all ||= [...(await get(`/fragments/quick/${conversation}`)).body.children];
  list.replaceChildren(...all.filter((item) => item.dataset.name?.toLowerCase().includes(wanted)));
  list.hidden = !list.children.length;
  choose(0);
};
const choose = (at) => $$("li", list).forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
const take = (item) => {
  text.value = item.dataset.text;
  compose.elements.quick.value = item.dataset.name;
  if ("advertising" in item.dataset) compose.elements.advertising.checked = true;
  list.hidden = true;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
};

text?.addEventListener("input", show);
text?.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  const items = $$("li", list), at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); choose((at + step + items.length) % items.length); }
  if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); event.stopPropagation(); take(items[at]); }
  if (event.key === "Escape") { event.stopPropagation(); list.hidden = true; }
}, true);
list?.addEventListener("click", (event) => { const item = event.target.closest("li"); if (item) take(item); });
