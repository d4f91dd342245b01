// The inbox. Everything shown comes from the server; nothing is kept in the
// browser. Each module has one job.
import "./live.js";
import "./queue.js";
import "./choose.js";
import "./thread.js";
import "./player.js";
import "./composer.js";
import "./drafts.js";
import "./attach.js";
import "./record.js";
import "./emoji.js";
import "./quick.js";
import "./dialogs.js";
import "./find.js";
import "./palette.js";
import "./keyboard.js";
import "./notify.js";
