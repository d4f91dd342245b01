// How a message looks on the phone.
import { $, el, icon, language, menu, t } from "./dom.js";

const fileOf = (content) => (content?.id ? "/sandbox/files/" + encodeURIComponent(content.id) : "");

/** summary is a message in one line, for quotes. */
export function summary(m) {
  const c = m.content ?? {};
  if (m.revoked) return t("revoked");
  switch (m.type) {
    case "text": return c.body;
    case "template": return m.shown?.body ?? c.name;
    case "interactive": return c.body?.text ?? c.button_reply?.title ?? c.list_reply?.title ?? t("formDone");
    case "button": return c.text;
    default: return c.caption || (["image", "video", "audio", "document", "sticker", "location", "contacts"].includes(m.type) ? t(m.type + "Label") : t("unknown", { type: m.type }));
  }
}

/** bubble draws a message. */
export function bubble(m, phone) {
  const quoted = m.context && phone.find(m.context);
  const time = new Date(m.at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  const box = el("div", { class: "bubble" },
    quoted && el("button", { type: "button", class: "quoted", click: () => jump(phone, quoted.id) }, el("b", {}, quoted.business ? phone.business.name : t("you")), el("span", {}, summary(quoted))),
    ...(m.revoked ? [el("p", { class: "gone" }, icon("ban"), " ", t("revoked"))] : content(m, phone)),
    el("span", { class: "meta" }, m.edited && el("i", {}, t("edited") + " "), el("time", { datetime: m.at }, time), !m.business && !m.revoked && tick(m)));
  if (!m.revoked) box.append(el("button", { type: "button", class: "more", "aria-label": t("actions"), "aria-haspopup": "menu", click: (e) => phone.actions(e.currentTarget, m) }, icon("more")));
  const signs = [m.mine, m.theirs].filter(Boolean);
  return el("li", { class: (m.business ? "theirs" : "mine") + (m.type === "sticker" ? " bare" : "") + (signs.length ? " reacted" : ""), "data-id": m.id }, box, signs.length > 0 && el("span", { class: "reaction" }, signs.join(" ")));
}

function jump(phone, id) {
  const target = $(`li[data-id="${CSS.escape(id)}"]`, phone.log);
  target?.scrollIntoView({ block: "center" });
  target?.classList.add("found");
  setTimeout(() => target?.classList.remove("found"), 1200);
}

/** tick says whether the company has read it. */
function tick(m) {
  const read = m.status === "read";
  return el("span", { class: "tick" + (read ? " read" : ""), role: "img", "aria-label": t(read ? "read" : "sent") }, icon("ticks"));
}

/** own leads links to chats to the phones on this table. */
const own = (address) => (/^https?:/.test(address) ? address.replace(/^https:\/\/wa\.me\//, "/wa.me/") : undefined);

/** text makes addresses and *bold* visible, and nothing else. */
function text(words) {
  const p = el("p", {});
  for (const piece of String(words ?? "").split(/(https?:\/\/[^\s]+|\*[^*\n]+\*|_[^_\n]+_)/)) {
    if (/^https?:\/\//.test(piece)) p.append(el("a", { href: own(piece), target: "_blank", rel: "noopener noreferrer" }, piece));
    else if (/^\*.+\*$/.test(piece)) p.append(el("b", {}, piece.slice(1, -1)));
    else if (/^_.+_$/.test(piece)) p.append(el("i", {}, piece.slice(1, -1)));
    else p.append(piece);
  }
  return p;
}

function content(m, phone) {
  const c = m.content ?? {};
  switch (m.type) {
    case "text": return [text(c.body)];
    case "template": return template(m, phone);
    case "interactive": return interactive(m, phone);
    case "button": return [text(c.text)];
    case "location": return [place(c)];
    case "contacts": return (Array.isArray(c) ? c : []).map(card);
    case "image": case "video": case "audio": case "document": case "sticker": return [media(m.type, c), c.caption && text(c.caption)];
    default: return [el("p", { class: "gone" }, t("unknown", { type: m.type }))];
  }
}

function media(kind, c) {
  const source = fileOf(c);
  if (!source) return c.link ? el("a", { class: "file", href: c.link, target: "_blank", rel: "noopener noreferrer" }, icon("clip"), c.filename || c.link) : el("p", { class: "gone" }, t(kind + "Label"));
  switch (kind) {
    case "image": return el("button", { type: "button", class: "image", "aria-label": t("openPicture"), click: () => enlarge(source) }, el("img", { src: source, alt: c.caption || t("imageLabel"), loading: "lazy" }));
    case "sticker": return el("img", { class: "sticker", src: source, alt: t("stickerLabel") });
    case "video": return el("video", { src: source, controls: true, preload: "metadata", "aria-label": t("videoLabel") });
    case "audio": return el("audio", { src: source, controls: true, preload: "metadata", "aria-label": t("audioLabel") });
    default: return el("a", { class: "file", href: source, download: c.filename || "document", target: "_blank" }, icon("file"), c.filename || t("documentLabel"));
  }
}

function enlarge(source) {
  const dialog = $("#picture");
  $("button", dialog).replaceChildren(el("img", { src: source, alt: "" }));
  dialog.showModal();
}

function place(c) {
  return el("a", { class: "place", href: `https://www.openstreetmap.org/?mlat=${Number(c.latitude)}&mlon=${Number(c.longitude)}`, target: "_blank", rel: "noopener noreferrer" },
    el("span", { class: "map" }, icon("pin")), el("b", {}, c.name || t("locationLabel")), el("small", {}, c.address || `${c.latitude}, ${c.longitude}`));
}

function card(c) {
  return el("div", { class: "card" }, el("span", { class: "face" }, icon("person")), el("span", { class: "who" }, el("b", {}, c.name?.formatted_name), ...(c.phones ?? []).map((p) => el("small", {}, p.phone)), ...(c.emails ?? []).map((e) => el("small", {}, e.email))));
}

const choice = (words, act, drawing) => el("button", { type: "button", class: "choice", click: act }, icon(drawing), words);

const choices = (...list) => (list.length ? el("div", { class: "choices" }, ...list) : undefined);

function template(m, phone) {
  if (!m.shown) return [el("p", { class: "gone" }, t("unknown", { type: "template" }))];
  return [...filledIn(m.shown, m, phone), ...(m.shown.cards ?? []).map((c) => el("div", { class: "offered" }, ...filledIn(c, m, phone)))];
}

/** shop is an article of a catalogue. */
const shop = (c) => el("p", { class: "head" }, t("catalog"), " ", c?.product_retailer_id ?? "");

/** filledIn is a template, or a card of one. */
function filledIn(s, m, phone) {
  return [
    s.header && el("p", { class: "head" }, s.header),
    s.kind && (s.kind === "location" ? place(s.media) : s.kind === "product" ? shop(s.media) : media(s.kind === "gif" ? "video" : s.kind, s.media)),
    s.offer && el("p", { class: "head" }, s.offer),
    s.body && text(s.body),
    s.footer && el("small", { class: "foot" }, s.footer),
    choices(...(s.buttons ?? []).map((b) => {
      switch (b.type) {
        case "quick_reply": return choice(b.text, () => phone.send("button", { payload: b.payload, text: b.text }, m.id), "reply");
        case "url": return el("a", { class: "choice", href: own(b.url), target: "_blank", rel: "noopener noreferrer" }, icon("out"), b.text);
        default: return el("span", { class: "choice" }, b.text);
      }
    })),
  ];
}

/** interactive is a choice that the company offers, or one that was made. */
function interactive(m, phone) {
  const c = m.content, made = c.button_reply ?? c.list_reply;
  if (made) return [text(made.title), made.description && el("small", { class: "foot" }, made.description)];
  if (c.nfm_reply) return [el("p", { class: "gone" }, t("formDone"))];
  return [
    c.header && (c.header.type === "text" ? el("p", { class: "head" }, c.header.text) : media(c.header.type, c.header[c.header.type])),
    text(c.body?.text),
    c.footer && el("small", { class: "foot" }, c.footer.text),
    ...(c.action?.cards ?? []).map((one) => el("div", { class: "offered" }, one.header && media(one.header.type, one.header[one.header.type]), one.body && text(one.body.text), one.type === "product" && shop(one.action),
      choices(...(one.action?.buttons ?? []).map((b) => choice(b.quick_reply.title, () => phone.send("interactive", { type: "button_reply", button_reply: b.quick_reply }, m.id), "reply")),
        ...(one.action?.parameters ? [el("a", { class: "choice", href: own(one.action.parameters.url), target: "_blank", rel: "noopener noreferrer" }, icon("out"), one.action.parameters.display_text)] : [])))),
    choices(...offers(m, phone)),
  ];
}

function offers(m, phone) {
  const c = m.content, a = c.action ?? {};
  const answer = (content) => phone.send("interactive", content, m.id);
  switch (c.type) {
    case "button": return (a.buttons ?? []).map((b) => choice(b.reply.title, () => answer({ type: "button_reply", button_reply: b.reply }), "reply"));
    case "list": {
      const rows = (a.sections ?? []).flatMap((s) => s.rows ?? []);
      return [choice(a.button || t("choose"), (e) => menu(e.currentTarget, rows.map((r) => ({ text: r.title + (r.description ? " – " + r.description : ""), do: () => answer({ type: "list_reply", list_reply: r }) })), t("choose")), "list")];
    }
    case "cta_url": return [el("a", { class: "choice", href: own(a.parameters?.url), target: "_blank", rel: "noopener noreferrer" }, icon("out"), a.parameters?.display_text ?? "")];
    case "location_request_message": return [choice(t("shareLocation"), () => phone.send("location", { latitude: 52.520008, longitude: 13.404954, name: t("placeName"), address: t("placeAddress") }, m.id), "pin")];
    case "request_contact_info": return [choice(t("shareNumber"), () => phone.share(m.id), "phone")];
    case "flow": return [choice(a.parameters?.flow_cta || t("form"), () => answer({ type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: JSON.stringify({ flow_token: a.parameters?.flow_token ?? "" }) } }), "edit")];
    case "carousel": return [];
    case "voice_call": return [el("span", { class: "choice" }, a.parameters?.display_text || t("callUs"))];
    case "address_message": return [el("span", { class: "choice" }, t("giveAddress"))];
    case "call_permission_request": return [el("span", { class: "choice" }, t("call"))];
    default: return [el("span", { class: "choice" }, t("catalog"))];
  }
}
