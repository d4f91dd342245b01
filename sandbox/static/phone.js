// One customer's phone: the chat with the company, and what a thumb can do.
import { $, ask, attempt, call, el, icon, language, menu, say, t } from "./dom.js";
import { bubble, summary } from "./bubble.js";
import { blobOf, photo, picture, recorder, samplePDF, upload } from "./files.js";

const emoji = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export class Phone {
  constructor(customer, business, putAway) {
    Object.assign(this, { customer, business, putAway, messages: [], replyTo: null });
    this.build();
  }

  build() {
    const head = el("header", {},
      el("span", { class: "face company", "aria-hidden": "true" }, (this.business.name || "?")[0]),
      el("span", { class: "who" }, el("b", {}, this.business.name || t("business")), this.line = el("small", {}, this.business.display)),
      el("button", { type: "button", class: "round", "aria-label": t("menu"), "aria-haspopup": "menu", click: (e) => this.menu(e.currentTarget) }, icon("menu")),
      el("button", { type: "button", class: "round away", "aria-label": t("closePhone"), click: this.putAway }, icon("close")));
    this.log = el("ol", { class: "log", role: "log", tabindex: "0", "aria-label": t("phoneOf", { name: this.customer.name }) });
    this.input = el("textarea", { rows: "1", placeholder: t("message"), "aria-label": t("message"), input: () => this.grow(), keydown: (e) => this.key(e) });
    this.mic = el("button", { type: "button", class: "round send", "aria-label": t("record"), click: () => this.record() }, icon("mic"));
    this.quote = el("div", { class: "quoting", hidden: true });
    const form = el("form", { submit: (e) => { e.preventDefault(); this.say(); } },
      el("button", { type: "button", class: "round", "aria-label": t("attach"), "aria-haspopup": "menu", click: (e) => this.attach(e.currentTarget) }, icon("plus")),
      this.input, this.submit = el("button", { class: "round send", "aria-label": t("send"), hidden: true }, icon("send")), this.mic);
    const chips = el("div", { class: "chips" }, ...t("words").split("|").map((w) => el("button", { type: "button", click: () => this.send("text", { body: w }) }, w)));
    this.notice = el("p", { class: "blocked", hidden: true }, t("blockedNow"), " ", el("button", { type: "button", click: () => this.block(false) }, t("unblock")));
    this.element = el("article", { class: "phone", "aria-label": t("phoneOf", { name: this.customer.name }) },
      this.owner = el("h2", {}), el("div", { class: "case" }, head, this.log, this.notice, this.quote, chips, form));
  }

  focus() {
    this.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (matchMedia("(min-width: 761px)").matches) this.input.focus({ preventScroll: true });
  }

  get chat() { return this.customer["chat_" + this.business.id] ?? {}; }

  path(rest) { return "customers/" + encodeURIComponent(this.customer.id) + "/" + rest; }

  async refresh() {
    const c = this.customer;
    this.owner.replaceChildren(el("b", {}, c.name), el("small", {}, c.phone ? "+" + c.phone : (c.username ? "@" + c.username + " · " : "") + t("noNumber")));
    this.line.textContent = this.chat.typing ? t("typing") : this.business.display;
    this.line.classList.toggle("typing", Boolean(this.chat.typing));
    this.notice.hidden = !this.chat.blocked;
    if (!this.business.id) return;
    const { items } = await call("GET", this.path("messages?number=" + encodeURIComponent(this.business.id)));
    const shape = JSON.stringify(items);
    if (shape !== this.shape) this.draw(items);
    this.shape = shape;
    if (document.visibilityState === "visible" && items.some((m) => m.business && m.status === "delivered")) {
      await call("POST", this.path("read"), { number: this.business.id });
    }
  }

  draw(items) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60 || items.length !== this.messages.length;
    const focused = document.activeElement?.closest?.("li[data-id]")?.dataset.id;
    this.messages = items;
    let day = "";
    const rows = [];
    for (const m of items) {
      const of = new Date(m.at).toDateString();
      if (of !== day) rows.push(el("li", { class: "day" }, el("span", {}, dayName(new Date(m.at)))));
      day = of;
      rows.push(bubble(m, this));
    }
    if (!items.length) rows.push(el("li", { class: "empty" }, t("empty")));
    this.log.replaceChildren(...rows);
    const end = () => { if (atEnd) this.log.scrollTop = this.log.scrollHeight; };
    end();
    for (const file of this.log.querySelectorAll("img")) file.addEventListener("load", end);
    if (focused) $(`li[data-id="${CSS.escape(focused)}"] .more`, this.log)?.focus({ preventScroll: true });
  }

  find(id) { return this.messages.find((m) => m.id === id); }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = Math.min(this.input.scrollHeight, 110) + "px";
    const empty = this.input.value.trim() === "";
    this.submit.hidden = empty;
    this.mic.hidden = !empty;
  }

  key(e) {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.say(); }
    if (e.key === "Escape" && this.replyTo) this.reply(null);
  }

  /** prepare lays a message ready to be sent. */
  prepare(words) {
    this.input.value = words;
    this.grow();
  }

  async say() {
    const body = this.input.value.trim();
    if (!body) return;
    this.input.value = "";
    this.grow();
    await this.send("text", { body });
    document.dispatchEvent(new CustomEvent("said", { detail: body }));
  }

  /** send sends a message of any type; a reply is a reply once. */
  send(type, content, context = this.replyTo?.id) {
    this.reply(null);
    return attempt(() => call("POST", this.path("messages"), { number: this.business.id, type, [type]: content, context: context ?? "" }));
  }

  reply(message) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
    this.replyTo = message;
    this.quote.hidden = !message;
    if (!message) return;
    this.quote.replaceChildren(el("div", {}, el("b", {}, message.business ? this.business.name : t("you")), el("span", {}, summary(message))),
      el("button", { type: "button", class: "round", "aria-label": t("cancelReply"), click: () => this.reply(null) }, icon("close")));
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
    this.input.focus();
  }

  react(message, sign) { return this.send("reaction", sign ? { message_id: message.id, emoji: sign } : { message_id: message.id }, ""); }

  async edit(message) {
    const text = await ask(t("editing"), message.content.body, t("save"));
    if (text) await this.send("edit", { original_message_id: message.id, message: { type: "text", text: { body: text } } }, "");
  }

  revoke(message) { return this.send("revoke", { original_message_id: message.id }, ""); }

  /** actions is the menu of one message. */
  actions(button, m) {
    const signs = el("div", { class: "signs", role: "group", "aria-label": t("react") }, ...emoji.map((sign) =>
      el("button", { type: "button", "aria-pressed": String(m.mine === sign), "aria-label": t("react") + " " + sign, click: () => { $(".menu").close(); this.react(m, m.mine === sign ? "" : sign); } }, sign)));
    menu(button, [
      { row: signs },
      { icon: "reply", text: t("reply"), do: () => this.reply(m) },
      m.mine && { icon: "close", text: t("unreact"), do: () => this.react(m, "") },
      !m.business && m.type === "text" && { icon: "edit", text: t("edit"), do: () => this.edit(m) },
      !m.business && { icon: "bin", text: t("revoke"), do: () => this.revoke(m) },
    ], t("actions"));
  }

  menu(button) {
    const stopped = this.chat.no_marketing;
    menu(button, [
      { text: this.chat.blocked ? t("unblock") : t("block"), icon: "ban", do: () => this.block(!this.chat.blocked) },
      { text: stopped ? t("resumeMarketing") : t("stopMarketing"), icon: "horn", do: () => attempt(() => call("POST", this.path("marketing"), { number: this.business.id, value: stopped ? "resume" : "stop" })) },
      this.customer.phone ? { text: t("changeNumber"), icon: "phone", do: () => this.number("number", t("change")) } : { text: t("showNumber"), icon: "phone", do: () => this.number("show", t("show")) },
    ], t("menu"));
  }

  block(blocked) { return attempt(() => call("POST", this.path("block"), { number: this.business.id, blocked })); }

  async number(edge, action) {
    const phone = await ask(edge === "show" ? t("phoneNumber") : t("newNumber"), "49176" + (40691000 + Math.floor(Math.random() * 900)), action);
    if (phone) await attempt(() => call("POST", this.path(edge), { number: this.business.id, phone }));
  }

  attach(button) {
    menu(button, [
      { icon: "camera", text: t("photo"), do: () => this.file("image", photo) },
      { icon: "mic", text: t("voice"), do: () => this.sample() },
      { icon: "file", text: t("document"), do: () => this.file("document", () => samplePDF(this.customer.name), { filename: t("documentName") }) },
      { icon: "clip", text: t("file"), do: () => this.pick() },
      { icon: "pin", text: t("place"), do: () => this.send("location", { latitude: 52.520008, longitude: 13.404954, name: t("placeName"), address: t("placeAddress") }) },
      { icon: "person", text: t("contactCard"), do: () => this.send("contacts", [{ name: { formatted_name: t("cardName"), first_name: t("cardName") }, phones: [{ phone: "+49 176 40690999", type: "CELL", wa_id: "4917640690999" }] }]) },
      { icon: "sticker", text: t("sticker"), do: () => this.file("sticker", () => picture(true)) },
    ], t("attach"));
  }

  /** file sends what make gives as a file of a kind. */
  file(kind, make, more = {}) {
    return attempt(async () => this.send(kind, { ...(await upload(await make())), ...more }));
  }

  sample() { return this.file("audio", () => blobOf("voice.ogg", "audio/ogg; codecs=opus"), { voice: true }); }

  pick() {
    const field = el("input", { type: "file" });
    field.onchange = () => {
      const f = field.files[0];
      const kind = /^image\/(jpeg|png)$/.test(f.type) ? "image" : f.type.startsWith("video/") ? "video" : f.type.startsWith("audio/") ? "audio" : "document";
      this.file(kind, () => f, kind === "document" ? { filename: f.name } : {});
    };
    field.click();
  }

  /** record starts and ends a voice note; without a microphone the example goes. */
  async record() {
    if (this.recording) { this.recording.stop(); return; }
    try {
      this.recording = await recorder();
    } catch {
      say(t("recordFailed"));
      await this.sample();
      return;
    }
    this.mic.classList.add("on");
    this.mic.replaceChildren(icon("stop"));
    this.mic.setAttribute("aria-label", t("recordStop"));
    const blob = await this.recording.done;
    this.recording = null;
    this.mic.classList.remove("on");
    this.mic.replaceChildren(icon("mic"));
    this.mic.setAttribute("aria-label", t("record"));
    await this.file("audio", () => blob, { voice: true });
  }

  /** share answers the wish for a phone number with the own card. */
  async share(context) {
    if (!this.customer.phone) await this.number("show", t("show"));
    await attempt(async () => { this.customer = (await call("GET", "state")).customers.find((c) => c.id === this.customer.id); });
    if (this.customer.phone) await this.send("contacts", [{ name: { formatted_name: this.customer.name }, phones: [{ phone: "+" + this.customer.phone, wa_id: this.customer.phone }] }], context);
  }
}

function dayName(d) {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  if (d >= midnight) return t("today");
  if (d >= midnight - 86_400_000) return t("yesterday");
  return d.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
}
