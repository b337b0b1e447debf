"""Wordings that fit no network, as ``groundswell check`` reports them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import ACCOUNTS, load_files, write_campaigns
from helpers.schedules import utc
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml

from bot.checking import Checker
from bot.share.filling import fill_campaign
from bot.share.networks import NETWORKS

if TYPE_CHECKING:
    from pathlib import Path

    from bot.errors import Problem

CALLS = "Who listens to calls from prison? It is a machine."
LINKS = "links:\n  pages: [https://example.org/]\n"


def too_long(
    folder: Path, text: str, share: str = SHARE, header: str = SHARE_HEADER
) -> list[Problem]:
    """Return the wordings that are too long, if one of them has this text."""
    assert share.count(CALLS) == 1
    write_campaigns(folder, a=share_yaml(share.replace(CALLS, text), header))
    found = Checker(folder, ACCOUNTS, errors_only=True).check(utc("2022-07-01 12:00")).problems
    assert {problem.code for problem in found} <= {"H303"}
    return list(found)


def test_a_wording_that_fits_one_network_is_no_problem(tmp_path: Path) -> None:
    assert too_long(tmp_path, "Stop it. " * 100) == []


def test_a_wording_that_fits_none_is_an_error_with_all_lengths(tmp_path: Path) -> None:
    [found] = too_long(tmp_path, "Stop it. " * 500)
    assert (found.line, found.level) == (38, "error")
    for length in ("X 4,523 of 280", "Bluesky 4,521 of 300", "Telegram 4,528 of 4,096"):
        assert length in found.message
    assert " bytes" in found.message


@pytest.mark.parametrize("header", [SHARE_HEADER, SHARE_HEADER + LINKS])
def test_the_link_counts_with_its_marks(tmp_path: Path, header: str) -> None:
    """Telegram takes 4,096, with a line end and a link of 28 or of about 100 characters."""
    text = "a" * (4096 - 1 - len("https://example.org/petition"))
    found = too_long(tmp_path, text, header=header)
    assert bool(found) == (header != SHARE_HEADER)
    assert too_long(tmp_path, f"{text}a")


def test_a_line_end_of_windows_counts_as_the_one_character_of_the_page(tmp_path: Path) -> None:
    room = 4096 - 1 - len("https://example.org/petition")
    text = "a" * (room - 11) + r"\r\n" * 10 + "b"
    assert too_long(tmp_path, f'"{text}"') == []
    assert too_long(tmp_path, f'"{text}b"')


def test_a_partners_wording_counts_with_the_partners_link(tmp_path: Path) -> None:
    text = "a" * (4096 - 1 - len("https://athena.example.org/"))
    ours = "Our coalition asks {{ demand.target }} to stop."
    share = SHARE.replace(CALLS, "Hi").replace(ours, CALLS)
    assert too_long(tmp_path, text, share) == []
    assert too_long(tmp_path, f"{text}a", share)


def test_a_link_through_a_counter_counts_as_the_counters_own(tmp_path: Path) -> None:
    share = SHARE.replace("  intro: A", "  redirects: true\n  intro: A")
    text = "a" * (4096 - 1 - len("https://share.example.org/people/g/calls-telegram"))
    assert too_long(tmp_path, text, share) == []
    assert too_long(tmp_path, f"{text}a", share)


@pytest.mark.parametrize("more", ["", "  redirects: true\n"])
@pytest.mark.parametrize("header", [SHARE_HEADER, SHARE_HEADER + LINKS])
def test_it_is_reported_if_the_page_has_no_button_with_a_limit(
    tmp_path: Path, header: str, more: str
) -> None:
    share = SHARE.replace("  intro: A", f"{more}  intro: A")
    limited = {item.id for item in NETWORKS.values() if item.takes_text and item.limit}
    seen = set()
    for length in range(3900, 4100, 7):
        found = too_long(tmp_path, "ä" * length, share, header)
        [campaign] = load_files(
            tmp_path, a=share_yaml(share.replace(CALLS, "ä" * length), header)
        ).campaigns
        filled = fill_campaign(campaign, date(2022, 7, 1))
        [calls] = [
            wording
            for demand in filled.pages[0].content.demands
            for wording in demand.wordings
            if wording.id == "calls"
        ]
        offered = {button.network.id for button in calls.buttons if button.address} & limited
        assert bool(found) == (not offered), length
        seen.add(bool(found))
    assert seen == {True, False}
