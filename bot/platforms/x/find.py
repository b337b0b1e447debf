"""Is this payload already out? Recognising an own post in a timeline: pure.

X has no idempotency key, so after a send without an answer the timeline is the only witness. X
changes a text on its way: addresses become t.co, media get an address at the end, ``&`` becomes
``&amp;``, long texts move to a note. Both sides are brought to one form before they are compared.

A post counts as found unless something contradicts it: a missing field in an answer must never
make a visible post look absent, because what looks absent may be sent again. What only its words
contradict is told apart: X may change a text in ways that are not foreseen here.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import TYPE_CHECKING, Any

from bot.platforms.x.fields import get, mapping, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = (
    "attachments",
    "created_at",
    "entities",
    "note_tweet",
    "referenced_tweets",
    "text",
)
_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)
_LAST_SLASH = re.compile(r"(?<=\w)/(?=\s|$)")
_MEDIA_LINK = re.compile(r"/(?:photo|video)/\d+/?$")
_TCO_AT_END = re.compile(r"(?<!\s)\s*https://t\.co/\w+\s*$")


def is_same(payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    """Tell whether a post of a timeline page is the one that a payload would make."""
    wanted = comparable(str(payload.get("text", "")))
    return (
        wanted in texts(post)
        and may_be(payload, post, page)
        and (bool(wanted) or _may_show(mapping(payload.get("media")).get("media_ids"), post))
    )


def may_be(payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    """Tell whether a post could be the one that a payload would make, whatever its words are."""
    return (
        not _is_repost(post)
        and _may_be_reply_to(mapping(payload.get("reply")).get("in_reply_to_tweet_id"), post)
        and _may_have_poll(mapping(payload.get("poll")).get("options"), post, page)
    )


def comparable(text: str) -> str:
    """Bring a text to the form in which two are compared."""
    plain = _LAST_SLASH.sub("", _SCHEME.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(plain.split())


def texts(post: Mapping[str, Any]) -> set[str]:
    """Give what a post says, in the forms in which it may have been written.

    Whether X escapes HTML in texts could not be tried, so both readings count.
    """
    source = mapping(get(post, "note_tweet")) or post
    said = str(source.get("text", ""))
    expanded = _expand(said, _addresses(post), shows_media=_shows_media(post))
    return {comparable(expanded), comparable(unescape(expanded))}


def _addresses(post: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the addresses in a post; those of a note stand in the note."""
    note = mapping(get(post, "note_tweet"))
    places = (post.get("entities"), note.get("entities"))
    return [address for place in places for address in objects(mapping(place).get("urls"))]


def _expand(text: str, addresses: list[dict[str, Any]], *, shows_media: bool) -> str:
    for address in addresses:
        short, full = str(address.get("url") or ""), str(address.get("expanded_url") or "")
        if short and full:
            text = text.replace(short, "" if _is_media(address, full) else full)
    # Without entities, an address left at the end of a post with media is the media's own.
    return _TCO_AT_END.sub("", text) if shows_media else text


def _is_media(address: Mapping[str, Any], full: str) -> bool:
    return "media_key" in address or bool(_MEDIA_LINK.search(full))


def _shows_media(post: Mapping[str, Any]) -> bool:
    return bool(mapping(post.get("attachments")).get("media_keys"))


def _is_repost(post: Mapping[str, Any]) -> bool:
    references = objects(get(post, "referenced_tweets"))
    return any(entry.get("type") in {"retweeted", "reposted"} for entry in references)


def _may_be_reply_to(wanted: str | None, post: Mapping[str, Any]) -> bool:
    references = objects(get(post, "referenced_tweets"))
    ids = {str(entry.get("id")) for entry in references if entry.get("type") == "replied_to"}
    return not ids or wanted in ids


def _may_have_poll(
    options: list[str] | None,
    post: Mapping[str, Any],
    page: Mapping[str, Any],
) -> bool:
    ids = mapping(post.get("attachments")).get("poll_ids") or []
    polls = objects(mapping(page.get("includes")).get("polls"))
    known = [objects(poll.get("options")) for poll in polls if poll.get("id") in ids]
    labels = [[str(option.get("label")) for option in found] for found in known if found]
    return not labels or [str(option) for option in options or []] in labels


def _may_show(media_ids: list[str] | None, post: Mapping[str, Any]) -> bool:
    """Tell of two posts without words whether they show the same: a media key ends in its id."""
    keys = mapping(post.get("attachments")).get("media_keys") or []
    wanted = [str(media_id) for media_id in media_ids or []]
    return not keys or [str(key).rpartition("_")[2] for key in keys] == wanted
