// Notifications of the browser, without anything personal: they say that there
// is something new, not from whom or what.
import { $$, say, word } from "./page.js";
import { refreshes } from "./live.js";

let known;

export const turnOn = async () => {
  const answer = window.Notification ? await Notification.requestPermission() : "denied";
  say(word(answer === "granted" ? "notifyon" : "notifyoff"));
};

refreshes("queue", () => {
  const unread = $$("#rows .row.unread").reduce((sum, row) => sum + Number(row.querySelector(".count")?.textContent || 0), 0);
  const news = known !== undefined && unread > known;
  known = unread;
  if (news && document.hidden && window.Notification?.permission === "granted") new Notification("Einklang", { body: word("notice"), tag: "einklang" });
});
