"""``# groundswell: allow CODE reason`` counts for its post, fact or campaign, or is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load_files
from helpers.lint import EXAMPLE_HEAD, FACTS, check_post, check_text, problem_codes
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.source import find_suppressions
from bot.yamlsource.nodes import parse
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from pathlib import Path

    from bot.errors import Problem

ALLOW = "# groundswell: allow L801 they asked for it"
POSTS = """\
posts:
  - id: one
    when: 2026-12-01 12:00
    text: Read this, @somebody.
  - id: two
    when: 2026-12-01 14:00
    text: Read that, @somebody.
"""


def check_lines(folder: Path, *put: tuple[int, str], posts: str = POSTS) -> tuple[Problem, ...]:
    """Check the posts with comments put in before some of their lines, counted from 1."""
    lines = posts.splitlines()
    for number, text in sorted(put, reverse=True):
        lines.insert(number - 1, text)
    return check_text(folder, EXAMPLE_HEAD + "\n".join(lines) + "\n")


def post_of(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{problem.code} {problem.line - 4}" for problem in problems]


@pytest.mark.parametrize(
    ("line", "comment", "left"),
    [
        (2, f"  {ALLOW}", ["L801 8"]),  # right above the first
        (2, ALLOW, ["L801 8"]),  # the same, not indented
        (3, f"    {ALLOW}", ["L801 8"]),  # on lines of it
        (4, f"    {ALLOW}", ["L801 8"]),
        (5, f"    {ALLOW}", ["L801 8"]),  # after its last, as far in
        (5, f"  {ALLOW}", ["L801 4"]),  # right above the second
        (8, f"    {ALLOW}", ["L801 4"]),  # after the last of all
        (2, f"  {ALLOW}\n  # Another comment.", ["L801 9"]),
    ],
)
def test_a_comment_counts_for_the_post_that_it_stands_beside(
    line: int, comment: str, left: list[str], tmp_path: Path
) -> None:
    assert post_of(check_lines(tmp_path, (line, comment))) == left


@pytest.mark.parametrize("number", [2, 3, 4])
def test_it_may_follow_on_any_line_of_the_post(number: int, tmp_path: Path) -> None:
    lines = POSTS.splitlines()
    lines[number - 1] += f"  {ALLOW}"
    assert post_of(check_lines(tmp_path, posts="\n".join(lines))) == ["L801 7"]


def test_a_blank_line_parts_a_comment_from_the_post_below(tmp_path: Path) -> None:
    found = check_lines(tmp_path, (2, f"  {ALLOW}\n"))
    assert post_of(found) == ["L892 2", "L801 6", "L801 9"]


def test_it_lands_in_the_post_with_its_place(tmp_path: Path) -> None:
    text = f"{EXAMPLE_HEAD.replace('[ours]', '[athena-x]')}{POSTS}".replace(
        "  - id: two", f"  {ALLOW}\n  - id: two"
    )
    loaded = load_files(tmp_path / "posts", ours=text)
    one, two = loaded.campaigns[0].posts
    assert one.suppressions == ()
    [allowed] = two.suppressions
    assert (allowed.code, allowed.reason) == ("L801", "they asked for it")
    assert (allowed.mark.line, allowed.mark.column) == (9, 3)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# groundswell: allow L801", ["L801", "L890"]),
        ("# groundswell: allow L801 :-)", ["L801", "L890"]),
        ("# groundswell: allow L899 they asked", ["L801", "L891"]),
        ("# groundswell: allow mentions here", ["L801", "L891"]),
        ("# groundswell: allow", ["L801", "L891"]),
        ("# groundswell: allow L802 they asked", ["L801", "L892"]),
        *(
            (f"# groundswell: allow {code} it is meant", ["L801", "L893"])
            for code in ("X701", "C202", "G111", "L890", "L891", "P108")
        ),
        ("#groundswell:allow l801: they asked for it", []),
        ("## Groundswell:  Allow L801 - they asked for it", []),
    ],
)
def test_a_flawed_comment_is_reported_at_its_place(
    comment: str, expected: list[str], tmp_path: Path
) -> None:
    found = check_lines(tmp_path, (3, f"    {comment}"), posts="\n".join(POSTS.splitlines()[:4]))
    assert sorted(problem_codes(found)) == expected
    level = "warning" if "L892" in expected else "error"
    for flaw in (problem for problem in found if problem.code.startswith("L89")):
        assert (flaw.line - 4, flaw.column, flaw.level) == (3, 5, level)


def test_a_platforms_limit_cannot_be_allowed_but_its_advice_can(tmp_path: Path) -> None:
    long = check_post(tmp_path, "word " * 60, "# groundswell: allow X701 it is long")
    assert sorted(problem_codes(long)) == ["L893", "X701"]
    posts = "posts:\n  - id: one\n    when: 2026-12-01 12:00\n    thread: [Again., Again.]\n"
    assert problem_codes(check_lines(tmp_path, posts=posts)) == ["X718"]
    allowed = posts.replace("    thread", "    # groundswell: allow X718 a refrain\n    thread")
    assert problem_codes(check_lines(tmp_path, posts=allowed)) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"text: |\n      Read this, @somebody.\n      {ALLOW}", ["L801"]),
        (f'text: "Read this, @somebody. {ALLOW}"', ["L801"]),
        (f"text: 'Read this, @somebody.\n      {ALLOW}'", ["L801"]),
        (f"text: >-\n      Read this, @somebody.\n\n      {ALLOW}", ["L801"]),
        (f"text: |\n      Read this, @somebody.\n\n    {ALLOW}", []),  # right after the block
    ],
)
def test_a_sign_within_a_text_is_part_of_the_text(
    text: str, left: list[str], tmp_path: Path
) -> None:
    posts = f"posts:\n  - id: one\n    when: 2026-12-01 12:00\n    {text}\n"
    assert problem_codes(check_lines(tmp_path, posts=posts)) == left


def test_beside_a_fact_it_counts_for_findings_at_the_fact(tmp_path: Path) -> None:
    due = "    as_of: 2022-07-18\n    review_by: 2026-10-01\n"
    head = FACTS.replace("    as_of: 2022-07-18\n", due, 1)
    post = "posts:\n  - id: one\n    when: 2026-12-01 12:00\n    facts: [hart]\n    text: Hello.\n"
    assert problem_codes(check_text(tmp_path, f"{EXAMPLE_HEAD}{head}{post}")) == ["F905"]
    allowed = head.replace(due, f"{due}    # groundswell: allow F905 checked by phone\n", 1)
    assert check_text(tmp_path, f"{EXAMPLE_HEAD}{allowed}{post}") == ()


def test_in_the_header_it_counts_for_the_campaigns_own_hashtags(tmp_path: Path) -> None:
    tags = f"{EXAMPLE_HEAD}hashtags: [notechforice]"
    found = check_text(tmp_path, f"{tags}\n{POSTS.replace('@', '')}")
    assert [(problem.code, problem.line) for problem in found] == [("L803", 1)]
    allow = "  # groundswell: allow L803 the coalition writes it so"
    assert problem_codes(check_text(tmp_path, f"{tags}{allow}\n{POSTS.replace('@', '')}")) == []


def test_in_a_bare_list_it_must_stand_beside_a_post(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    check_text(tmp_path, EXAMPLE_HEAD)
    queued = "- when: 2026-12-01 16:00\n  text: Read this, @somebody."
    (folder / "queue.yaml").write_text(f"{ALLOW}\n\n{queued}\n", encoding="utf-8")
    assert problem_codes(check_text(tmp_path, EXAMPLE_HEAD)) == ["C207", "L801"]
    (folder / "queue.yaml").write_text(f"{queued}  {ALLOW}\n", encoding="utf-8")
    assert problem_codes(check_text(tmp_path, EXAMPLE_HEAD)) == []


def test_a_post_on_several_events_needs_it_once_and_uses_it_up(tmp_path: Path) -> None:
    text = f"""\
events:
  boston: {{name: Boston, place: X, starts: 2026-12-01 09:00, ends: 2026-12-01 18:00}}
  chicago: {{name: Chicago, place: X, starts: 2026-12-02 09:00, ends: 2026-12-02 18:00}}
posts:
  {ALLOW}
  - id: one
    when: {{events: [boston, chicago]}}
    text: "Hello {{{{ value.who }}}}"
    values: {{boston: {{who: "@somebody"}}, chicago: {{who: you}}}}
"""
    assert problem_codes(check_text(tmp_path, EXAMPLE_HEAD + text)) == []


@given(st.text(max_size=300))
def test_no_file_with_a_comment_raises_an_exception(text: str) -> None:
    source = f"posts:\n  - id: one\n    {ALLOW}\n{text}"
    parsed = parse(source.encode("utf-8", "replace"), ProblemList("a.yaml"))
    for found in find_suppressions(*parsed, "a").values() if parsed else ():
        assert all(suppression.mark.line > 0 for suppression in found)
