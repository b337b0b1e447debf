"""The state of a post in words is true for each account, and has each reason once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.model import State
from bot.model.post_words import combined_word, common_reason, count_networks, summarize_states


@dataclass
class On:
    """A post on one account."""

    network: str
    state: State
    why: str = ""
    account: str = ""

    def __post_init__(self) -> None:
        self.account = self.account or f"ours-{self.network}"


X, MASTODON, BLUESKY = "X", "Mastodon", "Bluesky"
OUT, SCHEDULED, MISSED, DROPPED = State.PUBLISHED, State.SCHEDULED, State.MISSED, State.DROPPED
PAUSED = "its account is paused by Kim: a funeral, and a storm"
LATE = "2 h late, more than its grace of 15 min"
APPROVAL = "waits for approval (0 of 2): groundswell review"


def on_mastodon(number: int, state: State, why: str = "", *, first: int = 0) -> list[On]:
    return [On(MASTODON, state, why, f"ours-{n}") for n in range(first, first + number)]


@pytest.mark.parametrize(
    ("deliveries", "summary", "word"),
    [
        ([On(X, OUT, "the sandbox took it")], "out", "out"),
        ([On(X, SCHEDULED), On(MASTODON, SCHEDULED)], "scheduled", "scheduled"),
        (
            [On(X, OUT), On(BLUESKY, OUT), On(MASTODON, SCHEDULED, PAUSED)],
            f"out on X and Bluesky, waits on Mastodon: {PAUSED}",
            "mixed",
        ),
        ([On(X, OUT), On(MASTODON, SCHEDULED)], "out on X, scheduled on Mastodon", "mixed"),
        ([On(X, SCHEDULED, PAUSED), On(MASTODON, SCHEDULED, PAUSED)], f"waits: {PAUSED}", "waits"),
        ([On(X, SCHEDULED, APPROVAL)], APPROVAL, "waits"),
        (
            [On(X, SCHEDULED, APPROVAL), On(MASTODON, SCHEDULED)],
            "scheduled on Mastodon, waits on X for approval (0 of 2): groundswell review",
            "mixed",
        ),
        (
            [On(X, MISSED, LATE), On(MASTODON, SCHEDULED, PAUSED)],
            f"missed on X: {LATE}; waits on Mastodon: {PAUSED}",
            "mixed",
        ),
        (
            [On(X, MISSED, LATE), On(MASTODON, MISSED, "its end passed")],
            f"missed on X: {LATE}; missed on Mastodon: its end passed",
            "missed",
        ),
        (
            [On(X, OUT), On(MASTODON, DROPPED, "dropped by Kim")],
            "out on X, dropped on Mastodon by Kim",
            "mixed",
        ),
        ([*on_mastodon(12, OUT)], "out", "out"),
        (
            [*on_mastodon(11, OUT), On(MASTODON, MISSED, LATE, "ours-ny")],
            f"out on 11 Mastodon accounts, missed on ours-ny: {LATE}",
            "mixed",
        ),
        (
            [*on_mastodon(2, DROPPED), *on_mastodon(2, OUT, first=2)],
            "out on ours-2 and ours-3, dropped on ours-0 and ours-1",
            "mixed",
        ),
        (
            [On(X, OUT), *(On(MASTODON, SCHEDULED, f"reason {n}", f"ours-{n}") for n in range(12))],
            "out on X, waits on 12 Mastodon accounts, each for its own reason",
            "mixed",
        ),
    ],
)
def test_each_account_is_shown_and_each_reason_once(
    deliveries: list[On], summary: str, word: str
) -> None:
    assert summarize_states(deliveries) == summary
    assert combined_word(deliveries) == word


def test_a_reason_is_common_only_if_all_of_the_post_has_it() -> None:
    assert common_reason([On(X, SCHEDULED, PAUSED), On(MASTODON, SCHEDULED, PAUSED)]) == PAUSED
    assert common_reason([On(X, SCHEDULED, PAUSED), On(MASTODON, SCHEDULED)]) == ""
    assert common_reason([On(X, SCHEDULED, PAUSED), On(MASTODON, MISSED, PAUSED)]) == ""


def test_accounts_on_one_network_are_counted() -> None:
    assert count_networks([On(X, OUT), *on_mastodon(12, OUT)]) == "X, Mastodon (12)"
