// The conversation: messages are replaced by their id, so nothing doubles.
import { $, $$, announce, conversation, get, on, post, fields, refuse, say, word } from "./page.js";
import { othersSoon, queueSoon, refreshes, threadSoon } from "./live.js";

const bubbles = $("#bubbles");
const past = $(".thread")?.dataset.past !== undefined; // the page ends before the newest message
const latest = $("#toend");

const atEnd = () => bubbles.scrollHeight - bubbles.scrollTop - bubbles.clientHeight < 80;
export const toEnd = () => { if (bubbles) { stays = true; bubbles.scrollTop = bubbles.scrollHeight; last = bubbles.scrollTop; if (latest) latest.hidden = true; } };

// Whoever reads the end stays there while pictures arrive, messages change and
// the composer grows, until she scrolls up. (What grows never makes the
// distance from the top smaller.)
let stays = false, last = 0;
const followed = new ResizeObserver(() => { if (stays) toEnd(); });
const follow = () => { for (const one of [bubbles, ...bubbles.children]) followed.observe(one, { box: "border-box" }); };

// place puts a message where the server has it: after the one before it.
const place = (next, before) => {
  const first = bubbles.querySelector(":scope > [id]");
  if (before) before.after(next); else if (first) first.before(next); else bubbles.append(next);
};

const mergeBubbles = (fresh) => {
  let before = null, news = 0;
  for (const next of fresh) {
    const have = next.id && document.getElementById(next.id);
    if (have) {
      if (have.dataset.rev !== next.dataset.rev && !have.contains($("audio.playing", have))) { have.replaceWith(next); before = next; } else before = have;
      continue;
    }
    if (past) continue;
    next.classList.add("fresh");
    place(next, before);
    before = next;
    if (next.classList.contains("in")) news++;
  }
  return news;
};

const refresh = async () => {
  if (!conversation || !bubbles) return;
  // It may have gone to somebody else, and be nothing for her any more.
  const page = await get(`/fragments/conversation/${conversation}`).catch((lost) => { if (lost.message === "404") location.href = "/inbox"; throw lost; });
  if (!page) return;
  const end = stays || atEnd();
  const news = mergeBubbles([...page.querySelector("#bubbles").children]);
  if (news) announce(word("new", $(".threadbar h2")?.textContent || ""));
  for (const part of ["#light", "#others"]) swap(part, page);
  const green = $("#light")?.classList.contains("green");
  if ($("#compose")) $("#compose").hidden = !green && !$("#light").dataset.consentable;
  for (const part of ["#workbar", "#person"]) if (!busy($(part))) swap(part, page);
  follow();
  if (end) toEnd(); else if (news && latest) latest.hidden = false;
  countDown();
  await markRead();
};
refreshes("thread", refresh);

// busy is a part of the page in which somebody is doing something.
const busy = (part) => part && (part.contains(document.activeElement) || $("details[open]", part));

const swap = (selector, page) => {
  const next = page.querySelector(selector), have = $(selector);
  if (next && have && next.outerHTML !== have.outerHTML) have.replaceWith(next);
};

refreshes("others", async () => {
  const page = conversation && await get(`/fragments/others/${conversation}`);
  if (page) swap("#others", page);
  clearTimeout(refreshes.timer);
  if ($("#others .typing")) refreshes.timer = setTimeout(othersSoon, 13000);
});

const markRead = () => {
  if (conversation && !document.hidden && $(`#row-${conversation}.unread`)) return post(`/inbox/${conversation}/read`);
};

// ---- what runs down: the window, and the seconds in which a message can be
// taken back

const countDown = () => {
  const now = Date.now() / 1000;
  for (const time of $$("time[data-until]")) {
    const minutes = Math.floor((time.dataset.until - now) / 60);
    if (minutes < 0) { threadSoon(); continue; }
    const text = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
    if (time.textContent !== text) time.textContent = text;
    time.closest(".light")?.classList.toggle("soon", minutes < 60);
  }
  for (const form of $$("[data-undo]")) {
    const seconds = Math.ceil(form.dataset.undo - now);
    const button = $("button", form);
    button.dataset.words ||= button.textContent;
    button.textContent = `${button.dataset.words} (${Math.max(0, seconds)})`;
    if (seconds <= 0) form.hidden = true;
  }
};
setInterval(countDown, 1000);

