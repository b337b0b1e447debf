"""The settings of an account that only its platform has, as ``config.yaml`` gives them.

The JSON Schema for editors is made from the descriptions.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from bot import xtext
from bot.platforms import is_loopback
from bot.yamlsource.forms import OneOrMany, StrictForm
from bot.yamlsource.languages import language_hint

X_LONG_LIMIT = 25_000
"""The weighted length of a post on X of an account that may post long ones."""

_MAX_LANGUAGES = 3


def _check_api_url(text: str) -> str:
    """Return an HTTPS address, or an HTTP one on this machine. Raise ValueError for another."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("is not an address; write it like https://api.x.com") from error
    if parts.username or parts.query or parts.fragment or not host:
        raise ValueError("must be scheme and host only, like https://api.x.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(text)):
        raise ValueError("must be https:// (http:// only on this machine)")
    return text.rstrip("/")


def _check_language(text: str) -> str:
    if hint := language_hint(text):
        raise ValueError(f"is not a language; {hint}")
    return text


ApiUrl = Annotated[str, AfterValidator(_check_api_url)]
_Language = Annotated[
    str,
    AfterValidator(_check_language),
    WithJsonSchema({"type": "string", "examples": ["en", "pt-BR"]}),
]


class XOptions(StrictForm):
    """Settings that only X has."""

    long_posts: bool = Field(
        default=False,
        description="Whether the account may post more than 280 characters (X Premium).",
    )
    field_spelling: Literal["tweet", "post"] = Field(
        default="post",
        description="Which of X's two spellings of its field names is requested first: post, as in "
        "version 2.167 of X's specification, or tweet, as before.",
    )
    owns_app: bool = Field(
        default=True,
        description="Whether the account itself owns the developer app whose keys it uses. If so, "
        "X bills reading its own posts at a fifth of the usual price. Of several accounts that "
        "use one app, only one can own it.",
    )

    @property
    def text_limit(self) -> int:
        """The weighted length that a post may have."""
        return X_LONG_LIMIT if self.long_posts else xtext.LIMIT


class MastodonOptions(StrictForm):
    """Settings that only Mastodon has."""

    characters: int = Field(
        default=500,
        ge=1,
        description="How long a text may be on the account's server. `groundswell accounts check` "
        "names the server's own limit if it is another.",
    )
    visibility: Literal["public", "unlisted"] = Field(
        default="public",
        description="Whether posts appear in public timelines and searches (public), or only on "
        "the profile and to followers (unlisted).",
    )


class BlueskyOptions(StrictForm):
    """Settings that only Bluesky has."""

    appview: ApiUrl | None = Field(
        default=None,
        description="Address of the index that counters are read from. Default: Bluesky's own, "
        "https://public.api.bsky.app, and for a server on this machine that server.",
    )
    languages: Annotated[tuple[_Language, ...], OneOrMany] = Field(
        default=(),
        max_length=_MAX_LANGUAGES,
        description="The languages that its posts are written in, at most three: en, or [en, es]. "
        "Bluesky shows readers posts in theirs.",
    )


PLATFORM_OPTIONS: dict[str, type[StrictForm]] = {
    "x": XOptions,
    "mastodon": MastodonOptions,
    "bluesky": BlueskyOptions,
}
"""By the platform's name, which is also their key in an account of the config."""
