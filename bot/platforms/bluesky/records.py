"""Makes records of posts, and recognises them in a repository. Pure.

A post on Bluesky is a record that its author writes, under a key that its author chooses. Both
follow from the payload and the key of a send, and a repeated send writes the same record. A server
changes nothing in a record.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeGuard
from unicodedata import normalize

from bot.model import Counters
from bot.platforms.bluesky.facets import MENTION, facets, shown
from bot.platforms.bluesky.network import POST_ID
from bot.platforms.responses import as_instant, as_int, as_object, as_objects
from bot.platforms.transport import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.model import Content, Part
    from bot.platforms.base import SendKey

COLLECTION = "app.bsky.feed.post"
SELF_LABELS = "com.atproto.label.defs#selfLabels"
LATER_NAMES = "$later"
"""The field for the names that later parts mention, in the draft of a thread's first part."""
FOUND_NAMES = "$found"
"""The field for the ids of names that were found for the parts before, in a reply."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_LOW_BITS = 10
"""Bits of the microseconds in a record's key, and bits of its clock, that name the send."""
_MASK = (1 << _LOW_BITS) - 1
_CID = re.compile(r"[A-Za-z0-9]{1,200}")
_MAX_URI = 1000

# --- The mark of automated accounts ---------------------------------------------------------------

_BOT = "bot"


def is_labelled_bot(profile: Mapping[str, Any]) -> bool:
    """Return whether a profile's own labels say that the account is automated."""
    labels = as_object(profile.get("labels"))
    values = as_objects(labels.get("values"))
    return labels.get("$type") == SELF_LABELS and any(one.get("val") == _BOT for one in values)


