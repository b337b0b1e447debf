"""Records with the answers that both Bluesky's own server and the sandbox must give.

The words of a refusal stand here without their beginning, "Invalid app.bsky.feed.post record".
"""

from __future__ import annotations

from typing import Any

from helpers.sandbox_bluesky import post

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
BLOB: dict[str, Any] = {
    "$type": "blob",
    "ref": {"$link": "bafkreicxdjrt3qka7uezmnwr4mbxj5hrxwtrm4coj6uagxxsictvzzgtc4"},
    "mimeType": "image/png",
    "size": 77,
}
LINK = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org"}
CID = "bafyreicbj4dyexpfalkcrb6vphbgnixonlpai6nwpbs62hauhrqucif42m"
REF = {"uri": "at://did:plc:cqkupcjwo2aojfhsouoxs6ly/app.bsky.feed.post/3n3bexomrtj27", "cid": CID}


def facet(start: Any, end: Any, *features: Any) -> dict[str, Any]:
    index = {"byteStart": start, "byteEnd": end}
    return post("hello #x", facets=[{"index": index, "features": [*features]}])


def feature(kind: str, **fields: str) -> dict[str, Any]:
    return facet(0, 5, {"$type": f"app.bsky.richtext.facet#{kind}", **fields})


def images(*pictures: Any) -> dict[str, Any]:
    return post(embed={"$type": "app.bsky.embed.images", "images": [*pictures]})


def picture(blob: Any = BLOB, **fields: Any) -> dict[str, Any]:
    return {"alt": "A teal field", "image": blob, **fields}


def card(**fields: Any) -> dict[str, Any]:
    return post(embed={"$type": "app.bsky.embed.external", "external": fields})


def labels(*values: Any) -> dict[str, Any]:
    return {"$type": "com.atproto.label.defs#selfLabels", "values": [*values]}


VALID = {
    "300 characters": post("x" * 300),
    "characters of many bytes": post(FAMILY * 166),
    "another offset": post(createdAt="2026-11-27T04:00:00+01:00"),
    "a day that a month does not have": post(createdAt="2026-02-31T04:00:00Z"),
    "an empty text": post(""),
    "no type": {key: value for key, value in post().items() if key != "$type"},
    "three languages": post(langs=["en", "de-CH", "zh-Hant"]),
    "an unknown field": post(unknown=1),
    "an unknown null": post(unknown=None),
    "a link": facet(0, 5, LINK),
    "no feature": facet(0, 5),
    "an unknown feature": facet(0, 5, {"$type": "com.example#foo", "tag": "x"}),
    "a facet that ends before it begins": facet(5, 0, LINK),
    "a facet beyond the text": facet(0, 500, LINK),
    "a mention": feature("mention", did="did:plc:cqkupcjwo2aojfhsouoxs6ly"),
    "a reply to what nobody has": post(reply={"root": REF, "parent": REF}),
    "no picture": images(),
    "a link card": card(uri="https://example.org/", title="T", description=""),
    "an unknown embed": post(embed={"$type": "com.example.foo", "x": 1}),
    "a label": post(labels=labels({"val": "bot"})),
}

