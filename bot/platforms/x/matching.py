"""Recognising in a timeline whether a payload is already out. Pure.

X has no idempotency key, so after a send without an answer the timeline is the only witness. X
changes a text on its way: addresses become t.co, media get an address at the end, ``&`` becomes
``&amp;``, long texts move to a note. Both sides are brought to one form before they are compared.

A post counts as found unless something contradicts it: a missing field in an answer must never
make a visible post look absent, because what looks absent may be sent again. A post that only its
words contradict is reported apart: X may change a text in ways that are not foreseen here.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import TYPE_CHECKING, Any

from bot.platforms.x.spellings import as_object, as_objects, get_field

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


def matches_payload(
    payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]
) -> bool:
    """Return whether a post of a timeline page is the one that a payload would make."""
    wanted = comparable_text(str(payload.get("text", "")))
    return (
        wanted in comparable_texts(post)
        and may_match_payload(payload, post, page)
        and (
            bool(wanted) or _may_show_media(as_object(payload.get("media")).get("media_ids"), post)
        )
    )


def may_match_payload(
    payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]
) -> bool:
    """Return whether a post could be the one that a payload would make, apart from its words."""
    return _may_be_reply_to(
        as_object(payload.get("reply")).get("in_reply_to_tweet_id"), post
    ) and _may_have_poll(as_object(payload.get("poll")).get("options"), post, page)


def comparable_text(text: str) -> str:
    """Bring a text to the form in which two are compared."""
    plain = _LAST_SLASH.sub("", _SCHEME.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(plain.split())


def comparable_texts(post: Mapping[str, Any]) -> set[str]:
    """Return the text of a post, in the forms in which it may have been written.

    Whether X escapes HTML in texts could not be tried, so both readings count.
    """
    source = as_object(get_field(post, "note_tweet")) or post
    text = str(source.get("text", ""))
    shows_media = bool(as_object(post.get("attachments")).get("media_keys"))
    expanded = _expand(text, _url_entities(post), shows_media=shows_media)
    return {comparable_text(expanded), comparable_text(unescape(expanded))}


def _url_entities(post: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the addresses in a post and in its note."""
    note = as_object(get_field(post, "note_tweet"))
    places = (post.get("entities"), note.get("entities"))
    return [address for place in places for address in as_objects(as_object(place).get("urls"))]


def _expand(text: str, addresses: list[dict[str, Any]], *, shows_media: bool) -> str:
    for address in addresses:
        short, full = str(address.get("url") or ""), str(address.get("expanded_url") or "")
        if short and full:
            is_media = "media_key" in address or _MEDIA_LINK.search(full)
            text = text.replace(short, "" if is_media else full)
    # Without entities, an address left at the end of a post with media is the media's own.
    return _TCO_AT_END.sub("", text) if shows_media else text


def _may_be_reply_to(wanted: str | None, post: Mapping[str, Any]) -> bool:
    """Return whether a post may be a reply to this one, or to none; it is no repost."""
    references = as_objects(get_field(post, "referenced_tweets"))
    if any(entry.get("type") in {"retweeted", "reposted"} for entry in references):
        return False
    ids = {str(entry.get("id")) for entry in references if entry.get("type") == "replied_to"}
    return not ids or wanted in ids


def _may_have_poll(
    options: list[str] | None,
    post: Mapping[str, Any],
    page: Mapping[str, Any],
) -> bool:
    ids = as_object(post.get("attachments")).get("poll_ids") or []
    polls = as_objects(as_object(page.get("includes")).get("polls"))
    shown = [as_objects(poll.get("options")) for poll in polls if poll.get("id") in ids]
    labels = [[str(option.get("label")) for option in choices] for choices in shown if choices]
    return not labels or [str(option) for option in options or []] in labels


def _may_show_media(media_ids: list[str] | None, post: Mapping[str, Any]) -> bool:
    """Return whether a post without words may show this media: a media key ends in its id."""
    keys = as_object(post.get("attachments")).get("media_keys") or []
    wanted = [str(media_id) for media_id in media_ids or []]
    return not keys or [str(key).rpartition("_")[2] for key in keys] == wanted
