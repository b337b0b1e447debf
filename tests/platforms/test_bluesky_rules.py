"""Bluesky's rules, and its characters, links, hashtags and mentions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config.secrets import contains_token, looks_like_secret, redact_likely_secrets
from bot.model import Account, Content, LinkCard, Media, Part, Poll
from bot.platforms import bluesky
from bot.platforms.base import Charge
from bot.platforms.bluesky.facets import entities, facets
from bot.platforms.bluesky.network import API
from bot.platforms.bluesky.rules import ADVICE, RULES, check, grapheme_count, length

ACCOUNT = Account("mj", "bluesky", "mediajustice.bsky.social", API)
OWN = replace(ACCOUNT, api="https://pds.example.org")
MB = 1_000_000
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
PNG = Media(Path("/m/iris.png"), "An iris", "00", "image/png", 2 * MB, 100, 100)


def media(*files: Media) -> Part:
    return Part("Look", files)


CARD = Part("See https://example.org/page", card=LinkCard("https://example.org/page", "A page"))
BAD = [
    ("K701", Part("a" * 301)),
    ("K701", Part("\u65e5" * 301)),
    ("K702", Part(FAMILY * 121)),
    ("K703", Part(" \n")),
    ("K704", media(*[PNG] * 5)),
    ("K705", media(replace(PNG, size=2 * MB + 1))),
    ("K706", media(replace(PNG, mime="video/mp4"))),
    ("K707", media(replace(PNG, alt=" "))),
    ("K708", media(replace(PNG, alt="a" * 2001))),
    ("K709", Part("Well?", (), Poll(("Yes", "No"), 60))),
    ("K711", Part("a\ud800b")),
    ("K713", media(replace(PNG, mime="image/gif"))),
    ("K716", Part("See example.org/page")),
    ("K717", replace(CARD, media=(replace(PNG, alt="", size=MB + 1),))),
]
GOOD = [
    Part("a" * 300),
    Part("\u65e5" * 300),
    Part(FAMILY * 119),
    Part("", (PNG,)),
    media(*[PNG] * 4),
    CARD,
    replace(CARD, media=(replace(PNG, alt="", size=MB),)),
    Part("See example.org/page", (PNG,)),
    Part("As @aws.amazon.com and @ours.bsky.social say; press@example.org"),
]


@pytest.mark.parametrize(("code", "part"), BAD)
def test_a_content_that_breaks_a_rule_breaks_it_alone(code: str, part: Part) -> None:
    [found] = check(Content((Part("Fine"), part)), ACCOUNT)
    assert (found.code, found.part) == (code, 1)
    assert found.code in RULES
    assert (found.level == "warning") == (found.code in ADVICE)


@pytest.mark.parametrize("part", GOOD)
def test_a_content_just_within_the_rules_is_fine(part: Part) -> None:
    assert check(Content((part,)), ACCOUNT) == []


def test_who_may_reply_cannot_be_limited() -> None:
    said = Content((Part("Hello"),), reply_settings="following")
    assert [found.code for found in check(said, ACCOUNT)] == ["K710"]


def test_a_content_warning_is_not_shown() -> None:
    said = Content((Part("Hello"),), warning="Violence")
    assert [found.code for found in check(said, ACCOUNT)] == ["K715"]


@pytest.mark.parametrize(
    ("part", "codes"), [(media(PNG), []), (CARD, []), (Part("Hello"), ["K718", "K715"])]
)
def test_labels_cover_what_is_embedded_and_nothing_else(part: Part, codes: list[str]) -> None:
    said = Content((Part("Head"), part), warning="Violence", labels=("graphic-media",))
    assert [found.code for found in check(said, ACCOUNT)] == codes


def test_a_video_is_refused_as_one_that_groundswell_does_not_send() -> None:
    [found] = check(Content((media(replace(PNG, mime="video/mp4")),)), ACCOUNT)
    assert (found.code, found.message) == (
        "K706",
        "iris.png is video/mp4, which cannot be sent to Bluesky.",
    )
    assert found.hint.endswith("Groundswell does not send Bluesky videos yet.")


def test_only_servers_of_ones_own_may_be_too_old_for_two_megabytes() -> None:
    assert [found.code for found in check(Content((media(PNG),)), OWN)] == ["K714"]
    assert check(Content((media(replace(PNG, size=MB)),)), OWN) == []


def test_every_rule_has_a_case() -> None:
    assert {code for code, _ in BAD} | {"K710", "K714", "K715", "K718"} == RULES.keys()


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("caf\u00e9", 4), ("cafe\u0301", 4), (FAMILY, 1), ("\U0001f1fa\U0001f1f8", 1)],
)
def test_a_character_is_what_a_reader_sees(text: str, count: int) -> None:
    assert grapheme_count(text) == count
    assert length(Part(text), ACCOUNT) == (count, 300)


def test_a_line_end_of_two_signs_is_one_character() -> None:
    assert grapheme_count("a\r\nb") == 3


LINKS = {
    "See https://example.org/a_(b)?x=1&y=2#z.": ["https://example.org/a_(b)?x=1&y=2#z"],
    "(https://example.org/a)": ["https://example.org/a"],
    "\u201chttps://example.org/a\u201d": ["https://example.org/a"],
    "Bare mediajustice.org, and b.example.co.uk/x?y!": [
        "https://mediajustice.org",
        "https://b.example.co.uk/x?y",
    ],
    "HTTPS://EXAMPLE.ORG/": ["HTTPS://EXAMPLE.ORG/"],
    "https://example.org/\u65e5\u672c\u3002": ["https://example.org/\u65e5\u672c"],
    "https:// and http://. are none": [],
    "press@example.org, file.tar.nonsense, e.g.this": [],
    "\u05e2\u05d9\u05ea\u05d5\u05df https://example.org/\u05d0": ["https://example.org/\u05d0"],
}
TAGS = {
    "#HART and (#StopAWS), #a,#b": ["HART", "StopAWS", "a", "b"],
    "#HART's": ["HART"],
    "#1 #2026 # ## a#b &#39; #\ufe0f\u20e3": [],
    "#1a": ["1a"],
    "\uff03\u65e5\u672c\u8a9e": ["\u65e5\u672c\u8a9e"],
    "#\u05e9\u05dc\u05d5\u05dd! #\u0627\u0644\u0639\u0631\u0628\u064a\u0629.": [
        "\u05e9\u05dc\u05d5\u05dd",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    ],
    "#\u0939\u093f\u0902\u0926\u0940": ["\u0939\u093f\u0902\u0926\u0940"],
    "#\U0001f525\U0001f525": ["\U0001f525\U0001f525"],
    f"#{'a' * 64} #{'a' * 65}": ["a" * 64],
    "https://example.org/#part": [],
}
MENTIONS = {
    "@ours.bsky.social, (@Name.Example.org)": ["ours.bsky.social", "name.example.org"],
    "@ours.test and @our.name.test.": ["ours.test", "our.name.test"],
    "@ours @ours.nonsense1 a@ours.org @a@b.org @a.org@b.org @a.org_": [],
}


def found(kind: str, text: str) -> list[str]:
    return [entity.text for found_kind, entity in entities(text) if found_kind == kind]


@pytest.mark.parametrize("text", LINKS)
def test_links_are_found(text: str) -> None:
    assert found("link", text) == LINKS[text]


@pytest.mark.parametrize("text", TAGS)
def test_hashtags_are_found(text: str) -> None:
    assert found("hashtag", text) == TAGS[text]


@pytest.mark.parametrize("text", MENTIONS)
def test_mentions_are_found(text: str) -> None:
    assert found("mention", text) == MENTIONS[text]


MIXED = (
    f"\u05e9\u05dc\u05d5\u05dd {FAMILY} @a.test \u2068#\u05e2\u05dd\u2069 {FAMILY} "
    "b.org/\u05d0\u200f \U0001f525"
)


def test_places_are_bytes() -> None:
    raw = MIXED.encode()
    shown = [
        raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        for facet in facets(MIXED)
    ]
    assert shown == ["@a.test", "#\u05e2\u05dd", "b.org/\u05d0"]
    kinds = [facet["features"][0]["$type"] for facet in facets(MIXED)]
    assert kinds == [f"app.bsky.richtext.facet#{kind}" for kind in ("mention", "tag", "link")]


OVERLAPS = {
    "Share it: example.org/share?url=petition.example.com and tell @alice.bsky.social why. #vote": [
        "example.org/share?url=petition.example.com",
        "@alice.bsky.social",
        "#vote",
    ],
    "bit.ly/a,bit.ly/b #vote": ["bit.ly/a,bit.ly/b", "#vote"],
    "example.org/r?u=https://a.org/x #vote": ["example.org/r?u=https://a.org/x", "#vote"],
    "https://a.org/?u=b.org&by=@alice.bsky.social": [
        "https://a.org/?u=b.org&by=@alice.bsky.social"
    ],
    "#StopAWS\u2192https://example.org/petition": [
        "#StopAWS\u2192",
        "https://example.org/petition",
    ],
    "#vote(@alice.bsky.social)": ["#vote", "@alice.bsky.social"],
    "#a,b.org #AMZN,$AMZN ($AMZN) $AMZN.": ["#a", "b.org", "#AMZN,$AMZN", "$AMZN", "$AMZN"],
}


@pytest.mark.parametrize("text", OVERLAPS)
def test_of_two_that_overlap_one_can_be_clicked_at_its_own_place(text: str) -> None:
    raw, end, shown = text.encode(), 0, []
    for facet in facets(text):
        index = facet["index"]
        assert end <= index["byteStart"], "they overlap"
        end = index["byteEnd"]
        shown.append(raw[index["byteStart"] : end].decode())
    assert shown == OVERLAPS[text]


def test_a_text_without_any_has_no_facets() -> None:
    assert facets("Nothing to click, at 9:30, for $5.00") == []


def test_bluesky_bills_nothing() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    assert bluesky.charges(Content((Part("See https://example.org"),))) == []
    assert bluesky.price(Charge("post", 3), now) == Decimal(0)
    assert bluesky.read_price(ACCOUNT, now) == (Decimal(0), Decimal(0))
    assert bluesky.priced_since(now) == bluesky.billed_on(now) == now.date()


def test_a_post_of_a_server_on_this_machine_never_points_to_the_real_one() -> None:
    there = replace(ACCOUNT, api="http://127.0.0.1:2583")
    key = "3mbcdefghijk2"
    site = "https://bsky.app/profile/mediajustice.bsky.social"
    assert bluesky.post_url(ACCOUNT, key) == f"{site}/post/{key}"
    assert bluesky.post_url(OWN, key) == f"{site}/post/{key}"
    assert bluesky.post_url(there, key).startswith("http://127.0.0.1:2583/profile/mediajustice.")
    assert bluesky.POST_ID.fullmatch(key)
    assert not bluesky.POST_ID.fullmatch("9mbcdefghijk2")


PASSWORDS = ["q3ds-pvam-6jvk-ehts", "abcd-efgh-hjkl-mnop"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_an_app_password_is_recognised(password: str) -> None:
    assert contains_token(f"Use {password}, please")
    assert looks_like_secret(password)
    assert redact_likely_secrets(f"it said {password}.") == "it said [hidden]."


@pytest.mark.parametrize("text", ["tick-tock-tick-tock", "a-q3ds-pvam-6jvk-ehts-b", "2026-11-27"])
def test_words_with_hyphens_are_no_app_password(text: str) -> None:
    assert not contains_token(text)
