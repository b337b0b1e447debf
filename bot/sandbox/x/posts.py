"""X's endpoints for posts and users, as functions from a call to the body of an answer.

A new post has to pass X's rules. ``xtext`` reads its links, hashtags and length.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from bot import xtext
from bot.sandbox.state import SimPoll
from bot.sandbox.x import problems, views
from bot.sandbox.x.problems import generic, invalid
from bot.sandbox.x.spec import NewPost, parse_body, require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.state import SimAccount, SimPost, SimUpload
    from bot.sandbox.x.spec import Call
    from bot.sandbox.x.state import XState

TIMELINE_DEPTH = 3200
"""How many of the latest posts X shows (https://docs.x.com/x-api/posts/timelines/integrate)."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_TOKEN = "7140sandbox"  # noqa: S105 - begins page tokens, no secret


def create_post(world: XState, call: Call) -> dict[str, Any]:
    """POST /2/tweets. Check a post, store it and book its price."""
    author, body = call.account, parse_body(NewPost, call.body)
    # As X stores it: NFC, without blanks around it (the latter is [U]).
    raw = unicodedata.normalize("NFC", body.text).strip()
    _check_text(body, raw)
    media = _find_media(world, author, body)
    parent = None
    if body.reply:
        parent = world.post(body.reply.in_reply_to_tweet_id)
        if parent is None:
            raise generic(403, problems.PARENT_GONE)
        mentioned = {name.text.lower() for name in xtext.mentions(parent.raw)}
        if parent.author is not author and author.handle.lower() not in mentioned:
            raise generic(403, problems.NOT_SUMMONED)
    if len(xtext.cashtags(raw)) > 1:
        raise generic(403, "A post may contain at most 1 cashtag.")
    if raw and _is_duplicate(world, author, raw):
        raise generic(403, problems.DUPLICATE)
    poll = None
    if body.poll:
        ends = world.now() + timedelta(minutes=body.poll.duration_minutes)
        poll = SimPoll(world.new_id(), tuple(body.poll.options), ends)
    post = world.add_post(author, raw, media=media, poll=poll, parent=parent)
    post.reply_settings = body.reply_settings or "everyone"
    item = "post_with_url" if post.has_link else "post"
    if parent and parent.author is not author:
        item = "summoned_reply"
    world.charge(author, item)
    text, _ = views.api_text(world.seed, post)
    return {"data": {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}}


def _check_text(body: NewPost, raw: str) -> None:
    if body.poll and body.media:
        raise invalid("poll, media are mutually exclusive fields.", {"poll": [], "media": []})
    if not raw and body.media is None:
        raise invalid("Requires `text` or `media`.", {"text": [body.text]})
    if xtext.weighted_length(raw) > xtext.LIMIT:
        raise invalid(problems.TOO_LONG)
    if raw and not xtext.is_valid(raw):
        raise invalid("Your Tweet text contains invalid characters.", {"text": [raw]})


def _is_duplicate(world: XState, author: SimAccount, raw: str) -> bool:
    """Return whether the account has posted this text within ``duplicate_window``."""
    since = world.now() - world.duplicate_window
    latest = takewhile(lambda post: post.created >= since, reversed(world.posts.values()))
    return any(p.author is author and not p.deleted and p.raw == raw for p in latest)


def _find_media(world: XState, author: SimAccount, body: NewPost) -> tuple[SimUpload, ...]:
    if body.media is None:
        return ()
    ids, now = body.media.media_ids, world.now()
    usable = []
    for upload in filter(None, map(world.uploads.get, ids)):
        info = views.processing_info(upload, now) or {"state": "succeeded"}
        ready = upload.finalized is not None and info["state"] == "succeeded"
        if ready and upload.owner == author.id and now < upload.expires:
            usable.append(upload)
    mixed = len(ids) > 1 and any(upload.kind != "photo" for upload in usable)
    if len(usable) < len(ids) or mixed or len(set(ids)) < len(ids):
        # Unknown, foreign, unfinished, expired or badly mixed.
        raise invalid("Your media IDs are invalid.", {"media.media_ids": ids})
    return tuple(usable)


def delete_post(world: XState, call: Call) -> dict[str, Any]:
    """DELETE /2/tweets/:id."""
    post = world.post(require_id(call.path["id"], "id"))
    if post is None:
        raise problems.not_found("tweet", call.path["id"])
    if post.author is not call.account:
        raise generic(403, "You are not permitted to delete this Tweet.")
    world.delete_post(post)
    world.charge(call.account, "delete")
    return {"data": {"deleted": True}}


def get_posts(world: XState, call: Call) -> dict[str, Any]:
    """GET /2/tweets?ids=…, with missing posts in ``errors`` and status 200."""
    ids = [id_ for id_ in call.query.get("ids", "").split(",") if id_]
    if not 1 <= len(ids) <= 100:  # noqa: PLR2004 - the documented span
        message = f"The number of values in the `ids` query parameter list [{len(ids)}] is not"
        raise invalid(f"{message} between 1 and 100", {"ids": ids})
    posts = {id_: world.post(require_id(id_, "ids")) for id_ in ids}
    missing = [problems.missing_error("tweet", id_, "ids") for id_ in ids if not posts[id_]]
    body = _render_posts(world, call, [post for id_ in ids if (post := posts[id_])])
    body["errors"] = missing + body.get("errors", [])
    _charge_reads(world, call, body, "post_read")
    return {name: value for name, value in body.items() if value}


def get_timeline(world: XState, call: Call) -> dict[str, Any]:
    """GET /2/users/:id/tweets."""
    account = world.accounts.get(require_id(call.path["id"], "id"))
    if account is None:
        return {"errors": [problems.missing_error("user", call.path["id"], "id")]}
    size = call.query.get("max_results", "10")
    if not re.fullmatch("[0-9]{1,3}", size) or not 5 <= int(size) <= 100:  # noqa: PLR2004 - documented
        message = f"The `max_results` query parameter value [{size}] is not between 5 and 100"
        raise invalid(message, {"max_results": [size]})
    matching = _timeline_posts(world, account, call.query)
    posts, rest = matching[: int(size)], matching[int(size) :]
    tokens = {"next_token": _TOKEN + posts[-1].id} if rest else {}
    if views.PRIVATE in call.fields["post.fields"]:
        # Posts too old for private metrics are missing, and the pages continue past them.
        posts = [post for post in posts if views.may_read_private(world, post, call.account)]
    body = _render_posts(world, call, posts) if posts else {}
    meta: dict[str, Any] = {"result_count": len(posts)}
    if posts:
        meta |= {"newest_id": posts[0].id, "oldest_id": posts[-1].id}
    owned = account is call.account and account.owns_app
    _charge_reads(world, call, body, "owned_read" if owned else "post_read")
    return {**body, "meta": meta | tokens}


def _timeline_posts(world: XState, account: SimAccount, query: Mapping[str, str]) -> list[SimPost]:
    """Return the posts that a query asks for, newest first. Raise ApiError 400."""
    start = _parse_instant(query, "start_time", _FIRST)
    end = _parse_instant(query, "end_time", _LAST)
    before = 10**19
    if token := query.get("pagination_token"):
        before = int(require_id(token.removeprefix(_TOKEN), "pagination_token"))
    return [
        post
        for post in islice(world.timeline(account), TIMELINE_DEPTH)
        if start <= post.created < end and int(post.id) < before
    ]


def _parse_instant(query: Mapping[str, str], name: str, default: datetime) -> datetime:
    """Return an instant of a query. Raise ApiError 400."""
    value = query.get(name)
    if not value:
        return default
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or not _INSTANT.fullmatch(value):
        message = f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time"
        raise invalid(message, {name: [value]})
    return moment


def get_me(world: XState, call: Call) -> dict[str, Any]:
    """GET /2/users/me."""
    world.charge_read(call.account, "user_read", [f"user {call.account.id}"])
    return {"data": views.render_user(call.account, call.fields["user.fields"])}


ENDPOINTS: dict[str, Callable[[XState, Call], dict[str, Any]]] = {
    "POST /2/tweets": create_post,
    "DELETE /2/tweets/:id": delete_post,
    "GET /2/tweets": get_posts,
    "GET /2/users/:id/tweets": get_timeline,
    "GET /2/users/me": get_me,
}


def _render_posts(world: XState, call: Call, posts: list[SimPost]) -> dict[str, Any]:
    """Return posts as ``data``, with their ``includes`` and ``errors``."""
    fields, expansions = call.fields["post.fields"], call.fields["expansions"]
    denied = [
        problems.field_denied_error(post.id, views.PRIVATE, f"{world.spelling}.fields")
        for post in posts
        if views.PRIVATE in fields and not views.may_read_private(world, post, call.account)
    ]
    data = [views.render_post(world, post, call.account, fields) for post in posts]
    includes: dict[str, list[Any]] = {}
    if "referenced_tweets" in expansions:
        parents = {post.parent: world.post(post.parent) for post in posts if post.parent}
        includes["tweets"] = [
            views.render_post(world, parent, call.account, fields)
            for parent in parents.values()
            if parent
        ]
    if "attachments.poll_ids" in expansions:
        now, wanted = world.now(), call.fields["poll.fields"]
        includes["polls"] = [
            views.render_poll(post.poll, world.votes(post), now, wanted)
            for post in posts
            if post.poll
        ]
    shown = {name: items for name, items in includes.items() if items}
    more = {"includes": shown, "errors": denied}
    return {"data": data} | {name: value for name, value in more.items() if value}


def _charge_reads(world: XState, call: Call, body: dict[str, Any], item: str) -> None:
    """Book the posts in an answer, with those that others refer to [U]."""
    posts = [*body.get("data", []), *body.get("includes", {}).get("tweets", [])]
    ids = [post["id"] for post in posts]
    world.charge_read(call.account, item, ids)
