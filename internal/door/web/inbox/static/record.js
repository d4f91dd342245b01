// Voice notes. The microphone is asked for only when somebody records.
import { $, on, say, word } from "./page.js";
import { sendVoice } from "./attach.js";

// The server makes Ogg of WebM; the sound stays the same.
const kinds = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2"];
const kind = window.MediaRecorder && kinds.find((k) => MediaRecorder.isTypeSupported(k));
const box = $("#recording");
let recorder, clock;

if (kind && $("[data-record=start]")) $("[data-record=start]").hidden = false;

const start = async () => {
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { say(word("nomic")); return; }
  const parts = [], begun = Date.now();
  recorder = new MediaRecorder(stream, { mimeType: kind });
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => {
    for (const track of stream.getTracks()) track.stop();
    clearInterval(clock);
    box.hidden = true;
    if (!recorder.keep) return;
    const type = kind.split(";")[0];
    sendVoice(new File(parts, `voice.${type.split("/")[1].replace("mp4", "m4a")}`, { type }));
  };
  recorder.start();
  box.hidden = false;
  $("time", box).textContent = "0:00";
  clock = setInterval(() => {
    const seconds = Math.floor((Date.now() - begun) / 1000);
    $("time", box).textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= 600) stop(true);
  }, 500);
  $("[data-record=send]", box).focus();
};
const stop = (keep) => { if (recorder?.state === "recording") { recorder.keep = keep; recorder.stop(); } };

on("click", "[data-record]", (event, button) => {
  if (button.dataset.record === "start") start(); else stop(button.dataset.record === "send");
});
