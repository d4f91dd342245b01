// Choosing several conversations at once, and asking for more at the end of the
// list. Without this script the boxes and the bar are not shown, and nothing
// else is missed.
import { $ } from "./page.js";

const bar = $("#bulk"), rows = $("#rows");

const count = () => {
  const n = rows.querySelectorAll(".choose:checked").length;
  const words = bar.querySelector("[data-chosen-count]");
  bar.hidden = !n;
  words.textContent = words.dataset.chosenCount.replace("§", n);
};

const reach = new IntersectionObserver((seen) => {
  for (const end of seen) if (end.isIntersecting) end.target.querySelector("a")?.click();
}, { root: rows, rootMargin: "200px" });

const look = () => {
  count();
  const end = rows.querySelector(".more");
  if (end) reach.observe(end);
};

if (bar && rows) {
  document.body.classList.add("can-choose");
  rows.addEventListener("change", count);
  new MutationObserver(look).observe(rows, { childList: true });
  look();
}
