// Searching within the conversation.
import { $, conversation, look, make, on, word } from "./page.js";

const bar = $("#findbar");

export const openFind = () => { if (bar) { bar.hidden = false; $("#findtext").focus(); } };
const close = () => { bar.hidden = true; $("#found").replaceChildren(); $("#find").focus(); };

$("#find")?.addEventListener("click", (event) => { event.preventDefault(); openFind(); });
on("click", "[data-findclose]", close);
bar?.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } });
bar?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const page = await look("/fragments/search", { in: conversation, q: $("#findtext").value });
  if (!page) return;
  const hits = [...page.querySelectorAll(".hit")];
  $("#found").replaceChildren(...(hits.length ? hits : [make("li", { className: "empty", textContent: word("nothing") })]));
});
