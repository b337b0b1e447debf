"""Statuses, accounts, media and polls as Mastodon's API shows them.

Their addresses are the sandbox's own, and open.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from bot.sandbox.answers import timestamp
from bot.sandbox.mastodon.content import Mentioned, split, to_html
from bot.sandbox.mastodon.state import PROCESSING

if TYPE_CHECKING:
    from bot.sandbox.mastodon.state import MastodonState
    from bot.sandbox.state import SimAccount, SimPost, SimUpload

_PICTURES = ("avatar", "avatar_static", "header", "header_static")
_KINDS = {"photo": "image", "animated_gif": "gifv", "video": "video"}


def find_account(world: MastodonState, base: str, address: str) -> Mentioned | None:
    """Return the account that a mention means, or None if it does not exist.

    On other servers every account exists, except under ``.invalid``.
    """
    name, _, domain = address.partition("@")
    own = not domain or domain.lower() in {world.domain, base.partition("://")[2]}
    if own:
        account = world.by_handle(name)
        if account is None:
            return None
        return Mentioned(account.id, account.handle, account.handle, f"{base}/@{account.handle}")
    host = domain.lower()
    if "." not in host or host.endswith(".invalid"):
        return None
    number = int(hashlib.sha256(f"{name.lower()}@{host}".encode()).hexdigest()[:12], 16)
    return Mentioned(str(number), name, f"{name}@{host}", f"https://{host}/@{name}")


def is_visible(world: MastodonState, post: SimPost, reader: SimAccount | None) -> bool:
    """Return whether a post is public, or else the reader is its author."""
    open_to_all = world.details_of(post).visibility in {"public", "unlisted"}
    return open_to_all or post.author is reader


def render_status(
    world: MastodonState, post: SimPost, base: str, reader: SimAccount | None
) -> dict[str, Any]:
    """Return a status, and remember its counters as read."""
    details, author = world.details_of(post), post.author
    parent = world.posts[post.parent] if post.parent else None
    shown: dict[str, Any] = {
        "id": post.id,
        "created_at": timestamp(post.created),
        "in_reply_to_id": post.parent,
        "in_reply_to_account_id": parent.author.id if parent else None,
        "sensitive": details.sensitive or bool(details.spoiler),
        "spoiler_text": details.spoiler,
        "visibility": details.visibility,
        "language": details.language,
        "uri": f"{base}/users/{author.handle}/statuses/{post.id}",
        "url": f"{base}/@{author.handle}/{post.id}",
        "edited_at": None,
        "reblog": None,
        "account": render_account(world, author, base),
        "media_attachments": [render_media(world, file, base) for file in post.media],
        "emojis": [],
        "card": None,
        "poll": render_poll(world, post),
    }
    shown |= _render_text(world, post.raw, base, author) | _render_counters(world, post)
    if reader:
        marks = dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked"), False)
        shown |= marks | {"filtered": []}
    if reader is author:
        shown |= {"pinned": False, "application": {"name": "Web", "website": None}}
    return shown


def _render_counters(world: MastodonState, post: SimPost) -> dict[str, Any]:
    """Return the counters of a status. A minimal server has no quotes."""
    counters = world.read_counters(post)
    shown = {
        "replies_count": counters.replies,
        "reblogs_count": counters.reposts,
        "favourites_count": counters.likes,
    }
    return shown if world.minimal else shown | {"quotes_count": counters.quotes, "quote": None}


def _render_text(world: MastodonState, raw: str, base: str, author: SimAccount) -> dict[str, Any]:
    """Return a text as HTML, and its mentions and hashtags, each once."""
    typed = [text[1:] for kind, text in split(raw) if kind == "mention"]
    found = [find_account(world, base, address) for address in typed]
    tags = (text[1:].lower() for kind, text in split(raw) if kind == "hashtag")
    return {
        "content": to_html(raw, base, lambda who: find_account(world, base, who), author.handle),
        "mentions": [who._asdict() for who in dict.fromkeys(who for who in found if who)],
        "tags": [{"name": tag, "url": f"{base}/tags/{tag}"} for tag in dict.fromkeys(tags)],
    }


def render_account(world: MastodonState, account: SimAccount, base: str) -> dict[str, Any]:
    """Return an account."""
    url = f"{base}/@{account.handle}"
    own = [post for post in world.timeline(account) if is_visible(world, post, account)]
    return {
        "id": account.id,
        "username": account.handle,
        "acct": account.handle,
        "display_name": account.name,
        "locked": False,
        "bot": account.automated,
        "discoverable": True,
        "indexable": False,
        "group": False,
        "created_at": account.created.strftime("%Y-%m-%dT00:00:00.000Z"),
        "note": _render_text(world, account.description, base, account)["content"],
        "url": url,
        "uri": f"{base}/users/{account.handle}",
        **dict.fromkeys(_PICTURES, f"{base}/original/missing.png"),
        "followers_count": account.followers,
        "following_count": 0,
        "statuses_count": len(own),
        "last_status_at": own[0].created.strftime("%Y-%m-%d") if own else None,
        "hide_collections": False,
        "noindex": False,
        **{name: [] for name in ("emojis", "roles", "fields")},
    }


def render_own_account(world: MastodonState, account: SimAccount, base: str) -> dict[str, Any]:
    """Return an account as its owner sees it."""
    source = {
        "privacy": "public",
        "sensitive": False,
        "language": "en",
        "note": account.description,
        "fields": [],
        "follow_requests_count": 0,
        "attribution_domains": [],
        "hide_collections": False,
        "discoverable": True,
        "indexable": False,
        "quote_policy": "public",
    }
    role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
    return render_account(world, account, base) | {"source": source, "role": role}


def is_processing(world: MastodonState, upload: SimUpload) -> bool:
    """Return whether a video or an animation is still being processed."""
    if upload.kind == "photo" or upload.finalized is None:
        return False
    return world.now() < upload.finalized + PROCESSING


def render_media(world: MastodonState, upload: SimUpload, base: str) -> dict[str, Any]:
    """Return a file, without a ``url`` while it is processed."""
    address = f"{base}/sandbox/media/{upload.id}"
    meta: dict[str, Any] = {}
    if upload.width and upload.height:
        wide, high = upload.width, upload.height
        size = {"width": wide, "height": high, "size": f"{wide}x{high}", "aspect": wide / high}
        meta = {"original": size, "small": size}
    if focus := world.focus.get(upload.id):
        meta["focus"] = {"x": focus[0], "y": focus[1]}
    return {
        "id": upload.id,
        "type": _KINDS[upload.kind],
        "url": None if is_processing(world, upload) else address,
        "preview_url": address,
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": meta,
        "description": upload.alt or None,
        "blurhash": None,
    }


def render_poll(world: MastodonState, post: SimPost) -> dict[str, Any] | None:
    """Return a post's poll, which takes one vote of each person."""
    if post.poll is None:
        return None
    votes = world.votes(post)
    return {
        "id": post.poll.id,
        "expires_at": timestamp(post.poll.ends),
        "expired": world.now() >= post.poll.ends,
        "multiple": False,
        "votes_count": sum(votes),
        "voters_count": None,
        "voted": False,
        "own_votes": [],
        "options": [
            {"title": option, "votes_count": count}
            for option, count in zip(post.poll.options, votes, strict=True)
        ],
        "emojis": [],
    }