INVALID: dict[str, tuple[Any, str]] = {
    "no time": ({"text": "x"}, 'Missing required key "createdAt" at $.record'),
    "no text": (
        {"createdAt": "2026-11-27T04:00:00.000Z"},
        'Missing required key "text" at $.record',
    ),
    "301 characters": (
        post("x" * 301),
        "grapheme too big (maximum 300, got 301) at $.record.text",
    ),
    "5,400 bytes": (
        post(FAMILY * 300),
        "string too big (maximum 3000, got 5400) at $.record.text",
    ),
    "a number as text": (post(3), "Expected string value type (got 3) at $.record.text"),
    "a year": (post(createdAt="2026"), 'Invalid datetime (got "2026") at $.record.createdAt'),
    "no offset": (
        post(createdAt="2026-11-27T04:00:00"),
        'Invalid datetime (got "2026-11-27T04:00:00") at $.record.createdAt',
    ),
    "a day too many": (
        post(createdAt="2026-02-32T04:00:00Z"),
        'Invalid datetime (got "2026-02-32T04:00:00Z") at $.record.createdAt',
    ),
    "an unknown offset": (
        post(createdAt="2026-11-27T04:00:00-00:00"),
        'Invalid datetime (got "2026-11-27T04:00:00-00:00") at $.record.createdAt',
    ),
    "four languages": (
        post(langs=["en", "de", "fr", "it"]),
        "array too big (maximum 3, got 4) at $.record.langs",
    ),
    "no language": (
        post(langs=["english language"]),
        'Invalid language (got "english language") at $.record.langs[0]',
    ),
    "one language": (post(langs="en"), 'Expected array value type (got "en") at $.record.langs'),
    "a null": (post(langs=None), "Expected array value type (got null) at $.record.langs"),
    "nine tags": (post(tags=["a"] * 9), "array too big (maximum 8, got 9) at $.record.tags"),
    "a long tag": (
        post(tags=["a" * 641]),
        "string too big (maximum 640, got 641) at $.record.tags[0]",
    ),
    "facets as an object": (
        post(facets={}),
        "Expected array value type (got {}) at $.record.facets",
    ),
    "a facet without place": (
        post(facets=[{"features": [LINK]}]),
        'Missing required key "index" at $.record.facets[0]',
    ),
    "a negative place": (
        facet(-1, 5, LINK),
        "integer too small (minimum 0, got -1) at $.record.facets[0].index.byteStart",
    ),
    "a place as text": (
        facet("0", 5, LINK),
        'Expected integer value type (got "0") at $.record.facets[0].index.byteStart',
    ),
    "a feature without type": (
        facet(0, 5, {"uri": "https://example.org"}),
        (
            'Expected an object which includes the "$type" property value type (got {"uri": ...})'
            " at $.record.facets[0].features[0]"
        ),
    ),
    "a link to nowhere": (
        feature("link"),
        'Missing required key "uri" at $.record.facets[0].features[0]',
    ),
    "no link": (
        feature("link", uri="no uri"),
        'Invalid uri (got "no uri") at $.record.facets[0].features[0].uri',
    ),
    "a mention by name": (
        feature("mention", did="athena.test"),
        'Invalid DID (got "athena.test") at $.record.facets[0].features[0].did',
    ),
    "a hashtag of 65 characters": (
        feature("tag", tag="x" * 65),
        "grapheme too big (maximum 64, got 65) at $.record.facets[0].features[0].tag",
    ),
    "a reply without parent": (
        post(reply={"root": REF}),
        'Missing required key "parent" at $.record.reply',
    ),
    "a reply to no address": (
        post(reply={"root": REF, "parent": {"uri": "x", "cid": CID}}),
        'Invalid at-uri (got "x") at $.record.reply.parent.uri',
    ),
    "a reply to no version": (
        post(reply={"root": REF, "parent": {**REF, "cid": "y"}}),
        'Invalid CID string (got "y") at $.record.reply.parent.cid',
    ),
    "five pictures": (
        images(*[picture()] * 5),
        "array too big (maximum 4, got 5) at $.record.embed.images",
    ),
    "a picture without alt text": (
        images({"image": BLOB}),
        'Missing required key "alt" at $.record.embed.images[0]',
    ),
    "a text as picture": (
        images(picture({**BLOB, "mimeType": "text/plain"})),
        'Expected "image/*" (got "text/plain") at $.record.embed.images[0].image.mimeType',
    ),
    "a picture without CID": (
        images(picture({**BLOB, "ref": {"$link": "xx"}})),
        (
            'Expected blob value type (got {"$type": ..., "ref": ..., ...})'
            " at $.record.embed.images[0].image"
        ),
    ),
    "no picture at all": (
        images(picture("x")),
        'Expected blob value type (got "x") at $.record.embed.images[0].image',
    ),
    "a picture without width": (
        images(picture(aspectRatio={"width": 0, "height": 6})),
        "integer too small (minimum 1, got 0) at $.record.embed.images[0].aspectRatio.width",
    ),
    "a link card without description": (
        card(uri="https://example.org/", title="T"),
        'Missing required key "description" at $.record.embed.external',
    ),
    "an embed as number": (
        post(embed=3),
        (
            'Expected an object which includes the "$type" property value type (got 3)'
            " at $.record.embed"
        ),
    ),
    "labels without type": (
        post(labels={"values": []}),
        (
            'Expected an object which includes the "$type" property value type '
            '(got {"values": ...}) at $.record.labels'
        ),
    ),
}