// undo takes back the newest message that can still be taken back, and puts
// its words back into the composer.
export const undo = async (form = $$("[data-undo]:not([hidden])").at(-1)) => {
  if (!form) return;
  const article = form.closest(".bubble");
  const words = $(".words", article)?.innerText || "";
  const body = new URLSearchParams();
  if (article.id === `m-${lastSent.message}` && lastSent.notice) body.set("notice", lastSent.notice);
  const answer = await post(form.action, body);
  if (!answer.ok) { refuse(answer); return; }
  const text = $("#text");
  if (text && !text.value) { text.value = words; text.dispatchEvent(new Event("input", { bubbles: true })); text.focus(); }
  say(word("undone"));
  threadSoon();
};
let lastSent = {};
export const sent = (answer) => { lastSent = answer; };

on("submit", "[data-undo]", (event, form) => { event.preventDefault(); undo(form); });

// ---- forms that act and stay on the page

on("submit", "[data-act]", async (event, form) => {
  event.preventDefault();
  const answer = await post(form.action, fields(form));
  if (!answer.ok) { refuse(answer); return; }
  if (form.action.includes("/close")) { location.reload(); return; }
  form.closest("details")?.removeAttribute("open");
  document.activeElement?.blur();
  queueSoon();
  threadSoon();
});

// ---- moving about

// jump shows a message, from further back if it has to.
const jump = (id) => {
  const target = document.getElementById(`m-${id}`);
  if (!target) { location.href = `/inbox/${conversation}?at=${id}#m-${id}`; return; }
  target.scrollIntoView({ block: "center" });
  target.classList.add("shown");
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  setTimeout(() => target.classList.remove("shown"), 1600);
};
on("click", "[data-jump]", (event, link) => { event.preventDefault(); jump(link.dataset.jump); });

// Older messages come in above, and the page stays where it is.
on("click", "[data-older]", async (event, link) => {
  event.preventDefault();
  const page = await get(link.href.replace("/inbox/", "/fragments/conversation/"));
  if (!page) return;
  const from = bubbles.scrollHeight - bubbles.scrollTop;
  const known = new Set($$("[id]", bubbles).map((e) => e.id));
  const older = [...page.querySelector("#bubbles").children].filter((e) => !known.has(e.id));
  link.closest(".older").replaceWith(...older);
  bubbles.scrollTop = bubbles.scrollHeight - from;
});

// Messages are walked through with the arrow keys once one has the focus.
export const focusMessage = (step) => {
  const all = $$(".bubble", bubbles);
  const at = all.indexOf(document.activeElement?.closest?.(".bubble"));
  const next = all[at < 0 ? all.length - 1 : Math.min(all.length - 1, Math.max(0, at + step))];
  if (next) { next.tabIndex = -1; next.focus(); }
};
bubbles?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown" || !event.target.closest(".bubble")) return;
  event.preventDefault();
  focusMessage(event.key === "ArrowUp" ? -1 : 1);
});
bubbles?.addEventListener("scroll", () => {
  if (atEnd()) { stays = true; if (latest) latest.hidden = true; } else if (bubbles.scrollTop < last) stays = false;
  last = bubbles.scrollTop;
});
latest?.addEventListener("click", toEnd);

on("click", "[data-copy]", async (event, button) => {
  await navigator.clipboard?.writeText(button.dataset.copy);
  say(`${word("copied")} ${button.dataset.copy}`);
});
on("click", "[data-grant]", () => { const form = $("#grant"); if (form) { form.open = true; $("textarea", form)?.focus(); } });

if (bubbles) {
  follow();
  if (location.hash.startsWith("#m-")) {
    const begin = () => jump(location.hash.slice(3));
    begin();
    addEventListener("load", begin);
  } else toEnd();
  markRead()?.catch(() => {}); // the next refresh tries again
}
