"""The types of values in a campaign file: how each is read and described to editors.

The types of times are in ``when``. The last section has the forms of media, cards and polls.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic import model_validator as after

from bot.text import quote_value
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.languages import language_hint
from bot.yamlsource.nodes import ScalarNode
from bot.yamlsource.problems import FormError

MAX_ACCOUNTS = 1000
"""Most accounts that a campaign or a post names."""

MAX_LIST_ENTRIES = 100
"""Most entries in a list that a person writes, such as hashtags or partners."""

MAX_PLATFORMS = 20
"""Most platforms that a person names in one place."""

MAX_TEXT_LENGTH = 25_000
"""The longest text that any platform takes (an X post of a paying account), in characters."""


SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"
SLUG_HINT = "Use small letters, digits and hyphens, as in prison-calls."


def text_schema(description: str, pattern: str = "", *examples: str) -> WithJsonSchema:
    """Return the description of a text for editors."""
    schema: dict[str, Any] = {"type": "string", "description": description}
    if pattern:
        schema["pattern"] = pattern
    if examples:
        schema["examples"] = list(examples)
    return WithJsonSchema(schema)


def or_text(key: str, form: Any, description: str, *examples: str) -> BeforeValidator:
    """Return a validator that reads a bare text as a mapping with only this key.

    If the key is empty, the text is read as a list with only this entry.
    """
    return BeforeValidator(
        lambda value: ({key: value} if key else [value]) if isinstance(value, str) else value,
        json_schema_input_type=Annotated[str, text_schema(description, "", *examples)] | form,
    )


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
    """Accept an https address or the name of a printed source, which has several words."""
    source = text.strip()
    if not re.search(r"\s", source) or re.match(r"[a-z]+://|www\.", source, re.IGNORECASE):
        try:
            return _parse_https(source)
        except FormError as error:
            hint = f"{error.hint} For a printed source, write its title, date and page."
            raise FormError(error.code, error.message, hint) from None
    return _refuse_template(source)


def _refuse_template(text: str) -> str:
    if "{{" in text or "{%" in text:
        message = "Only text: and thread: fill in {{ … }}"
        raise FormError("T403", message, "Write it out here.")
    return text


def _refuse_misread(value: object) -> object:
    """Refuse a text that YAML reads in another way than its author means."""
    misreading = getattr(value, "misreading", None)
    if misreading is not None:
        raise replace(misreading)  # each raised error has a traceback of its own
    return _refuse_null(value)


def _refuse_null(value: object) -> object:
    """Refuse YAML's words for no value. A post that says "null" would be an embarrassment."""
    if isinstance(value, ScalarNode) and not value.style and value.lower() in ("null", "~"):
        message = f"YAML reads {quote_value(value)} as no value"
        raise FormError("Y120", message, "Leave the key out, or put the word in quotes.")
    return value


RefuseMisread = BeforeValidator(_refuse_misread)
"""For texts; not for keywords, because a comment may follow a keyword."""

# The limits keep a text that templates fill in from growing without end.
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=MAX_LIST_ENTRIES)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_refuse_template),
    BeforeValidator(_refuse_null),
]
Line = Annotated[Name, RefuseMisread]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_refuse_template),
    RefuseMisread,
]
TextOrNumber = Annotated[
    Line, WithJsonSchema({"type": ["string", "number"], "description": "A text or number."})
]


