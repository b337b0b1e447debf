"""Mastodon's endpoints for statuses, as functions from a call to the body of an answer.

The checks of a new status have Mastodon's order. A reply to a deleted status gets 404 even with an
idempotency key that was used before. Another repetition of a key gets the first status, whatever
else the request says (https://docs.joinmastodon.org/methods/statuses/).
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from bot.sandbox.mastodon import problems
from bot.sandbox.mastodon.content import character_count, length
from bot.sandbox.mastodon.params import Call, Endpoint, to_id, to_texts
from bot.sandbox.mastodon.problems import invalid, not_found, refusal
from bot.sandbox.mastodon.state import StatusDetails
from bot.sandbox.mastodon.views import (
    is_processing,
    is_visible,
    render_status,
)
from bot.sandbox.state import SimPoll

if TYPE_CHECKING:
    from bot.sandbox.mastodon.state import MastodonState
    from bot.sandbox.state import SimUpload

MAX_MEDIA = 4
MAX_BATCH = 20
"""Most ids of ``GET /api/v1/statuses``."""
POLL_OPTIONS, OPTION_CHARACTERS = (2, 4), 50
POLL_SECONDS = (300, 2_629_746)
"""The shortest and the longest poll, which are five minutes and a month."""
KEY_LASTS = timedelta(hours=1)
"""How long an idempotency key is kept."""
VISIBILITIES = ("public", "unlisted", "private", "direct")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")


def create_status(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /api/v1/statuses."""
    author = call.author
    parent = None
    if call.text("in_reply_to_id"):
        parent = world.post(call.text("in_reply_to_id"))
        if parent is None or not is_visible(world, parent, author):
            raise refusal(404, problems.PARENT_GONE)
    key = (author.id, call.request.headers.get("idempotency-key", ""))
    since, existing = world.keys.get(key, (None, ""))
    if key[1] and not world.minimal and since and world.now() - since < KEY_LASTS:
        return _show(world, call, existing)
    if call.text("scheduled_at") or call.text("quoted_status_id"):
        raise refusal(422, "The sandbox has no scheduled posts and no quotes")
    raw, spoiler = call.text("status").strip(), call.text("spoiler_text").strip()
    if not raw and spoiler:
        raw, spoiler = spoiler, ""  # as on the server: a warning alone becomes the text
    media, poll = _find_media(world, call), _read_poll(world, call)
    if not raw and not media:
        raise invalid("Text can't be blank")
    if character_count(spoiler) + length(raw) > world.max_characters and not world.minimal:
        raise invalid(problems.TOO_LONG.format(world.max_characters))
    details = _read_details(call, spoiler)
    post = world.add_post(author, raw, media=media, poll=poll, parent=parent)
    world.details_by_post[post.id] = details
    world.attached |= {file.id for file in media}
    if key[1]:
        world.keys[key] = world.now(), post.id
    return render_status(world, post, call.base, author)


def _read_details(call: Call, spoiler: str) -> StatusDetails:
    """Return the other details of a new status. Raise ApiError 422."""
    visibility, language = call.text("visibility") or "public", call.text("language")
    if visibility not in VISIBILITIES:
        raise invalid("Visibility is not included in the list")
    return StatusDetails(
        visibility=visibility,
        language=language if _LANGUAGE.fullmatch(language) else "en",
        spoiler=spoiler,
        sensitive=call.flag("sensitive"),
    )


def _find_media(world: MastodonState, call: Call) -> tuple[SimUpload, ...]:
    """Return the files to attach. Raise ApiError 422."""
    ids = call.texts("media_ids")
    if len(ids) > MAX_MEDIA or (ids and call.params.get("poll")):
        raise refusal(422, f"Cannot attach more than {MAX_MEDIA} files")
    usable, missing = [], []
    for id_ in ids:
        upload = world.uploads.get(id_)
        own = upload is not None and upload.owner == call.author.id
        if upload is None or not own or id_ in world.attached or world.now() >= upload.expires:
            missing.append(id_)
        else:
            usable.append(upload)
    if missing:
        listed = ", ".join(missing)
        raise refusal(422, f"Media {listed} not found or already attached to another post")
    if len(usable) > 1 and any(file.kind == "video" for file in usable):
        raise refusal(422, "Cannot attach a video to a post that already contains images")
    if any(is_processing(world, file) or file.failure for file in usable):
        raise refusal(422, problems.NOT_READY)
    return tuple(usable)


