// The list at the left.
import { $, $$, conversation, get } from "./page.js";
import { refreshes } from "./live.js";

let more = "";

const refresh = async () => {
  const rows = $("#rows");
  if (!rows) return;
  const page = await get(`/fragments/queue?${rows.dataset.params}&current=${conversation || ""}`);
  if (!page) return;
  const focused = document.activeElement?.closest?.(".row")?.id;
  const fresh = [...page.body.children];
  const kept = more ? $$(".row", rows).filter((row) => !fresh.some((f) => f.id === row.id)) : [];
  const last = $(".more", rows);
  rows.replaceChildren(...fresh.filter((f) => !more || !f.classList.contains("more")), ...kept, ...(more && last ? [last] : []));
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
