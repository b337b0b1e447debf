"""The kinds of value in a campaign file: what is typed, what it becomes, what an editor is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable  # noqa: TC003 - pydantic reads the annotations
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue  # noqa: TC002 - pydantic reads the annotations
from pydantic_core import CoreSchema  # noqa: TC002 - pydantic reads the annotations

from bot.campaigns import advice
from bot.campaigns.problems import shown
from bot.schedules import (
    ScheduleError,
    parse_clock,
    parse_date,
    parse_duration,
    parse_lifetime,
    parse_local,
    zone,
)

T = TypeVar("T")

MOST_TIME = 80
"""The longest text that can be a date, a time, a span or a zone, in characters."""

MOST_LISTED = 100
"""Entries of a list that a person writes: facts of a post, hashtags, partners."""

MOST_TEXT = 25_000
"""The longest text that any platform takes (an X post of a paying account), in characters."""


class FormError(ValueError):
    """A value that the form does not take.

    ``key`` names the field meant, where there are many; ``place`` is where it stands in the file,
    if it is not where the value begins.
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        key: str = "",
        place: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.key = key
        self.place = place


def typed(value: object) -> str:
    """Insist on a text: for kinds that are read by a function of our own."""
    if isinstance(value, str):
        return value
    raise FormError("C201", "A text is expected here", "Write one value, not a list or mapping.")


def _read(
    parse: Callable[[str], T],
    code: str = "S601",
    advise: Callable[[str], str] = lambda _text: "",
) -> Callable[[object], T]:
    def read(value: object) -> T:
        text = typed(value)
        if len(text) > MOST_TIME:
            raise FormError(code, f"{shown(text)} is far too long", "Write it short.")
        try:
            return parse(text)
        except ScheduleError as error:
            raise FormError(code, error.message, advise(text) or error.hint) from None

    return read


def _text_schema(description: str, pattern: str = "", *examples: str) -> WithJsonSchema:
    schema: dict[str, Any] = {"type": "string", "description": description}
    if pattern:
        schema["pattern"] = pattern
    if examples:
        schema["examples"] = list(examples)
    return WithJsonSchema(schema)


class OrText:
    """Tells the JSON Schema of a mapping that a text does as well, and what that means."""

    def __init__(self, description: str, *examples: str) -> None:
        self._schema = {
            "type": "string",
            "description": description,
            **({"examples": list(examples)} if examples else {}),
        }

    def __get_pydantic_json_schema__(
        self,
        core: CoreSchema,
        handler: GetJsonSchemaHandler,
    ) -> JsonSchemaValue:
        """Give both shapes."""
        return {"anyOf": [dict(self._schema), handler(core)]}


def or_text(key: str) -> BeforeValidator:
    """Take a bare text for a mapping with this one key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _hashtag(text: str) -> str:
    tag = text.strip().removeprefix("#")
    if not re.fullmatch(r"\w{1,100}", tag) or tag.isdigit():
        hint = "Use letters, digits and underscores, not digits alone."
        raise FormError("C204", f"{shown(text)} is no hashtag", hint)
    return tag


def _https(text: str) -> str:
    url = text.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    sound = parts and parts.scheme == "https" and "." in host and not re.search(r"[\s\\{}]", url)
    if not parts or not sound or parts.username or parts.password:
        hint = "Write it in full, as https://example.org/page."
        raise FormError("C204", f"{shown(text)} is no https address", hint)
    return url


def _source(text: str) -> str:
    """Take an https address, or the name of a printed source; a single word is neither."""
    source = text.strip()
    if not re.search(r"\s", source) or re.match(r"[a-z]+://|www\.", source, re.IGNORECASE):
        try:
            return _https(source)
        except FormError as error:
            hint = f"{error.hint} Of a printed source, write title, date and page."
            raise FormError(error.code, error.message, hint) from None
    return _plain(source)


def _as_of(text: str) -> str:
    day = text.strip()
    parse_date(f"{day}-01-01"[:10] if re.fullmatch(r"\d{4}(-\d\d)?", day) else day)
    return day


def _plain(text: str) -> str:
    if "{{" in text or "{%" in text:
        message = "Names are filled in only in text: and thread:"
        raise FormError("T403", message, "Write it out here.")
    return text


def _as_meant(value: object) -> object:
    """Refuse a text of which YAML made something else than its author wrote."""
    slip = getattr(value, "slip", None)
    if slip is not None:
        raise FormError(slip.code, slip.message, slip.hint, place=slip.place)
    return value


AsMeant = BeforeValidator(_as_meant)
"""Of what is a text for people, and no keyword that a comment may follow."""

# The bounds keep a text that is filled in by templates from growing without end.
Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$"),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_plain),
]
Line = Annotated[Name, AsMeant]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_plain),
    AsMeant,
]
Figure = Annotated[
    Line,
    WithJsonSchema({"type": ["string", "number"], "description": "A text or number."}),
]
Option = Annotated[
    Line,
    WithJsonSchema({"type": ["string", "number"], "description": "A text or number."}),
]


def _all_different(options: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse options that only differ in capitals or spaces, or in how an accent is typed."""
    read: set[str] = set()
    for option in options:
        words = " ".join(unicodedata.normalize("NFC", option).casefold().split())
        if words in read:
            message = f"The poll offers {shown(option)} twice"
            raise FormError("C208", message, "Write another answer, or leave it out.")
        read.add(words)
    return options


