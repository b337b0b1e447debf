"""Sentences that would name accounts or campaigns outside a person's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.model import EVERYTHING, Scope
from bot.services.concealing import CONCEALED, Concealer

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

ONLY_MJ = Scope(frozenset({"mj"}), None)
ONLY_OURS = Scope(None, frozenset({"ours"}))


@pytest.fixture
def two(loop: AppHarness) -> AppHarness:
    """An app with the accounts mj and mj-tv, and posts of the campaign people."""
    loop.join("mj-tv")
    loop.restart()
    loop.add("hart")
    return loop


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (ONLY_MJ, "mj-tv has the same words in people/hart"),
        (ONLY_MJ, "as (MJ-TV) said"),
        (ONLY_MJ, "see https://x.com/mj-tv/status/1"),
        (ONLY_OURS, "the account has said the same as people/hart (out); a renamed post?"),
        (ONLY_OURS, "says what this said: people/hart/mj/once"),
        (Scope(frozenset(), frozenset()), "mj waits"),
    ],
)
def test_what_names_something_hidden_is_concealed(two: AppHarness, scope: Scope, text: str) -> None:
    assert Concealer(two.app, scope).words(text) == CONCEALED


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (EVERYTHING, "mj-tv has the same words in people/hart"),
        (ONLY_MJ, "mj has the same words in people/hart"),
        (ONLY_MJ, "an mj-tvset is not an account"),
        (ONLY_MJ, ""),
        (ONLY_OURS, "people waited for news and/or weather"),
        (ONLY_OURS, "its account is paused by Kim: a funeral"),
        (ONLY_OURS, "other-people/hart"),
    ],
)
def test_everything_else_is_shown(two: AppHarness, scope: Scope, text: str) -> None:
    assert Concealer(two.app, scope).words(text) == text