def _refuse_duplicates(options: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse options that differ only in capitals, in spaces, or in how an accent is typed."""
    read: set[str] = set()
    for option in options:
        words = " ".join(unicodedata.normalize("NFC", option).casefold().split())
        if words in read:
            message = f"The poll offers {quote_value(option)} twice"
            raise FormError("C208", message, "Write another answer, or leave it out.")
        read.add(words)
    return options


PollOptions = Annotated[tuple[TextOrNumber, ...], AfterValidator(_refuse_duplicates)]
PostText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT_LENGTH, pattern=r"\S"), RefuseMisread
]
_RefuseMisreadIfEmpty = BeforeValidator(
    lambda value: _refuse_null(value) if value else _refuse_misread(value)
)
Hashtag = Annotated[
    str,
    AfterValidator(_parse_hashtag),
    _RefuseMisreadIfEmpty,
    text_schema("A hashtag, with or without #; with it, put it in quotes.", r"^\s*#?\w{1,100}\s*$"),
]
Hashtags = Annotated[tuple[Hashtag, ...], Field(max_length=MAX_LIST_ENTRIES), _RefuseMisreadIfEmpty]
HttpsUrl = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_parse_https),
    text_schema("An https address.", r"^\s*https://[^\s]+$", "https://example.org/page"),
]
CitedSource = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    AfterValidator(_parse_source),
    BeforeValidator(
        lambda value: value if str(value).startswith("https://") else _refuse_misread(value)
    ),
    text_schema(
        "An https address, or the title, date and page of a printed source.",
        r"^\s*(https://[^\s]+|[^\s]+\s.*[^\s])\s*$",
        "https://example.org/page",
        "The Guardian, 3 March 2026, p. 4",
    ),
]


def _refuse_bare_name(value: object) -> object:
    if isinstance(value, str):
        message = f"{quote_value(value)} is a name on one platform only"
        hint = "Write it for each, as {x: name, mastodon: name@server}."
        raise FormError("C201", message, hint)
    return value


NamesByPlatform = Annotated[
    dict[Slug, Line],
    Field(min_length=1, max_length=MAX_PLATFORMS),
    BeforeValidator(_refuse_bare_name),
]

Long = Literal["thread", "refuse"]
"""How to treat a text that is too long for a platform."""


_COORDINATE = re.compile(r"[+-]?(0?\.\d{1,4}|[01](\.0{1,4})?)")


def _parse_coordinate(text: object) -> float:
    if isinstance(text, str) and _COORDINATE.fullmatch(text.strip()):
        return float(text)
    hint = "Write two, such as [0.0, 0.5]: 1.0 is the right edge and the top, -1.0 the others."
    raise FormError("C204", f"{quote_value(str(text))} is not a number from -1.0 to 1.0", hint)


Focus = Annotated[
    tuple[
        Annotated[
            float,
            PlainValidator(_parse_coordinate),
            WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1}),
        ],
        ...,
    ],
    Field(min_length=2, max_length=2),
]
"""The point of a picture that stays in sight when it is cropped."""


def plain_tag(text: str) -> str:
    """Return the tag of a language as it is used, however it is typed."""
    language, *rest = text.strip().split("-")
    return "-".join([language.lower(), *rest])


def _parse_language(text: str) -> str:
    tag = plain_tag(text)
    if hint := language_hint(tag):
        message = f"{quote_value(text)} is not a language"
        raise FormError("C204", message, f"{hint[0].upper()}{hint[1:]}.")
    return tag


Language = Annotated[
    str,
    AfterValidator(_parse_language),
    text_schema("A language by its tag.", r"^\s*[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\s*$", "en"),
]
NO_WARNING = "none"
"""The value of ``warning`` that drops the post's warning."""
NO_POLL = "none"
"""The value of ``poll`` that drops the post's poll on a platform."""

Label = Literal["sexual", "nudity", "porn", "graphic-media"]
"""What a picture shows, in Bluesky's words; other platforms have one label for all of these."""


# --- Media, cards and polls -----------------------------------------------------------------------


class MediaForm(StrictForm):
    """An image or video."""

    file: Name = Field(description="Path of the file, from the folder of this YAML file.")
    alt: Paragraph = Field(description="What it shows, for people who cannot see it.")
    focus: Focus | None = Field(
        None,
        description="The point that stays in sight if Mastodon crops it: [0.0, 0.0] is the "
        "middle, 1.0 the right edge and the top, -1.0 the left edge and the bottom.",
    )


class CardForm(StrictForm):
    """The card of a link on Bluesky. X and Mastodon make it themselves from the page."""

    title: Line = Field(description="The page's title.")
    description: Paragraph = Field("", description="The page's subject, in a sentence.")
    picture: Name | None = Field(
        None, description="A picture for it: path of the file, from the folder of this YAML file."
    )


class PollForm(StrictForm):
    """Two to four answers to a question that the text asks."""

    options: PollOptions = Field(
        min_length=2, max_length=4, description="The answers to choose from."
    )
    hours: int | None = Field(None, ge=1, le=168, description="How many hours it is open.")
    minutes: int | None = Field(None, ge=5, le=10080, description="How many minutes it is open.")

    @after(mode="after")
    def _one_length(self) -> PollForm:
        if (self.hours is None) == (self.minutes is None):
            hint = "Write hours: or minutes:, one of them."
            raise FormError("C206", "The poll needs one length of time", hint)
        return self
