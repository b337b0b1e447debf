"""The chart of arrivals by day, and the tables of arrivals on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers.arrivals import campaign, day, posted, reading, share_evidence, shared, wording
from helpers.reports import render_page

from bot.reports.bars import GROUND
from bot.reports.share_chart import SOME_WITHOUT, arrivals_chart
from bot.reports.table import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from bot.model.arrivals import Arrival
    from bot.reports import Evidence
    from bot.reports.bars import Chart

ARRIVED = {
    shared(1, "x", "hart-data"): 30,
    shared(3, "mail", "hart-data"): 60,
    posted(1, "x"): 15,
}


def chart(arrived: dict[Arrival, int], days: Iterable[date] = ()) -> Chart:
    found = arrivals_chart(share_evidence(reading(arrived, days)))
    assert found
    return found


def page(of: Evidence) -> str:
    return render_page(of, names=["share"])


def test_bars_stand_from_the_first_day_to_the_last() -> None:
    drawn = chart(ARRIVED, map(day, (1, 2, 3)))
    assert [(slot.day, slot.now, slot.before) for slot in drawn.slots] == [
        ("Mon 11", "60", "0"),
        ("Tue 12", "0", "0"),
        ("Wed 13", "30", "15"),
    ]
    first, _, last = ({bar[0]: bar for bar in slot.bars} for slot in drawn.slots)
    assert first.keys() == {"now"}
    assert last["now"][4] == pytest.approx(2 * last["before"][4], abs=0.1)
    assert first["now"][4] == pytest.approx(2 * last["now"][4], abs=0.1)
    assert last["now"][2] + last["now"][4] == pytest.approx(GROUND)


def test_a_day_without_a_file_has_no_figure() -> None:
    drawn = chart(ARRIVED)
    assert [(slot.now, slot.before) for slot in drawn.slots][1] == (NO_DATA, NO_DATA)
    assert (
        drawn.slots[1].title == f"Tue 12: {NO_DATA} from the share page; {NO_DATA} from our posts"
    )


def test_many_days_are_drawn_by_weeks_and_weeks_with_gaps_are_marked() -> None:
    covered = [day(back) for back in range(60) if back != 30]
    drawn = chart({shared(back, "x", "hart-data"): 1 for back in range(60)}, covered)
    assert len(drawn.slots) == 9
    assert [slot.now for slot in drawn.slots] == ["7", "7", "7", "7", "6", "7", "7", "7", "4"]
    assert [slot.day.endswith("*") for slot in drawn.slots].index(True) == 4
    assert drawn.words.note == SOME_WITHOUT
    assert drawn.words.title.endswith("by week")


def test_counters_alone_are_drawn_as_links_that_were_opened() -> None:
    opened = {shared(1, "x", "hart-data"): 5, shared(2, "x", "hart-data"): 6}
    days = frozenset({day(1), day(2)})
    drawn = arrivals_chart(share_evidence(reading({}, opened=opened, opened_days=days)))
    assert drawn
    assert [slot.now for slot in drawn.slots] == ["6", "5"]
    assert not drawn.has_before
    assert "opened" in drawn.words.title


@pytest.mark.parametrize("arrived", [{}, {shared(1, "x", "hart-data"): 5}])
def test_one_day_or_none_has_no_chart(arrived: dict[Arrival, int]) -> None:
    assert arrivals_chart(share_evidence(reading(arrived))) is None
    assert '<figure class="days">' not in page(share_evidence(reading(arrived)))


def test_the_page_draws_the_days_and_shows_the_networks_unfolded() -> None:
    text = page(share_evidence(reading(ARRIVED)))
    assert text.count('<figure class="days">') == 1
    assert "<title>Wed 13: 30 from the share page; 15 from our posts</title>" in text
    network = text[text.index('id="share-network"') : text.index('id="share-wording"')]
    assert "<details" not in network
    assert "More arrived from the share page (90) than from our own posts (15)." in network
    assert network.count("<tr>") == 13  # with its head and its total


def test_the_page_explains_its_columns_and_not_those_of_other_tables() -> None:
    text = page(share_evidence(reading(ARRIVED)))
    assert text.count("<dt>Arrived from the share page</dt>") == 1
    assert "The tables from here on count" not in text


def test_markup_of_a_wording_is_text_on_the_page() -> None:
    hostile = campaign(wording("hart-data", '<script>alert(1)</script>"&'))
    text = page(share_evidence(reading(ARRIVED), hostile))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert len(re.findall("<script", text)) == 1
