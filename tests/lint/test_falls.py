# ruff: noqa: RUF001 - curly quotes and look-alike letters are what is tested
"""On any text, every rule ends quickly and without an exception."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from helpers.extras import examples
from helpers.lint import EXAMPLE_ACCOUNTS
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lint.context import PostContext
from bot.lint.rules import POST_RULES
from bot.model import Campaign, Content, Demand, Fact, Part, Post, Statement, Wording
from bot.schedules import NextSlot

if TYPE_CHECKING:
    from bot.lint.context import Finding

PIECES = st.sampled_from(
    [
        *("$6", "6", ",000", ".", " billion", "%", "bn", "k", "six ", "over ", "-", "/", ":"),
        *("“", "”", '"', "'", "‘", "’", "«", "»", "We will not build", " tools ", "[…]", "…"),
        *("@", "#", "notechforice", "http://", "https://", "xn--", "аmazon", ".com", "[", "]"),
        *("AMAZON ", "STOP ", "!!", "?", "\n", "\u2067", "\u200f", "\ufffc", "Andy Jassy"),
    ]
)
TEXTS = st.one_of(st.text(max_size=120), st.lists(PIECES, max_size=40).map("".join))


SAID = "We will not build tools for deportation."
ROE = Statement("roe", "Ana Roe", "organizer", "https://example.org", SAID, exact=True)
FACT = Fact("hart", "HART runs on AWS", "over $6 billion", "https://example.org", "2022-07-18")
CAMPAIGN = Campaign(
    id="example",
    title="An example",
    timezone="UTC",
    accounts=("ours",),
    hashtags=(),
    facts={"hart": FACT},
    demands={"end-it": Demand("end-it", "End it", "Andy Jassy", ("hart",))},
    events={},
    posts=(),
    statements={"roe": ROE},
)


MOST = 25_000
EVIL = [
    *("a", "1", "1,111", "1.111.", "'a ", "x' 'y", "‘a ", "“a ", "“", "“[…] a ", "@a", "@a.a"),
    *("http://", "https://a.b ", "!", "!?", "AA ", "A", "a!!\n", ".", "six ", "six million ", "$"),
    *("#a", "notech", "no", " ", "\n", "[", "a.", "ab@", "\u200f"),
]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("before", ["", "#", "@", "x.y 5% "])
def test_no_text_keeps_a_rule_busy(before: str, evil: str) -> None:
    begun = time.process_time()
    findings_for(before + (evil * MOST)[:MOST])
    assert time.process_time() - begun < 2


@settings(max_examples=examples(400), deadline=5000)
@given(TEXTS)
def test_no_text_makes_a_rule_raise(text: str) -> None:
    for found in findings_for(text):
        assert found.message
        assert found.hint


def findings_for(text: str) -> list[Finding]:
    wording = Wording("", Content((Part(text),)))
    post = Post("one", "example", ("ours",), NextSlot(), (wording,), demand="end-it")
    context = PostContext(CAMPAIGN, post, EXAMPLE_ACCOUNTS, lambda part, _: Decimal(len(part.text)))
    return [finding for rule in POST_RULES for finding in rule.check(context)]
