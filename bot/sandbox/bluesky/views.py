"""Posts and profiles as Bluesky's index (the AppView) shows them, without a login.

The AppView sees a post ``World.timeline_lag`` after the server that keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.answers import timestamp
from bot.sandbox.bluesky import problems
from bot.sandbox.bluesky.lexicons import POST, PROFILE
from bot.sandbox.bluesky.records import label_values
from bot.sandbox.bluesky.state import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.bluesky.calls import Call
    from bot.sandbox.bluesky.state import BlueskyState
    from bot.sandbox.state import SimAccount, SimPost

_PAGE_KINDS = {"link": "link", "tag": "hashtag", "mention": "mention"}


def get_posts(world: BlueskyState, call: Call) -> dict[str, Any]:
    """app.bsky.feed.getPosts. Answer the posts that exist, without a word about the others."""
    latest = world.now() - world.timeline_lag
    posts = []
    for uri in dict.fromkeys(call.data["uris"]):
        record = world.record_at(uri)
        if record and record.post and record.post.created <= latest:
            posts.append(_post_view(world, uri, record, record.post, call.base))
    return {"posts": posts}


def _post_view(
    world: BlueskyState, uri: str, record: Record, post: SimPost, base: str
) -> dict[str, Any]:
    counts = world.read_counters(post)
    embed = _embed_view(record.value.get("embed"), base)
    return {
        "uri": uri,
        "cid": record.cid,
        "author": _author(world, post.author),
        "record": record.value,
        **({"embed": embed} if embed else {}),
        "bookmarkCount": counts.bookmarks,
        "replyCount": counts.replies,
        "repostCount": counts.reposts,
        "likeCount": counts.likes,
        "quoteCount": counts.quotes,
        "indexedAt": timestamp(post.created),
        "labels": _labels(uri, record, post.author),
    }


def _embed_view(embed: Any, base: str) -> dict[str, Any] | None:
    """Return pictures or a link card with the addresses of their files, or None without them."""
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if kind == "app.bsky.embed.images":
        images = [
            {
                "thumb": _address(image["image"], base),
                "fullsize": _address(image["image"], base),
                **{name: image[name] for name in ("alt", "aspectRatio") if name in image},
            }
            for image in embed["images"]
        ]
        return {"$type": f"{kind}#view", "images": images}
    if kind == "app.bsky.embed.external":
        card = dict(embed["external"])
        if "thumb" in card:
            card["thumb"] = _address(card["thumb"], base)
        return {"$type": f"{kind}#view", "external": card}
    return None


def _address(blob: dict[str, Any], base: str) -> str:
    return f"{base}/sandbox/media/{blob['ref']['$link']}"


def get_profile(world: BlueskyState, call: Call) -> dict[str, Any]:
    """app.bsky.actor.getProfile."""
    account = world.find_account(call.data["actor"])
    if account is None:
        raise problems.invalid("Profile not found")
    value = _profile(world, account).value
    shown = ("description", "pronouns", "website")
    more = {name: text for name, text in value.items() if name in shown}
    posts = world.repo(account).records.get(POST, {}).values()
    return {
        **_author(world, account),
        **more,
        "followersCount": account.followers,
        "followsCount": 0,
        "postsCount": sum(post.exists for post in posts),
        "indexedAt": timestamp(account.created),
    }


def _author(world: BlueskyState, account: SimAccount) -> dict[str, Any]:
    """Return an account as every view has it."""
    record, uri = _profile(world, account), world.repo(account).uri(PROFILE, "self")
    name = record.value.get("displayName")
    return {
        "did": account.id,
        "handle": account.handle,
        **({"displayName": name} if name is not None else {}),
        "labels": _labels(uri, record, account),
        "createdAt": timestamp(account.created),
    }


def _profile(world: BlueskyState, account: SimAccount) -> Record:
    """Return an account's profile, or an empty one if it has no valid one."""
    record = world.repo(account).find(PROFILE, "self")
    return record if record and record.valid else Record("", {})


def _labels(uri: str, record: Record, account: SimAccount) -> list[dict[str, str]]:
    """Return the labels that a record puts on itself."""
    given = {"src": account.id, "uri": uri, "cid": record.cid, "cts": timestamp(account.created)}
    return [{**given, "val": value} for value in label_values(record)]


# --- The page -------------------------------------------------------------------------------------


def pieces(record: Record | None, raw: str) -> Iterator[tuple[str, str, str]]:
    """Yield a post's text in pieces for the page, each with its kind and address.

    As in Bluesky's app, a facet that is not within the text, or overlaps another, has no effect.
    """
    text, end = raw.encode(), 0
    for start, stop, feature in sorted(_facets(record), key=lambda facet: facet[:2]):
        kind = feature["$type"].rpartition("#")[2]
        if not end <= start < stop <= len(text) or kind not in _PAGE_KINDS:
            continue
        yield text[end:start].decode(errors="replace"), "", ""
        shown = text[start:stop].decode(errors="replace")
        yield shown, _PAGE_KINDS[kind], feature.get("uri", "")
        end = stop
    yield text[end:].decode(errors="replace"), "", ""


def _facets(record: Record | None) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for facet in record.value.get("facets", ()) if record else ():
        if facet["features"]:
            index = facet["index"]
            yield index["byteStart"], index["byteEnd"], facet["features"][0]


def notes(record: Record | None) -> list[str]:
    """Return a post's link card, labels and languages, in words."""
    value = record.value if record else {}
    shown = []
    embed = value.get("embed", {})
    if embed.get("$type") == "app.bsky.embed.external":
        card = embed["external"]
        shown.append(f"Link card: {card['title']} ({card['uri']}) {card['description']}".strip())
    if labels := label_values(record):
        shown.append(f"Labels: {', '.join(labels)}")
    if langs := value.get("langs"):
        shown.append(f"Language: {', '.join(langs)}")
    return shown
