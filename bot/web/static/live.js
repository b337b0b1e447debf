// Keeps an open page true. The server says only that something has changed; the page is then
// loaded again. A page on which a person writes, reads on or could press a button changes nothing
// under their hands: a line offers to load it.

const version = document.documentElement.dataset.version;
const changed = document.getElementById("changed");

const REST = 5_000; // milliseconds between two loads, while much happens
const PATIENCE = 20_000; // milliseconds without the server until the page says so

const CHANGED = "Something has changed.";
const LOST = "The connection is lost, so this page may be old.";

let stream = null;
let lost = 0; // the timer of the words about a lost connection
let next = 0; // the timer of the next load

function offer(words) {
  if (changed.dataset.words === words) return;
  changed.dataset.words = words;
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Load the page again";
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.reload();
  });
  changed.replaceChildren(`${words} `, link);
}

function takeBack(words) {
  if (changed.dataset.words !== words) return;
  delete changed.dataset.words;
  changed.replaceChildren();
}

function isFilledIn(field) {
  if (field.matches("select")) {
    const first = Array.from(field.options).findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(0, first);
  }
  return field.matches("input, textarea") && field.value !== field.defaultValue;
}

// A form that decides about what the page shows must not move, or show another post, just before it
// is sent. A steady form means the same on every page, and only its words must not be lost.
function isInUse() {
  const main = document.getElementById("main");
  if (main.querySelector('form[method="post"]:not([data-steady]), details[open], :popover-open')) return true;
  if (document.activeElement?.matches("input, select, textarea, button")) return true;
  if (Array.from(main.querySelectorAll("input, select, textarea")).some(isFilledIn)) return true;
  return String(getSelection()) !== "";
}

function reload() {
  if (document.hidden) return;
  if (isInUse()) offer(CHANGED);
  else location.reload();
}

function hear(event) {
  clearTimeout(lost);
  lost = 0;
  takeBack(LOST);
  // While the server cannot read the database, the page would only say so.
  if (event.data === version || event.data === "unreadable") return;
  stop();
  clearTimeout(next);
  next = setTimeout(reload, Math.max(0, REST - performance.now()));
}

// The browser tries again by itself. A refusal is final: the session has ended.
function miss() {
  lost ||= setTimeout(offer, PATIENCE, LOST);
  if (stream?.readyState === EventSource.CLOSED) stop();
}

function stop() {
  stream?.close();
  stream = null;
}

function start() {
  if (stream || document.hidden || !version) return;
  stream = new EventSource("/events");
  stream.addEventListener("message", hear);
  stream.addEventListener("error", miss);
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
addEventListener("pagehide", stop);
addEventListener("pageshow", start); // a page that the browser kept for "back" may be old
start();

// The reader's own time zone, which only the browser knows.
for (const option of document.querySelectorAll("option[data-own-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) continue;
  option.value = zone;
  option.textContent = `My time (${zone})`;
  option.hidden = option.disabled = false;
}
