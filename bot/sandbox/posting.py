"""The rules for a new post, in the order in which X is seen to apply them [U: the order]."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import xtext
from bot.sandbox import problems, text
from bot.sandbox.state import Account, Poll, Post, Upload

if TYPE_CHECKING:
    from bot.sandbox.bodies import NewPost
    from bot.sandbox.world import World


def create(world: World, author: Account, body: NewPost) -> Post:
    """Hold a new post against the rules, store it and book its price. Raises ApiError."""
    raw = text.normal(body.text)
    _shape(body, raw)
    media = _media(world, author, body)
    parent = _parent(world, author, body)
    _enrolment(body, raw)
    if raw and world.repeats(author, raw):
        raise problems.duplicate()
    poll = _poll(world, body)
    post = world.add_post(author, raw, media=media, poll=poll, parent=parent)
    post.reply_settings = body.reply_settings or "everyone"
    post.paid_partnership = bool(body.paid_partnership)
    world.ledger.charge(post.created, author.app, _price(post, parent))
    return post


def _shape(body: NewPost, raw: str) -> None:
    together = body.exclusive()
    if len(together) > 1:
        words = f"{', '.join(together)} are mutually exclusive fields."
        raise problems.invalid(words, {name: [] for name in together})
    if not raw and body.media is None:
        raise problems.invalid("Requires `text` or `media`.", {"text": [body.text]})
    if xtext.weighted_length(raw) > xtext.LIMIT:
        raise problems.too_long()
    if raw and not xtext.is_valid(raw):
        raise problems.invalid("Your Tweet text contains invalid characters.", {"text": [raw]})


def _media(world: World, author: Account, body: NewPost) -> tuple[Upload, ...]:
    if body.media is None:
        return ()
    ids = body.media.media_ids
    found = [world.uploads.get(id_) for id_ in ids]
    usable = [upload for upload in found if upload and upload.usable(author.id, world.now())]
    mixed = len(ids) > 1 and any(upload.kind != "photo" for upload in usable)
    if len(usable) < len(ids) or mixed or len(set(ids)) < len(ids):
        raise problems.media_invalid(ids)
    return tuple(usable)


def _parent(world: World, author: Account, body: NewPost) -> Post | None:
    if body.reply is None:
        return None
    parent = world.post(body.reply.in_reply_to_tweet_id)
    if parent is None:
        raise problems.parent_gone()
    mentioned = {name.text.lower() for name in xtext.mentions(parent.raw)}
    if parent.author is not author and author.handle.lower() not in mentioned:
        raise problems.not_summoned()
    return parent


def _enrolment(body: NewPost, raw: str) -> None:
    """Refuse what a self-serve app may not do, and what the sandbox does not simulate."""
    if body.quote_tweet_id:
        raise problems.client_forbidden("Quoting posts is available to Enterprise only.")
    if len(xtext.cashtags(raw)) > 1:
        raise problems.not_permitted("A post may contain at most 1 cashtag.")
    others = ("community_id", "card_uri", "direct_message_deep_link", "edit_options", "geo")
    if any(getattr(body, name) is not None for name in others):
        raise problems.not_permitted()


def _poll(world: World, body: NewPost) -> Poll | None:
    if body.poll is None:
        return None
    minutes = body.poll.duration_minutes
    ends = world.now() + timedelta(minutes=minutes)
    return Poll(world.new_id(), tuple(body.poll.options), minutes, ends)


def _price(post: Post, parent: Post | None) -> str:
    if parent and parent.author is not post.author:
        return "summoned_reply"
    return "post_with_url" if post.links else "post"