def _read_poll(world: MastodonState, call: Call) -> SimPoll | None:
    """Return the poll of a new status. Raise ApiError 422."""
    poll = call.params.get("poll")
    if not isinstance(poll, dict):
        return None
    options = [option.strip() for option in to_texts(poll.get("options"))]
    options = [option for option in options if option]
    seconds = str(poll.get("expires_in", ""))
    fewest, most = POLL_OPTIONS
    shortest, longest = POLL_SECONDS
    if len(options) < fewest:
        raise invalid("Poll options must have more than one item")
    if len(options) > most:
        raise invalid(f"Poll options can't contain more than {most} items")
    if any(character_count(option) > OPTION_CHARACTERS for option in options):
        raise invalid(f"Poll options can't be longer than {OPTION_CHARACTERS} characters each")
    if len({*options}) < len(options):
        raise invalid("Poll options contain duplicate items")
    if not seconds.isdecimal():
        raise invalid("Poll expires at can't be blank")
    if int(seconds) < shortest:
        raise invalid("Poll expires at is too soon")
    if int(seconds) > longest:
        raise invalid("Poll expires at is too far into the future")
    ends = world.now() + timedelta(seconds=int(seconds))
    return SimPoll(world.new_id(), tuple(options), ends)


def _show(world: MastodonState, call: Call, id_: str) -> dict[str, Any]:
    """Return a post that the caller may see. Raise ApiError 404."""
    post = world.post(id_)
    if post is None or not is_visible(world, post, call.account):
        raise not_found()
    return render_status(world, post, call.base, call.account)


def get_status(world: MastodonState, call: Call) -> dict[str, Any]:
    """GET /api/v1/statuses/:id."""
    return _show(world, call, call.path["id"])


def get_statuses(world: MastodonState, call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/statuses?id[]=…, without those that do not exist."""
    if world.minimal:
        raise not_found()
    ids = [*dict.fromkeys(call.texts("id"))]
    if len(ids) > MAX_BATCH:
        raise refusal(422, "Mastodon::ValidationError")
    posts = [world.post(id_) for id_ in ids]
    return [
        render_status(world, post, call.base, call.account)
        for post in posts
        if post and is_visible(world, post, call.account)
    ]


def delete_status(world: MastodonState, call: Call) -> dict[str, Any]:
    """DELETE /api/v1/statuses/:id. Answer the status with its text, for another try."""
    post = world.post(call.path["id"])
    if post is None or post.author is not call.author:
        raise not_found()
    shown = render_status(world, post, call.base, call.account)
    world.delete_post(post)
    world.attached -= {file.id for file in post.media}
    return {name: value for name, value in shown.items() if name != "content"} | {"text": post.raw}


def get_account_statuses(world: MastodonState, call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts/:id/statuses, newest first."""
    account = world.accounts.get(call.path["id"])
    if account is None:
        raise not_found()
    below = to_id(call.text("max_id")) or 10**19
    matching = (
        post
        for post in world.timeline(account)
        if int(post.id) < below and is_visible(world, post, call.account)
    )
    posts = islice(matching, call.limit(20, 40))
    return [render_status(world, post, call.base, call.account) for post in posts]


ENDPOINTS = {
    "POST /api/v1/statuses": Endpoint(create_status, "write:statuses"),
    "GET /api/v1/statuses": Endpoint(get_statuses, "read:statuses", public=True),
    "GET /api/v1/statuses/:id": Endpoint(get_status, "read:statuses", public=True),
    "DELETE /api/v1/statuses/:id": Endpoint(delete_status, "write:statuses"),
    "GET /api/v1/accounts/:id/statuses": Endpoint(
        get_account_statuses, "read:statuses", public=True
    ),
}
