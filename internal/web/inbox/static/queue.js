// Choosing several conversations at once. Without this script the boxes and the
// bar are not shown, and nothing else is missed.
"use strict";
(() => {
  const bar = document.getElementById("bulk");
  const rows = document.getElementById("rows");
  if (!bar || !rows) return;
  document.body.classList.add("can-choose");
  const words = bar.querySelector("[data-chosen-count]");
  const count = () => {
    const n = rows.querySelectorAll(".choose:checked").length;
    bar.hidden = !n;
    words.textContent = words.dataset.chosenCount.replace("§", n);
  };
  rows.addEventListener("change", count);
  new MutationObserver(count).observe(rows, { childList: true });
  // The end of the list asks for more by itself.
  const watch = new IntersectionObserver((seen) => { for (const s of seen) if (s.isIntersecting) s.target.querySelector("a")?.click(); }, { root: rows, rootMargin: "200px" });
  const more = () => { const end = rows.querySelector(".more"); if (end) watch.observe(end); };
  new MutationObserver(more).observe(rows, { childList: true });
  more();
})();
