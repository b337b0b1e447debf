"""Files made to stall the loop are refused for their length, or read in linear time."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from helpers.lint import EXAMPLE_ACCOUNTS, EXAMPLE_HEAD, EXAMPLE_NOW, FACTS, problem_codes

from bot.campaigns.header import MAX_ENTRIES
from bot.campaigns.source import MAX_CHARACTERS
from bot.checking import Checker
from bot.yamlsource.nodes import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.errors import Problem

SECONDS = 30.0
AT_ONCE = 40
"""Hostile texts in one file, which must stay under 1 MiB."""


LONG_TEXT = 24_000
"""Characters of a hostile text, almost the most that a form takes."""

HOSTILE_UNITS = (
    *("a.", "http://", "https://a", "https://a.b ", "://", "://a:", "://a@", ":a", "?token=a"),
    *("#", "# ", "#a", "#1", "@a", "@a.", "@a-", "&a;", "~ ", "$A ", "$1", "1€ ", "1%"),
    *("(", "((a)", "[", "[]", "{", "{ ", "{a", "}"),
    *('"', "'", "a'", " 'a", "“", "”", "“a”", "\u2018a"),
    *("1", "1,", "1.", "1,000", "12345-", "0a", "A1", "aB1", "twenty million ", "Jan 1 "),
    *(" ", "\n", " \n", "\t", "...", "…", "!", "!?", "a!", "AB ", "a", "É", "漢", "のa", "one-"),
    *("\u0430.", "\u0430a", "xn--a", "א", "\u0301", "e\u0301", "\u0300\u0327", "\u1100", "\u200b"),
)
"""Texts that may make a pattern slow if they are repeated."""


def repeated(unit: str) -> str:
    """Return ``unit`` repeated to the length of a long text."""
    return (unit * LONG_TEXT)[:LONG_TEXT]


def post_yaml(text: str, name: str = "one") -> str:
    """Return a post of this text in the YAML of a campaign file."""
    return f"  - id: {name}\n    when: 2026-12-01 12:00\n    text: {json.dumps(text)}\n"


@contextmanager
def cpu_time_limit(seconds: float) -> Iterator[None]:
    """Fail if a block takes more processor time.

    This is not a measurement. Linear work takes a hundredth of it here, and quadratic work a
    hundred times as much.
    """

    def stop(*_: object) -> None:
        pytest.fail(f"still busy after {seconds} seconds of processor time", pytrace=False)

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def checked(folder: Path, *texts: str, errors_only: bool = True) -> tuple[Problem, ...]:
    """Read and check files as the loop does."""
    for number, text in enumerate(texts):
        (folder / f"hostile-{number}.yaml").write_text(text, encoding="utf-8")
    with cpu_time_limit(SECONDS):
        return (
            Checker(folder, EXAMPLE_ACCOUNTS, errors_only=errors_only).check(EXAMPLE_NOW).problems
        )


def fact(name: str, figure: str = "7", claim: str = "It is so") -> str:
    more = f"figure: {figure}, source: https://example.org/a, as_of: 2020-01-01"
    return f"  {name}: {{claim: {claim}, {more}}}\n"


def statement(name: str, words: str, kind: str = "quote") -> str:
    more = "role: organizer, source: https://example.org/a"
    return f"  {name}: {{speaker: S {name}, {kind}: {words}, {more}}}\n"


# --- The file before its texts ---


def test_a_run_of_number_signs_is_read_once(tmp_path: Path) -> None:
    comment = "# groundswell: allow L801 they asked for it\n"
    run = "#" * (MAX_BYTES - 3000)
    found = checked(tmp_path, f"{EXAMPLE_HEAD}{FACTS}{comment}{run}\nposts:\n{post_yaml('Hello.')}")
    assert problem_codes(found) == []


def test_comments_in_a_run_are_placed_once(tmp_path: Path) -> None:
    comments = "# groundswell: allow L801 they asked\n" * 27_000
    found = checked(tmp_path, f"{EXAMPLE_HEAD}{comments}{FACTS}posts:\n{post_yaml('Hello.')}")
    assert problem_codes(found) == []


def test_a_key_that_stands_very_often_is_reported_a_hundred_times(tmp_path: Path) -> None:
    keys = "".join(f"k{number}: a\n" for number in range(50_000))
    found = checked(tmp_path, keys + "k49999: a\n" * 50_000)
    assert problem_codes(found).count("Y107") == 100
    assert "Y199" in problem_codes(found)


def test_more_facts_than_a_person_writes_are_refused(tmp_path: Path) -> None:
    facts = "".join(fact(f"f{number}") for number in range(MAX_ENTRIES + 1))
    found = checked(tmp_path, f"{EXAMPLE_HEAD}facts:\n{facts}posts:\n{post_yaml('Hello.')}")
    assert problem_codes(found) == ["Y114"]
    assert '"facts" has 1001 entries, more than 1000' in found[0].message


@pytest.mark.parametrize(
    ("key", "most"), [("facts", 100), ("statements", 100), ("hashtags", 100), ("accounts", 1000)]
)
def test_a_list_longer_than_a_person_writes_is_refused(tmp_path: Path, key: str, most: int) -> None:
    named = ", ".join(f"a{number}" for number in range(most + 1))
    text = f"{EXAMPLE_HEAD}{FACTS}posts:\n{post_yaml('Hello.')}    {key}: [{named}]\n"
    found = checked(tmp_path, text)
    assert problem_codes(found) == ["C204"]
    assert f"{key}" in found[0].message
    assert found[0].hint == f"It needs at most {most}."


# --- One text ---


@pytest.mark.parametrize("first", range(0, len(HOSTILE_UNITS), AT_ONCE))
@pytest.mark.parametrize("tail", ["", "!"])
def test_no_text_keeps_the_loop_busy(tmp_path: Path, first: int, tail: str) -> None:
    units = HOSTILE_UNITS[first : first + AT_ONCE]
    posts = [post_yaml(repeated(unit) + tail, f"p{number}") for number, unit in enumerate(units)]
    files = [
        f"{EXAMPLE_HEAD.replace('campaign: ', f'campaign: c{number}-')}{FACTS}posts:\n{one}"
        for number, one in enumerate(posts)
    ]
    found = checked(tmp_path, *files)
    reported = {
        problem.file for problem in found if problem.code in {"X701", "T405", "T401", "R312"}
    }
    blank = sum(not (unit + tail).strip() for unit in units)
    assert len(reported) + blank == len(units), problem_codes(found)


@pytest.mark.parametrize("first", range(0, len(HOSTILE_UNITS), AT_ONCE))
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_wording_of_a_share_page_keeps_a_check_busy(
    tmp_path: Path, language: str, first: int
) -> None:
    units = HOSTILE_UNITS[first : first + AT_ONCE]
    rows = "".join(
        f"    - {{id: w{number}, demand: end-it, text: {json.dumps(repeated(unit))}}}\n"
        for number, unit in enumerate(units)
        if unit.strip()
    )
    share = f"language: {language}\nshare:\n  organisation: We\n  link: https://example.org\n"
    found = checked(
        tmp_path, f"{EXAMPLE_HEAD}{FACTS}{share}  wordings:\n{rows}posts: []\n", errors_only=False
    )
    assert found


def test_many_unknown_names_in_a_text_are_not_each_compared_with_every_fact(tmp_path: Path) -> None:
    facts = "".join(fact(f"fact-{number}") for number in range(MAX_ENTRIES))
    text = "{{ fact.fac.claim }}" * 1200
    parts = json.dumps([text] * 30)
    thread = f"  - id: one\n    when: 2026-12-01 12:00\n    thread: {parts}\n"
    found = checked(tmp_path, f"{EXAMPLE_HEAD}facts:\n{facts}posts:\n{thread}")
    assert set(problem_codes(found)) == {"T402", "Y199"}


def test_a_pile_of_marks_on_one_letter_is_refused(tmp_path: Path) -> None:
    piled = "e" + "\u0301" * 31
    found = checked(
        tmp_path, f"{EXAMPLE_HEAD}posts:\n{post_yaml(piled)}{post_yaml('e' + piled[1:-1], 'two')}"
    )
    assert problem_codes(found) == ["T405"]
    assert found[0].message == "More than 30 combining marks follow each other."


def test_marks_that_only_templates_bring_together_are_seen(tmp_path: Path) -> None:
    facts = fact("pile", claim='"' + "\\u0301\\u0327" * 15 + '"')
    text = "{{ fact.pile.claim }}" * 800
    found = checked(tmp_path, f"{EXAMPLE_HEAD}facts:\n{facts}posts:\n{post_yaml(text)}")
    assert problem_codes(found) == ["T405"]


# --- Combinations ---


def test_texts_cannot_grow_without_end_when_they_are_filled_in(tmp_path: Path) -> None:
    claim = "a" * 1000
    parts = json.dumps(["{{ fact.long.claim }}" * 24] * 100)
    thread = "  - id: p{}\n    when: 2026-12-01 12:00\n    thread: {}\n"
    posts = "".join(thread.format(number, parts) for number in range(18))
    text = f"{EXAMPLE_HEAD}facts:\n{fact('long', claim=claim)}posts:\n{posts}"
    assert len(text) < MAX_BYTES
    found = checked(tmp_path, text)
    assert "T406" in problem_codes(found)
    assert f"more than {MAX_CHARACTERS} characters" in str([*map(str, found)])


def test_every_figure_may_be_asked_of_every_fact(tmp_path: Path) -> None:
    facts = "".join(fact(f"f{number}", f"7{number}") for number in range(MAX_ENTRIES))
    texts = {f"p{number}": f"It costs 9{number} and 8{number}." for number in range(1500)}
    posts = "".join(post_yaml(text, name) for name, text in texts.items())
    assert problem_codes(checked(tmp_path, f"{EXAMPLE_HEAD}facts:\n{facts}posts:\n{posts}")) == []


def test_every_quotation_may_be_asked_of_every_statement(tmp_path: Path) -> None:
    numbers = range(MAX_ENTRIES // 2)
    words = [statement(f"s{number}", f"one two three four {number}") for number in numbers]
    words += [statement(f"t{number}", f"we two say {number}", "paraphrase") for number in numbers]
    posts = "".join(post_yaml(f"“Who said that {number}?”", f"p{number}") for number in range(1500))
    found = checked(tmp_path, f"{EXAMPLE_HEAD}statements:\n{''.join(words)}posts:\n{posts}")
    assert set(problem_codes(found)) == {"F911"}


# --- The whole folder ---


def test_files_that_take_too_long_are_reported_with_the_last_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.checking.CPU_LIMIT", -1.0)
    for name in ("a", "b", "c"):
        head = EXAMPLE_HEAD.replace("campaign: ", f"campaign: {name}-")
        text = f"{head}posts:\n{post_yaml('Hello.')}"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = Checker(tmp_path, EXAMPLE_ACCOUNTS, errors_only=True).check(EXAMPLE_NOW)
    (problem,) = found.problems
    assert (problem.code, problem.file) == ("Y119", str(tmp_path / "a.yaml"))
    assert (
        problem.message
        == "Reading the campaign files took more than -1 seconds, and stopped at this one."
    )
    assert found.campaigns == ()
