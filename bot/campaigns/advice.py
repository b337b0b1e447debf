"""What to write in a campaign file, for the ways in which people write it otherwise.

Each function returns a hint, or an empty text where the general one says as much.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.campaigns.marks import Fields, Items, Text
from bot.schedules import ScheduleError
from bot.schedules.phrases import rewritten
from bot.schedules.rules import days_of

if TYPE_CHECKING:
    from collections.abc import Collection

_PLAIN = re.compile(r"[\w./ -]{1,60}")
"""What can stand in brackets as it is."""

# --- Keys -----------------------------------------------------------------------------------------

_MEDIA = "Write media: [{{file: {}, alt: What it shows}}]."
_POLL = "Write poll: {options: [Yes, No], hours: 24}."
_WORDINGS = "Write each under a name of its own: wordings: {plain: A text, asks: Another text}."
_THREAD = "Write each part on a line that begins with a hyphen; one text alone goes under text:."
_WHEN = 'Write it under when:, as YYYY-MM-DD HH:MM or { every: [mon, thu], at: "09:00" }.'
_ZONE = "Times are those of the event or campaign; at: can have an offset: YYYY-MM-DD HH:MM+01:00."

_MEANT: tuple[tuple[str, str, str], ...] = (
    ("image images picture pictures photo photos video file alt", "media", _MEDIA.format("a.png")),
    ("options answers choices", "poll", _POLL),
    ("variants versions texts", "wordings", _WORDINGS),
    ("parts tweets", "thread", _THREAD),
    ("date time at every slot schedule due", "when", _WHEN),
    ("date time", "at", "Write date and time together, as at: YYYY-MM-DD HH:MM."),
    ("timezone tz", "at", _ZONE),
    ("days duration length", "hours", "Write hours: 24 for each day."),
    ("path image url", "file", ""),
    ("description alt_text", "alt", ""),
    ("url website", "link", ""),
    ("body content message tweet", "text", ""),
    ("date", "as_of", ""),
    ("url link", "source", ""),
    ("number", "figure", ""),
    ("words text", "quote", ""),
    ("city location venue", "place", ""),
    (
        "before after",
        "offset",
        "Write offset: -1d for a day before, offset: 2h for two hours after.",
    ),
)
"""Words that are no keys; the key that is meant, where there is one of that name; what to write."""


def of_key(name: str, known: Collection[str]) -> tuple[str, str]:
    """Return the key that is meant by an unknown one, and what to write; or two empty texts."""
    plain = name.lower().replace("-", "_")
    for words, key, hint in _MEANT:
        if plain in words.split() and key in known:
            return key, hint or f"Write {key}:."
    return "", ""


# --- Shapes ---------------------------------------------------------------------------------------

_AS: tuple[tuple[str, type, str], ...] = (
    ("media", Fields, "Put it in brackets: media: [{file: a.png, alt: What it shows}]."),
    ("poll", object, _POLL),
    ("options", Fields, _POLL),
    ("wordings", object, _WORDINGS),
    ("on", object, "Write each text under its platform: on: {x: A text}."),
    ("thread", Text, _THREAD),
    ("values", object, "Write each event's values under its id: values: {nyc: {room: 12}}."),
    ("when", Items, 'Make a post for each time; or write { every: …, at: ["09:00", "17:00"] }.'),
)


def of_shape(key: str, value: object) -> str:
    """Return what to write where a text, list or mapping stands and another should."""
    if key == "media" and isinstance(value, Text):
        return _MEDIA.format(value if _PLAIN.fullmatch(value) else "a.png")
    for name, shape, hint in _AS:
        if name == key and isinstance(value, shape):
            return hint
    if isinstance(value, Text):
        words = [word.removeprefix("#") for word in re.split(r"[,;\s]+", value) if word]
        plain = words and all(map(_PLAIN.fullmatch, words))
        return f"Write it in brackets, as {key}: [{', '.join(words)}]." if plain else ""
    return ""


# --- Times ----------------------------------------------------------------------------------------

_RECURRING = re.compile(
    r"(?:(?:every|each) (?P<day>[a-z]+)|(?P<days>daily|weekdays?|weekends?|[a-z]+days))"
    r"(?:,? (?:at )?(?P<at>\d{1,2}:\d\d))?"
)
_SLOT = re.compile(r"(?:the )?(?:next )?(?:free )?slot|next|slot: ?next")
_FORMS = "Write it as YYYY-MM-DD HH:MM, or as { event: ID, offset: -1d }, "
_FORMS += '{ every: [mon, thu], at: "09:00" } or { slot: next }.'


def of_moment(text: str) -> str:
    """Return what to write for a text that is no date and time."""
    readings = rewritten(text)
    if not readings or len(readings[0]) < len("YYYY-MM-DD"):
        return ""
    if len(readings[0]) == len("YYYY-MM-DD"):
        return f"Add the time of day, as {' or '.join(f'{day} 09:00' for day in readings)}."
    return f"Write it as {' or '.join(readings)}."


def of_day(text: str) -> str:
    """Return what to write for a text that is no date."""
    days = dict.fromkeys(reading[:10] for reading in rewritten(text) if len(reading) > len("09:00"))
    return f"Write it as {' or '.join(days)}." if days else ""


def of_clock(text: str) -> str:
    """Return what to write for a text that is no time of day."""
    readings = rewritten(text)
    return f"Write it as {readings[0]}." if readings and len(readings[0]) == len("09:00") else ""


def of_when(text: str) -> str:
    """Return what to write under ``when`` for a text that is no date and time."""
    words = " ".join(text.lower().split())
    if found := _RECURRING.fullmatch(words):
        day = (found["day"] or found["days"]).removesuffix("s").replace("daily", "day")
        try:
            days_of(day)
        except ScheduleError:
            return _FORMS
        return f'Write {{ every: {day}, at: "{found["at"] or "09:00"}" }}.'
    if _SLOT.fullmatch(words):
        return "Write { slot: next }."
    if re.fullmatch(r"[+-]?(?:\d+[wdhm] ?)+", words):
        return f"Write {{ event: ID, offset: {words} }}, with the event's id."
    return of_moment(text) or _FORMS
