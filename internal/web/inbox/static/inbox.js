// Keeps the inbox live and answers the keyboard. Everything shown comes from
// the server; nothing is kept in the browser.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const conversation = $(".thread")?.dataset.conversation;
const bubbles = $("#bubbles");
const fragment = { headers: { "X-Fragment": "1" }, credentials: "same-origin" };

const say = (text, stay) => {
  const box = $("#status");
  if (!box) return;
  box.textContent = text;
  box.hidden = !text;
  clearTimeout(say.timer);
  if (text && !stay) say.timer = setTimeout(() => { box.hidden = true; }, 6000);
};

const get = async (address) => {
  const response = await fetch(address, fragment);
  if (response.status === 401) { location.href = "/sign-in"; return null; }
  if (!response.ok) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
};

// ---- the queue

let more = "";
const refreshQueue = async () => {
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
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (unread) document.title = `(${unread}) ${document.title}`;
};

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-more]");
  if (!link) return;
  event.preventDefault();
  more = link.dataset.more;
  const page = await get(`/fragments/queue?${$("#rows").dataset.params}&after=${more}&current=${conversation || ""}`);
  if (page) link.closest(".more").replaceWith(...page.body.children);
});

// ---- the conversation: messages are replaced by their id, so nothing doubles

const atEnd = () => bubbles.scrollHeight - bubbles.scrollTop - bubbles.clientHeight < 80;
const toEnd = () => { bubbles.scrollTop = bubbles.scrollHeight; };

const merge = (page) => {
  const end = atEnd();
  let before = null;
  for (const next of [...page.querySelector("#bubbles").children]) {
    const have = next.id && document.getElementById(next.id);
    if (have) {
      if (have.dataset.rev !== next.dataset.rev) have.replaceWith(next);
      before = document.getElementById(next.id);
      continue;
    }
    next.classList.add("fresh");
    if (before) before.after(next); else bubbles.append(next);
    before = next;
    if (next.classList.contains("in")) announce();
  }
  const light = page.querySelector("#light");
  if (light && $("#light").outerHTML !== light.outerHTML) $("#light").replaceWith(light);
  const form = page.querySelector("form");
  if (form && $("#compose")) $("#compose").hidden = form.hidden;
  const person = page.querySelector("#person");
  if (person && $("#person") && !$("#person").contains(document.activeElement) && !$("#person details[open]")) $("#person").replaceWith(person);
  if (end) toEnd();
};

const announce = () => {
  const name = $(".threadbar h2")?.textContent || "";
  $("#announce").textContent = document.body.dataset.new.replace("§", name);
};

const refreshThread = async () => {
  if (!conversation || !bubbles) return;
  const page = await get(`/fragments/conversation/${conversation}`);
  if (!page) return;
  merge(page);
  markRead();
};

const markRead = () => {
  if (conversation && !document.hidden && $(`#row-${conversation}.unread`)) {
    fetch(`/inbox/${conversation}/read`, { method: "POST", ...fragment });
  }
};

// ---- live: one signal starts one refresh; what comes meanwhile is one more

const once = (work) => {
  let running = false, again = false;
  return async () => {
    if (running) { again = true; return; }
    running = true;
    try {
      do { again = false; await work(); } while (again);
      say("");
    } catch { say(document.body.dataset.lost, true); } finally { running = false; }
  };
};
const queueSoon = once(refreshQueue), threadSoon = once(refreshThread);

if ($("#rows")) {
  const events = new EventSource("/events");
  events.addEventListener("hello", () => { queueSoon(); threadSoon(); });
  events.addEventListener("change", (event) => {
    queueSoon();
    if (event.data === "*" || event.data.includes(conversation)) threadSoon();
  });
  events.onerror = () => say(document.body.dataset.lost, true);
  addEventListener("visibilitychange", () => { if (!document.hidden) { queueSoon(); threadSoon(); } });
  addEventListener("pagehide", () => events.close());
}

setInterval(() => {
  for (const time of $$("[data-until]")) {
    const minutes = Math.floor((time.dataset.until - Date.now() / 1000) / 60);
    if (minutes < 0) { threadSoon(); continue; }
    time.textContent = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
  }
}, 15000);

// ---- writing

