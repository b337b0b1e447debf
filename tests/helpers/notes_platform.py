"""A second, small platform for tests: it takes 500 characters, no polls, and costs nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Charge, Client, Violation
from bot.platforms.defaults import (  # noqa: F401 - a part of the platform
    CLICKS_LAST,
    billed_on,
    price,
    priced_since,
    read_price,
)
from bot.text import Entity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.model import Account, Content, Part

LIMIT = 500
SECRETS = ("token",)
TOKEN = re.compile(r"\bnotes-([A-Za-z0-9]{20,})")
POST_ID = re.compile(r"[A-Za-z0-9]+")
MEDIA_LASTS = timedelta(days=1)
RULES: Mapping[str, str] = {"N701": "Longer texts are refused.", "N702": "There are no polls."}
ADVICE: frozenset[str] = frozenset()


def check(content: Content, account: Account) -> list[Violation]:
    del account
    found = []
    for index, part in enumerate(content.parts):
        if len(part.text) > LIMIT:
            found.append(Violation("N701", "It is too long.", "Shorten it.", index))
        if part.poll:
            found.append(Violation("N702", "It has a poll.", "Take it out.", index))
    return found


def length(part: Part, account: Account) -> tuple[int, int]:
    del account
    return len(part.text), LIMIT


def mention(handle: str) -> str:
    name, _, server = handle.removeprefix("@").partition("@")
    if not (name and server):
        raise ValueError("is no name on notes: @name@server")
    return f"@{name}@{server}"


def entities(text: str) -> list[tuple[str, Entity]]:
    found = [(kind, Entity(*item.span(), item[1])) for kind, item in _found(text)]
    return sorted(found, key=lambda pair: pair[1].start)


def _found(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    yield from (("mention", item) for item in re.finditer(r"(?<![\w/])@(\w+@[\w.-]*\w)", text))
    yield from (("hashtag", item) for item in re.finditer(r"(?<!\w)#(\w+)", text))
    yield from (("link", item) for item in re.finditer(r"(https?://\S+)", text))


def charges(content: Content) -> list[Charge]:
    return [Charge("note", len(content.parts))]


def api_of(handle: str) -> str:
    return f"http://127.0.0.1/{handle}"


def profile_url(account: Account) -> str:
    return f"{account.api}/@{account.handle}"


def post_url(account: Account, remote_id: str) -> str:
    return f"{profile_url(account)}/{remote_id}"


def connect(
    account: Account, secrets: Mapping[str, str], options: Mapping[str, Any] | None = None
) -> Client:
    raise NotImplementedError(account, secrets, options)
