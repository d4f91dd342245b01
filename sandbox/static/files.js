// Files that a customer sends: drawn, recorded or chosen.
import { call, t } from "./dom.js";

/** upload brings a file to the sandbox and gives what a message says of it. */
export async function upload(blob) {
  const base64 = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
  const { id, mime_type, sha256 } = await call("POST", "files", { mime_type: blob.type || "application/octet-stream", base64 });
  return { id, mime_type, sha256 };
}

/** blobOf fetches a file of the page. */
export async function blobOf(address, type) {
  return new Blob([await (await fetch(address)).arrayBuffer()], { type });
}

export const photo = () => picture(false);

/** picture draws a landscape, a little different each time, or a sticker. */
export function picture(sticker) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = sticker ? [256, 256] : [960, 640];
  const c = canvas.getContext("2d"), hue = Math.floor(Math.random() * 360), { width: w, height: h } = canvas;
  if (sticker) {
    sun(c, `hsl(${30 + (hue % 30)} 95% 58%)`);
    return new Promise((done) => canvas.toBlob(done, "image/webp", 0.9));
  }
  const sky = c.createLinearGradient(0, 0, 0, h);
  sky.addColorStop(0, `hsl(${hue} 55% 62%)`);
  sky.addColorStop(1, `hsl(${(hue + 40) % 360} 70% 88%)`);
  c.fillStyle = sky;
  c.fillRect(0, 0, w, h);
  c.fillStyle = "#fff6dc";
  c.beginPath();
  c.arc(w * (0.2 + Math.random() * 0.6), h * 0.32, 54, 0, 7);
  c.fill();
  for (let layer = 0; layer < 3; layer++) {
    c.fillStyle = `hsl(${(hue + 150) % 360} 28% ${46 - layer * 12}%)`;
    c.beginPath();
    c.moveTo(0, h);
    const phase = Math.random() * 6;
    for (let x = 0; x <= w; x += 12) c.lineTo(x, h * (0.56 + layer * 0.13) + Math.sin(x / (150 - layer * 30) + phase) * (46 - layer * 10));
    c.lineTo(w, h);
    c.fill();
  }
  c.fillStyle = "#ffffffd0";
  c.font = "600 30px system-ui, sans-serif";
  c.fillText(t("photoText"), 34, h - 34);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.86));
}

/** sun draws a smiling sun on 256 × 256. */
function sun(c, colour) {
  c.translate(128, 128);
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = 16;
  c.lineCap = "round";
  c.beginPath();
  for (let ray = 0; ray < 12; ray++) {
    const [x, y] = [Math.cos(ray * Math.PI / 6), Math.sin(ray * Math.PI / 6)];
    c.moveTo(x * 94, y * 94);
    c.lineTo(x * 112, y * 112);
  }
  c.stroke();
  c.beginPath();
  c.arc(0, 0, 76, 0, 7);
  c.fill();
  c.strokeStyle = c.fillStyle = "#5a3410";
  c.lineWidth = 8;
  for (const x of [-26, 26]) { c.beginPath(); c.arc(x, -16, 8, 0, 7); c.fill(); }
  c.beginPath();
  c.arc(0, 4, 38, 0.5, Math.PI - 0.5);
  c.stroke();
}

/** samplePDF is the smallest honest document: one page, one line. */
export function samplePDF(name) {
  const line = (t("documentName") + " - " + name).replace(/[^ -~]/g, "?").replace(/[()\\]/g, "");
  const stream = `BT /F1 18 Tf 72 720 Td (${line}) Tj ET`;
  const objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"];
  let pdf = "%PDF-1.4\n";
  const at = objects.map((o, i) => { const here = pdf.length; pdf += `${i + 1} 0 obj\n${o}\nendobj\n`; return here; });
  const table = pdf.length;
  pdf += `xref\n0 6\n0000000000 65535 f \n${at.map((n) => String(n).padStart(10, "0") + " 00000 n \n").join("")}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n${table}\n%%EOF\n`;
  return new Blob([pdf], { type: "application/pdf" });
}

/** recorder listens to the microphone until stop; done gives the voice note in
 * a form that WhatsApp knows. */
export async function recorder() {
  const type = ["audio/ogg; codecs=opus", "audio/mp4"].find((k) => MediaRecorder.isTypeSupported(k));
  if (!type) throw new Error("no format");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const machine = new MediaRecorder(stream, { mimeType: type });
  const pieces = [];
  machine.ondataavailable = (e) => pieces.push(e.data);
  const done = new Promise((finish) => {
    machine.onstop = () => {
      for (const track of stream.getTracks()) track.stop();
      finish(new Blob(pieces, { type: type.split(";")[0] }));
    };
  });
  machine.start();
  return { done, stop: () => machine.stop() };
}
