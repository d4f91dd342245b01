// The list at the left.
import { $, $$, conversation, get } from "./page.js";
import { refreshes } from "./live.js";

let more = "";

// arrange makes these the children, and moves none that is in its place.
const arrange = (list, wanted) => {
  let at = list.firstElementChild;
  for (const child of wanted) {
    if (child === at) at = at.nextElementSibling; else list.insertBefore(child, at);
  }
  while (at) { const next = at.nextElementSibling; at.remove(); at = next; }
};

const refresh = async () => {
  const rows = $("#rows");
  if (!rows) return;
  const page = await get(`/fragments/queue?${rows.dataset.params}&current=${conversation || ""}`);
  if (!page) return;
  const focused = document.activeElement?.closest?.(".row")?.id;
  // A row that has not changed stays, so that a click on it is not lost.
  const fresh = [...page.body.children].map((f) => {
    const have = f.id && document.getElementById(f.id);
    return have?.outerHTML === f.outerHTML ? have : f;
  });
  const kept = more ? $$(".row", rows).filter((row) => !fresh.some((f) => f.id === row.id)) : [];
  const last = $(".more", rows);
  arrange(rows, [...fresh.filter((f) => !more || !f.classList.contains("more")), ...kept, ...(more && last ? [last] : [])]);
  if (focused) document.getElementById(focused)?.querySelector("a")?.focus({ preventScroll: true });
  const unread = $$(".row.unread", rows).length;
  document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
};
refreshes("queue", refresh);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-more]");
  if (!link) return;
  event.preventDefault();
  more = link.dataset.more;
  const page = await get(`/fragments/queue?${$("#rows").dataset.params}&after=${more}&current=${conversation || ""}`);
  if (page) link.closest(".more").replaceWith(...page.body.children);
});

$("#rows .row.current a")?.scrollIntoView({ block: "nearest" });
