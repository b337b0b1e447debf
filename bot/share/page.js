// Rewrites the links while a supporter types, copies, and opens the device's own share sheet.
// Nothing is stored, and nothing is asked of any server.

// --- How each network counts a text, by the rules of bot/share/networks.py ---

const LINK = 23;
const ACCENTED = "\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u024f\\u0300-\\u036f\\u0400-\\u04ff\\u1e00-\\u1eff";
const START = new RegExp(`https?://|[-0-9a-z.${ACCENTED}](?:(?!https?://)[-0-9a-z.${ACCENTED}])*`, "giu");
const RUN = /[^\s!'#%&()*+,\\/:;<=>?@[\]^{|}~$\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/yu;
const HOST = /^[^-_.].*\.(?:xn--[-0-9a-z]+|[a-z]{2,}|[^\0-\x7f]{2,})(?![-0-9a-z])/iu;
// X also makes links of bare domains. The page does not hold the list of all ends of domains, so
// that any word may be one. A text without a blank after a full stop counts rather too much.
const END = /^[a-z]{2,}(?![-0-9a-z])/i;
const X = {
  bare: true,
  path: new RegExp(`(?::\\d+)?(?:/(?:[\\w=+/#${ACCENTED}!*';:,.$%[\\]\\u2013~@|&-]|\\([\\w=+/#${ACCENTED}!*';:,.$%[\\]\\u2013~@|&-]*\\))*)?`, "yu"),
  pathEnd: /[!*';:,.$%[\]\u2013~@|&]$/u,
  query: /\?[\w&=/#\-!?*'@();:+$%[\].,~|]*/yu,
};
const MASTODON = {
  bare: false,
  path: /(?::\d+)?(?:\/(?:[^\s<>()?]|\([^\s<>()?]*\))*)?/yu,
  pathEnd: /[!*'"\u300c\u300d;:=,.$%[\]~&|@]$/u,
  query: /\?[\w!?*'();:&=+$/%#[\]\-.,~|@^\u{a0}-\u{dfffd}]*/yu,
};
const QUERY_END = /[!?*'();:+$%[\].,~|@^]$/u;

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

// The end of a link whose domain ends at a place.
function endOfLink(text, at, rules) {
  const trim = (part, signs) => {
    let end = part.length;
    while (end > 1 && signs.test(part[end - 1])) end -= 1;
    return end;
  };
  const path = matchAt(rules.path, text, at);
  const end = at + trim(path, rules.pathEnd);
  const query = matchAt(rules.query, text, end);
  const length = trim(query, QUERY_END);
  return length > 1 ? end + length : end;
}

// The length of a domain without a scheme, at the beginning of letters and dots, or 0.
function lengthOfBareDomain(letters) {
  const labels = letters.split(".");
  if (labels.includes("")) labels.length = labels.indexOf("");
  while (labels.length > 1 && !END.test(labels.at(-1))) labels.pop();
  if (labels.length < 2 || labels[0].startsWith("-")) return 0;
  const end = END.exec(labels.pop())[0];
  return [...labels, end].join(".").length;
}

// The pieces of a text between its links.
function piecesBetweenLinks(text, rules) {
  const pieces = [];
  let done = 0;
  for (const found of text.matchAll(START)) {
    const start = found.index;
    const before = text[start - 1] ?? "";
    if (start < done || /[0-9a-z@\uff20$#\uff03]/iu.test(before)) continue;
    const scheme = found[0].endsWith("/");
    let length = 0;
    if (scheme) {
      const host = HOST.exec(matchAt(RUN, text, start + found[0].length));
      length = host && found[0].length + host[0].length;
    } else if (rules.bare && !/[-_./]/.test(before)) length = lengthOfBareDomain(found[0]);
    const end = start + length;
    if (!length || /[@+]/.test(text[end])) continue;
    pieces.push(text.slice(done, start));
    done = scheme || /^(?::\d+)?\//.test(text.slice(end, end + 9)) ? endOfLink(text, end, rules) : end;
  }
  pieces.push(text.slice(done));
  return pieces;
}

// Emoji of several characters that X counts as one. An old browser counts them one by one, which
// is rather too much than too little.
const EMOJI = (() => {
  try {
    return new RegExp(
      "[0-9#*]\u20e3|\u{1f441}\u200d\u{1f5e8}|\u{1f441}\ufe0f(?=\u200d)"
        + "|\u26f7\ufe0f?\\p{Emoji_Modifier}"
        + "|[\\p{Emoji_Modifier_Base}--\\p{Emoji_Presentation}]\ufe0f\\p{Emoji_Modifier}"
        + "|[\u231a\u231b\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
        + "\u26be\u26c4\u26c5\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2757\u2b1b\u2b1c\u2b50"
        + "\u2b55\u{1f004}\u{1f21a}\u{1f22f}]\ufe0f|(?!\u267e)\\p{RGI_Emoji}",
      "gv",
    );
  } catch {
    return /(?!)/g;
  }
})();
const LIGHT = /[\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]/u;

function weigh(piece) {
  let weight = 0;
  const rest = piece.replace(EMOJI, () => { weight += 2; return ""; });
  for (const character of rest) weight += LIGHT.test(character) ? 1 : 2;
  return weight;
}

const MENTION = /(^|[^=/\p{L}\p{N}_])(@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@[\p{L}\p{N}_]+(?:[.-]+[\p{L}\p{N}_]+)*)?/giu;
const NOT_AFTER_MENTION = new RegExp(`[@\\uff20${ACCENTED}]|://`, "yu");

function countForMastodon(piece) {
  const shown = piece.replace(MENTION, (all, before, name, at) => (
    matchAt(NOT_AFTER_MENTION, piece, at + all.length) ? all : before + name
  ));
  return Array.from(shown).length;
}

function countBetweenLinks(text, rules, count) {
  const pieces = piecesBetweenLinks(text.normalize("NFC"), rules);
  return pieces.map(count).reduce((sum, one) => sum + one) + LINK * (pieces.length - 1);
}

const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter();
const COUNTS = {
  x: (text) => countBetweenLinks(text, X, weigh),
  mastodon: (text) => countBetweenLinks(text, MASTODON, countForMastodon),
  graphemes: (text) => Array.from(segmenter ? segmenter.segment(text) : text).length,
  characters: (text) => text.length,
  bytes: (text) => encodeForMail(text).length,
};

function encode(text) {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")); // half an emoji is an error
}

function encodeForMail(text) {
  return encode(text).replaceAll("%0A", "%0D%0A");
}

function encodeFor(link, text) {
  return link.dataset.network === "mail" ? encodeForMail(text) : encode(text);
}

// --- The page ---

const MOST_COUNTED = 1000;
const said = document.getElementById("said");
const words = {};
for (const word of document.querySelectorAll("[data-word]")) words[word.dataset.word] = word;

function put(element, key, count) {
  element.shown ??= Array.from(element.childNodes);
  element.textContent = words[key].textContent.replace("{count}", count);
  element.lang = words[key].lang;
}

// Puts back what an element showed before.
function restore(element) {
  if (element.shown) element.replaceChildren(...element.shown);
  element.removeAttribute("lang");
}

// Says whether a text fits, as page.py says it of the suggested one. A limit of 0 is none.
function describe(element, counting, length, limit) {
  const over = limit ? length - limit : 0;
  if (over > 0) put(element, counting === "bytes" ? "too_long_here" : "too_long", over);
  else if (!limit || counting === "bytes" || limit > MOST_COUNTED) put(element, "fits");
  else element.textContent = `${length}/${limit}`;
  return over <= 0;
}

// Returns whether the button came or went.
function rewrite(link, text) {
  const [counting, limit, extra] = (link.dataset.count ?? " 0 0").split(" ");
  const length = counting ? COUNTS[counting](text) + Number(extra) : 0;
  const fits = describe(link.querySelector("small"), counting, length, Number(limit));
  const changed = fits !== link.hasAttribute("href");
  if (fits) {
    link.href = link.dataset.template.replace("{text}", () => encodeFor(link, text));
    link.removeAttribute("role");
    link.removeAttribute("aria-disabled");
  } else {
    link.removeAttribute("href");
    link.setAttribute("role", "link");
    link.setAttribute("aria-disabled", "true");
  }
  return changed;
}

// A link that has the suggested text in it is its own template, if one knows the place.
function findTemplates(wording) {
  const suggested = wording.querySelector("textarea").defaultValue;
  for (const link of wording.querySelectorAll("a[data-at]")) {
    const address = link.getAttribute("href");
    const start = Number(link.dataset.at);
    const end = start + encodeFor(link, suggested).length;
    link.dataset.template = `${address.slice(0, start)}{text}${address.slice(end)}`;
  }
}

function update(wording) {
  const box = wording.querySelector("textarea");
  const empty = !box.value.trim();
  const [hint, clearing] = [".ours", "[data-clear]"].map((one) => wording.querySelector(one));
  wording.classList.toggle("edited", !empty && box.value.trim() !== box.defaultValue.trim());
  wording.querySelector(".offers").hidden = empty;
  if (empty) {
    put(hint, "empty");
    put(said, "empty");
    put(clearing, "bring_back");
    return;
  }
  // What was copied for pasting is another text now.
  const pasting = wording.querySelectorAll("a:not([data-template]) small");
  [hint, clearing, ...pasting].forEach(restore);
  const links = Array.from(wording.querySelectorAll("a[data-template]"));
  const changed = links.filter((link) => rewrite(link, box.value));
  if (changed.length) {
    const states = changed.map((link) => Array.from(link.children, (e) => e.textContent).join(": "));
    said.textContent = states.join(". ");
    said.lang = words.fits.lang;
  }
}

// Empties the box for other words. The text that stood there can be brought back.
function clearOrBringBack(wording) {
  const box = wording.querySelector("textarea");
  const text = box.value.trim() ? "" : box.kept ?? box.defaultValue;
  box.kept = box.value.trim() ? box.value : box.kept;
  box.value = text;
  update(wording);
  box.focus();
}

function copyAtOnce(text, button) {
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  button.focus();
  return done;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyAtOnce(text, button);
  }
}

// A network that takes only a link gets the text by pasting. The new tab takes the focus, after
// which a browser copies nothing, so that it is copied before.
function copyForPasting(link) {
  const box = link.closest(".wording").querySelector("textarea");
  const key = copyAtOnce(box.value, link) ? "copied" : "copy_failed";
  put(said, key);
  put(link.querySelector("small"), key);
}

async function copyAndSay(button) {
  const wording = button.closest(".wording");
  const box = button.closest(".wording, .pictures li").querySelector("textarea");
  const link = wording?.querySelector("[data-link]").dataset.link;
  const copied = { text: `${box.value}\n\n${link}`, link, alt: box.value };
  const key = (await copy(copied[button.dataset.copy], button)) ? "copied" : "copy_failed";
  put(said, key);
  const name = button.querySelector("b");
  put(name, key);
  clearTimeout(button.timer);
  button.timer = setTimeout(() => restore(name), 2500);
}

// A page may lie on a server for long. A fact is not shown after its day, nor a text with it.
function hideStale() {
  const now = new Date();
  const local = new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  const today = document.documentElement.dataset.today ?? local;
  for (const dated of document.querySelectorAll("[data-until]")) {
    if (dated.dataset.until >= today) continue;
    const list = dated.parentElement;
    dated.remove();
    document.querySelector(".stale").hidden = false;
    if (list.children.length) continue;
    list.parentElement.querySelector("h3")?.remove();
    (list.closest(".start, details, .pictures") ?? list).remove();
  }
}

hideStale();
document.querySelectorAll(".wording").forEach(findTemplates);
document.addEventListener("input", (event) => {
  const wording = event.target.closest(".wording");
  if (wording) update(wording);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest(".buttons a:not([data-template])");
  if (link) copyForPasting(link);
  const button = event.target.closest("button");
  if (button?.dataset.copy) copyAndSay(button);
  if (button?.hasAttribute("data-clear")) clearOrBringBack(button.closest(".wording"));
  if (button?.dataset.share) {
    const text = button.closest(".wording").querySelector("textarea").value;
    navigator.share({ text, url: button.dataset.share }).catch(() => {}); // the person went back
  }
});
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
// A page may stay open for days, too.
document.addEventListener("visibilitychange", hideStale);
// A browser that comes back to the page brings what was typed.
addEventListener("pageshow", () => {
  hideStale();
  for (const wording of document.querySelectorAll(".wording")) {
    const box = wording.querySelector("textarea");
    if (box.value !== box.defaultValue) update(wording);
  }
});