Options = Annotated[tuple[Option, ...], AfterValidator(_all_different)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=MOST_TEXT, pattern=r"\S"), AsMeant]
_AsMeantIfEmpty = BeforeValidator(lambda value: value or _as_meant(value))
Hashtag = Annotated[
    str,
    AfterValidator(_hashtag),
    _AsMeantIfEmpty,
    _text_schema(
        "A hashtag, with or without #; with it, put it in quotes.", r"^\s*#?\w{1,100}\s*$"
    ),
]
Hashtags = Annotated[tuple[Hashtag, ...], Field(max_length=MOST_LISTED), _AsMeantIfEmpty]
Https = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_https),
    _text_schema("An https address.", r"^\s*https://[^\s]+$", "https://example.org/page"),
]
Source = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    AfterValidator(_source),
    BeforeValidator(lambda value: value if str(value).startswith("https://") else _as_meant(value)),
    _text_schema(
        "An https address; of a printed source, its title, date and page.",
        r"^\s*(https://[^\s]+|[^\s]+\s.*[^\s])\s*$",
        "https://example.org/page",
        "The Guardian, 3 March 2026, p. 4",
    ),
]
AsOf = Annotated[
    str,
    PlainValidator(_read(_as_of, advise=advice.of_day)),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": r"^\s*\d{4}(-\d{2}){0,2}\s*$",
            "description": "A date, a month or a year.",
            "examples": ["2022-07-12", "2022-07", "2022"],
        }
    ),
]
Zone = Annotated[
    str,
    PlainValidator(_read(lambda text: zone(text).key, "S602")),
    _text_schema("A timezone by region and city.", "", "America/New_York"),
]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
_LOCAL_SCHEMA = _text_schema(
    "A local date and time; with an offset or Z it is that very instant.",
    r"^\s*\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(:\d{2})?( ?(Z|[+-]\d{2}:?\d{2}))?\s*$",
    "2022-07-12 09:00",
)
LocalTime = Annotated[
    datetime,
    PlainValidator(_read(parse_local, advise=advice.of_moment)),
    _LOCAL_SCHEMA,
]
DueTime = Annotated[
    datetime,
    PlainValidator(_read(parse_local, advise=advice.of_when)),
    _LOCAL_SCHEMA,
]
Day = Annotated[
    date,
    PlainValidator(_read(parse_date, advise=advice.of_day)),
    _text_schema("A date.", r"^\s*\d{4}-\d{2}-\d{2}\s*$", "2022-07-12"),
]
Clock = Annotated[
    time,
    PlainValidator(_read(parse_clock, advise=advice.of_clock)),
    _text_schema("A time of day, local.", r"^\s*\d{1,2}:\d{2}\s*$", "09:00"),
]
Offset = Annotated[
    timedelta,
    PlainValidator(_read(parse_duration)),
    _text_schema("Weeks, days, hours, minutes.", r"^\s*[+-]?(\d+[wdhm] ?)+\s*$", "-1d", "+2h30m"),
]


def _expiry(text: str) -> datetime | timedelta:
    if re.match(r"\s*\d{4}-", text):
        return parse_local(text)
    try:
        return parse_lifetime(text)
    except ScheduleError as error:
        hint = error.hint if re.match(r"\s*[+-]?\d+[wdhm]", text) else _EXPIRY_HINT
        raise ScheduleError(error.message, hint) from None


_EXPIRY_HINT = "Write a date and time, a length of time such as 3d, or {event: …, offset: …}."

Expiry = Annotated[
    datetime | timedelta,
    PlainValidator(_read(_expiry, advise=advice.of_moment)),
    _text_schema(
        "A local date and time, or a length of time after it was due.",
        r"^\s*(\d{4}-\d{2}-\d{2}[T ]\d|\+?\d+[wdhm])",
        "2022-07-12 18:00",
        "3d",
    ),
]


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMany = BeforeValidator(_one_or_many)
