// The page: which customers there are, whose phones lie on the table, faults.
import { $, ask, attempt, call, el, language, say, speak, t } from "./dom.js";
import { Phone } from "./phone.js";

const open = new Map(); // customer id → Phone
let state = { numbers: [], customers: [], faults: [] };
let number = new URLSearchParams(location.search).get("number") ?? "";
let ready = new URLSearchParams(location.search).get("text") ?? ""; // a message that a link laid ready, on each phone that is taken until one sends it

const narrow = matchMedia("(max-width: 760px)");
const room = () => (narrow.matches ? 1 : Math.max(1, Math.floor((innerWidth - 250) / 350)));

/** take puts a customer's phone on the table, and others away if it is full. */
function take(id, focus = true) {
  const customer = state.customers.find((c) => c.id === id);
  if (!customer) return;
  if (!open.has(id)) {
    while (open.size >= room()) putAway(open.keys().next().value);
    const phone = new Phone(customer, business(), () => { putAway(id); list(); });
    open.set(id, phone);
    $("#phones").append(phone.element);
    phone.refresh();
    if (ready) phone.prepare(ready);
  }
  if (focus) open.get(id).focus();
  list();
}

function putAway(id) {
  open.get(id)?.element.remove();
  open.delete(id);
}

const business = () => state.numbers.find((n) => n.id === number) ?? { id: "", name: "", display: "" };

export const initials = (name) => name.replace(/^\+/, "").split(/\s+/).map((w) => w[0]).slice(0, 2).join("").toUpperCase();

const handle = (c) => (c.phone ? "+" + c.phone : (c.username ? "@" + c.username + " · " : "") + t("noNumber"));

/** list draws the customers. */
function list() {
  $("#customers").replaceChildren(...state.customers.map((c, i) => {
    const chat = c["chat_" + number] ?? {};
    const unread = open.has(c.id) ? 0 : chat.unread ?? 0;
    return el("li", {}, el("button", { type: "button", "aria-pressed": String(open.has(c.id)), click: () => (open.has(c.id) && !narrow.matches ? (putAway(c.id), list()) : take(c.id)) },
      el("span", { class: "face tone" + (i % 6), "aria-hidden": "true" }, initials(c.name)),
      el("span", { class: "who" }, el("b", {}, c.name), el("small", {}, handle(c))),
      unread > 0 && el("span", { class: "count", "aria-label": t("unread", { n: unread }) }, String(unread))));
  }));
  $("#faults-on").textContent = state.faults.length;
  $("#faults-on").hidden = state.faults.length === 0;
}

/** refresh asks for everything that the page shows. */
async function refresh() {
  state = await call("GET", "state");
  if (!state.numbers.some((n) => n.id === number)) number = state.numbers[0]?.id ?? "";
  const numbers = $("#numbers");
  numbers.hidden = state.numbers.length < 2;
  numbers.replaceChildren(...state.numbers.map((n) => el("option", { value: n.id, selected: n.id === number }, n.name + " " + n.display)));
  list();
  await Promise.all([...open.values()].map((phone) => {
    phone.customer = state.customers.find((c) => c.id === phone.customer.id) ?? phone.customer;
    return phone.refresh();
  }));
}

function newCustomer() {
  const dialog = $("#new"), form = $("form", dialog);
  const fields = form.elements;
  form.reset();
  const kind = () => {
    const byName = fields.by.value === "username";
    $("#new-phone").hidden = byName;
    $("#new-username").hidden = !byName;
  };
  for (const choice of fields.by) choice.onchange = kind;
  fields.phone.value = "49176" + String(40690100 + Math.floor(Math.random() * 899));
  kind();
  form.onsubmit = () => attempt(async () => {
    const name = fields.name.value.trim(), byName = fields.by.value === "username";
    const username = fields.username.value.trim() || name.toLowerCase().replace(/[^a-z0-9]+/g, ".");
    const made = await call("POST", "customers", byName ? { name, username } : { name, phone: fields.phone.value });
    await refresh();
    take(made.id);
  });
  dialog.showModal();
}

const kinds = ["error", "fail", "slow", "lost_answer", "lost_request", "duplicate_webhook", "reorder_webhook", "delay_webhook", "status_order", "pause_webhooks"];

