"""Records are held to their lexicons, and refused in a server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.sandbox_bluesky import POSTS, post
from helpers.sandbox_bluesky_cases import BLOB, INVALID, VALID

from bot.sandbox.bluesky.validation import check

if TYPE_CHECKING:
    from helpers.sandbox_bluesky import BlueskySandboxClient


@pytest.mark.parametrize("record", VALID.values(), ids=VALID)
def test_what_a_lexicon_allows_is_stored(sky: BlueskySandboxClient, record: dict[str, Any]) -> None:
    key = sky.key()
    answer = sky.put(record, key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["validationStatus"] == "valid"
    stored = sky.get("com.atproto.repo.getRecord", repo=sky.own.id, collection=POSTS, rkey=key)
    assert stored.json()["value"] == {"$type": POSTS, **record}


@pytest.mark.parametrize(("record", "words"), INVALID.values(), ids=INVALID)
def test_what_no_lexicon_allows_is_refused(
    sky: BlueskySandboxClient, record: Any, words: str
) -> None:
    answer = sky.put(record)
    assert answer.status_code == 400
    message = f"Invalid {POSTS} record: {words}"
    assert answer.json() == {"error": "InvalidRequest", "message": message}
    assert not sky.world.posts


def test_a_number_that_is_not_whole_is_refused_wherever_it_is(sky: BlueskySandboxClient) -> None:
    answer = sky.put(post(unknown=[{"a": 1.5}]))
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("value type (got 1.5) at $.record.unknown[0].a")


def test_a_record_of_another_type_is_refused(sky: BlueskySandboxClient) -> None:
    answer = sky.put({"$type": "app.bsky.feed.like", "createdAt": "x"})
    message = "Invalid $type: expected app.bsky.feed.post, got app.bsky.feed.like"
    assert answer.json() == {"error": "InvalidRequest", "message": message}


@pytest.mark.parametrize("key", ["self", "zaaaaaaaaaaaa", "3n3bexomrtj2", "3n3bexomrtj277"])
def test_the_key_of_a_post_is_a_tid(sky: BlueskySandboxClient, key: str) -> None:
    answer = sky.put(post(), key)
    assert answer.status_code == 400
    message = f'Invalid record key for {POSTS}: Invalid TID string (got "{key}") at $'
    assert answer.json()["message"] == message


def test_a_profile_has_one_key(sky: BlueskySandboxClient) -> None:
    profile = {"$type": "app.bsky.actor.profile", "displayName": "A"}
    answer = sky.write("put", profile, "other", collection="app.bsky.actor.profile")
    assert answer.json()["message"].endswith('Expected "self" (got "other") at $')


def test_a_record_that_is_not_to_be_checked_is_not(sky: BlueskySandboxClient) -> None:
    answer = sky.put(post("x" * 400), validate=False)
    assert answer.status_code == 200
    assert "validationStatus" not in answer.json()


@pytest.mark.parametrize(("validate", "status"), [(None, 200), (True, 400)])
def test_a_record_of_an_unknown_kind_is_stored_unless_it_has_to_be_checked(
    sky: BlueskySandboxClient, validate: bool | None, status: int
) -> None:
    more = {} if validate is None else {"validate": validate}
    answer = sky.write("put", {"a": 1}, "x", collection="com.example.foo", **more)
    assert answer.status_code == status
    known = answer.json().get("validationStatus") == "unknown"
    assert known or "Unknown lexicon type: com.example.foo" in answer.text


@pytest.mark.parametrize("size", [2_000_000, 2_000_001])
def test_a_picture_may_have_two_million_bytes(sky: BlueskySandboxClient, size: int) -> None:
    blob = sky.upload(b"\x89PNG\r\n\x1a\n".ljust(size, b"x")).json()["blob"]
    assert blob["size"] == size
    images = {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": blob}]}
    assert sky.put(post(embed=images)).status_code == (200 if size <= 2_000_000 else 400)


FORMATS = {
    "handle": (["a.test", "xn--a.b-c.org"], ["a", "a..b", "-a.test", "a.test.", "a.7"]),
    "did": (["did:plc:abc", "did:web:a.org%3A80"], ["did:plc:", "DID:plc:a", "did:plc:a:"]),
    "nsid": (["com.atproto.repo.putRecord"], ["com.atproto", "com.a.b-c", "a..b.c"]),
    "record-key": (["self", "a:b_c~.-", "..."], [".", "..", "", "a/b", "a" * 513, "\u00e9"]),
    "at-uri": (
        ["at://did:plc:a", "at://a.test/a.b.c", "at://a.test/a.b.c/self"],
        ["http://a.test", "at://a", "at://a.test/x", "at://a.test/a.b.c/", "at://a.test/a.b.c/.."],
    ),
    "uri": (["https://a", "mailto:a@b"], ["a", "https:// a", "https:///a"]),
    "language": (["en", "de-CH", "zh-Hant-TW", "sl-rozaj"], ["e", "en_US", "english-x", "zz-x"]),
    "cid": ([BLOB["ref"]["$link"]], ["", "b", "Qm", BLOB["ref"]["$link"].upper()]),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_formats_are_those_of_the_protocol(kind: str) -> None:
    valid, invalid = FORMATS[kind]
    definition = {"type": "string", "format": kind}
    for text in valid:
        check(definition, text)
    for text in invalid:
        with pytest.raises(ValueError, match="Invalid"):
            check(definition, text)
