"""Slips in ``links:`` are named, and links that differ from the source of a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import HEADER, campaign_yaml, write_campaigns
from helpers.schedules import utc

from bot.checking import Checker
from bot.model import Account

if TYPE_CHECKING:
    from pathlib import Path

    from bot.errors import Problem

NOW = utc("2022-07-08 09:00")
ACCOUNTS = {
    name: Account(name, "mastodon", f"{name}@social.example", "http://127.0.0.1")
    for name in ("ours", "Ours", "other")
} | {"on-x": Account("on-x", "x", "ours", "http://127.0.0.1")}
PAGE = "https://example.org/petition"


def campaign_of(links: str, *lines: str, accounts: str = "ours", name: str = "people") -> str:
    header = HEADER.replace("mediajustice-x", accounts).replace(
        "campaign: people", f"campaign: {name}"
    )
    post = ("  - id: one", "when: 2022-07-10 09:00", *lines)
    return campaign_yaml("\n    ".join(post) + "\n", f"{header}{links}\n")


def found(folder: Path, **files: str) -> list[Problem]:
    checked = Checker(write_campaigns(folder, **files), ACCOUNTS).check(NOW)
    assert checked.errors == ()
    return [problem for problem in checked.problems if problem.code in {"L831", "F909"}]


def messages(folder: Path, links: str, *lines: str, accounts: str = "ours") -> list[str]:
    return [
        problem.message
        for problem in found(folder, a=campaign_of(links, *lines, accounts=accounts))
    ]


# --- Slips ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("links", "line", "hint"),
    [
        ("links: {pages: https://www.example.org/}", f"text: {PAGE}", "lead to example.org;"),
        ("links: {pages: https://example.org/a}", f"text: Read {PAGE}", "lead to example.org;"),
        (
            "links: {pages: https://example.org/, leave: https://example.org/petition}",
            f"text: {PAGE}",
            "lead to example.org;",
        ),
        ("links: {pages: https://example.org/}", "text: No link at all.", "Add a link"),
        ("links: {pages: https://example.org/}", "text: Read example.org", "Add a link"),
    ],
)
def test_a_setting_that_marks_nothing_is_named(
    tmp_path: Path, links: str, line: str, hint: str
) -> None:
    [problem] = found(tmp_path, a=campaign_of(links, line))
    assert (problem.code, problem.level) == ("L831", "warning")
    assert problem.message == "No link of the campaign gets a mark."
    assert hint in problem.hint
    assert problem.line == HEADER.count("\n") + 1


def test_the_link_of_the_share_page_is_enough(tmp_path: Path) -> None:
    share = "share: {organisation: Ours, link: https://example.org/}"
    links = f"language: en\nlinks: {{pages: https://example.org/}}\n{share}"
    assert messages(tmp_path, links, "text: No link at all.") == []


@pytest.mark.parametrize("share", ["{organisation: Ours}", "{link: https://example.org/}"])
def test_nothing_is_said_while_a_mistake_leaves_something_out(tmp_path: Path, share: str) -> None:
    links = f"language: en\nlinks: {{pages: https://example.org/}}\nshare: {share}"
    files = write_campaigns(tmp_path, a=campaign_of(links, "text: No link at all."))
    codes = {problem.code for problem in Checker(files, ACCOUNTS).check(NOW).problems}
    assert "C203" in codes
    assert "L831" not in codes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"Read {PAGE} now.", ""),
        (f"Have you signed {PAGE}?", ""),
        (f"(Have you signed {PAGE}?!)", ""),
        (f"Nobody told you of {PAGE}??", ""),
        (f"Read {PAGE}?é", "Letters follow it that the network does not take for a part of it."),
    ],
)
def test_a_link_that_letters_run_into_is_named(tmp_path: Path, text: str, reason: str) -> None:
    links = "links: {pages: https://example.org/}"
    lines = (f"text: '{text}'", "link: https://example.org/")
    [post] = (
        Checker(write_campaigns(tmp_path, a=campaign_of(links, *lines, accounts="on-x")), ACCOUNTS)
        .check(NOW)
        .posts
    )
    assert (f"{PAGE}?utm_source=x" in post.wordings[0].content.text) is not bool(reason)
    named = messages(tmp_path, links, *lines, accounts="on-x")
    assert named == ([f"{PAGE} gets no marks. {reason}"] if reason else [])


def test_an_exception_outside_the_pages_is_named(tmp_path: Path) -> None:
    links = "links: {pages: https://example.org/, leave: [https://a.org/, https://example.org/b]}"
    [message] = messages(tmp_path, links, f"text: {PAGE}")
    assert message.startswith("Links to https://a.org/ have no marks in any case")


@pytest.mark.parametrize(("value", "count"), [("", 0), (", campaign: PEOPLE", 1)])
def test_two_campaigns_with_one_name_in_statistics_are_named(
    tmp_path: Path, value: str, count: int
) -> None:
    own = campaign_of("links: {pages: https://example.org/}", f"text: {PAGE}")
    other = campaign_of(
        f"links: {{pages: https://example.org/{value}}}", f"text: Sign {PAGE}", name="other"
    )
    problems = found(tmp_path, a=own, b=other)
    assert [problem.file.rpartition("/")[2] for problem in problems] == ["b.yaml"] * count
    assert all("campaign people has" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("content", "accounts", "count"),
    [("account", "ours, Ours", 1), ("account", "ours, other", 0), ("post", "ours, Ours", 0)],
)
def test_accounts_that_statistics_take_for_one_are_named(
    tmp_path: Path, content: str, accounts: str, count: int
) -> None:
    links = f"links: {{pages: https://example.org/, content: {content}}}"
    lines = ("wordings:", f"  plain: Sign {PAGE}", f"  asks: Did nobody tell you? {PAGE}")
    assert len(messages(tmp_path, links, *lines, accounts=accounts)) == count


def test_without_the_setting_nothing_is_said(tmp_path: Path) -> None:
    assert messages(tmp_path, "", f"text: {PAGE}") == []


# --- Sources --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "count"),
    [
        ("https://example.org/hart", 1),
        ("https://EXAMPLE.org/hart/", 1),
        ("https://example.org/hart#part", 1),
        ("https://example.org/hart?a=1", 0),
        ("https://example.org/harts", 0),
    ],
)
def test_a_marked_link_to_the_source_of_a_fact_is_named(
    tmp_path: Path, link: str, count: int
) -> None:
    links = "links: {pages: https://example.org/}"
    problems = found(tmp_path, a=campaign_of(links, "text: Read it.", f"link: {link}"))
    assert [problem.code for problem in problems] == ["F909"] * count
    for problem in problems:
        assert "the fact hart names as the source" in problem.message


def test_a_fetched_source_is_named_and_stays_what_it_is_under_leave(tmp_path: Path) -> None:
    lines = ("text: 'From {{ fact.hart.source }}'", f"link: {PAGE}")
    links = "links: {pages: https://example.org/}"
    assert len(messages(tmp_path, links, *lines)) == 1
    left = links.replace("}", ", leave: https://example.org/hart}")
    assert messages(tmp_path, left, *lines) == []


@pytest.mark.parametrize("inside", [False, True])
def test_a_comment_beside_the_setting_allows_it(tmp_path: Path, inside: bool) -> None:
    comment = "# groundswell: allow F909 the marked address shows the same page"
    links = "links:\n  pages: [https://example.org/]"
    links = links.replace("\n", f"\n  {comment}\n") if inside else f"{comment}\n{links}"
    assert messages(tmp_path, links, "text: Read https://example.org/hart") == []
