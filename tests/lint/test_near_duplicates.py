"""Texts that are almost the same are reported after few comparisons."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load
from helpers.lint import EXAMPLE_NOW
from hypothesis import given
from hypothesis import strategies as st

from bot.lint.context import PlanContext
from bot.lint.near_duplicates import (
    MAX_COMPARED,
    MIN_SIMILARITY,
    near_candidates,
    near_pairs,
    similarity,
    word_hashes,
)
from bot.lint.plan import REPEAT_SPAN, repeated_text
from bot.model import Account
from bot.text import normalized_words

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNTS = {
    name: Account(name, platform, name, "http://127.0.0.1")
    for name, platform in (("one", "x"), ("two", "x"), ("far", "mastodon"))
}
HEAD = """\
campaign: people
title: People
timezone: UTC
accounts: [one]
posts:
"""
SAID = "Amazon must end its contracts with the police, and end them before the summit"
ALMOST = "Amazon must end its contracts with the police, and end them after the summit"
UNSPACED = "\u4e9a\u9a6c\u900a\u5fc5\u987b\u7ec8\u6b62\u4e0e\u8b66\u5bdf\u7684\u5408\u540c"
OTHER = "Whose streets does a doorbell watch, and who may look at what it saw?"


def post(name: str, day: int, text: str, accounts: str = "one", when: str = "") -> str:
    """Return a post so many days from now."""
    due = when or f"{EXAMPLE_NOW + timedelta(days=day):%Y-%m-%d %H:%M}"
    return f"  - {{id: {name}, when: {due}, accounts: [{accounts}], text: '{text}'}}\n"


def repeats(folder: Path, *posts: str) -> list[str]:
    """Return the line and the message of each finding."""
    posts_folder = folder / "posts"
    posts_folder.mkdir(exist_ok=True)
    (posts_folder / "people.yaml").write_text(HEAD + "".join(posts), encoding="utf-8")
    loaded = load(posts_folder, ACCOUNTS)
    assert loaded.problems == ()
    found = repeated_text(PlanContext(loaded.campaigns, ACCOUNTS, EXAMPLE_NOW))
    return sorted(f"{finding.mark.line - 5}: {finding.message}" for finding in found)


CASES = {
    "again after a week": ([post("a", 1, SAID), post("b", 8, ALMOST)], ["2: almost the same as a"]),
    "the same": ([post("a", 1, SAID), post("b", 8, SAID)], ["2: the same as a"]),
    "the hearing in another city": (
        [
            post("a", 1, "Come to the hearing in Oakland"),
            post("b", 2, "Come to the hearing in Fresno"),
        ],
        [],
    ),
    "the hearing at another hour": (
        [
            post("a", 1, "The hearing is at 6 pm, see you"),
            post("b", 2, "The hearing is at 7 pm, see you"),
        ],
        [],
    ),
    "disguised": (
        [post("a", 1, SAID), post("b", 8, SAID.replace("a", "\u0251"))],
        ["2: the same as a"],
    ),
    "before it in time": ([post("b", 8, SAID), post("a", 1, ALMOST)], ["1: almost the same as a"]),
    "after a month": ([post("a", 1, SAID), post("b", 1 + REPEAT_SPAN.days, ALMOST)], []),
    "on two accounts: another rule reports it": (
        [post("a", 1, SAID), post("b", 2, ALMOST, "two"), post("c", 2, SAID, "one, far")],
        ["3: the same as a"],
    ),
    "all of it over": ([post("a", -9, SAID), post("b", -8, ALMOST)], []),
    "after one that is out": (
        [post("a", -9, SAID), post("b", 8, ALMOST)],
        ["2: almost the same as a"],
    ),
    "other words": ([post("a", 1, SAID), post("b", 2, OTHER)], []),
    "links and hashtags do not make it another text": (
        [post("a", 1, f"{SAID} https://example.org/a #A"), post("b", 2, f"{SAID} #B")],
        ["2: the same as a"],
    ),
    "each is reported once, with its nearest": (
        [post("a", 1, SAID), post("b", 2, ALMOST), post("c", 3, ALMOST)],
        ["2: almost the same as a", "3: the same as b"],
    ),
    "short ones are alike by chance": (
        [post("a", 1, "Thank you all"), post("b", 2, "Thank you, everyone")],
        [],
    ),
    "short and the same": (
        [post("a", 1, "Thank you all"), post("b", 2, "Thank you all!")],
        ["2: the same as a"],
    ),
    "every week, word for word": (
        [post("a", 1, SAID, when="{every: mon, at: '12:00'}")],
        ["1: again after 7 days, word for word"],
    ),
    "every week, on two accounts with two wordings: each has one": (
        [
            post("a", 1, SAID, "one, two", "{every: mon, at: '12:00'}").replace(
                f"text: '{SAID}'", f"wordings: {{a: '{SAID}', b: '{OTHER}'}}"
            )
        ],
        ["1: word for word, on one, two"],
    ),
    "every week, on two accounts with four": (
        [
            post("a", 1, SAID, "one, two", "{every: mon, at: '12:00'}").replace(
                f"text: '{SAID}'",
                f"wordings: {{a: '{SAID}', b: '{OTHER}', c: 'Ask them', d: 'Ask them again'}}",
            )
        ],
        [],
    ),
    "every first Monday": (
        [post("a", 1, SAID, when="{every: FREQ=MONTHLY;BYDAY=1MO, at: '12:00'}")],
        [],
    ),
    "without blanks": (
        [post("a", 1, UNSPACED), post("b", 2, f"{UNSPACED}\u4e86")],
        ["2: almost the same as a"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_post_is_reported_with_the_post_that_it_is_like(case: str, tmp_path: Path) -> None:
    posts, expected = CASES[case]
    found = repeats(tmp_path, *posts)
    assert len(found) == len(expected)
    for line, (number, words) in zip(found, (text.split(": ") for text in expected), strict=True):
        assert line.startswith(f"{number}: ")
        assert words in line


VOCABULARY = [f"word{number}" for number in range(3000)]
ZIPF = list(accumulate(1 / (rank + 8) for rank in range(len(VOCABULARY))))


def made(chance: random.Random, count: int) -> list[str]:
    return chance.choices(VOCABULARY, cum_weights=ZIPF, k=count)


def edited(chance: random.Random, words: list[str], changes: int) -> list[str]:
    words = words[:]
    for _ in range(changes):
        words[chance.randrange(len(words))] = chance.choice(VOCABULARY)
    return words


def found_in(texts: list[list[str]]) -> set[tuple[int, int]]:
    return {(a, b) for _, a, b in near_pairs([word_hashes(words) for words in texts])}


def compared(texts: list[list[str]]) -> int:
    """Return the number of pairs that are compared."""
    return sum(len(others) for _, others in near_candidates(list(map(word_hashes, texts))))


def planted(chance: random.Random, texts: list[list[str]], count: int) -> set[tuple[int, int]]:
    """Add an edited copy of some texts; return the pairs of them that are near."""
    near = set()
    for number in range(count):
        texts.append(edited(chance, texts[number], chance.randint(1, 3)))
        if similarity(set(word_hashes(texts[number])), word_hashes(texts[-1])) >= MIN_SIMILARITY:
            near.add((number, len(texts) - 1))
    return near


@pytest.mark.parametrize("seed", range(3))
def test_near_texts_are_found_among_many(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    texts = [made(chance, chance.randint(12, 40)) for _ in range(2000)]
    near = planted(chance, texts, 300)
    assert len(near) > 150
    assert len(near - found_in(texts)) <= 0.01 * len(near)
    assert compared(texts) < 20 * len(texts)


@pytest.mark.parametrize("seed", range(3))
def test_near_texts_are_found_in_a_crowd_that_ends_alike(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    end = made(chance, 15)
    texts = [made(chance, 12) + end for _ in range(2000)]
    near = planted(chance, texts, 300)
    assert len(near - found_in(texts)) <= 0.05 * len(near)


@pytest.mark.parametrize("own", [0, 1, 2, 4, 6, 10, 20])
def test_comparisons_grow_with_the_texts_however_alike_they_are(own: int) -> None:
    """Each text has 20 common words and ``own`` words of its own, from near to far."""
    common = made(random.Random(7), 20)  # noqa: S311 - the same
    texts = [
        [*common[:10], *(f"own{number}x{n}" for n in range(own)), *common[10:]]
        for number in range(3000)
    ]
    assert compared(texts) <= MAX_COMPARED * len(texts)


def test_a_crowd_of_near_texts_is_reported_one_by_one(tmp_path: Path) -> None:
    posts = [post(f"p{n}", 1 + n % 20, f"{SAID} {'ab'[n % 2] * n}") for n in range(200)]
    assert len(repeats(tmp_path, *posts)) >= 190


@given(st.text(max_size=80))
def test_any_text_has_words_and_hashes(text: str) -> None:
    found = word_hashes(normalized_words(text))
    assert list(found) == sorted(set(found))
    assert not found or similarity(set(found), found) == 1
