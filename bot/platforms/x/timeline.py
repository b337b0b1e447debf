"""Looks for a payload among the account's own posts on X, and reads their counters. Pure.

X has no idempotency key. After a send without an answer, only the timeline shows whether the post
is out. X changes texts: addresses become t.co, media get an address at the end, ``&`` becomes
``&amp;``, and long texts move to a note. Both texts are brought to one form to be compared.

A post that looks absent may be sent again. A missing field in an answer must never make a
visible post look absent, and a post counts as found unless something contradicts it. If only its
words do, it is reported apart, because X may change a text in ways that are not foreseen here.

A post counts as absent only if X has shown the whole timeline. An answer may be 200 and show
nothing, because it holds only ``errors``. X marks an empty timeline by ``meta.result_count`` 0.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

from bot.model import Counters, PollVotes
from bot.platforms.responses import as_instant, as_int, as_list, as_object, as_objects
from bot.platforms.searching import timestamp
from bot.platforms.x.network import CLICKS_LAST
from bot.platforms.x.responses import (
    error_subject,
    error_text,
    get_field,
    is_id,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

FIELDS = ("attachments", "created_at", "entities", "note_tweet", "referenced_tweets", "text")
PAGE_SIZE = 100
TIMELINE_LIMIT = 3200
"""How many of the latest posts X shows (https://docs.x.com/x-api/posts/timelines/integrate)."""
_COUNTER_TOLERANCE = timedelta(seconds=60)
_PUBLIC_FIELDS = ("created_at", "public_metrics")
_POLL_PARAMS = {
    "expansions": "attachments.poll_ids",
    "poll.fields": "options,voting_status,end_datetime",
}

_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)
_LAST_SLASH = re.compile(r"(?<=\w)/(?=\s|$)")
_MEDIA_LINK = re.compile(r"/(?:photo|video)/\d+/?$")
_TCO_AT_END = re.compile(r"(?<!\s)\s*https://t\.co/\w+\s*$")


def matches_payload(
    payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]
) -> bool:
    """Return whether a post of a timeline page is the one that a payload would make."""
    wanted = comparable_text(str(payload.get("text", "")))
    if wanted not in comparable_texts(post) or not may_match_payload(payload, post, page):
        return False
    # Without words, the media have to be the same. A media key ends in the id of its media.
    keys = as_list(as_object(post.get("attachments")).get("media_keys"))
    media = as_object(payload.get("media")).get("media_ids") or []
    shown = [str(key).rpartition("_")[2] for key in keys]
    return bool(wanted) or not keys or shown == [str(media_id) for media_id in media]


def may_match_payload(
    payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]
) -> bool:
    """Return whether a post could be the one that a payload would make, apart from its words.

    It is not a repost. It replies to the same post or to none, and has the same poll or none.
    """
    references = as_objects(get_field(post, "referenced_tweets"))
    if any(entry.get("type") in {"retweeted", "reposted"} for entry in references):
        return False
    parents = {str(entry.get("id")) for entry in references if entry.get("type") == "replied_to"}
    if parents and as_object(payload.get("reply")).get("in_reply_to_tweet_id") not in parents:
        return False
    ids = as_list(as_object(post.get("attachments")).get("poll_ids"))
    polls = as_objects(as_object(page.get("includes")).get("polls"))
    shown = [as_objects(poll.get("options")) for poll in polls if poll.get("id") in ids]
    labels = [[str(option.get("label")) for option in choices] for choices in shown if choices]
    options = as_object(payload.get("poll")).get("options") or []
    return not labels or [str(option) for option in options] in labels


def is_misplaced(
    payload: Mapping[str, Any], post: Mapping[str, Any], page: Mapping[str, Any]
) -> bool:
    """Return whether a post would match the payload if it replied to another post."""
    parents = [
        {"in_reply_to_tweet_id": str(entry.get("id"))}
        for entry in as_objects(get_field(post, "referenced_tweets"))
        if entry.get("type") == "replied_to"
    ]
    found = [reply for reply in parents if matches_payload({**payload, "reply": reply}, post, page)]
    return bool(found) and payload.get("reply") not in parents


