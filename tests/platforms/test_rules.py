"""For each of X's rules, a content that breaks it and one that just does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Account, Content, Media, Part, Poll
from bot.platforms.base import Charge
from bot.platforms.options import XOptions
from bot.platforms.x import ADVICE, RULES, charges, check, length

ACCOUNT = Account("mj", "x", "@MediaJustice", "https://api.x.com")
LONG = replace(ACCOUNT, options=XOptions(long_posts=True))
MB = 1_000_000
PNG = Media(Path("/m/iris.png"), "An iris", "00", "image/png", 5 * MB, 100, 100)
GIF = replace(PNG, path=Path("/m/a.gif"), mime="image/gif", size=15 * MB, width=1280, height=1080)
MP4 = replace(PNG, path=Path("/m/a.mp4"), mime="video/mp4", size=512 * MB)


def media(*files: Media) -> Part:
    return Part("Look", files)


def poll(*options: str, minutes: int = 60, files: tuple[Media, ...] = ()) -> Part:
    return Part("Well?", files, Poll(options, minutes))


BAD = [
    ("X701", Part("a" * 281)),
    ("X701", Part("\u65e5" * 141)),
    ("X702", Part(" \n")),
    ("X702", Part("", poll=Poll(("Yes", "No"), 60))),
    ("X703", media(*[PNG] * 5)),
    ("X704", media(PNG, GIF)),
    ("X704", media(MP4, MP4)),
    ("X705", media(replace(PNG, size=5 * MB + 1))),
    ("X705", media(replace(GIF, size=15 * MB + 1))),
    ("X705", media(replace(MP4, size=512 * MB + 1))),
    ("X706", media(replace(GIF, width=1281))),
    ("X706", media(replace(GIF, height=1081))),
    ("X707", media(replace(PNG, mime="image/svg+xml"))),
    ("X708", media(replace(PNG, alt=" "))),
    ("X709", media(replace(PNG, alt="a" * 1001))),
    ("X710", poll("Yes")),
    ("X710", poll("1", "2", "3", "4", "5")),
    ("X711", poll("Yes", "a" * 26)),
    ("X711", poll("Yes", "")),
    ("X712", poll("Yes", "No", minutes=4)),
    ("X712", poll("Yes", "No", minutes=10081)),
    ("X713", poll("Yes", "No", files=(PNG,))),
    ("X714", Part("$AMZN is not $GOOG")),
    ("X717", Part("a\ufeffb")),
    ("X717", Part("a\ud800b")),
]
GOOD = [
    Part("a" * 280),
    Part("\u65e5" * 140),
    Part("", (PNG,)),
    media(*[PNG] * 4),
    media(GIF),
    media(MP4),
    media(replace(PNG, alt="a" * 1000)),
    poll("Yes", "a" * 25),
    poll("1", "2", "3", "4", minutes=5),
    poll("Yes", "No", minutes=10080),
    Part("$AMZN takes $6 billion and $1.2 billion"),
    Part("We are @mediajustice, press@mediajustice.org, https://medium.com/@athena/x"),
]


@pytest.mark.parametrize(("code", "part"), BAD)
def test_a_broken_rule_is_found_with_what_to_do(code: str, part: Part) -> None:
    found = check(Content((Part("Head"), part)), ACCOUNT)
    assert [finding.code for finding in found] == [code]
    assert found[0].part == 1
    assert found[0].message
    assert found[0].hint


@pytest.mark.parametrize("part", GOOD)
def test_what_x_takes_has_no_findings(part: Part) -> None:
    assert check(Content((part,)), ACCOUNT) == []


def test_every_rule_is_tried_here() -> None:
    assert {code for code, _ in BAD} | {"X716", *ADVICE} == RULES.keys()


def test_all_findings_of_all_parts_come_at_once() -> None:
    parts = (Part("a" * 300), media(replace(PNG, alt="")), poll("Yes", minutes=1))
    found = check(Content(parts, "nobody"), ACCOUNT)
    assert [(finding.code, finding.part) for finding in found] == [
        ("X716", 0),
        ("X701", 0),
        ("X708", 1),
        ("X710", 2),
        ("X712", 2),
    ]


ASTRONAUT = "\U0001f9d1\u200d\U0001f680"  # of 2019


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("X718", (Part("Hey"), Part("Hey "))),
        ("X719", (Part("a" * 278 + ASTRONAUT),)),
    ],
)
def test_what_x_may_take_all_the_same_is_a_warning(code: str, parts: tuple[Part, ...]) -> None:
    found = check(Content(parts), ACCOUNT)
    assert [(finding.code, finding.level) for finding in found] == [(code, "warning")]
    assert code in ADVICE


def test_a_newer_emoji_is_no_matter_where_the_text_fits_either_way() -> None:
    assert check(Content((Part("a" * 275 + ASTRONAUT),)), ACCOUNT) == []
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert check(Content((Part("a" * 278 + family),)), ACCOUNT) == []


@pytest.mark.parametrize(
    "setting", [None, "following", "mentionedUsers", "subscribers", "verified"]
)
def test_known_reply_settings_pass(setting: str | None) -> None:
    assert check(Content((Part("Hi"),), setting), ACCOUNT) == []


def test_long_posts_are_for_accounts_that_have_them() -> None:
    assert length(Part("a" * 281), ACCOUNT) == (281, 280)
    assert length(Part("a" * 281), LONG) == (281, 25_000)
    assert check(Content((Part("a" * 281),)), LONG) == []
    assert [found.code for found in check(Content((Part("a" * 25_001),)), LONG)] == ["X701"]


def test_charges_count_links_parts_and_alt_texts() -> None:
    said = Content((Part("One", (PNG, PNG)), Part("Two"), Part("Three example.com", (MP4,))))
    assert charges(said) == [
        Charge("post", 2),
        Charge("media_metadata", 2),
        Charge("post_with_link", 1),
    ]
