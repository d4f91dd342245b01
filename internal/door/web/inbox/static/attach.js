// Files: picked, pasted or dragged in; looked at before they are sent; checked
// for kind and size before anything is uploaded.
import { $, conversation, make, newKey, refuse, word } from "./page.js";
import { beforeSending, compose, done, text } from "./composer.js";

const MB = 1024 * 1024;
const limits = [
  [/^image\/(jpeg|png)$/, 5 * MB], [/^image\/webp$/, 0.5 * MB], [/^video\/(mp4|3gpp)$/, 16 * MB], [/^audio\/(aac|amr|mpeg|mp4|ogg|opus|webm)/, 16 * MB],
  [/^(text\/plain|application\/(pdf|msword|vnd\.ms-(excel|powerpoint)|vnd\.openxmlformats-officedocument\..*))$/, 100 * MB],
];
const box = $("#attachments");
let picked = [];

const size = (bytes) => bytes < MB ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / MB).toFixed(1)} MB`;

// typeOf is the type of a file; not every browser knows voice notes.
const typeOf = (file) => file.type || (/\.opus$/i.test(file.name) ? "audio/opus" : "");

// problem says why WhatsApp would not take a file.
const problem = (file) => {
  const limit = limits.find(([kind]) => kind.test(typeOf(file)));
  if (!limit) return word("kind", file.name);
  return file.size > limit[1] ? word("toolarge", `${file.name} (${size(file.size)}, max. ${size(limit[1])})`) : "";
};

export const pick = (files) => {
  if (!compose || compose.hidden) return;
  for (const file of files) {
    const wrong = problem(file);
    if (wrong) { refuse({ problem: wrong }); continue; }
    $("#refusal").hidden = true;
    const remove = make("button", { type: "button", className: "quiet", textContent: "×" });
    remove.setAttribute("aria-label", word("remove", file.name));
    const one = { file, bar: make("progress", { max: 1, value: 0, hidden: true }), row: make("div", { className: "attachment" }), key: newKey() };
    one.bar.setAttribute("aria-label", word("uploading", file.name));
    remove.addEventListener("click", () => discard(one));
    one.row.append(preview(file), make("span", { className: "filename", textContent: file.name }), make("small", { textContent: size(file.size) }), one.bar, remove);
    picked.push(one);
    box.append(one.row);
  }
  box.hidden = !picked.length;
  text.focus();
};

const preview = (file) => {
  const [kind] = file.type.split("/");
  if (!["image", "video", "audio"].includes(kind)) return make("span", { className: "paper" });
  const element = make(kind === "image" ? "img" : kind, { src: URL.createObjectURL(file) });
  if (kind === "image") element.alt = ""; else { element.controls = true; element.setAttribute("aria-label", file.name); }
  return element;
};

const discard = (one) => {
  for (const media of one.row.querySelectorAll("[src]")) URL.revokeObjectURL(media.src);
  one.row.remove();
  picked = picked.filter((p) => p !== one);
  box.hidden = !picked.length;
  $("#file").value = "";
};

const upload = (one, caption) => new Promise((resolve) => {
  const form = new FormData();
  form.append("key", one.key);
  form.append("caption", caption);
  form.append("consented", compose.elements.consented?.value ?? "");
  form.append("quick", compose.elements.quick.value);
  if (compose.elements.advertising.checked) form.append("advertising", "1");
  form.append("reply_to", compose.elements.reply_to.value);
  if (one.voice) form.append("voice", "1");
  form.append("file", one.file, one.file.name);
  const request = new XMLHttpRequest();
  one.bar.hidden = false;
  request.upload.onprogress = (event) => { one.bar.value = event.loaded / event.total; };
  request.onload = () => { try { resolve(JSON.parse(request.responseText)); } catch { resolve({}); } };
  request.onerror = () => resolve({});
  request.open("POST", `/inbox/${conversation}/file`);
  request.setRequestHeader("X-Fragment", "1");
  request.send(form);
});

// The words go with the first file; each file is a message of its own.
const sendAll = async () => {
  compose.dataset.uploading = "1";
  try {
    for (const one of [...picked]) {
      const answer = await upload(one, one.voice ? "" : text.value.trim());
      if (!answer.ok) { one.bar.hidden = true; refuse(answer); return; }
      discard(one);
      done(answer);
    }
  } finally { delete compose.dataset.uploading; }
};
beforeSending(() => {
  if (!picked.length || compose.dataset.uploading) return Boolean(picked.length);
  sendAll();
  return true;
});

// sendVoice sends a recording at once.
export const sendVoice = (file) => { pick([file]); const one = picked.at(-1); if (one) { one.voice = true; sendAll(); } };

$("#file")?.addEventListener("change", (event) => pick([...event.target.files]));
text?.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); pick([...event.clipboardData.files]); } });
const thread = $(".thread[data-conversation]");
thread?.addEventListener("dragover", (event) => { event.preventDefault(); thread.classList.add("dragging"); });
thread?.addEventListener("dragleave", (event) => { if (!thread.contains(event.relatedTarget)) thread.classList.remove("dragging"); });
thread?.addEventListener("drop", (event) => { event.preventDefault(); thread.classList.remove("dragging"); pick([...event.dataTransfer.files]); });
