"""Recognising a payload in a timeline, although X changes texts on their way."""

from __future__ import annotations

from typing import Any

import pytest

from bot.platforms.x.timeline import matches_payload

LINK = {"url": "https://t.co/abc", "expanded_url": "https://mediajustice.org/aws"}
PHOTO = {
    "url": "https://t.co/pic",
    "expanded_url": "https://x.com/mj/status/1/photo/1",
    "media_key": "3_7",
}


def post(text: str, *urls: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"id": "1", "text": text, "entities": {"urls": [*urls]}, **more}


def replied(parent: str, name: str = "referenced_tweets") -> dict[str, Any]:
    return {name: [{"type": "replied_to", "id": parent}]}


def reply(parent: str) -> dict[str, Any]:
    return {"text": "Tail", "reply": {"in_reply_to_tweet_id": parent}}


LONG = "A long text. " * 40
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({"text": "Hello"}, post("Hello")),
    "blanks at the ends": ({"text": " Hello\n"}, post("Hello")),
    "line ends": ({"text": "a\r\n\r\nb"}, post("a\n\nb")),
    "decomposed letters": ({"text": "Cafe\u0301"}, post("Caf\u00e9")),
    "escaped": ({"text": "a < b & c"}, post("a &lt; b &amp; c")),
    "not escaped": ({"text": "a &amp; b"}, post("a &amp; b")),
    "escaped twice": ({"text": "a &amp; b"}, post("a &amp;amp; b")),
    "link": ({"text": "See https://mediajustice.org/aws"}, post("See https://t.co/abc", LINK)),
    "link with a slash": (
        {"text": "See https://mediajustice.org/aws/ now"},
        post("See https://t.co/abc now", LINK),
    ),
    "bare link": (
        {"text": "See mediajustice.org/aws"},
        post("See https://t.co/abc", {**LINK, "expanded_url": "http://mediajustice.org/aws"}),
    ),
    "media link": ({"text": "Look"}, post("Look https://t.co/pic", PHOTO)),
    "media link known by its address only": (
        {"text": "Look"},
        post("Look https://t.co/pic", {k: v for k, v in PHOTO.items() if k != "media_key"}),
    ),
    "media link without entities": (
        {"text": "Look"},
        {"text": "Look https://t.co/pic", "attachments": {"media_keys": ["3_7"]}},
    ),
    "link and media": (
        {"text": "See https://mediajustice.org/aws"},
        post("See https://t.co/abc https://t.co/pic", LINK, PHOTO),
    ),
    "long text": ({"text": LONG}, post("A long\u2026", note_tweet={"text": LONG.strip()})),
    "long text, other spelling": ({"text": LONG}, post("A\u2026", note_post={"text": LONG})),
    "long text with a link": (
        {"text": f"{LONG} https://mediajustice.org/aws"},
        post(
            "A\u2026",
            note_tweet={"text": f"{LONG} https://t.co/abc", "entities": {"urls": [LINK]}},
        ),
    ),
    "reply": (reply("5"), post("Tail", **replied("5"))),
    "reply, other spelling": (reply("5"), post("Tail", **replied("5", "referenced_posts"))),
    "reply to nobody knows what": (reply("5"), post("Tail")),
    "only media": (
        {"media": {"media_ids": ["7"]}},
        post("https://t.co/pic", PHOTO, attachments={"media_keys": ["3_7"]}),
    ),
    "bearer in the text": ({"text": "Bearer of news"}, post("Bearer of news")),
}
OTHER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "other text": ({"text": "Hello"}, post("Hello!")),
    "other case": ({"text": "Hello"}, post("hello")),
    "only its beginning": ({"text": "Hello"}, post("Hello world")),
    "other link": ({"text": "See https://athena.org"}, post("See https://t.co/abc", LINK)),
    "other parent": (reply("5"), post("Tail", **replied("6"))),
    "a reply, though none was wanted": ({"text": "Tail"}, post("Tail", **replied("6"))),
    "other picture alone": (
        {"media": {"media_ids": ["7"]}},
        post("https://t.co/pic", PHOTO, attachments={"media_keys": ["3_8"]}),
    ),
    "no text at all": ({"text": "Hello"}, {"id": "1"}),
}


@pytest.mark.parametrize("name", SAME)
def test_these_are_the_same_post(name: str) -> None:
    payload, seen = SAME[name]
    assert matches_payload(payload, seen, {})


@pytest.mark.parametrize("name", OTHER)
def test_these_are_different_posts(name: str) -> None:
    payload, seen = OTHER[name]
    assert not matches_payload(payload, seen, {})


POLL = {"text": "Well?", "poll": {"options": ["Yes", "Now"], "duration_minutes": 60}}
POLLED = post("Well?", attachments={"poll_ids": ["9"]})


def page(*labels: str) -> dict[str, Any]:
    options = [{"position": place, "label": label} for place, label in enumerate(labels, 1)]
    return {"includes": {"polls": [{"id": "9", "options": options}]}}


def test_a_poll_is_the_same_with_the_same_options() -> None:
    assert matches_payload(POLL, POLLED, page("Yes", "Now"))


def test_a_poll_with_other_options_is_another() -> None:
    assert not matches_payload(POLL, POLLED, page("Yes", "No"))


def test_a_poll_whose_options_are_not_shown_is_not_ruled_out() -> None:
    assert matches_payload(POLL, POLLED, {})


ODD: list[dict[str, Any]] = [
    {"entities": None},
    {"entities": {"urls": [None, {"url": None}]}},
    {"attachments": [], "referenced_tweets": "x"},
    {"note_tweet": None},
]


@pytest.mark.parametrize("more", ODD, ids=str)
def test_odd_fields_do_not_hide_a_post(more: dict[str, Any]) -> None:
    assert matches_payload(
        {"text": "Hello"}, {"id": "1", "text": "Hello", **more}, {"includes": None}
    )
