"""Rows of posts have whole days and names at any width, and each reason once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.post_table import PostRow, post_table

NAME = "library-hours/reminder@2026-11-30"
TEXT = "Is your branch open now? Look at its door, and tell us what it says."
ROW = PostRow(
    "1", "Mon 2026-11-30 20:00 CET", NAME, "X, Mastodon, Bluesky", "waits", "waits for approval",
    text=TEXT,
)  # fmt: skip
OTHER = replace(ROW, lead="14", local="Tue 2026-12-01 09:00 CET", name="library-hours/hearing")


def test_at_80_columns_each_day_stands_above_its_rows() -> None:
    noted = replace(OTHER, why="", state="scheduled", notes=("in 3 parts on Mastodon",))
    assert post_table([ROW, replace(ROW, lead="4"), noted], width=80) == [
        "No.  Time   Post                               On                    State",
        "Mon 2026-11-30, CET",
        "  1  20:00  library-hours/reminder@2026-11-30  X, Mastodon, Bluesky  waits (a)",
        "  4  20:00  library-hours/reminder@2026-11-30  X, Mastodon, Bluesky  waits (a)",
        "Tue 2026-12-01, CET",
        " 14  09:00  library-hours/hearing              X, Mastodon, Bluesky  scheduled",
        "            in 3 parts on Mastodon",
        "(a) waits for approval",
    ]


def test_with_enough_room_a_row_has_its_day_and_text() -> None:
    head, first, second, reason = post_table([ROW, OTHER], width=160)
    assert head.split() == ["No.", "Due", "Post", "On", "State", "Text"]
    assert first.startswith(f"  1  Mon 2026-11-30 20:00 CET  {NAME}  X, Mastodon, Bluesky  waits")
    assert first.endswith(f"(a)  {TEXT[:47]}…")
    assert second.startswith(" 14  Tue 2026-12-01 09:00 CET  library-hours/hearing  ")
    assert reason == "(a) waits for approval"


def test_a_reason_of_one_row_stands_beneath_it() -> None:
    long = "its account is paused by Kim: " + "a storm " * 12
    _, _, first, *beneath, second = post_table(
        [replace(ROW, why=long), replace(ROW, why="")], width=80
    )
    assert first.endswith("waits")
    assert " ".join(" ".join(beneath).split()) == long.strip()
    assert all(line.startswith(" " * 12) for line in beneath)
    assert second.endswith("waits")


def test_days_in_another_zone_stand_above_their_rows_too() -> None:
    there = replace(OTHER, local="Mon 2026-11-30 15:00 EST")
    lines = post_table([ROW, there], width=80)
    assert [line for line in lines if line.endswith(("CET", "EST"))] == [
        "Mon 2026-11-30, CET",
        "Mon 2026-11-30, EST",
    ]


def test_a_name_that_is_too_long_for_a_row_is_whole_and_the_rest_beneath() -> None:
    name = "the-campaign-for-longer-opening-hours/what-the-mayor-said-about-it@2026-11-30"
    lines = post_table([replace(ROW, name=name), OTHER], width=80)
    place = next(n for n, line in enumerate(lines) if name in line)
    assert lines[place] == f"  1  20:00  {name}"
    assert lines[place + 1].split() == ["X,", "Mastodon,", "Bluesky", "waits", "(a)"]
    assert len(lines[place + 1]) <= 80


def test_a_post_without_a_time_stands_under_what_it_waits_for() -> None:
    slot = replace(ROW, local="next slot", why="")
    assert post_table([slot, OTHER], heads=None, width=80) == [
        "next slot",
        f" 1         {NAME}  X, Mastodon, Bluesky  waits",
        "Tue 2026-12-01, CET",
        "14  09:00  library-hours/hearing              X, Mastodon, Bluesky  waits",
        "           waits for approval",
    ]


WORDS = st.text("abcdefgh-", min_size=1, max_size=90)


@pytest.mark.parametrize("width", [40, 80, 100, 1000])
@given(names=st.lists(WORDS, min_size=1, max_size=5), why=st.text("ab ,:", max_size=200))
def test_names_and_days_are_whole_at_any_width(width: int, names: list[str], why: str) -> None:
    rows = [replace(ROW, name=name, why=why) for name in names]
    printed = "\n".join(post_table(rows, width=width))
    assert all(f"  {name}" in printed for name in names)
    assert "Mon 2026-11-30" in printed
    if why.strip():
        assert " ".join(why.split()) in " ".join(printed.split())


def test_a_text_does_not_reach_the_terminal_as_commands() -> None:
    [_, line] = post_table(
        [replace(ROW, text="\x1b[31mred 東京東京東京東京東京東京東京東京東京東京東京東京")],
        width=160,
    )[:2]
    assert "\x1b" not in line
    assert "東京" in line
