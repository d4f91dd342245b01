// Writing and sending.
import { $, conversation, fields, newKey, on, post, refuse, say, word } from "./page.js";
import { queueSoon, threadSoon } from "./live.js";
import { sent, toEnd } from "./thread.js";

export const compose = $("#compose");
export const text = $("#text");

// before holds what wants to handle a submit first (picked files do).
const before = [];
export const beforeSending = (handle) => before.push(handle);
const after = [];
export const afterSending = (handle) => after.push(handle);

// done clears up after a message is on its way.
export const done = (answer) => {
  sent(answer);
  if (text) { text.value = ""; grow(); }
  compose.elements.key.value = "";
  compose.elements.later.value = "";
  compose.elements.quick.value = "";
  compose.elements.advertising.checked = false;
  if (compose.elements.consented) compose.elements.consented.value = "";
  $(".later", compose)?.removeAttribute("open");
  $("#refusal").hidden = true;
  stopReplying();
  for (const handle of after) handle();
  threadSoon();
  queueSoon();
  toEnd();
};

compose?.addEventListener("submit", async (event) => {
  event.preventDefault();
  for (const handle of before) if (handle()) return;
  if (!text.value.trim() || compose.dataset.busy) { text.focus(); return; }
  compose.elements.key.value ||= newKey();
  compose.dataset.busy = "1";
  $("#refusal").hidden = true;
  try {
    const answer = await post(compose.action, fields(compose));
    if (answer.ok) done(answer); else { compose.elements.key.value = ""; refuse(answer); }
  } catch { refuse({}); /* the key stays: sending again cannot double */ } finally { delete compose.dataset.busy; text.focus(); }
});

text?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); compose.requestSubmit(); }
});

const counter = $("#count");
export const grow = () => {
  text.style.setProperty("height", "auto");
  text.style.setProperty("height", `${Math.min(text.scrollHeight + 2, innerHeight * 0.4)}px`);
  const left = 4096 - text.value.length;
  counter.hidden = left > 500;
  counter.textContent = left;
};
text?.addEventListener("input", grow);
text?.addEventListener("input", () => { if (!text.value.trim()) compose.elements.quick.value = ""; });
if (text?.value) grow();

// insertText puts something where the cursor is.
export const insertText = (words) => {
  text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
};

// ---- replying

export const stopReplying = () => {
  compose.elements.reply_to.value = "";
  $("#replying").hidden = true;
};
on("click", "[data-unreply]", () => { stopReplying(); text.dispatchEvent(new Event("input", { bubbles: true })); });
on("click", "[data-reply]", (event, button) => {
  if (!compose) return;
  compose.elements.reply_to.value = button.dataset.reply;
  const line = $("#replying span");
  line.textContent = line.dataset.words.replace("§", button.dataset.words.slice(0, 80));
  $("#replying").hidden = false;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
});

// ---- reacting (the emoji come from emoji.js)

export const react = async (message, emoji) => {
  const answer = await post(`/inbox/${conversation}/react`, new URLSearchParams({ message, emoji }));
  if (!answer.ok) refuse(answer);
  threadSoon();
};

addEventListener("beforeunload", (event) => { if (compose?.dataset.uploading) { event.preventDefault(); say(word("uploading", "")); } });