async function faults() {
  const dialog = $("#faults"), fields = $("form", dialog).elements;
  fields.kind.replaceChildren(...kinds.map((k) => el("option", { value: k }, t("fault." + k))));
  const draw = async () => {
    const kind = fields.kind.value;
    $(".code", dialog).hidden = kind !== "error" && kind !== "fail";
    $(".delay", dialog).hidden = kind !== "slow" && kind !== "delay_webhook";
    const [on, hooks] = await Promise.all([call("GET", "faults"), call("GET", "webhooks")]);
    $(".on", dialog).replaceChildren(...(on.length ? on.map((f) => el("li", {}, t("fault." + f.kind), f.code ? " " + f.code : "", f.probability ? " · " + Math.round(f.probability * 100) + " %" : "")) : [el("li", { class: "none" }, t("noFaults"))]));
    $(".hooks", dialog).replaceChildren(...(hooks.length ? hooks.slice(0, 12).map(hook) : [el("li", { class: "none" }, t("noHooks"))]));
  };
  fields.kind.onchange = draw;
  $(".add", dialog).onclick = async () => {
    const f = { kind: fields.kind.value };
    if (!$(".code", dialog).hidden) f.code = Number(fields.code.value);
    if (!$(".delay", dialog).hidden) f.delay_ms = Number(fields.delay_ms.value);
    if (fields.probability.valueAsNumber < 100) f.probability = fields.probability.valueAsNumber / 100;
    $(".problem", dialog).textContent = "";
    try { await call("POST", "faults", f); } catch (e) { $(".problem", dialog).textContent = t("failed", { why: e.message }); }
    draw();
  };
  $(".clear", dialog).onclick = () => attempt(async () => { await call("DELETE", "faults"); draw(); });
  await draw();
  dialog.showModal();
}

/** hook is one line of the log, with the body to unfold. */
function hook(h) {
  const time = new Date(h.at).toLocaleTimeString(language);
  return el("li", {}, el("details", {}, el("summary", {}, el("span", { class: h.status === 200 ? "good" : "bad" }, h.status ? String(h.status) : t("noAnswer")), " " + time + " · " + h.took_ms + " ms" + (h.tries > 1 ? " · " + h.tries + "." : "")),
    el("pre", { tabindex: "0" }, JSON.stringify(JSON.parse(h.body), null, 1))));
}

/** listen refreshes when something changed; it never stops trying. */
function listen() {
  let busy = false, again = false, lost = false;
  const on = async () => {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try { await refresh(); } catch (e) { console.warn(e); }
    } while (again);
    busy = false;
  };
  const source = new EventSource("/sandbox/events");
  source.onmessage = () => { lost = false; on(); };
  source.onerror = () => { if (!lost) say(t("offline")); lost = true; };
  document.addEventListener("visibilitychange", on);
}

function texts() {
  $("#language").textContent = t("language");
  $("#language").setAttribute("aria-label", t("languageLabel"));
  list();
  for (const [id, phone] of [...open]) {
    const fresh = new Phone(phone.customer, business(), () => { putAway(id); list(); });
    phone.element.replaceWith(fresh.element);
    open.set(id, fresh);
    fresh.refresh();
  }
}

function remembered() {
  const asked = new URLSearchParams(location.search).get("lang");
  try { return asked ?? localStorage.getItem("language") ?? (navigator.language.startsWith("de") ? "de" : "en"); } catch { return asked ?? "de"; }
}

for (const cancel of document.querySelectorAll("dialog .cancel")) cancel.onclick = () => cancel.closest("dialog").close();
$("#new-open").onclick = newCustomer;
$("#faults-open").onclick = () => attempt(faults);
$("#language").onclick = async () => { await speak(language === "de" ? "en" : "de"); texts(); };
$("#numbers").onchange = (e) => {
  number = e.target.value;
  const ids = [...open.keys()];
  ids.forEach(putAway);
  ids.forEach((id) => take(id, false));
};

document.addEventListener("said", ({ detail }) => {
  if (detail !== ready) return;
  ready = "";
  for (const phone of open.values()) if (phone.input.value === detail) phone.prepare("");
});

await speak(remembered());
texts();
await attempt(refresh);
const wanted = new URLSearchParams(location.search).getAll("customer");
(wanted.length ? wanted : state.customers.slice(0, Math.min(2, room())).map((c) => c.id)).forEach((id) => take(id, false));
listen();
