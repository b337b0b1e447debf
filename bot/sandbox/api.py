"""The endpoints of X API v2 that the sandbox answers: plain functions from a call to a reply."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.sandbox import bodies, incoming, media, posting, problems, views
from bot.sandbox.spec import Asked
from bot.sandbox.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.incoming import Form
    from bot.sandbox.state import Account, Post
    from bot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the gate."""

    account: Account
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = b""
    form: Form = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)

    def json(self) -> Any:
        """Read the body. Raises ApiError 400."""
        try:
            return incoming.parsed(self.body)
        except ValueError:
            raise problems.invalid("Request body is not valid JSON.") from None


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body to be written as JSON."""

    body: dict[str, Any]
    status: int = 200


def create_post(world: World, call: Call) -> Reply:
    """POST /2/tweets."""
    post = posting.create(world, call.account, bodies.read(bodies.NewPost, call.json()))
    shown = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}
    return Reply({"data": shown}, 201)


def delete_post(world: World, call: Call) -> Reply:
    """DELETE /2/tweets/:id."""
    post = world.post(numeric(call.path["id"], "id"))
    if post is None:
        raise problems.not_found("tweet", call.path["id"])
    if post.author is not call.account:
        raise problems.not_permitted("You are not permitted to delete this Tweet.")
    world.delete_post(post)
    world.ledger.charge(world.now(), call.account.app, "delete")
    return Reply({"data": {"deleted": True}})


def get_posts(world: World, call: Call) -> Reply:
    """GET /2/tweets?ids=…; those that are missing come back as errors, with 200."""
    ids = [id_ for id_ in call.query.get("ids", "").split(",") if id_]
    if not 1 <= len(ids) <= 100:  # noqa: PLR2004 - the documented span
        words = f"The number of values in the `ids` query parameter list [{len(ids)}] is not"
        raise problems.invalid(f"{words} between 1 and 100", {"ids": ids})
    found = [world.post(numeric(id_, "ids")) for id_ in ids]
    gone = [problems.missing("tweet", i, "ids") for i, p in zip(ids, found, strict=True) if not p]
    body = shown(world, call, [post for post in found if post])
    body["errors"] = gone + body.get("errors", [])
    charge_reads(world, call, body, "post_read")
    return Reply({name: value for name, value in body.items() if value})


def get_timeline(world: World, call: Call) -> Reply:
    """GET /2/users/:id/tweets."""
    account = world.accounts.get(numeric(call.path["id"], "id"))
    if account is None:
        return Reply({"errors": [problems.missing("user", call.path["id"], "id")]})
    page = timeline(world, account, call.query)
    posts = list(page.posts)
    if views.PRIVATE & call.asked.posts:
        # Posts too old for private metrics are left out, though the page goes on behind them.
        posts = [post for post in posts if views.private_allowed(world, post, call.account)]
    body = shown(world, call, posts) if posts else {}
    meta: dict[str, Any] = {"result_count": len(posts)}
    if posts:
        meta |= {"newest_id": posts[0].id, "oldest_id": posts[-1].id}
    meta |= page.tokens
    owned = account is call.account and account.owns_app
    charge_reads(world, call, body, "owned_read" if owned else "post_read")
    return Reply({**body, "meta": meta})


def get_me(world: World, call: Call) -> Reply:
    """GET /2/users/me."""
    now, id_ = world.now(), call.account.id
    world.ledger.charge_read(now, call.account.app, "user_read", [f"user {id_}"])
    return Reply({"data": views.user(world, call.account, call.asked.users)})


def upload_whole(world: World, call: Call) -> Reply:
    """POST /2/media/upload, the file in one piece."""
    bodies.no_more_than(call.form, bodies.ONE_SHOT[world.spelling])
    category = call.form.get("media_category")
    if not isinstance(category, str):
        raise problems.invalid("$.media_category: is missing but it is required")
    upload = media.whole(world, call.account, _file(call), category)
    return Reply({"data": views.upload(upload, world.now())})


def upload_begin(world: World, call: Call) -> Reply:
    """POST /2/media/upload/initialize."""
    upload = media.begin(world, call.account, bodies.read(bodies.NewUpload, call.json()))
    return Reply({"data": views.upload(upload, world.now())})


def upload_append(world: World, call: Call) -> Reply:
    """POST /2/media/upload/:id/append."""
    bodies.no_more_than(call.form, bodies.APPEND)
    segment = str(call.form.get("segment_index", ""))
    upload = media.append(world, call.account, call.path["id"], segment, _file(call))
    return Reply({"data": {"expires_at": int(upload.expires.timestamp())}})


def upload_finalize(world: World, call: Call) -> Reply:
    """POST /2/media/upload/:id/finalize."""
    upload = media.finalize(world, call.account, call.path["id"])
    return Reply({"data": views.upload(upload, world.now())})


def upload_status(world: World, call: Call) -> Reply:
    """GET /2/media/upload?command=STATUS&media_id=…."""
    if call.query.get("command", "STATUS") != "STATUS":
        raise problems.invalid("The `command` query parameter must be STATUS.", {})
    upload = media.own(world, call.account, numeric(call.query.get("media_id", ""), "media_id"))
    return Reply({"data": views.upload(upload, world.now())})


def describe_media(world: World, call: Call) -> Reply:
    """POST /2/media/metadata."""
    body = bodies.read(bodies.NewMetadata, call.json())
    upload = media.describe(world, call.account, body)
    world.ledger.charge(world.now(), call.account.app, "media_metadata")
    told = {"alt_text": {"text": upload.alt}}
    return Reply({"data": {"id": upload.id, "associated_metadata": told}})


ENDPOINTS: dict[str, Callable[[World, Call], Reply]] = {
    "POST /2/tweets": create_post,
    "DELETE /2/tweets/:id": delete_post,
    "GET /2/tweets": get_posts,
    "GET /2/users/:id/tweets": get_timeline,
    "GET /2/users/me": get_me,
    "POST /2/media/upload": upload_whole,
    "GET /2/media/upload": upload_status,
    "POST /2/media/upload/initialize": upload_begin,
    "POST /2/media/upload/:id/append": upload_append,
    "POST /2/media/upload/:id/finalize": upload_finalize,
    "POST /2/media/metadata": describe_media,
}


def numeric(value: str, name: str) -> str:
    """Give an id back if it is one. Raises ApiError 400."""
    if not re.fullmatch(r"[0-9]{1,19}", value):
        words = f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$"
        raise problems.invalid(words, {name: [value]})
    return value


def shown(world: World, call: Call, posts: list[Post]) -> dict[str, Any]:
    """Show posts with what belongs to them: ``data``, ``includes``, ``errors``."""
    fields = call.asked.posts
    denied = [
        problems.field_denied(post.id, name, f"{world.spelling}.fields")
        for post in posts
        for name in sorted(views.PRIVATE & fields)
        if not views.private_allowed(world, post, call.account)
    ]
    body: dict[str, Any] = {"data": [views.post(world, p, call.account, fields) for p in posts]}
    includes = _includes(world, call, posts)
    return (
        body | ({"includes": includes} if includes else {}) | ({"errors": denied} if denied else {})
    )


def _includes(world: World, call: Call, posts: list[Post]) -> dict[str, Any]:
    asked = call.asked
    found: dict[str, list[Any]] = {}
    if {"referenced_tweets", "referenced_tweets.id"} & asked.expansions:
        parents = {post.parent: world.post(post.parent) for post in posts if post.parent}
        found["tweets"] = [
            views.post(world, parent, call.account, asked.posts)
            for parent in parents.values()
            if parent
        ]
    if "author_id" in asked.expansions:
        authors = {post.author.id: post.author for post in posts}.values()
        found["users"] = [views.user(world, author, asked.users) for author in authors]
    if "attachments.media_keys" in asked.expansions:
        uploads = {upload.key: upload for post in posts for upload in post.media}.values()
        found["media"] = [views.media(upload, asked.media) for upload in uploads]
    if "attachments.poll_ids" in asked.expansions:
        found["polls"] = [views.poll(world, post, asked.polls) for post in posts if post.poll]
    return {name: items for name, items in found.items() if items}


def charge_reads(world: World, call: Call, body: dict[str, Any], item: str) -> None:
    """Book the posts that a reply holds; those that others refer to as well [U]."""
    posts = [*body.get("data", []), *body.get("includes", {}).get("tweets", [])]
    ids = [post["id"] for post in posts]
    world.ledger.charge_read(world.now(), call.account.app, item, ids)


def _file(call: Call) -> bytes:
    data = call.form.get("media")
    if not isinstance(data, bytes):
        raise problems.invalid("$.media: is missing but it is required")
    return data
