// Templates, and what goes out from a form: buttons, lists, places.
import { $, $$, conversation, fields, get, newKey, on, post, refuse } from "./page.js";
import { queueSoon, threadSoon } from "./live.js";
import { sent, toEnd } from "./thread.js";

export const openTemplates = async () => {
  if (!conversation || !$("#compose")) return;
  const page = await get(`/fragments/templates/${conversation}`);
  if (!page) return;
  const dialog = $("#templates");
  dialog.replaceChildren(...page.body.children);
  dialog.showModal();
};
on("click", "[data-templates]", openTemplates);
on("click", "[data-insert]", () => $("#insert").showModal());

document.addEventListener("input", (event) => {
  if (event.target.id === "template-search") {
    const words = event.target.value.toLowerCase();
    for (const item of $$(".templates > li")) item.hidden = Boolean(words) && !item.dataset.name?.toLowerCase().includes(words);
  }
  const form = event.target.closest("[data-template]");
  if (form) preview(form);
});

// preview fills the template with what is typed.
const preview = (form) => {
  for (const part of $$("[data-part]", form)) {
    part.dataset.raw ||= part.textContent;
    part.textContent = part.dataset.raw.replace(/\{\{\s*(\w+)\s*\}\}/g, (hole, name) => $(`[data-slot="${part.dataset.part}/${name}"]`, form)?.value || hole);
  }
};

const sendForm = async (event, form) => {
  event.preventDefault();
  form.elements.key.value ||= newKey();
  const answer = await post(form.action, fields(form));
  form.elements.key.value = "";
  if (!answer.ok) { refuse(answer, $(".refusal", form)); return; }
  form.closest("dialog").close();
  form.reset();
  sent(answer);
  threadSoon();
  queueSoon();
  toEnd();
};
on("submit", "[data-template]", sendForm);
on("submit", "[data-insertform]", sendForm);

// A click beside a dialog closes it.
document.addEventListener("click", (event) => { if (event.target.matches("dialog[open]")) event.target.close(); });
