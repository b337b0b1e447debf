"""Sentences that would name accounts or campaigns outside a person's scope."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from bot.database import tables
from bot.model import EVERYTHING, PostKey, Role, Scope, State, User
from bot.services.concealing import CONCEALED, Concealer
from bot.services.inbox import read_inbox
from bot.services.post_page import show_page

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


@pytest.fixture
def asked(loop: AppHarness) -> AppHarness:
    """An app with a post that needs a person, whose attempt and looks name another account."""
    loop.join("mj-tv")
    loop.restart()
    key = loop.add("library", grace=timedelta(minutes=4))
    loop.lose_a_send()
    delivery = loop.app.queue.get(key)
    assert delivery
    assert delivery.state is State.NEEDS_HUMAN
    with loop.app.database.writing() as connection:
        connection.execute(update(tables.attempts).values(detail="an answer about mj-tv"))
        connection.execute(update(tables.looks).values(evidence="2 posts, 1 of mj-tv"))
    return loop


def test_attempts_name_nothing_hidden_in_the_inbox_and_on_the_page(asked: AppHarness) -> None:
    key = PostKey("people", "library", "once")
    for scope, detail, evidence in (
        (EVERYTHING, "an answer about mj-tv", "2 posts, 1 of mj-tv"),
        (ONLY_MJ, CONCEALED, CONCEALED),
    ):
        [item] = read_inbox(asked.app, scope).needs_human
        page = show_page(asked.app, key, User(1, "Ben", Role.SEE, scope))
        assert page
        for attempts in (item.undecided[0].attempts, page.attempts):
            assert {of.detail for of in attempts} == {detail}
            assert {look.evidence for of in attempts for look in of.looks} == {evidence}
