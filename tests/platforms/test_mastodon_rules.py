"""Mastodon's characters, its rules, and the addresses of accounts."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config.secrets import contains_token, looks_like_secret, redact_likely_secrets
from bot.errors import UserError
from bot.model import Account, Content, Media, Part, Poll
from bot.platforms import mastodon
from bot.platforms.attachments import MIB
from bot.platforms.base import Charge
from bot.platforms.mastodon.rules import (
    ADVICE,
    RULES,
    check,
    length,
)
from bot.platforms.mastodon.texts import count_characters, entities
from bot.platforms.options import MastodonOptions
from bot.services.inbox import parse_remote_id

ACCOUNT = Account("mj", "mastodon", "mediajustice@social.example", "https://social.example")
LONGER = replace(ACCOUNT, options=MastodonOptions(characters=5000))
PNG = Media(Path("/m/iris.png"), "An iris", "00", "image/png", 16 * MIB, 100, 100)
GIF = replace(PNG, mime="image/gif")


def media(*files: Media) -> Part:
    return Part("Look", files)


BAD = [
    ("M701", Part("a" * 501)),
    ("M701", Part("a" * 477 + " https://mediajustice.org")),
    ("M702", Part(" \n")),
    ("M703", media(*[PNG] * 5)),
    ("M704", media(PNG, GIF)),
    ("M704", media(replace(PNG, mime="video/mp4"), PNG)),
    ("M705", media(replace(PNG, size=16 * MIB + 1))),
    ("M706", media(replace(PNG, width=8000, height=5000))),
    ("M707", media(replace(PNG, mime="image/tiff"))),
    ("M708", media(replace(PNG, alt=" "))),
    ("M709", media(replace(PNG, alt="a" * 1501))),
    ("M710", Part("Well?", (), Poll(("Yes",), 60))),
    ("M711", Part("Well?", (), Poll(("Yes", "a" * 51), 60))),
    ("M712", Part("Well?", (), Poll(("Yes", "No"), 4))),
    ("M712", Part("Well?", (), Poll(("Yes", "No"), 43_830))),
    ("M713", Part("Well?", (PNG,), Poll(("Yes", "No"), 60))),
    ("M717", Part("a\ud800b")),
]
GOOD = [
    Part("a" * 500),
    Part("a" * 476 + " https://mediajustice.org/" + "a" * 200),
    Part("a" * 490 + " @campaign@mastodon.example"),
    Part("", (PNG,)),
    media(*[PNG] * 4),
    media(GIF),
    media(replace(PNG, mime="video/mp4", size=99 * MIB)),
    Part("Well?", (), Poll(("Yes", "No", "a" * 50), 43_829)),
    Part("Write to press@example.org or https://social.example/@them"),
]


@pytest.mark.parametrize(("code", "part"), BAD)
def test_a_content_that_breaks_a_rule_breaks_it_alone(code: str, part: Part) -> None:
    [found] = check(Content((Part("Fine"), part)), ACCOUNT)
    assert (found.code, found.part) == (code, 1)
    assert (found.level == "warning") == (code in ADVICE)


@pytest.mark.parametrize("part", GOOD)
def test_a_content_within_the_rules_breaks_none(part: Part) -> None:
    assert check(Content((part,)), ACCOUNT) == []


def test_every_rule_has_an_example() -> None:
    assert {code for code, _ in BAD} | {"M716"} == {*RULES}


def test_everyone_may_reply_on_mastodon() -> None:
    [found] = check(Content((Part("Hello"),), "following"), ACCOUNT)
    assert (found.code, found.level) == ("M716", "warning")


def test_the_content_warning_counts_in_every_part() -> None:
    parts = (Part("a" * 480), Part("a" * 481))
    [found] = check(Content(parts, warning="w" * 20), ACCOUNT)
    assert (found.code, found.part) == ("M701", 1)
    assert "with its content warning has 501 characters" in found.message


def test_the_limit_is_that_of_the_accounts_server() -> None:
    assert check(Content((Part("a" * 5000),)), LONGER) == []
    assert length(Part("abc"), LONGER) == (3, 5000)
    assert length(Part("abc"), ACCOUNT) == (3, 500)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Cafe\u0301", 4),
        ("\u65e5\u672c\u8a9e", 3),
        ("mediajustice.org", 16),
        ("(https://example.com/a_(b)?x=1&y=2#z).", 26),
        ("https://a.org https://mediajustice.org/a/long/path", 47),
        ("@them@social.example: hi", 9),
        ("hello@social.example", 20),
        ("@a@host:3000", 7),
        ("@a@b@c", 6),
        ("@a@b\uff20c", 6),
        ("@a\xe9", 3),
        ("@a@b://", 7),
        (f"@a@{'b' * 249}.com", 2),
        (f"@a@{'b' * 250}.com", 257),
        ("@a@b\xfccher.example", 2),
        ("@a@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", 2),
        ("_@a@b.example", 13),
        ("@@a@b.example", 3),
        ("https://example.org/\u65e5\u672c\u8a9e\u306e\u8a18\u4e8b\uff1f\u3042 a", 25),
        ("https://example.org/\U0001f525\U0001f468\u200d\U0001f469 a", 25),
        ("https://example.org/\u05e9\u05dc\u05d5\u05dd?q=\u0639\u0631\u0628, a", 26),
        ("https://b\xfccher.de/\xfc!", 24),
        ("https://example.org/a?, https://example.org:8080/(a_(b)c)", 49),
        ("https://example.org/a?x,@b@c.example", 23),
        ("https://example.org/a=", 24),
        ("HTTPS://EXAMPLE.ORG/a", 23),
        ("gopher://example.org", 20),
    ],
)
def test_characters_count_as_on_mastodon(text: str, count: int) -> None:
    assert count_characters(text) == count


def test_in_a_content_warning_nothing_is_shortened() -> None:
    """``StatusLengthValidator`` shortens links and mentions of the text only."""
    link = f"https://mediajustice.org/{'a' * 40}"
    assert check(Content((Part("a" * 435),), warning=link), ACCOUNT) == []
    [found] = check(Content((Part("a" * 436),), warning=link), ACCOUNT)
    assert (found.code, "has 501 characters" in found.message) == ("M701", True)
    [found] = check(Content((Part("a" * 490),), warning="@them@social.example"), ACCOUNT)
    assert found.code == "M701"


NOTIFIED = {
    "@maria_p, @us@host.example": ["maria_p", "us@host.example"],
    "@@maria_p and _@maria_p": ["maria_p", "maria_p"],
    "(@maria.p) \u65e5\u672c @a-b. !@c": ["maria.p", "a-b", "c"],
    "@a@b@c": ["a@b"],
    "@a@host:3000": ["a@host:3000"],
    "@a@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444": [
        "a@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444"
    ],
    "https://a.org/?to=x,@maria_p": ["maria_p"],
    "https://a.org/@maria_p https://a.org/?to=@maria_p a@b.org": [],
}


@pytest.mark.parametrize("text", NOTIFIED)
def test_whoever_a_server_would_notify_is_found(text: str) -> None:
    """By ``Account::MENTION_RE``, which a server applies to the whole text, links and all."""
    found = entities(text)
    assert [entity.text for kind, entity in found if kind == "mention"] == NOTIFIED[text]
    assert found == sorted(found, key=lambda pair: pair[1].start)
    assert all(text[entity.start : entity.end] in text for _, entity in found)


def test_counting_takes_time_in_proportion_to_the_length() -> None:
    begun = time.process_time()
    for text in ("@a" * 12_000, "@" + "a." * 12_000, "@a@b" * 6_000, "https://a.org/" * 1_500):
        count_characters(text)
    assert time.process_time() - begun < 2


# --- Addresses, ids and tokens --------------------------------------------------------------------


def test_an_account_is_where_its_handle_says_or_its_api() -> None:
    assert mastodon.api_of("mediajustice@social.example") == "https://social.example"
    with pytest.raises(ValueError, match=r"name@mastodon\.example"):
        mastodon.api_of("mediajustice")
    post = "https://social.example/@mediajustice/17"
    assert mastodon.post_url(ACCOUNT, "17") == post
    assert mastodon.post_url(replace(ACCOUNT, handle="mediajustice@example.org"), "17") == post
    here = replace(ACCOUNT, api="http://127.0.0.1:8080")
    assert mastodon.profile_url(here) == "http://127.0.0.1:8080/@mediajustice"


def test_an_id_is_taken_from_a_post_address() -> None:
    assert parse_remote_id("https://social.example/@mediajustice/112?x#y", ACCOUNT) == "112"
    assert parse_remote_id("01J9ZK7Y2M8Q4X6W5V3T1S0R9P", ACCOUNT) == "01J9ZK7Y2M8Q4X6W5V3T1S0R9P"
    with pytest.raises(UserError):
        parse_remote_id("https://social.example/@others/112", ACCOUNT)


TOKENS = [
    "q7Wert2yUiOp4AsDf-hJ6kLzX9cVbN1mQwE3rTyU5iO",
    "ZA-Yj3aBD8U8Cm7lKUp-lm9O9BmDgdhHzDeqsY8tlL0",
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_recognised(token: str) -> None:
    assert contains_token(f"Our token is {token}.")
    assert looks_like_secret(token)
    assert token not in redact_likely_secrets(f"it said {token}.")


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/Press-Release-2026-11-03-Take-HART-Off-AWS-Now",
        "https://example.org/our-posts-are-automated-and-this-says-so-43",
        "TakeTheSurveillanceTechnologyOffOurStreetsNow",
        "a" * 43,
        f"a{TOKENS[0]}",
    ],
)
def test_ordinary_text_is_no_token(text: str) -> None:
    assert mastodon.TOKEN.search(text) is None


def test_nothing_costs_anything() -> None:
    at = datetime(2026, 11, 27, 23, tzinfo=UTC)
    assert mastodon.charges(Content((Part("See https://mediajustice.org"),))) == []
    assert mastodon.price(Charge("post", 3), at) == Decimal(0)
    assert mastodon.read_price(ACCOUNT, at) == (Decimal(0), Decimal(0))
    assert mastodon.priced_since(at) == mastodon.billed_on(at) == at.date()
