"""The own timeline, page by page; and recognising in it whether a payload is already out.

X has no idempotency key, so after a send without an answer the timeline is the only witness. X
changes a text on its way: addresses become t.co, media get an address at the end, ``&`` becomes
``&amp;``, long texts move to a note. Both sides are brought to one form before they are compared.

A post counts as found unless something contradicts it: a missing field in an answer must never
make a visible post look absent, because what looks absent may be sent again. A post that only its
words contradict is reported apart: X may change a text in ways that are not foreseen here.

It is also the proof of what is not out: what no page shows may be sent again. So a post counts as
absent only where X has shown the whole timeline. An answer may be 200 and show nothing, because it
holds only ``errors``; X marks an empty timeline by ``meta.result_count`` 0.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Unsent
from bot.platforms.x.prices import SMALLEST_PAGE
from bot.platforms.x.responses import (
    as_object,
    as_objects,
    error_subject,
    error_text,
    get_field,
    is_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.platforms.x.client import XReader


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


TIMELINE_LIMIT = 3200
"""The most of an account's latest posts that X shows."""

CLOCK_TOLERANCE = timedelta(minutes=6)
"""How much older than its send a post may seem: sending pauses only once our clock is five minutes
off X's, and X's has whole seconds."""

PAGE_SIZE = 100
_MAX_PAGES = TIMELINE_LIMIT // SMALLEST_PAGE


def fetch_pages(
    reader: XReader,
    user: str,
    names: Sequence[str],
    params: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield the pages of a user's timeline with these fields, latest first.

    Raise Outcome, also where they never end.
    """
    token: str | None = None
    for _ in range(_MAX_PAGES):
        more = {"pagination_token": token} if token else {}
        page = reader.read(f"/2/users/{user}/tweets", names, {**params, **more})
        yield page
        token = as_object(page.get("meta")).get("next_token")
        if not token:
            return
    raise Unsent(f"the timeline has no end after {_MAX_PAGES} pages")


def page_fault(page: Mapping[str, Any], user: str) -> str:
    """Return why a page may not show all of the user's posts on it; "" if it does.

    These are X's own words, and secrets are not redacted from them.
    """
    posts = posts_in(page)
    errors = page.get("errors") or []
    errors = errors if isinstance(errors, list) else [errors]
    if grave := [error for error in errors if not _concerns_reference(error, posts, user)]:
        return error_text({"errors": grave})
    data, count = page.get("data"), as_object(page.get("meta")).get("result_count")
    sizes = [len(data)] if isinstance(data, list) else []
    sizes += [count] if isinstance(count, int) else []
    if not sizes:
        return "the answer holds neither posts nor their number"
    if len(posts) < max(sizes):
        return f"of {max(sizes)} posts, {len(posts)} are shown"
    if any(post.get("author_id", user) != user for post in posts):
        return "it is that of another account"
    return ""


def _concerns_reference(error: Any, posts: Sequence[Mapping[str, Any]], user: str) -> bool:
    """Return whether an error is only about something that a shown post refers to.

    For instance a deleted parent, or a poll that is withheld. An error about the user or the
    request is not, nor one about a post that is not shown.
    """
    subject = error_subject(as_object(error))
    return bool(subject) and subject != user and json.dumps(subject) in json.dumps(posts)


def posts_in(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts of a page or a look-up that have an id."""
    return [post for post in as_objects(page.get("data")) if is_id(post.get("id"))]


def referenced_posts(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts that those of a page refer to, where X includes them."""
    posts = as_objects(get_field(as_object(page.get("includes")), "tweets"))
    return [post for post in posts if is_id(post.get("id"))]


def created_at(post: Mapping[str, Any]) -> datetime | None:
    """Return when a post was made, or None where the answer does not say."""
    try:
        return datetime.fromisoformat(str(post.get("created_at"))).astimezone(UTC)
    except ValueError:
        return None


def format_timestamp(instant: datetime) -> str:
    """Return an instant as X expects it in a parameter: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_time_param(instant: datetime, margin: timedelta = CLOCK_TOLERANCE) -> dict[str, str]:
    """Return the parameter that asks for posts from a little before an instant: clocks differ."""
    return {"start_time": format_timestamp(instant - margin)}
