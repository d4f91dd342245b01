// Emoji: into the text, or onto a message.
import { $, make, on, word } from "./page.js";
import { insertText, react, text } from "./composer.js";

const few = ["👍", "❤️", "😊", "🙏", "🎉", "😮"];
const many = ["😀", "😄", "😁", "😂", "🙂", "😉", "😊", "😍", "😘", "😎", "🤔", "😅", "😇", "🥳", "😢", "😭", "😡", "😴", "🤒", "🤝", "👍", "👎", "👌", "👏", "🙌", "🙏", "💪", "👋", "✌️", "🤞",
  "❤️", "🧡", "💛", "💚", "💙", "💜", "🖤", "💔", "✨", "⭐", "🔥", "🎉", "🎁", "🎂", "🌹", "🌻", "🍀", "☀️", "🌧️", "❄️", "☕", "🍕", "🍎", "🥂", "🚗", "🚆", "✈️", "🏠", "🏥", "🛒",
  "📅", "⏰", "⏳", "📞", "📱", "💻", "📷", "📎", "📄", "📦", "🚚", "🔧", "🔑", "💡", "💶", "💳", "🧾", "✅", "❌", "⚠️", "❗", "❓", "ℹ️", "➡️", "⬅️", "⬆️", "⬇️", "🔗", "📍", "♻️"];

let back;
const close = () => { $(".emoji")?.remove(); back?.focus(); back = undefined; };

const open = (button, all, choose, remove) => {
  close();
  back = button;
  const bar = make("div", { className: all === few ? "emoji" : "emoji many", role: "dialog", ariaLabel: word("emoji") });
  for (const emoji of all) {
    const choice = make("button", { type: "button", textContent: emoji });
    choice.addEventListener("click", () => { close(); choose(emoji); });
    bar.append(choice);
  }
  if (remove) {
    const none = make("button", { type: "button", textContent: "×", ariaLabel: word("unreact") });
    none.addEventListener("click", () => { close(); choose(""); });
    bar.append(none);
  }
  document.body.append(bar);
  const at = button.getBoundingClientRect(), own = bar.getBoundingClientRect();
  bar.style.setProperty("top", `${Math.max(8, at.top - own.height - 6)}px`);
  bar.style.setProperty("left", `${Math.min(innerWidth - own.width - 8, Math.max(8, at.left - 40))}px`);
  $("button", bar).focus();
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (event.key === "Escape") { event.stopPropagation(); close(); }
    if (!step) return;
    event.preventDefault();
    const choices = [...bar.children];
    choices[Math.min(choices.length - 1, Math.max(0, choices.indexOf(document.activeElement) + step))].focus();
  });
};

on("click", "[data-emoji]", (event, button) => open(button, many, (emoji) => { insertText(emoji); text.focus(); }));
on("click", "[data-react]", (event, button) => open(button, few, (emoji) => react(button.dataset.react, emoji), true));
document.addEventListener("click", (event) => { if ($(".emoji") && !event.target.closest(".emoji, [data-emoji], [data-react]")) close(); });
