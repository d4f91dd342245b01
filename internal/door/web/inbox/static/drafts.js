// What is typed is kept on the server, sealed, and found again anywhere.
import { conversation, post } from "./page.js";
import { afterSending, compose, text } from "./composer.js";

let timer, saved = text?.value || "";

const body = () => new URLSearchParams({ text: text.value, reply_to: compose.elements.reply_to.value });
const save = async () => {
  clearTimeout(timer);
  timer = undefined;
  saved = text.value;
  try {
    await post(`/inbox/${conversation}/draft`, body());
    if (!timer) delete compose.dataset.unsaved;
  } catch { saved = null; /* the next keystroke tries again */ }
};

text?.addEventListener("input", () => { compose.dataset.unsaved = "1"; timer ||= setTimeout(save, saved ? 1200 : 250); });
afterSending(() => { clearTimeout(timer); timer = undefined; saved = ""; });
addEventListener("pagehide", () => {
  if (timer && text) fetch(`/inbox/${conversation}/draft`, { method: "POST", body: body(), keepalive: true });
});
