"""Generated texts are read as X's own code, npm's twitter-text, reads them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from emoji import EMOJI_DATA
from helpers.extras import WANTED, skip_without

from bot import xtext

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
COUNT = 6_000
SEED = 19

PROSE = [
    *("a", "Z", "x1", "and ", "of us ", " ", "\n", "\r\n", "\t", "\xa0", "\u3000", "\u2028"),
    *(".", ",", "!", "?", ";", "'", '"', "`", "-", "_", "\u2013", "\u2014", "\u2026", "\u2019"),
    *("\xe9", "e\u0301", "\xfc", "\xf8", "\xdf", "\u0130", "\u0131", "\u017f", "\u212a", "\u03b9"),
    *("\u0260", "\u023a", "\u2c65", "\xaa", "\xb2", "\xbd", "\u2167", "\u0345", "\u1e9e"),
]
SCRIPTS = [
    *("\u65e5\u672c", "\u8a9e", "\ud55c\uad6d", "\u304b\u3099", "\u30fc", "\u3002", "\uff0e"),
    *("\u05e9\u05dc\u05d5\u05dd", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u0661"),
    *("\u200e", "\u200f", "\u061c", "\u202a", "\u2066", "\u2069", "\u200b", "\u200c", "\ufeff"),
    *("\u0915\u093f", "\u10d2", "\u043c\u0438\u0440", "\u1c80", "\u03b5\u03bb", "\ufffe"),
    *("\U0001d400", "\U00020000", "\u180e", "\u1680", "\x85"),
]
ADDRESSES = [
    *("http://", "https://", "HTTPS://", "ftp://", "//", "://", "www.", "xn--", "xn--p1ai"),
    *("a.com", "b.co.uk", "example.org", "x.y.z", "foo_bar.com", "-a.com", "a-.com", "com"),
    *(".museum", ".zip", ".io", ".gay", ".\u9999\u6e2f", ".\u5609\u91cc\u5927\u9152\u5e97"),
    *(".\u0440\u0444", ".\u0645\u0635\u0631", ".verm\xf6gensberater", ".VERM\xd6GENSBERATER"),
    *(".\u092d\u093e\u0930\u0924\u092e\u094d", "\u65e5\u672c.jp", "b\xfccher.de", "\u043f.com"),
    *(":80", ":8080/", "/", "/a", "/a/b.html", "/\xe9", "/\u0436", "/%20", "/!", "/@us/", "/~a"),
    *("?", "?q=1&b=2", "?q", "#part", "(a)", "(a(b)c)", "((", "(", ")", "|", "&", "=", "+", "~"),
    *(" https://a.com", " http://b.org/x_(y)", " a.com", "\nexample.org/", "\u200fexample.com"),
    *("https://t.co/aB3", "t.co/", f"https://t.co/{'a' * 41}", "https://t.co/a?b=c", "a" * 64),
    *("\xe9" * 50, "\u65e5" * 30, "press@a.org", "$a.com", "@a.com", "#a.com"),
]
NAMES = [
    *("#", "\uff03", "@", "\uff20", "$", "&", "#tag", "#1", "#1a", "#\u65e5\u672c", "#a#b"),
    *("@us", "@a_b", "@us/list", f"@{'a' * 21}", "RT", "rt:", "RT @us", "@us\xe9", "@us://"),
    *(" $AMZN", "\n$goog ", " $A.B.", "\u3000$a_b!", "$AMZN", "$A.B", "$a_bc", "$abcdefg"),
    *("$1", "\xb7", "\u05f3", "#\ufe0f\u20e3", "#a\ufe0f"),
]
SIGNS = [
    *("\u200d", "\ufe0f", "\ufe0e", "\u20e3", "\U0001f3fd", "\U0001f1fa", "\U0001f1f8"),
    *("1", "\xa9", "\xae", "\u2122", "\u203c", "\u263a", "\u26f7", "\u261d", "\U0001f441"),
    *("\U0001f468", "\U0001f469", "\U0001f467", "\U0001f44d", "\u2764", "\u2640", "\u231a"),
]
EMOJI = sorted(EMOJI_DATA)
FLAGS = [emoji for emoji in EMOJI if "\U0001f1e6" <= emoji[0] <= "\U0001f1ff"]
KINDS = [PROSE, SCRIPTS, ADDRESSES, ADDRESSES, NAMES, SIGNS, EMOJI, FLAGS]


def generated(count: int) -> Iterator[str]:
    """Yield texts of a few kinds of pieces each; most at the edge of a rule, no two the same."""
    chance = random.Random(SEED)  # noqa: S311 - the same texts each time
    seen: set[str] = set()
    while len(seen) < count:
        kinds = chance.sample(KINDS, chance.randint(1, 3))
        pieces = (chance.choice(chance.choice(kinds)) for _ in range(chance.randint(1, 24)))
        text = "".join(pieces)
        if text not in seen:
            seen.add(text)
            yield text


@pytest.fixture(scope="module")
def compared() -> list[tuple[str, dict[str, Any]]]:
    """Texts, each with the answer of X's code."""
    node = shutil.which("node")
    if not (WANTED and node and (TESTS / "node_modules" / "twitter-text").exists()):
        skip_without("node and npm's twitter-text", "npm ci --prefix tests --ignore-scripts")
    texts = [*generated(COUNT)]
    asked = json.dumps(texts).encode()
    script = TESTS / "twitter_text.js"
    answered = subprocess.run([node, script], input=asked, stdout=subprocess.PIPE, check=True)
    return list(zip(texts, json.loads(answered.stdout), strict=True))


