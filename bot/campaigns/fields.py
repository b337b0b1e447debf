"""The types of values in a campaign file: how each is read, and how it is described to editors."""

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
from bot.schedules import (
    ScheduleError,
    parse_clock,
    parse_date,
    parse_duration,
    parse_local,
    parse_positive_duration,
    zone,
)
from bot.yamlsource.problems import quote_value

T = TypeVar("T")

MAX_TIME_LENGTH = 80
"""The longest text that can be a date, a time, a duration or a zone, in characters."""

MAX_LIST_ENTRIES = 100
"""Entries of a list that a person writes: facts of a post, hashtags, partners."""

MAX_TEXT_LENGTH = 25_000
"""The longest text that any platform takes (an X post of a paying account), in characters."""


SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"
SLUG_HINT = "Use small letters, digits and hyphens, as in prison-calls."
LANGUAGE_PATTERN = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class FormError(ValueError):
    """A value that the form does not accept.

    ``key`` names the field that is wrong in a mapping; ``place`` is its place in the file if that
    is not where the value begins.
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


def require_text(value: object) -> str:
    """Return the value if it is a text, for types that are read by functions of our own."""
    if isinstance(value, str):
        return value
    raise FormError("C201", "A text is expected here", "Write one value, not a list or mapping.")


def _parsed_by(
    parse: Callable[[str], T],
    code: str = "S601",
    advise: Callable[[str], str] = lambda _text: "",
) -> Callable[[object], T]:
    def read(value: object) -> T:
        text = require_text(value)
        if len(text) > MAX_TIME_LENGTH:
            raise FormError(code, f"{quote_value(text)} is far too long", "Write it short.")
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
    """Adds to the JSON Schema of a mapping that a text is accepted as well, and what it means."""

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
        """Return the schema of both shapes."""
        return {"anyOf": [dict(self._schema), handler(core)]}


def wrap_text(key: str) -> BeforeValidator:
    """Return a validator that reads a bare text as a mapping with this one key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _parse_hashtag(text: str) -> str:
    tag = text.strip().removeprefix("#")
    if not re.fullmatch(r"\w{1,100}", tag) or tag.isdigit():
        hint = "Use letters, digits and underscores, not digits alone."
        raise FormError("C204", f"{quote_value(text)} is not a hashtag", hint)
    return tag


def _parse_https(text: str) -> str:
    url = text.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    sound = parts and parts.scheme == "https" and "." in host and not re.search(r"[\s\\{}]", url)
    if not parts or not sound or parts.username or parts.password:
        hint = "Write it in full, as https://example.org/page."
        raise FormError("C204", f"{quote_value(text)} is not an https address", hint)
    return url


def _parse_source(text: str) -> str:
    """Accept an https address, or the name of a printed source; a single word is neither."""
    source = text.strip()
    if not re.search(r"\s", source) or re.match(r"[a-z]+://|www\.", source, re.IGNORECASE):
        try:
            return _parse_https(source)
        except FormError as error:
            hint = f"{error.hint} Of a printed source, write title, date and page."
            raise FormError(error.code, error.message, hint) from None
    return _refuse_template(source)


def _parse_as_of(text: str) -> str:
    day = text.strip()
    parse_date(f"{day}-01-01"[:10] if re.fullmatch(r"\d{4}(-\d\d)?", day) else day)
    return day


def _refuse_template(text: str) -> str:
    if "{{" in text or "{%" in text:
        message = "Names are filled in only in text: and thread:"
        raise FormError("T403", message, "Write it out here.")
    return text


def _refuse_misread(value: object) -> object:
    """Refuse a text that YAML has read in another way than its author meant."""
    misreading = getattr(value, "misreading", None)
    if misreading is not None:
        code, message, hint, place = misreading
        raise FormError(code, message, hint, place=place)
    return value


RefuseMisread = BeforeValidator(_refuse_misread)
"""For texts, but not for keywords, which a comment may well follow."""

# The bounds keep a text that is filled in by templates from growing without end.
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_refuse_template),
]
Line = Annotated[Name, RefuseMisread]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_refuse_template),
    RefuseMisread,
]
Figure = Annotated[
    Line,
    WithJsonSchema({"type": ["string", "number"], "description": "A text or number."}),
]
PollOption = Annotated[
    Line,
    WithJsonSchema({"type": ["string", "number"], "description": "A text or number."}),
]


