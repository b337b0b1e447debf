"""Natural ways to write that the format does not have are reported with a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    HEADER,
    campaign_with_post,
    campaign_yaml,
    load_files,
    only_problem,
    problem_lines,
    sound_campaign,
)

if TYPE_CHECKING:
    from pathlib import Path

ALL_KINDS = '{ event: ID, offset: -1d }, { every: [mon, thu], at: "09:00" } or { slot: next }.'

# What stands after ``when:`` in line 29, and the expected message.
TIMES = {
    "every Monday 10:00": ("11: S601", 'Write { every: monday, at: "10:00" }.'),
    "every day at 9:00": ("11: S601", 'Write { every: day, at: "9:00" }.'),
    "daily": ("11: S601", 'Write { every: day, at: "09:00" }.'),
    "Mondays 10:00": ("11: S601", 'Write { every: monday, at: "10:00" }.'),
    "weekdays 9:00": ("11: S601", 'Write { every: weekday, at: "9:00" }.'),
    "every other week": ("11: S601", ALL_KINDS),
    "slot": ("11: S601", "Write { slot: next }."),
    "next slot": ("11: S601", "Write { slot: next }."),
    "-1d": ("11: S601", "Write { event: ID, offset: -1d }, with the event's id."),
    "tomorrow 9:00": ("11: S601", ALL_KINDS),
    "2022-07-10": ("11: S601", "Add the time of day, as 2022-07-10 09:00."),
    "2022-07-10 9am": ("11: S601", "Write it as 2022-07-10 09:00."),
    "2022-07-10, 09:00": ("11: S601", "Write it as 2022-07-10 09:00."),
    "31/12/2022 9:00": ("11: S601", "Write it as 2022-12-31 09:00."),
    "12/1/2022 9:00": ("11: S601", "Write it as 2022-01-12 09:00 or 2022-12-01 09:00."),
    "{every: Monday 10:00}": ("19: S604", 'Write every: monday, at: "10:00".'),
    "{every: Mondays, at: '9:00'}": ("19: S604", "Write every: monday."),
    "{every: day, at: 9am}": ("28: S601", "Write it as 09:00."),
    "{every: day, at: '9:00', until: 31.12.2022}": ("43: S601", "Write it as 2022-12-31."),
    "[2022-07-10 09:00, 2022-07-11 09:00]": ("11: C203", "Make a post for each time"),
    "{at: 2022-07-10, time: '09:00'}": ("28: C202", "Write date and time together, as at: YYYY"),
    "{at: 2022-07-10 09:00, timezone: UTC}": ("34: C202", "at: can have an offset: YYYY-MM-DD"),
    "{event: nyc, before: 1d}": ("24: C202", "Write offset: -1d for a day before"),
    "{event: nyc, on: 1d}": ("24: C202", "Known here: at, event, from, offset."),
}


@pytest.mark.parametrize("when", TIMES)
def test_natural_way_to_write_a_time_is_corrected(when: str, tmp_path: Path) -> None:
    start, words = TIMES[when]
    found, *_ = problem_lines(
        load_files(tmp_path, a=campaign_with_post("text: a", when=when)), tmp_path
    )
    assert found.startswith(f"a.yaml:29:{start} ")
    assert words in found


@pytest.mark.parametrize("most", ["-1", "3"])
def test_number_out_of_bounds_names_the_bound_that_it_breaks(most: str, tmp_path: Path) -> None:
    header = HEADER.replace("hashtags:", f"require_approval: {most}\nhashtags:")
    found = only_problem(tmp_path, a=campaign_yaml(header=header))
    bound = "At least 0." if most == "-1" else "At most 2."
    assert found == f'a.yaml:5:19: C204 "require_approval": "{most}" is out of bounds. {bound}'


STATEMENTS = """\
statements:
  roe: {speaker: Ana Roe, role: organizer, source: "Daily News, 3 May 2022", quote: We stay}
  poe: {speaker: Bea Poe, role: editor, source: https://example.org, paraphrase: They left}
"""


def with_fact(old: str, new: str, text: str) -> str:
    header = (HEADER + STATEMENTS).replace(old, new, 1)
    return campaign_yaml(f"  - id: one\n    when: 2022-07-10 09:00\n    text: '{text}'\n", header)


@pytest.mark.parametrize("as_of", ["2022-07-18", "2022-07", "2022"])
def test_fact_may_be_as_of_a_day_a_month_or_a_year(as_of: str, tmp_path: Path) -> None:
    text = with_fact("as_of: 2022-07-18", f"as_of: {as_of}", "As of {{ fact.hart.as_of }}")
    [post] = sound_campaign(tmp_path, text).posts
    assert post.wordings[0].content.text.startswith(f"As of {as_of}\n")


@pytest.mark.parametrize("as_of", ["2022-13", "July 2022", "22-07", "1022", "2022-7"])
def test_month_that_does_not_exist_is_refused(as_of: str, tmp_path: Path) -> None:
    text = with_fact("as_of: 2022-07-18", f"as_of: {as_of}", "Hi")
    found = only_problem(tmp_path, a=text)
    assert found.startswith("a.yaml:11:12: S601 ")


def test_source_may_be_printed(tmp_path: Path) -> None:
    printed = "The Guardian, 3 March 2022, p. 4"
    text = with_fact("source: https://example.org/hart", f"source: {printed}", "Hi")
    assert sound_campaign(tmp_path, text).facts["hart"].source == printed


@pytest.mark.parametrize(
    "source",
    [
        *("example.org/page", "http://example.org", "www.example.org p. 4", "Hansard"),
        "https://e.org p",
    ],
)
def test_source_that_nobody_could_find_is_refused(source: str, tmp_path: Path) -> None:
    text = with_fact("source: https://example.org/hart", f"source: {source}", "Hi")
    found = only_problem(tmp_path, a=text)
    assert found.startswith(f'a.yaml:10:13: C204 "{source}" is not an https address.')
    assert found.endswith("For a printed source, write its title, date and page.")


def test_a_statement_has_a_quote_or_a_paraphrase(tmp_path: Path) -> None:
    text = "“{{ statement.roe.quote }}” {{ statement.poe.paraphrase }}. {{ statement.poe.words }}"
    [post] = sound_campaign(tmp_path, with_fact("", "", text)).posts
    assert post.wordings[0].content.text.startswith("“We stay” They left. They left\n")
    assert post.statements == ("roe", "poe")


def test_paraphrase_is_never_named_a_quotation(tmp_path: Path) -> None:
    found = only_problem(tmp_path, a=with_fact("", "", "{{ statement.poe.quote }}"))
    assert found == ('a.yaml:33:29: T402 The statement "poe" is a paraphrase. Write .paraphrase.')
