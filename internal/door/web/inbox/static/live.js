// Server-sent events say which conversations have changed. A signal starts one
// refresh; what comes meanwhile starts one more.
import { $, conversation, say, word } from "./page.js";

const listeners = { queue: [], thread: [], others: [] };
export const refreshes = (what, work) => listeners[what].push(work);

const once = (what) => {
  let running = false, again = false;
  return async () => {
    if (running) { again = true; return; }
    running = true;
    try {
      do { again = false; for (const work of listeners[what]) await work(); } while (again);
      if (lost) { lost = false; say(""); }
    } catch { connectionLost(); } finally { running = false; }
  };
};
let lost = false;
const connectionLost = () => { lost = true; say(word("lost"), { stay: true }); };

const queueNow = once("queue");
export const threadSoon = once("thread"), othersSoon = once("others");

// The open conversation comes first. The queues of many colleagues are not
// read anew in the same instant.
let waiting;
export const queueSoon = (delay = 0) => { waiting ||= setTimeout(() => { waiting = undefined; queueNow(); }, delay); };
const spread = () => 40 + Math.random() * 260;

if ($("#rows")) {
  const events = new EventSource("/events");
  events.addEventListener("hello", () => { queueSoon(); threadSoon(); });
  events.addEventListener("change", (event) => {
    if (event.data === "*" || event.data.includes(conversation)) threadSoon();
    queueSoon(spread());
  });
  events.addEventListener("typing", (event) => { if (event.data.includes(conversation)) othersSoon(); });
  // What this page may show has ended: it is asked for anew, or she signs in.
  const over = () => { events.close(); location.reload(); };
  events.addEventListener("over", over);
  events.onerror = async () => {
    connectionLost();
    if (events.readyState !== EventSource.CLOSED) return;
    // The stream was refused: for good, if nobody is signed in any more.
    const now = await fetch("/events", { headers: { "X-Fragment": "1" } }).catch(() => ({}));
    if (now.status === 401) over(); else now.body?.cancel();
  };
  addEventListener("visibilitychange", () => { if (!document.hidden) { queueSoon(); threadSoon(); } });
  addEventListener("pagehide", () => events.close());
}
