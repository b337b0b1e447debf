"""Looks for a payload among the own posts that a server shows, and reads their counters. Pure.

Each server writes a text as HTML in its own way. A link is cut in pieces, ``@name@server`` becomes
``@name``, some servers read Markdown, and snac does not escape texts. Both texts are brought to one
form to be compared.

A post that looks absent may be sent again. A missing field in an answer must never make a
visible post look absent, and a post counts as found unless something contradicts it. If only its
words do, it is reported apart, because a server may change a text in ways not foreseen here.
"""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from bot.model import Counters, PollVotes
from bot.platforms.mastodon.texts import MENTION
from bot.platforms.responses import as_instant, as_int, as_object, as_objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

PAGE_SIZE = 40
"""The most posts that Mastodon shows on a page."""

_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)
_LAST_SLASH = re.compile(r"(?<=\w)/(?=\W*(?:\s|$))")
_MARKUP = re.compile(r"[*_`~>|\\-]")
"""Characters that a server that reads Markdown may remove."""
_BLOCKS = frozenset({"p", "br", "div", "li", "hr", "blockquote", "pre", "h1", "h2", "h3", "h4"})


# --- Texts ----------------------------------------------------------------------------------------


class _TextReader(HTMLParser):
    """Collects the text of HTML. With ``addresses``, a link is its address instead of its text."""

    def __init__(self, *, addresses: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._addresses = addresses
        self._in_address = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "img":
            self.pieces.append(attributes.get("alt") or "")
        elif tag == "a" and self._addresses:
            classes = (attributes.get("class") or "").split()
            # The text of a mention or a hashtag stays.
            self._in_address = not {"mention", "hashtag"} & {*classes}
            if self._in_address:
                self.pieces.append(attributes.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "a":
            self._in_address = False

    def handle_data(self, data: str) -> None:
        if not self._in_address:
            self.pieces.append(data)


def to_text(html: str, *, addresses: bool = False) -> str:
    """Return the text of HTML. With ``addresses``, each link is its address."""
    reader = _TextReader(addresses=addresses)
    reader.feed(html)
    reader.close()
    return "".join(reader.pieces).strip()


def comparable_text(text: str) -> str:
    """Bring a text to the form in which two are compared."""
    plain = _SCHEME.sub("", unicodedata.normalize("NFC", text))
    plain = MENTION.sub(lambda mention: f"@{mention['name'].lower()}", plain)
    return " ".join(_MARKUP.sub("", _LAST_SLASH.sub("", plain)).split())


def _wanted_texts(text: str) -> set[str]:
    """Return the forms in which a server may show a text: escaped, or taken for HTML."""
    return {comparable_text(text), comparable_text(to_text(text))}


def _shown_texts(status: Mapping[str, Any]) -> set[str]:
    """Return the forms in which the text of a post may have been written."""
    content, typed = str(status.get("content") or ""), status.get("text")
    texts = {to_text(content), to_text(content, addresses=True)}
    texts |= {typed} if isinstance(typed, str) and typed else set()
    return {*map(comparable_text, texts)}


# --- Is it the one? -------------------------------------------------------------------------------


def matches_payload(payload: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Return whether a post of the timeline is the one that a payload would make."""
    wanted = _wanted_texts(str(payload.get("status") or ""))
    warnings = _wanted_texts(str(payload.get("spoiler_text") or ""))
    warning = status.get("spoiler_text")
    if isinstance(warning, str) and comparable_text(warning) not in warnings:
        return False
    if not wanted & _shown_texts(status) or not may_match_payload(payload, status):
        return False
    # Without words, the media have to be the same.
    shown = [str(media.get("id")) for media in as_objects(status.get("media_attachments"))]
    media = [str(media_id) for media_id in payload.get("media_ids") or []]
    return wanted != {""} or not shown or shown == media


def may_match_payload(payload: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Return whether a post could be the one that a payload would make, apart from its words.

    It is not a boost. It replies to the same post or to none, and has the same poll or none. A
    reply to a post that was deleted is shown as a reply to none.
    """
    if status.get("reblog"):
        return False
    parent = status.get("in_reply_to_id")
    if parent and str(payload.get("in_reply_to_id")) != str(parent):
        return False
    shown = [str(option.get("title")) for option in _poll_options(status)]
    options = as_object(payload.get("poll")).get("options") or []
    return not shown or shown == [str(option) for option in options]


def is_misplaced(payload: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Return whether a post would match the payload if it replied to another post."""
    parent = status.get("in_reply_to_id")
    if not parent or str(payload.get("in_reply_to_id")) == str(parent):
        return False
    return matches_payload({**payload, "in_reply_to_id": parent}, status)


def page_fault(statuses: Sequence[Mapping[str, Any]] | None, account_id: str) -> str:
    """Return why a page does not show the account's own posts, or "" if it does."""
    if statuses is None:
        return "its answer is not a list of posts"
    authors = {str(as_object(status.get("account")).get("id")) for status in statuses}
    return "it shows another account's posts" if authors - {account_id} else ""


def created_at(status: Mapping[str, Any]) -> datetime | None:
    """Return the instant at which a post was made, if the answer has it."""
    return as_instant(status.get("created_at"))


# --- Counters -------------------------------------------------------------------------------------


def parse_counters(status: Mapping[str, Any]) -> Counters:
    """Read the counters of a post. A counter that is missing is None."""
    return Counters(
        likes=as_int(status.get("favourites_count")),
        reposts=as_int(status.get("reblogs_count")),
        quotes=as_int(status.get("quotes_count")),
        replies=as_int(status.get("replies_count")),
    )


def parse_votes(status: Mapping[str, Any], now: datetime) -> PollVotes | None:
    """Read the votes of a post's poll, if it has one. A number that is missing is None."""
    options = _poll_options(status)
    if not options:
        return None
    poll = as_object(status.get("poll"))
    ends = as_instant(poll.get("expires_at"))
    closed = poll.get("expired") is True or (ends is not None and ends <= now)
    return PollVotes(tuple(as_int(option.get("votes_count")) for option in options), now, closed)


def _poll_options(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    return as_objects(as_object(status.get("poll")).get("options"))