def _refuse_duplicates(options: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse options that only differ in capitals or spaces, or in how an accent is typed."""
    read: set[str] = set()
    for option in options:
        words = " ".join(unicodedata.normalize("NFC", option).casefold().split())
        if words in read:
            message = f"The poll offers {quote_value(option)} twice"
            raise FormError("C208", message, "Write another answer, or leave it out.")
        read.add(words)
    return options


PollOptions = Annotated[tuple[PollOption, ...], AfterValidator(_refuse_duplicates)]
PostText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT_LENGTH, pattern=r"\S"), RefuseMisread
]
_RefuseMisreadIfEmpty = BeforeValidator(lambda value: value or _refuse_misread(value))
Hashtag = Annotated[
    str,
    AfterValidator(_parse_hashtag),
    _RefuseMisreadIfEmpty,
    _text_schema(
        "A hashtag, with or without #; with it, put it in quotes.", r"^\s*#?\w{1,100}\s*$"
    ),
]
Hashtags = Annotated[tuple[Hashtag, ...], Field(max_length=MAX_LIST_ENTRIES), _RefuseMisreadIfEmpty]
HttpsUrl = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_parse_https),
    _text_schema("An https address.", r"^\s*https://[^\s]+$", "https://example.org/page"),
]
CitedSource = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    AfterValidator(_parse_source),
    BeforeValidator(
        lambda value: value if str(value).startswith("https://") else _refuse_misread(value)
    ),
    _text_schema(
        "An https address; of a printed source, its title, date and page.",
        r"^\s*(https://[^\s]+|[^\s]+\s.*[^\s])\s*$",
        "https://example.org/page",
        "The Guardian, 3 March 2026, p. 4",
    ),
]
AsOf = Annotated[
    str,
    PlainValidator(_parsed_by(_parse_as_of, advise=advice.date_hint)),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": r"^\s*\d{4}(-\d{2}){0,2}\s*$",
            "description": "A date, a month or a year.",
            "examples": ["2022-07-12", "2022-07", "2022"],
        }
    ),
]
TimezoneName = Annotated[
    str,
    PlainValidator(_parsed_by(lambda text: zone(text).key, "S602")),
    _text_schema("A timezone by region and city.", "", "America/New_York"),
]
Language = Annotated[str, StringConstraints(pattern=LANGUAGE_PATTERN)]
_LOCAL_SCHEMA = _text_schema(
    "A local date and time; with an offset or Z it is that very instant.",
    r"^\s*\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(:\d{2})?( ?(Z|[+-]\d{2}:?\d{2}))?\s*$",
    "2022-07-12 09:00",
)
LocalTime = Annotated[
    datetime,
    PlainValidator(_parsed_by(parse_local, advise=advice.datetime_hint)),
    _LOCAL_SCHEMA,
]
DueTime = Annotated[
    datetime,
    PlainValidator(_parsed_by(parse_local, advise=advice.when_hint)),
    _LOCAL_SCHEMA,
]
Day = Annotated[
    date,
    PlainValidator(_parsed_by(parse_date, advise=advice.date_hint)),
    _text_schema("A date.", r"^\s*\d{4}-\d{2}-\d{2}\s*$", "2022-07-12"),
]
TimeOfDay = Annotated[
    time,
    PlainValidator(_parsed_by(parse_clock, advise=advice.time_hint)),
    _text_schema("A time of day, local.", r"^\s*\d{1,2}:\d{2}\s*$", "09:00"),
]
Offset = Annotated[
    timedelta,
    PlainValidator(_parsed_by(parse_duration)),
    _text_schema("Weeks, days, hours, minutes.", r"^\s*[+-]?(\d+[wdhm] ?)+\s*$", "-1d", "+2h30m"),
]


def _parse_expiry(text: str) -> datetime | timedelta:
    if re.match(r"\s*\d{4}-", text):
        return parse_local(text)
    try:
        return parse_positive_duration(text)
    except ScheduleError as error:
        hint = error.hint if re.match(r"\s*[+-]?\d+[wdhm]", text) else _EXPIRY_HINT
        raise ScheduleError(error.message, hint) from None


_EXPIRY_HINT = "Write a date and time, a length of time such as 3d, or {event: …, offset: …}."

Expiry = Annotated[
    datetime | timedelta,
    PlainValidator(_parsed_by(_parse_expiry, advise=advice.datetime_hint)),
    _text_schema(
        "A local date and time, or a length of time after it was due.",
        r"^\s*(\d{4}-\d{2}-\d{2}[T ]\d|\+?\d+[wdhm])",
        "2022-07-12 18:00",
        "3d",
    ),
]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMany = BeforeValidator(_as_list)
