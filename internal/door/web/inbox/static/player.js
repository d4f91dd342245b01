// Voice messages: a waveform to click into, and the speed.
import { $, $$, make, on } from "./page.js";

const speeds = [1, 1.5, 2];
const bars = 48;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// peaks are the loudest moments of equal parts of a recording, 0 to 1.
const peaks = async (address) => {
  const context = new OfflineAudioContext(1, 1, 44100);
  const sound = await context.decodeAudioData(await (await fetch(address)).arrayBuffer());
  const samples = sound.getChannelData(0), part = Math.max(1, Math.floor(samples.length / bars));
  const all = Array.from({ length: bars }, (_, i) => {
    let most = 0;
    for (let at = i * part; at < (i + 1) * part && at < samples.length; at += 16) most = Math.max(most, Math.abs(samples[at]));
    return most;
  });
  const loudest = Math.max(...all, 0.01);
  return { all: all.map((p) => p / loudest), seconds: sound.duration };
};

const draw = (wave, all) => {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", `0 0 ${bars * 4} 32`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  all.forEach((peak, i) => {
    const bar = document.createElementNS(ns, "rect"), height = Math.max(3, peak * 30);
    for (const [name, value] of Object.entries({ x: i * 4, y: (32 - height) / 2, width: 2.6, height, rx: 1.3 })) bar.setAttribute(name, value);
    svg.append(bar);
  });
  wave.prepend(svg);
};

const upgrade = (box) => {
  if (box.dataset.ready) return;
  box.dataset.ready = "1";
  const audio = $("audio", box);
  audio.controls = false;
  const play = make("button", { type: "button", className: "play", ariaLabel: box.dataset.play });
  const seek = make("input", { type: "range", min: 0, max: 1000, value: 0, ariaLabel: box.dataset.seek });
  const wave = make("span", { className: "wave" }, seek);
  const time = make("time", { textContent: "0:00" });
  const speed = make("button", { type: "button", className: "quiet speed", textContent: "1×", title: box.dataset.speed });
  box.append(play, wave, time, speed);
  let seconds = 0;
  const show = () => {
    const part = seconds ? audio.currentTime / seconds : 0;
    seek.value = part * 1000;
    time.textContent = clock(audio.currentTime || seconds);
    $$("rect", wave).forEach((bar, i) => bar.classList.toggle("heard", i / bars < part));
  };
  const load = async () => {
    try {
      const found = await peaks(box.dataset.voice);
      seconds = found.seconds;
      draw(wave, found.all);
    } catch { draw(wave, Array.from({ length: bars }, () => 0.1)); }
    show();
  };
  play.addEventListener("click", () => { if (audio.paused) audio.play(); else audio.pause(); });
  audio.addEventListener("play", () => { play.ariaLabel = box.dataset.pause; box.classList.add("running"); audio.classList.add("playing"); for (const other of $$("audio")) if (other !== audio) other.pause(); });
  audio.addEventListener("pause", () => { play.ariaLabel = box.dataset.play; box.classList.remove("running"); audio.classList.remove("playing"); });
  audio.addEventListener("loadedmetadata", () => { if (Number.isFinite(audio.duration)) seconds = audio.duration; show(); });
  audio.addEventListener("timeupdate", show);
  seek.addEventListener("input", () => { audio.currentTime = seek.value / 1000 * seconds; });
  speed.addEventListener("click", () => {
    audio.playbackRate = speeds[(speeds.indexOf(audio.playbackRate) + 1) % speeds.length];
    speed.textContent = `${audio.playbackRate}×`;
  });
  nearby(box, load);
};

// A recording is fetched only when it comes into view.
const nearby = (box, load) => {
  new IntersectionObserver((seen, observer) => { if (seen.some((s) => s.isIntersecting)) { observer.disconnect(); load(); } }).observe(box);
};

const look = () => $$("[data-voice]").forEach(upgrade);
look();
const bubbles = $("#bubbles");
if (bubbles) new MutationObserver(look).observe(bubbles, { childList: true });