def labelled_bot(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile with the label beside its others. Raise ValueError if it can have none.

    Source: https://docs.bsky.app/docs/starter-templates/bots.
    """
    labels = as_object(profile.get("labels"))
    if labels and labels.get("$type") != SELF_LABELS:
        raise ValueError(f"its labels are of a kind that is not known: {labels.get('$type')}")
    values = [*as_objects(labels.get("values")), {"val": _BOT}]
    return {**profile, "labels": {**labels, "$type": SELF_LABELS, "values": values}}


# --- Keys and addresses ---------------------------------------------------------------------------


def record_key(key: SendKey) -> str:
    """Return the key of the record that a send makes: a TID of the instant of its intent.

    The last bits follow from the send's name, and two sends at one instant are two records. Source:
    https://atproto.com/specs/tid.
    """
    digest = int.from_bytes(hashlib.sha256(key.name.encode()).digest()[:4])
    micros = (key.at - _EPOCH) // timedelta(microseconds=1)
    number = (micros & ~_MASK | digest & _MASK) << _LOW_BITS | (digest >> _LOW_BITS) & _MASK
    return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def key_time(key: str) -> datetime | None:
    """Return the instant in a record's key, or None if it is not a TID."""
    if not POST_ID.fullmatch(key):
        return None
    number = sum(_DIGITS.index(char) << 5 * place for place, char in enumerate(reversed(key)))
    return _EPOCH + timedelta(microseconds=number >> _LOW_BITS)


def post_uri(did: str, key: str) -> str:
    """Return the address of a post's record."""
    return f"at://{did}/{COLLECTION}/{key}"


def key_in(uri: str, did: str) -> str | None:
    """Return the key in the address of a post, or None if it is not one of this account."""
    head, _, key = uri.rpartition("/")
    return key if f"{head}/" == post_uri(did, "") and POST_ID.fullmatch(key) else None


def blob_cid(data: bytes) -> str:
    """Return the address of a file, which is the hash of its bytes (CIDv1, raw, sha2-256)."""
    raw = bytes((1, 0x55, 0x12, 0x20)) + hashlib.sha256(data).digest()
    return "b" + b32encode(raw).decode().rstrip("=").lower()


def is_cid(value: Any) -> TypeGuard[str]:
    """Return whether this is the hash of a record, as text."""
    return isinstance(value, str) and bool(_CID.fullmatch(value))


def timestamp(instant: datetime) -> str:
    """Return an instant as records have it, in UTC and milliseconds."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z"


# --- Making a record ------------------------------------------------------------------------------


def draft(
    content: Content,
    part: int,
    media_ids: Sequence[str],
    reply_to: str | None,
    languages: Sequence[str],
) -> dict[str, Any]:
    """Return the record of a part without its time, and with names in place of accounts' ids.

    ``languages`` are the account's, for a content without one. Raise ValueError if the files are
    not those of the part.
    """
    said = content.parts[part]
    record: dict[str, Any] = {"$type": COLLECTION, "text": shown(said.text, said.marked)}
    if found := facets(said.text, said.marked):
        record["facets"] = found
    if spoken := [content.language] if content.language else list(languages):
        record["langs"] = spoken
    if embed := _embed(said, media_ids):
        record["embed"] = embed
        if content.labels:  # they cover the embed
            values = [{"val": label} for label in content.labels]
            record["labels"] = {"$type": SELF_LABELS, "values": values}
    if reply_to:
        record["reply"] = _reply_target(reply_to)
    elif not part and (later := names_in(content.parts[1:])):
        record[LATER_NAMES] = later
    return record


def names_in(parts: Sequence[Part]) -> list[str]:
    """Return the names that parts mention."""
    found = (mentioned_names({"facets": facets(part.text)}) for part in parts)
    return list(dict.fromkeys(name for names in found for name in names))


def _embed(said: Part, media_ids: Sequence[str]) -> dict[str, Any] | None:
    """Return the link card or the pictures. A search has no files, and gets no pictures."""
    files = [json.loads(media_id) for media_id in media_ids]
    if card := said.card:
        external = {"uri": card.link, "title": card.title, "description": card.description}
        if files:
            [file] = files
            external["thumb"] = file["image"]
        return {"$type": "app.bsky.embed.external", "external": external}
    if not files:
        return None
    pairs = zip(files, said.media, strict=True)
    images = [{**file, "alt": media.alt} for file, media in pairs]
    return {"$type": "app.bsky.embed.images", "images": images}


def _reply_target(reply_to: str) -> dict[str, Any]:
    """Return root and parent, or only the parent's key if nothing else was recorded."""
    try:
        target = json.loads(reply_to)
    except ValueError:
        target = None
    return target if isinstance(target, dict) else {"parent": {"key": reply_to}}


def mentioned_names(record: Mapping[str, Any]) -> list[str]:
    """Return the names in a draft, and in the rest of its thread."""
    features = _features(record)
    names = [feature["handle"] for feature in features if "handle" in feature]
    return list(dict.fromkeys((*names, *map(str, record.get(LATER_NAMES) or ()))))


def complete(
    record: Mapping[str, Any],
    created: datetime,
    dids: Mapping[str, str],
    reply: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the record to write, from a draft, its time, the ids of names, and root and parent."""
    whole: dict[str, Any] = json.loads(json.dumps(record))
    whole.pop(LATER_NAMES, None)
    for feature in _features(whole):
        if feature["$type"] == MENTION:
            feature["did"] = dids[feature.pop("handle")]
    if reply is not None:
        whole["reply"] = dict(reply)
    return {**whole, "createdAt": timestamp(created)}


def _features(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for facet in as_objects(record.get("facets")):
        yield from as_objects(facet.get("features"))


def reply_reference(uri: str, cid: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return root and parent of a reply to a post."""
    parent = {"uri": uri, "cid": cid}
    root = as_object(as_object(record.get("reply")).get("root"))
    is_post = isinstance(root.get("uri"), str) and is_cid(root.get("cid"))
    is_short = len(str(root.get("uri"))) <= _MAX_URI
    known = {"uri": root["uri"], "cid": root["cid"]} if is_post and is_short else parent
    return {"parent": parent, "root": known}


def reply_json(
    uri: str, cid: str, record: Mapping[str, Any], found: Mapping[str, str] | None = None
) -> str:
    """Return the same for ``RemotePost.reply``, with the ids of names found so far."""
    names = {FOUND_NAMES: dict(found)} if found else {}
    return canonical_json({**reply_reference(uri, cid, record), **names})


def found_names(draft: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of names that were found for the parts before a draft."""
    found = as_object(as_object(draft.get("reply")).get(FOUND_NAMES))
    return {name: did for name, did in found.items() if isinstance(did, str)}


# --- Recognising one ------------------------------------------------------------------------------


def created_at(record: Mapping[str, Any], key: str) -> datetime | None:
    """Return the instant at which a record says that it was made, or else that of its key."""
    return as_instant(record.get("createdAt")) or key_time(key)


def has_same_words(wanted: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Return whether a record has the words of a draft, or without words the same pictures."""
    texts = [normalize("NFC", str(each.get("text", ""))) for each in (wanted, record)]
    if texts[0] != texts[1]:
        return False
    return bool(texts[0].strip()) or _pictures(wanted) == _pictures(record)


def has_same_place(wanted: Mapping[str, Any], record: Mapping[str, Any], did: str) -> bool:
    """Return whether a record and a draft reply to the same post, or both to none."""
    return _parent(wanted, did) == _parent(record, did)


def _parent(record: Mapping[str, Any], did: str) -> str | None:
    parent = as_object(as_object(record.get("reply")).get("parent"))
    return post_uri(did, str(parent["key"])) if "key" in parent else parent.get("uri")


def _pictures(record: Mapping[str, Any]) -> list[Any]:
    images = as_objects(as_object(record.get("embed")).get("images"))
    return [as_object(as_object(image.get("image")).get("ref")).get("$link") for image in images]


# --- Counters -------------------------------------------------------------------------------------


def parse_counters(view: Mapping[str, Any]) -> Counters:
    """Read the counters of a post. The index counts no impressions and no clicks."""
    return Counters(
        likes=as_int(view.get("likeCount")),
        reposts=as_int(view.get("repostCount")),
        quotes=as_int(view.get("quoteCount")),
        replies=as_int(view.get("replyCount")),
        bookmarks=as_int(view.get("bookmarkCount")),
    )