def ours(text: str) -> dict[str, Any]:
    return {
        "weightedLength": xtext.weighted_length(text, xtext.PUBLISHED_EMOJI),
        "valid": xtext.is_valid(text, xtext.PUBLISHED_EMOJI),
        "links": xtext.links(text),
        "hashtags": [found for kind, found in xtext.entities(text) if kind == "hashtag"],
        "mentions": xtext.mentions(text),
        "cashtags": xtext.cashtags(text),
    }


WORDS = {"links": "url", "hashtags": "hashtag", "mentions": "screenName", "cashtags": "cashtag"}


def theirs(text: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return X's answer with its UTF-16 places as those of Python."""
    units = text.encode("utf-16-le")

    def place(unit: int) -> int:
        return len(units[: 2 * unit].decode("utf-16-le"))

    entities = {
        kind: [(*map(place, found["indices"]), found[word]) for found in said[kind]]
        for kind, word in WORDS.items()
    }
    return said | entities


def test_every_text_is_read_as_x_reads_it(compared: list[tuple[str, dict[str, Any]]]) -> None:
    different = [
        f"{text!a}: {kind} {mine!a}, X: {said!a}"
        for text, answer in compared
        for (kind, mine), said in zip(
            ours(text).items(), theirs(text, answer).values(), strict=True
        )
        if mine != said
    ]
    assert different == []


def test_the_texts_hold_enough_of_everything(compared: list[tuple[str, dict[str, Any]]]) -> None:
    """A comparison of texts in which nothing is found would prove nothing."""
    for kind in WORDS:
        assert sum(bool(answer[kind]) for _, answer in compared) > COUNT / 40, kind
    assert COUNT / 20 < sum(not answer["valid"] for _, answer in compared) < COUNT / 2
    for sign in ("\u200d", "\r\n", "\u05d5", "\u0644", "\u672c", "\U0001f1fa\U0001f1f8", "xn--"):
        assert sum(sign in text for text, _ in compared) > COUNT / 400, ascii(sign)


def test_newer_emoji_are_shorter_and_nothing_else(
    compared: list[tuple[str, dict[str, Any]]],
) -> None:
    newer = [emoji for emoji, data in EMOJI_DATA.items() if data["E"] > xtext.PUBLISHED_EMOJI]
    for text, answer in compared:
        length = xtext.weighted_length(text)
        assert length <= answer["weightedLength"]
        if length < answer["weightedLength"]:
            assert any(emoji in text for emoji in newer)
