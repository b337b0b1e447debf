"""How far an edit reaches: the posts themselves, and the slots of all accounts they go out from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from campaigns_support import campaign, load_files

from bot.campaigns.edits import Edits
from bot.replanning import MOST_POSTS, touched

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model import Campaign

POSTS = """\
  - {id: timed, when: 2022-07-10 09:00, text: One}
  - {id: elsewhere, when: 2022-07-10 09:00, accounts: [athena-x], text: Two}
"""
SLOT = "  - {id: %s, when: {slot: next}, accounts: [%s], text: Soon}\n"
MINE = SLOT % ("mine", "mediajustice-x")
BOTH = SLOT % ("both", "mediajustice-x, athena-x")
THEIRS = SLOT % ("theirs", "athena-x")

REACH = {
    "a time of its own, and no slots": (POSTS, {"timed"}, set()),
    "slots of its own account": (POSTS + MINE, {"timed", "mine"}, {"mediajustice-x"}),
    "slots of another account": (POSTS + THEIRS, {"timed"}, set()),
    "slots that are connected by a post on both": (
        POSTS + MINE + BOTH + THEIRS,
        {"timed", "mine", "both", "theirs"},
        {"mediajustice-x", "athena-x"},
    ),
}


def campaigns(folder: Path, posts: str) -> tuple[Campaign, ...]:
    loaded = load_files(folder, people=campaign(posts))
    assert loaded.problems == ()
    return loaded.campaigns


@pytest.mark.parametrize("case", REACH)
def test_an_edit_reaches_its_posts_and_the_slots_of_their_accounts(
    case: str, tmp_path: Path
) -> None:
    posts, names, accounts = REACH[case]
    edits = Edits(frozenset({("people", "timed")}), frozenset({"mediajustice-x"}))
    what = touched(campaigns(tmp_path, posts), edits)
    assert what is not None
    assert what.posts == {("people", name) for name in names}
    assert what.accounts == accounts
    assert [post.id for one in what.campaigns for post in one.posts] == [
        name for name in ("timed", "mine", "both", "theirs") if name in names
    ]


def test_a_post_that_is_gone_is_touched_though_no_campaign_has_it(tmp_path: Path) -> None:
    gone = ("people", "gone")
    what = touched(campaigns(tmp_path, POSTS), Edits(frozenset({gone})))
    assert what is not None
    assert what.posts == {gone}
    assert [one.posts for one in what.campaigns] == [()]


def test_very_many_edits_ask_for_a_whole_plan(tmp_path: Path) -> None:
    many = frozenset(("people", f"p{number}") for number in range(MOST_POSTS + 1))
    assert touched(campaigns(tmp_path, POSTS), Edits(many)) is None