const newKey = () => crypto.randomUUID?.() || Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

const refuse = (answer) => {
  const box = $("#refusal");
  box.replaceChildren();
  const p = document.createElement("p");
  p.textContent = answer.problem || document.body.dataset.failed;
  box.append(p);
  if (answer.remedies?.length) {
    const list = document.createElement("ul");
    for (const remedy of answer.remedies) {
      const item = document.createElement("li");
      item.textContent = remedy;
      list.append(item);
    }
    box.append(list);
  }
  box.hidden = false;
};

const post = async (address, body) => {
  const response = await fetch(address, { method: "POST", body, ...fragment });
  if (response.status === 401) { location.href = "/sign-in"; return { ok: false }; }
  if (response.headers.get("Content-Type")?.includes("json")) return response.json();
  return response.ok ? { ok: true } : { ok: false };
};

const compose = $("#compose");
compose?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (picked) { sendFile(); return; }
  const text = $("#text");
  if (!text.value.trim() || compose.dataset.busy) { text.focus(); return; }
  compose.elements.key.value ||= newKey();
  compose.dataset.busy = "1";
  $("#refusal").hidden = true;
  try {
    const answer = await post(compose.action, new URLSearchParams(new FormData(compose)));
    if (answer.ok) {
      text.value = "";
      compose.elements.key.value = "";
      stopReplying();
      threadSoon();
      toEnd();
    } else { compose.elements.key.value = ""; refuse(answer); }
  } catch { refuse({}); /* the key stays: sending again cannot double */ } finally { delete compose.dataset.busy; text.focus(); }
});

$("#text")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); compose.requestSubmit(); }
});

const stopReplying = () => {
  compose.elements.reply_to.value = "";
  $("#replying").hidden = true;
};
$("#replying button")?.addEventListener("click", stopReplying);

document.addEventListener("click", (event) => {
  const reply = event.target.closest("[data-reply]");
  if (reply && compose) {
    compose.elements.reply_to.value = reply.dataset.reply;
    const box = $("#replying");
    box.dataset.words ||= $("span", box).textContent;
    $("span", box).textContent = box.dataset.words.replace("§", reply.dataset.words.slice(0, 80));
    box.hidden = false;
    $("#text").focus();
  }
  const react = event.target.closest("[data-react]");
  if (react) pickEmoji(react);
});

const pickEmoji = (button) => {
  $(".emoji")?.remove();
  const bar = document.createElement("div");
  bar.className = "emoji";
  bar.role = "menu";
  for (const emoji of ["👍", "❤️", "😊", "🙏", "🎉", ""]) {
    const choice = document.createElement("button");
    choice.type = "button";
    choice.textContent = emoji || "×";
    choice.addEventListener("click", async () => {
      bar.remove();
      const answer = await post(`/inbox/${conversation}/react`, new URLSearchParams({ message: button.dataset.react, emoji }));
      if (!answer.ok) refuse(answer);
      threadSoon();
    });
    bar.append(choice);
  }
  document.body.append(bar);
  const box = button.getBoundingClientRect();
  bar.style.setProperty("top", `${Math.max(8, box.top - 44)}px`);
  bar.style.setProperty("left", `${Math.min(innerWidth - 270, Math.max(8, box.left - 40))}px`);
  $("button", bar).focus();
};

// ---- forms that act and stay on the page

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-act]");
  if (!form) return;
  event.preventDefault();
  try {
    const answer = await post(form.action, new URLSearchParams(new FormData(form)));
    if (!answer.ok) { refuse(answer); return; }
    form.closest("details")?.removeAttribute("open");
    if (form.action.includes("/close")) { location.reload(); return; }
    document.activeElement?.blur();
    queueSoon();
    threadSoon();
  } catch { say(document.body.dataset.failed); }
});

// ---- files

