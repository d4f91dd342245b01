// What all modules share: finding elements, talking to the server, telling the
// person something.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// The conversation that is open, or undefined.
export const conversation = $(".thread")?.dataset.conversation;

// Texts in the reader's language; "§" stands for what is filled in.
export const word = (name, ...fill) => fill.reduce((text, one) => text.replace("§", one), $("#words")?.dataset[name] || "");

const fragment = { headers: { "X-Fragment": "1" }, credentials: "same-origin" };

// Unreachable is an answer that never came. Where nobody deals with it, the
// person is told.
class Unreachable extends Error {}
const ask = (address, options) => fetch(address, { ...options, ...fragment }).catch(() => { throw new Unreachable(); });
addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof Unreachable)) return;
  event.preventDefault();
  say(word("failed"));
});

const signedOut = (response) => {
  if (response.status === 401) location.href = "/sign-in";
  return response.status === 401;
};

// get reads a part of a page.
export const get = (address) => part(address);

// look reads a part of a page that searches; the words stay out of its address.
export const look = (address, query) => part(`${address}/look`, { method: "POST", body: new URLSearchParams(query) });

const part = async (address, options) => {
  const response = await ask(address, options);
  if (signedOut(response)) return null;
  if (!response.ok) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
};

// post does something and returns the server's answer: {ok, problem, remedies …}.
export const post = async (address, body) => {
  const response = await ask(address, { method: "POST", body });
  if (signedOut(response)) return { ok: false };
  if (response.headers.get("Content-Type")?.includes("json")) return response.json();
  return { ok: response.ok };
};

export const fields = (form) => new URLSearchParams(new FormData(form));

// newKey names one press of a button: a second press with the same key changes
// nothing.
export const newKey = () => crypto.randomUUID?.() || Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// say shows a line at the foot of the page, and a screen reader reads it.
export const say = (text, { stay = false, action } = {}) => {
  const box = $("#status");
  if (!box) return;
  box.replaceChildren(text, ...(action ? [action] : []));
  box.hidden = !text;
  clearTimeout(say.timer);
  if (text && !stay) say.timer = setTimeout(() => { box.hidden = true; }, 6000);
};

// announce is for screen readers only.
export const announce = (text) => { const box = $("#announce"); if (box) box.textContent = text; };

// refuse shows why something did not happen, and what helps.
export const refuse = (answer, box = $("#refusal")) => {
  if (!box) return;
  box.replaceChildren(make("p", { textContent: answer.problem || word("failed") }));
  if (answer.remedies?.length) box.append(make("ul", {}, ...answer.remedies.map(({ text, link }) => make("li", {}, link ? make("a", { href: link, textContent: text }) : text))));
  box.hidden = false;
};

export const on = (type, selector, act) => document.addEventListener(type, (event) => {
  const target = event.target.closest?.(selector);
  if (target) act(event, target);
});
