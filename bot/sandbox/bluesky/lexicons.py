"""The lexicons of requests and records, without their descriptions.

They have the form in which the AT Protocol published them in November 2026. ``validation`` reads
them. Of embeds, only pictures and link cards are simulated. A record with another embed, such as a
video or a quote, is stored like a record of an unknown kind.
"""

from __future__ import annotations

from typing import Any

Definition = dict[str, Any]

POST, PROFILE = "app.bsky.feed.post", "app.bsky.actor.profile"


def _string(kind: str = "", **limits: int) -> Definition:
    return {"type": "string", **({"format": kind} if kind else {}), **limits}


def _ref(name: str) -> Definition:
    return {"type": "ref", "ref": name}


def _union(*names: str) -> Definition:
    return {"type": "union", "refs": [*names]}


def _array(items: Definition, **limits: int) -> Definition:
    return {"type": "array", "items": items, **limits}


def _blob(largest: int, *accepted: str) -> Definition:
    return {"type": "blob", "accept": [*accepted], "maxSize": largest}


def _object(required: str, **properties: Definition) -> Definition:
    return {"type": "object", "required": required.split(), "properties": properties}


_INTEGER: Definition = {"type": "integer", "minimum": 0}
_SIDE: Definition = {"type": "integer", "minimum": 1}
_BOOLEAN: Definition = {"type": "boolean"}
_UNKNOWN: Definition = {"type": "unknown"}
_LABELS = _union("com.atproto.label.defs#selfLabels")

RECORDS: dict[str, tuple[str, Definition]] = {
    POST: (
        "tid",
        _object(
            "text createdAt",
            text=_string(maxLength=3000, maxGraphemes=300),
            entities=_array(_ref("app.bsky.feed.post#entity")),
            facets=_array(_ref("app.bsky.richtext.facet")),
            reply=_ref("app.bsky.feed.post#replyRef"),
            embed=_union("app.bsky.embed.images", "app.bsky.embed.external"),
            langs=_array(_string("language"), maxLength=3),
            labels=_LABELS,
            tags=_array(_string(maxLength=640, maxGraphemes=64), maxLength=8),
            createdAt=_string("datetime"),
        ),
    ),
    PROFILE: (
        "literal:self",
        _object(
            "",
            displayName=_string(maxLength=640, maxGraphemes=64),
            description=_string(maxLength=2560, maxGraphemes=256),
            pronouns=_string(maxLength=200, maxGraphemes=20),
            website=_string("uri"),
            avatar=_blob(1_000_000, "image/png", "image/jpeg"),
            banner=_blob(1_000_000, "image/png", "image/jpeg"),
            labels=_LABELS,
            joinedViaStarterPack=_ref("com.atproto.repo.strongRef"),
            links=_array(_ref("com.atproto.repo.strongRef"), maxLength=10),
            pinnedPost=_ref("com.atproto.repo.strongRef"),
            createdAt=_string("datetime"),
        ),
    ),
}
"""The form of the keys, and the fields, of each known kind of record."""

DEFINITIONS: dict[str, Definition] = {
    "app.bsky.feed.post#entity": _object(
        "index type value",
        index=_ref("app.bsky.feed.post#textSlice"),
        type=_string(),
        value=_string(),
    ),
    "app.bsky.feed.post#textSlice": _object("start end", start=_INTEGER, end=_INTEGER),
    "app.bsky.feed.post#replyRef": _object(
        "root parent",
        root=_ref("com.atproto.repo.strongRef"),
        parent=_ref("com.atproto.repo.strongRef"),
    ),
    "com.atproto.repo.strongRef": _object("uri cid", uri=_string("at-uri"), cid=_string("cid")),
    "com.atproto.label.defs#selfLabels": _object(
        "values", values=_array(_ref("com.atproto.label.defs#selfLabel"), maxLength=10)
    ),
    "com.atproto.label.defs#selfLabel": _object("val", val=_string(maxLength=128)),
    "app.bsky.richtext.facet": _object(
        "index features",
        index=_ref("app.bsky.richtext.facet#byteSlice"),
        features=_array(
            _union(*(f"app.bsky.richtext.facet#{kind}" for kind in ("mention", "link", "tag")))
        ),
    ),
    "app.bsky.richtext.facet#byteSlice": _object(
        "byteStart byteEnd", byteStart=_INTEGER, byteEnd=_INTEGER
    ),
    "app.bsky.richtext.facet#mention": _object("did", did=_string("did")),
    "app.bsky.richtext.facet#link": _object("uri", uri=_string("uri")),
    "app.bsky.richtext.facet#tag": _object("tag", tag=_string(maxLength=640, maxGraphemes=64)),
    "app.bsky.embed.images": _object(
        "images", images=_array(_ref("app.bsky.embed.images#image"), maxLength=4)
    ),
    "app.bsky.embed.images#image": _object(
        "image alt",
        image=_blob(2_000_000, "image/*"),
        alt=_string(),
        aspectRatio=_ref("app.bsky.embed.defs#aspectRatio"),
    ),
    "app.bsky.embed.defs#aspectRatio": _object("width height", width=_SIDE, height=_SIDE),
    "app.bsky.embed.external": _object(
        "external", external=_ref("app.bsky.embed.external#external")
    ),
    "app.bsky.embed.external#external": _object(
        "uri title description",
        uri=_string("uri"),
        title=_string(),
        description=_string(),
        associatedRefs=_array(_ref("com.atproto.repo.strongRef")),
        thumb=_blob(1_000_000, "image/*"),
    ),
}
"""The definitions to which records refer by name."""

_PLACE = {
    "repo": _string("at-identifier"),
    "collection": _string("nsid"),
    "rkey": _string("record-key"),
}
_SWAP = {"swapRecord": _string("cid"), "swapCommit": _string("cid")}
_WRITE = {
    **_PLACE,
    "rkey": _string("record-key", maxLength=512),
    "validate": _BOOLEAN,
    "record": _UNKNOWN,
}

INPUTS: dict[str, Definition] = {
    "com.atproto.server.createSession": _object(
        "identifier password",
        identifier=_string(),
        password=_string(),
        authFactorToken=_string(),
        allowTakendown=_BOOLEAN,
    ),
    "com.atproto.repo.createRecord": _object(
        "repo collection record", **_WRITE, swapCommit=_string("cid")
    ),
    "com.atproto.repo.putRecord": {
        **_object("repo collection rkey record", **_WRITE, **_SWAP),
        "nullable": ["swapRecord"],
    },
    "com.atproto.repo.deleteRecord": _object("repo collection rkey", **_PLACE, **_SWAP),
}
"""The JSON that a procedure takes. Procedures that are missing here take none."""

PARAMETERS: dict[str, Definition] = {
    "com.atproto.repo.getRecord": _object("repo collection rkey", **_PLACE, cid=_string("cid")),
    "com.atproto.repo.listRecords": _object(
        "repo collection",
        repo=_string("at-identifier"),
        collection=_string("nsid"),
        limit={"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
        cursor=_string(),
        reverse=_BOOLEAN,
    ),
    "com.atproto.identity.resolveHandle": _object("handle", handle=_string("handle")),
    "app.bsky.actor.getProfile": _object("actor", actor=_string("at-identifier")),
    "app.bsky.feed.getPosts": _object("uris", uris=_array(_string("at-uri"), maxLength=25)),
}
"""The parameters of a query. Queries that are missing here have none."""