let picked = null;
const limits = { image: 5, video: 16, audio: 16, document: 100 };
const pick = (file) => {
  const box = $("#attachment");
  const kind = file.type.split("/")[0];
  if (file.size > (limits[kind] || limits.document) * 1024 * 1024) { refuse({ problem: document.body.dataset.toolarge }); return; }
  picked = file;
  box.replaceChildren();
  if (kind === "image") {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = "";
    box.append(image);
  }
  const name = document.createElement("span");
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1; bar.value = 0; bar.hidden = true;
  const drop = document.createElement("button");
  drop.type = "button"; drop.className = "quiet"; drop.textContent = "×";
  drop.addEventListener("click", unpick);
  box.append(name, bar, drop);
  box.hidden = false;
  $("#text").focus();
};
const unpick = () => { picked = null; $("#attachment").hidden = true; $("#file").value = ""; };

$("#file")?.addEventListener("change", (event) => { if (event.target.files[0]) pick(event.target.files[0]); });
$("#text")?.addEventListener("paste", (event) => { if (event.clipboardData.files[0]) { event.preventDefault(); pick(event.clipboardData.files[0]); } });
$(".thread")?.addEventListener("dragover", (event) => event.preventDefault());
$(".thread")?.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files[0]) pick(event.dataTransfer.files[0]); });

const sendFile = () => {
  const form = new FormData();
  form.append("key", newKey());
  form.append("caption", $("#text").value);
  form.append("file", picked, picked.name);
  const bar = $("#attachment progress");
  bar.hidden = false;
  const request = new XMLHttpRequest();
  request.upload.onprogress = (event) => { bar.value = event.loaded / event.total; };
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
    if (answer.ok) { unpick(); $("#text").value = ""; $("#refusal").hidden = true; threadSoon(); toEnd(); } else { bar.hidden = true; refuse(answer); }
  };
  request.onerror = () => { bar.hidden = true; refuse({}); };
  request.open("POST", `/inbox/${conversation}/file`);
  request.setRequestHeader("X-Fragment", "1");
  request.send(form);
};

// ---- templates

const openTemplates = async () => {
  if (!conversation) return;
  const page = await get(`/fragments/templates/${conversation}`);
  if (!page) return;
  const dialog = $("#templates");
  dialog.replaceChildren(...page.body.children);
  dialog.showModal();
};
document.addEventListener("click", (event) => { if (event.target.closest("[data-templates]")) openTemplates(); });
document.addEventListener("input", (event) => {
  if (event.target.id === "template-search") {
    const words = event.target.value.toLowerCase();
    for (const item of $$(".templates > li")) item.hidden = words && !item.dataset.name?.toLowerCase().includes(words);
  }
  const form = event.target.closest("[data-template]");
  if (!form) return;
  for (const part of $$("[data-part]", form)) {
    part.dataset.raw ||= part.textContent;
    part.textContent = part.dataset.raw.replace(/\{\{\s*(\w+)\s*\}\}/g, (hole, name) => $(`[data-slot="${part.dataset.part}/${name}"]`, form)?.value || hole);
  }
});
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-template]");
  if (!form) return;
  event.preventDefault();
  form.elements.key.value ||= newKey();
  try {
    const answer = await post(form.action, new URLSearchParams(new FormData(form)));
    if (answer.ok) { $("#templates").close(); threadSoon(); toEnd(); return; }
    form.elements.key.value = "";
    const box = $(".refusal", form);
    box.textContent = [answer.problem, ...(answer.remedies || [])].join(" · ");
    box.hidden = false;
  } catch { say(document.body.dataset.failed); }
});

// ---- keyboard

const move = (step) => {
  const links = $$("#rows .row a");
  const at = links.indexOf(document.activeElement);
  const from = at >= 0 ? at : links.findIndex((link) => link.closest(".current"));
  links[Math.min(links.length - 1, Math.max(0, from + step))]?.focus();
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { $(".emoji")?.remove(); if (event.target.matches("input, textarea")) event.target.blur(); return; }
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const act = {
    j: () => move(1), k: () => move(-1), "/": () => $("#q")?.focus(), r: () => $("#text")?.focus(), t: openTemplates,
    e: () => $("#close")?.click(), u: () => { location.href = "/inbox?view=unread"; }, "?": () => $("#help")?.showModal(),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});
$("[data-help]")?.addEventListener("click", () => $("#help").showModal());

if (bubbles) {
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView(); else toEnd();
  addEventListener("load", () => { if (!location.hash) toEnd(); });
  $("#rows .row.current a")?.scrollIntoView({ block: "nearest" });
  markRead();
}
