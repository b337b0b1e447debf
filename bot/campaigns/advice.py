"""Hints for campaign files: what to write instead of what people often write.

Each function returns a hint, or an empty text where the general hint is as good.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.schedules import ScheduleError
from bot.schedules.phrases import campaign_file_forms
from bot.schedules.recurrence import parse_weekdays
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Collection

_SAFE_IN_BRACKETS = re.compile(r"[\w./ -]{1,60}")
"""What needs no quotes within brackets."""

# --- Keys -----------------------------------------------------------------------------------------

_MEDIA = "Write media: [{{file: {}, alt: What it shows}}]."
_POLL = "Write poll: {options: [Yes, No], hours: 24}."
_WORDINGS = "Write each under a name of its own: wordings: {plain: A text, asks: Another text}."
_THREAD = "Write each part on a line that begins with a hyphen; one text alone goes under text:."
_WHEN = 'Write it under when:, as YYYY-MM-DD HH:MM or { every: [mon, thu], at: "09:00" }.'
_ZONE = "Times are those of the event or campaign; at: can have an offset: YYYY-MM-DD HH:MM+01:00."

_KEY_SYNONYMS: tuple[tuple[str, str, str], ...] = (
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
"""Words that are not keys; the key that is meant, if the form has it; what to write."""


def suggest_key(name: str, known: Collection[str]) -> tuple[str, str]:
    """Return the key that is meant by an unknown one, and what to write; or two empty texts."""
    plain = name.lower().replace("-", "_")
    for words, key, hint in _KEY_SYNONYMS:
        if plain in words.split() and key in known:
            return key, hint or f"Write {key}:."
    return "", ""


# --- Shapes ---------------------------------------------------------------------------------------

_SHAPE_HINTS: tuple[tuple[str, type, str], ...] = (
    ("media", MappingNode, "Put it in brackets: media: [{file: a.png, alt: What it shows}]."),
    ("poll", object, _POLL),
    ("options", MappingNode, _POLL),
    ("wordings", object, _WORDINGS),
    ("on", object, "Write each text under its platform: on: {x: A text}."),
    ("thread", ScalarNode, _THREAD),
    ("values", object, "Write each event's values under its id: values: {nyc: {room: 12}}."),
    (
        "when",
        SequenceNode,
        'Make a post for each time; or write { every: …, at: ["09:00", "17:00"] }.',
    ),
)


def shape_hint(key: str, value: object) -> str:
    """Return what to write where the value has another shape than the key needs."""
    if key == "media" and isinstance(value, ScalarNode):
        return _MEDIA.format(value if _SAFE_IN_BRACKETS.fullmatch(value) else "a.png")
    for name, shape, hint in _SHAPE_HINTS:
        if name == key and isinstance(value, shape):
            return hint
    if isinstance(value, ScalarNode):
        words = [word.removeprefix("#") for word in re.split(r"[,;\s]+", value) if word]
        plain = words and all(map(_SAFE_IN_BRACKETS.fullmatch, words))
        return f"Write it in brackets, as {key}: [{', '.join(words)}]." if plain else ""
    return ""


# --- Times ----------------------------------------------------------------------------------------

_RECURRING = re.compile(
    r"(?:(?:every|each) (?P<day>[a-z]+)|(?P<days>daily|weekdays?|weekends?|[a-z]+days))"
    r"(?:,? (?:at )?(?P<at>\d{1,2}:\d\d))?"
)
_SLOT = re.compile(r"(?:the )?(?:next )?(?:free )?slot|next|slot: ?next")
_WHEN_FORMS = "Write it as YYYY-MM-DD HH:MM, or as { event: ID, offset: -1d }, "
_WHEN_FORMS += '{ every: [mon, thu], at: "09:00" } or { slot: next }.'


def datetime_hint(text: str) -> str:
    """Return what to write for a text that is not a date and time."""
    readings = campaign_file_forms(text)
    if not readings or len(readings[0]) < len("YYYY-MM-DD"):
        return ""
    if len(readings[0]) == len("YYYY-MM-DD"):
        return f"Add the time of day, as {' or '.join(f'{day} 09:00' for day in readings)}."
    return f"Write it as {' or '.join(readings)}."


def date_hint(text: str) -> str:
    """Return what to write for a text that is not a date."""
    days = dict.fromkeys(
        reading[:10] for reading in campaign_file_forms(text) if len(reading) > len("09:00")
    )
    return f"Write it as {' or '.join(days)}." if days else ""


def time_hint(text: str) -> str:
    """Return what to write for a text that is not a time of day."""
    readings = campaign_file_forms(text)
    return f"Write it as {readings[0]}." if readings and len(readings[0]) == len("09:00") else ""


def when_hint(text: str) -> str:
    """Return what to write under ``when`` for a text that is not a date and time."""
    words = " ".join(text.lower().split())
    if found := _RECURRING.fullmatch(words):
        day = (found["day"] or found["days"]).removesuffix("s").replace("daily", "day")
        try:
            parse_weekdays(day)
        except ScheduleError:
            return _WHEN_FORMS
        return f'Write {{ every: {day}, at: "{found["at"] or "09:00"}" }}.'
    if _SLOT.fullmatch(words):
        return "Write { slot: next }."
    if re.fullmatch(r"[+-]?(?:\d+[wdhm] ?)+", words):
        return f"Write {{ event: ID, offset: {words} }}, with the event's id."
    return datetime_hint(text) or _WHEN_FORMS
