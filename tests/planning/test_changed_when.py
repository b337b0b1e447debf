"""The table in architecture.md on changes of ``when``, and their effect on keys and approvals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import ACCOUNTS, CHICAGO, HEADER, campaign_yaml, load_files

from bot.planning.occurrences import plan_occurrences

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model import Occurrence

SPAN = datetime(2022, 7, 1, tzinfo=UTC), datetime(2022, 9, 1, tzinfo=UTC)
ONCE = "2022-07-11 09:00"
EVENT = "{ event: nyc, offset: -1d }"
MONDAYS = '{ every: mon, at: "09:00" }'
CHANGES = {
    "the time": (ONCE, "2022-07-12 10:00", "same key", "stays"),
    "the offset from an event": (EVENT, "{ event: nyc, offset: -2d }", "same key", "stays"),
    "the event": (EVENT, "{ event: chicago, offset: -1d }", "new key", "again"),
    "a recurrence's time of day": (MONDAYS, '{ every: mon, at: "10:00" }', "new key", "stays"),
    "a recurrence's weekday": (MONDAYS, '{ every: tue, at: "09:00" }', "new key", "stays"),
    "how often": (MONDAYS, '{ every: [mon, thu], at: "09:00" }', "same key", "again"),
    "a time to an event": (ONCE, EVENT, "new key", "again"),
    "a time to a recurrence": (ONCE, MONDAYS, "new key", "again"),
}


def first_planned(folder: Path, when: str, post_id: str = "id: one, ") -> Occurrence:
    """Return the first occurrence of the only post, an entry of ``queue.yaml``."""
    header = campaign_yaml("", HEADER + CHICAGO).removesuffix("posts:\n")
    queue = f"- {{ {post_id}when: {when}, text: Hello }}\n"
    loaded = load_files(folder, a=header, queue=queue)
    assert loaded.problems == ()
    return plan_occurrences(loaded.campaigns, ACCOUNTS, *SPAN)[0]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_time_keeps_key_and_approval_or_not(change: str, tmp_path: Path) -> None:
    *whens, key, approval = CHANGES[change]
    before, after = (first_planned(tmp_path, when) for when in whens)
    assert ("same key" if before.key == after.key else "new key") == key
    assert before.post == after.post
    same = before.approval_digest == after.approval_digest
    assert ("stays" if same else "again") == approval


def test_without_an_id_another_time_makes_another_post(tmp_path: Path) -> None:
    before, after = (first_planned(tmp_path, when, "") for when in (ONCE, "2022-07-12 10:00"))
    assert (before.post, after.post) == ("at-20220711-0900", "at-20220712-1000")
    assert before.key != after.key