def comparable_text(text: str) -> str:
    """Bring a text to the form in which two are compared."""
    plain = _LAST_SLASH.sub("", _SCHEME.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(plain.split())


def comparable_texts(post: Mapping[str, Any]) -> set[str]:
    """Return the forms in which the text of a post may have been written.

    Whether X escapes HTML in texts could not be tried. Both readings count.
    """
    note = as_object(get_field(post, "note_tweet"))
    text = str((note or post).get("text", ""))
    for place in (post.get("entities"), note.get("entities")):
        for address in as_objects(as_object(place).get("urls")):
            short, full = str(address.get("url") or ""), str(address.get("expanded_url") or "")
            if short and full:
                is_media = "media_key" in address or _MEDIA_LINK.search(full)
                text = text.replace(short, "" if is_media else full)
    if as_object(post.get("attachments")).get("media_keys"):
        # If entities are missing, the last address of a post with media is that of the media.
        text = _TCO_AT_END.sub("", text)
    return {comparable_text(text), comparable_text(unescape(text))}


def page_fault(page: Mapping[str, Any], user: str) -> str:
    """Return why a page may lack some of the user's posts, or "" if it does not.

    The reason may be X's own words, from which secrets are not redacted.
    """
    posts = posts_in(page)
    errors = page.get("errors") or []
    errors = errors if isinstance(errors, list) else [errors]
    # An error may be about something that a shown post refers to, such as a deleted parent. An
    # error about the user, the request or another post says that the page is not whole.
    subjects = [error_subject(as_object(error)) for error in errors]
    shown = json.dumps(posts)
    grave = [
        error
        for error, subject in zip(errors, subjects, strict=True)
        if not subject or subject == user or json.dumps(subject) not in shown
    ]
    if grave:
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


def always_shown(names: Sequence[str]) -> list[str]:
    """Return which of these fields X shows of every post when asked for them."""
    return [name for name in names if name in {"created_at", "public_metrics"}]


def ignores(names: Sequence[str], page: Mapping[str, Any]) -> bool:
    """Return whether X ignored one of these fields, which every post has and none here shows."""
    posts = posts_in(page)
    shown = [name for name in always_shown(names) if any(name in post for post in posts)]
    return bool(posts) and shown != always_shown(names)


def posts_in(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts of a page or a look-up that have an id."""
    return [post for post in as_objects(page.get("data")) if is_id(post.get("id"))]


def referenced_posts(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts that a page includes because others refer to them."""
    posts = as_objects(get_field(as_object(page.get("includes")), "tweets"))
    return [post for post in posts if is_id(post.get("id"))]


# --- Counters -------------------------------------------------------------------------------------


def split_by_age(
    posts: Sequence[tuple[str, datetime]], now: datetime, polls: Collection[str] = ()
) -> list[tuple[dict[str, datetime], tuple[str, ...], dict[str, str]]]:
    """Split posts by whether X still gives their private counters.

    Each group has the instants at which its posts were published, by id, and the fields and
    parameters of the request. These include votes if one of the posts is among ``polls``.
    """
    oldest = now - CLICKS_LAST
    young = {remote_id: published for remote_id, published in posts if published >= oldest}
    old = {remote_id: published for remote_id, published in posts if published < oldest}
    groups = []
    for group, private in ((young, ("non_public_metrics",)), (old, ())):
        has_poll = not group.keys().isdisjoint(polls)
        fields = (*_PUBLIC_FIELDS, *private, *(("attachments",) if has_poll else ()))
        if group:
            groups.append((group, fields, _POLL_PARAMS if has_poll else {}))
    return groups


def time_window(instants: Collection[datetime], now: datetime) -> dict[str, str]:
    """Return the parameters that limit a timeline to when posts were published."""
    params = {"start_time": timestamp(min(instants) - _COUNTER_TOLERANCE)}
    newest = max(instants) + _COUNTER_TOLERANCE
    if newest < now - _COUNTER_TOLERANCE:  # X refuses an end that is not yet past
        params["end_time"] = timestamp(newest)
    return params


def parse_counters(post: Mapping[str, Any]) -> Counters:
    """Read the counters of a post, in either spelling. A counter that is missing is None."""
    public = as_object(post.get("public_metrics"))
    private = as_object(post.get("non_public_metrics"))
    impressions = _read_int(public, "impression_count")
    return Counters(
        impressions=_read_int(private, "impression_count") if impressions is None else impressions,
        likes=_read_int(public, "like_count"),
        reposts=_read_int(public, "retweet_count"),
        quotes=_read_int(public, "quote_count"),
        replies=_read_int(public, "reply_count"),
        bookmarks=_read_int(public, "bookmark_count"),
        link_clicks=_read_int(private, "url_link_clicks"),
        profile_clicks=_read_int(private, "user_profile_clicks"),
    )


def parse_votes(page: Mapping[str, Any], now: datetime) -> dict[str, PollVotes]:
    """Read the votes of the polls on a page, by post. A number that is missing is None."""
    polls = as_objects(as_object(page.get("includes")).get("polls"))
    found = {}
    for post in posts_in(page):
        ids = as_list(as_object(post.get("attachments")).get("poll_ids"))
        for poll in (poll for poll in polls if poll.get("id") in ids):
            options = as_objects(poll.get("options"))
            options.sort(key=lambda option: _read_int(option, "position") or 0)
            status, ends = poll.get("voting_status"), as_instant(poll.get("end_datetime"))
            closed = status == "closed" or (status is None and ends is not None and ends <= now)
            counts = tuple(_read_int(option, "votes") for option in options)
            found[post["id"]] = PollVotes(counts, now, closed)
    return found


def missing_ids(document: Mapping[str, Any], asked: Sequence[str]) -> frozenset[str]:
    """Return the ids of posts that no longer exist, by the answer to a look-up.

    Only an error about a post that was asked for by its id says so. Hidden posts still exist.
    """
    shown = {post["id"] for post in posts_in(document)}
    missing = {
        error_subject(error)
        for error in as_objects(document.get("errors"))
        if str(error.get("type", "")).rstrip("/").endswith("resource-not-found")
        and error.get("resource_type", "post") in {"post", "tweet"}
        and error.get("parameter", "ids") in {"id", "ids"}
    }
    return frozenset((missing - shown) & {*asked})


def _read_int(metrics: Mapping[str, Any], name: str) -> int | None:
    return as_int(get_field(metrics, name))
