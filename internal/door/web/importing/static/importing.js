// Shows how far an import is, as long as it is under way.
"use strict";
const box = document.getElementById("progress");
async function look() {
  try {
    const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("progress");
      if (!now || !now.hasAttribute("data-moving")) { location.reload(); return; }
      box.replaceChildren(...now.childNodes);
    }
  } catch { /* the next look may succeed */ }
  setTimeout(look, 1500);
}
if (box && box.hasAttribute("data-moving")) setTimeout(look, 800);
