"""The endpoints of X API v2 that the sandbox answers: plain functions from a call to a reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.sandbox import bodies, posting, problems, views
from bot.sandbox.spec import RequestedFields, require_id, timeline_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.bodies import Form
    from bot.sandbox.state import SimAccount, SimPost
    from bot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was signed and is within the limits."""

    account: SimAccount
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = b""
    form: Form = field(default_factory=dict)
    requested: RequestedFields = field(default_factory=RequestedFields)

    def json(self) -> Any:
        """Read the body. Raise ApiError 400."""
        try:
            return bodies.parse_json(self.body)
        except ValueError:
            raise problems.invalid("Request body is not valid JSON.") from None


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body to be written as JSON."""

    body: dict[str, Any]
    status: int = 200


def create_post(world: World, call: Call) -> Reply:
    """POST /2/tweets."""
    post = posting.create(world, call.account, bodies.validate_body(bodies.NewPost, call.json()))
    data = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}
    return Reply({"data": data}, 201)


def delete_post(world: World, call: Call) -> Reply:
    """DELETE /2/tweets/:id."""
    post = world.post(require_id(call.path["id"], "id"))
    if post is None:
        raise problems.not_found("tweet", call.path["id"])
    if post.author is not call.account:
        raise problems.not_permitted("You are not permitted to delete this Tweet.")
    world.delete_post(post)
    world.ledger.charge(world.now(), call.account.app, "delete")
    return Reply({"data": {"deleted": True}})


def get_posts(world: World, call: Call) -> Reply:
    """GET /2/tweets?ids=…; missing posts are reported in ``errors``, with status 200."""
    ids = [id_ for id_ in call.query.get("ids", "").split(",") if id_]
    if not 1 <= len(ids) <= 100:  # noqa: PLR2004 - the documented span
        message = f"The number of values in the `ids` query parameter list [{len(ids)}] is not"
        raise problems.invalid(f"{message} between 1 and 100", {"ids": ids})
    posts = {id_: world.post(require_id(id_, "ids")) for id_ in ids}
    missing = [problems.missing_error("tweet", id_, "ids") for id_ in ids if not posts[id_]]
    body = render_posts(world, call, [post for id_ in ids if (post := posts[id_])])
    body["errors"] = missing + body.get("errors", [])
    charge_reads(world, call, body, "post_read")
    return Reply({name: value for name, value in body.items() if value})


def get_timeline(world: World, call: Call) -> Reply:
    """GET /2/users/:id/tweets."""
    account = world.accounts.get(require_id(call.path["id"], "id"))
    if account is None:
        return Reply({"errors": [problems.missing_error("user", call.path["id"], "id")]})
    page = timeline_page(world, account, call.query)
    posts = list(page.posts)
    if views.PRIVATE & call.requested.posts:
        # Posts too old for private metrics are left out, though the pages continue past them.
        posts = [post for post in posts if views.may_read_private(world, post, call.account)]
    body = render_posts(world, call, posts) if posts else {}
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
    return Reply({"data": views.user(world, call.account, call.requested.users)})


def upload_whole(world: World, call: Call) -> Reply:
    """POST /2/media/upload, the file in one piece."""
    bodies.reject_unknown_fields(call.form, bodies.UPLOAD_FIELDS[world.spelling])
    category = call.form.get("media_category")
    if not isinstance(category, str):
        raise problems.invalid("$.media_category: is missing but it is required")
    upload = posting.store_whole(world, call.account, _media_bytes(call), category)
    return Reply({"data": views.upload(upload, world.now())})


def upload_initialize(world: World, call: Call) -> Reply:
    """POST /2/media/upload/initialize."""
    upload = posting.initialize(
        world, call.account, bodies.validate_body(bodies.NewUpload, call.json())
    )
    return Reply({"data": views.upload(upload, world.now())})


def upload_append(world: World, call: Call) -> Reply:
    """POST /2/media/upload/:id/append."""
    bodies.reject_unknown_fields(call.form, bodies.APPEND_FIELDS)
    segment = str(call.form.get("segment_index", ""))
    upload = posting.append(world, call.account, call.path["id"], segment, _media_bytes(call))
    return Reply({"data": {"expires_at": int(upload.expires.timestamp())}})


def upload_finalize(world: World, call: Call) -> Reply:
    """POST /2/media/upload/:id/finalize."""
    upload = posting.finalize(world, call.account, call.path["id"])
    return Reply({"data": views.upload(upload, world.now())})


def upload_status(world: World, call: Call) -> Reply:
    """GET /2/media/upload?command=STATUS&media_id=…."""
    if call.query.get("command", "STATUS") != "STATUS":
        raise problems.invalid("The `command` query parameter must be STATUS.", {})
    upload = posting.find_own(
        world, call.account, require_id(call.query.get("media_id", ""), "media_id")
    )
    return Reply({"data": views.upload(upload, world.now())})


def describe_media(world: World, call: Call) -> Reply:
    """POST /2/media/metadata."""
    body = bodies.validate_body(bodies.NewMetadata, call.json())
    upload = posting.describe(world, call.account, body)
    world.ledger.charge(world.now(), call.account.app, "media_metadata")
    metadata = {"alt_text": {"text": upload.alt}}
    return Reply({"data": {"id": upload.id, "associated_metadata": metadata}})


ENDPOINTS: dict[str, Callable[[World, Call], Reply]] = {
    "POST /2/tweets": create_post,
    "DELETE /2/tweets/:id": delete_post,
    "GET /2/tweets": get_posts,
    "GET /2/users/:id/tweets": get_timeline,
    "GET /2/users/me": get_me,
    "POST /2/media/upload": upload_whole,
    "GET /2/media/upload": upload_status,
    "POST /2/media/upload/initialize": upload_initialize,
    "POST /2/media/upload/:id/append": upload_append,
    "POST /2/media/upload/:id/finalize": upload_finalize,
    "POST /2/media/metadata": describe_media,
}


def render_posts(world: World, call: Call, posts: list[SimPost]) -> dict[str, Any]:
    """Return posts and what belongs to them: ``data``, ``includes``, ``errors``."""
    fields = call.requested.posts
    denied = [
        problems.field_denied_error(post.id, name, f"{world.spelling}.fields")
        for post in posts
        for name in sorted(views.PRIVATE & fields)
        if not views.may_read_private(world, post, call.account)
    ]
    body: dict[str, Any] = {"data": [views.post(world, p, call.account, fields) for p in posts]}
    more = {"includes": _includes(world, call, posts), "errors": denied}
    return body | {name: value for name, value in more.items() if value}


def _includes(world: World, call: Call, posts: list[SimPost]) -> dict[str, Any]:
    requested = call.requested
    includes: dict[str, list[Any]] = {}
    if {"referenced_tweets", "referenced_tweets.id"} & requested.expansions:
        parents = {post.parent: world.post(post.parent) for post in posts if post.parent}
        includes["tweets"] = [
            views.post(world, parent, call.account, requested.posts)
            for parent in parents.values()
            if parent
        ]
    if "author_id" in requested.expansions:
        authors = {post.author.id: post.author for post in posts}.values()
        includes["users"] = [views.user(world, author, requested.users) for author in authors]
    if "attachments.media_keys" in requested.expansions:
        uploads = {upload.key: upload for post in posts for upload in post.media}.values()
        includes["media"] = [views.media(upload, requested.media) for upload in uploads]
    if "attachments.poll_ids" in requested.expansions:
        includes["polls"] = [
            views.poll(world, post, requested.polls) for post in posts if post.poll
        ]
    return {name: items for name, items in includes.items() if items}


def charge_reads(world: World, call: Call, body: dict[str, Any], item: str) -> None:
    """Book the posts in a reply, also those that others refer to [U]."""
    posts = [*body.get("data", []), *body.get("includes", {}).get("tweets", [])]
    ids = [post["id"] for post in posts]
    world.ledger.charge_read(world.now(), call.account.app, item, ids)


def _media_bytes(call: Call) -> bytes:
    data = call.form.get("media")
    if not isinstance(data, bytes):
        raise problems.invalid("$.media: is missing but it is required")
    return data
