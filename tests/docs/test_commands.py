"""The commands of the README and docs/ are run, and their other statements are checked."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import ROOT
from helpers.pages import PAGES, README, Reader, blocks, commands

from bot.cli.main import ATTENTION, BUG, COMMANDS, DOWN, INTERRUPTED, load_command
from bot.clock import Clock
from bot.errors import AlreadyRunning, GroundswellError
from bot.platforms.x import prices

if TYPE_CHECKING:
    from pathlib import Path

TEXT = README.read_text(encoding="utf-8")
RUNNING = ROOT / "docs" / "running.md"
RUN = [page for page in PAGES if any(block.runs for block in blocks(page))]
MARKS = {
    "sh": r"|not run: \w.{8,}",
    "yaml": r"(file|in): \S+\.yaml",
    "text": r"file: \S+\.log",
    "ini": r"part of: /etc/\S+",
}
"""Pattern of the comment before a block, by the block's language."""


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", RUN, ids=name)
def test_the_commands_of_a_page_work(page: Path, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        if page != README:  # its tutorial starts in an empty folder
            reader.prepare()
        for block in blocks(page):
            reader.follow(block)


def test_the_tutorial_and_every_how_to_are_run() -> None:
    assert [name(page) for page in RUN] == [
        "README.md",
        "docs/alerts.md",
        "docs/approvals.md",
        "docs/control-room.md",
        "docs/monitoring.md",
        "docs/posts.md",
        "docs/reports.md",
        "docs/rules.md",
        "docs/running.md",
        "docs/scheduling.md",
        "docs/secrets.md",
        "docs/share.md",
        "docs/spreadsheets.md",
    ]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_block_is_run_or_put_into_a_file_or_says_why_not(page: Path) -> None:
    for block in blocks(page):
        assert re.fullmatch(MARKS[block.language], block.mark), block.text


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_fence_is_read_as_a_block(page: Path) -> None:
    fences = re.findall(r"^\s*(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(page))


def spoken() -> list[str]:
    """Return every command line of ours in the pages' blocks and sentences."""
    found: list[str] = []
    for page in PAGES:
        typed = (block for block in blocks(page) if block.language == "sh")
        found += (line for block in typed for line in commands(block))
        found += re.findall(r"(?<!`)`(groundswell [^`]+)`", page.read_text(encoding="utf-8"))
    lines = {" ".join(line.split()) for line in found if line.startswith("groundswell ")}
    return sorted(line for line in lines if "COMMAND" not in line and "--help" not in line)


@pytest.mark.parametrize("line", spoken())
def test_a_command_exists_and_has_the_options_that_are_named(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    assert words[0] in COMMANDS
    command: Any = load_command(words[0])
    for word in words[1:]:
        command = getattr(command, "commands", {}).get(word, command)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub forms them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path, _, anchor in re.findall(r"\]\((?!https?://)([^)#]*)(#?)([^)]*)\)", text):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), anchor


def test_the_readme_leads_to_every_page() -> None:
    assert [name(page) for page in PAGES[1:] if f"]({name(page)})" not in TEXT] == []


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(TEXT.encode()) < 8_500


def row(words: str) -> Decimal:
    found = re.search(rf"^\| {re.escape(words)} \| ([\d.]+) \|$", TEXT, re.MULTILINE)
    assert found, words
    return Decimal(found[1])


@pytest.fixture
def table(price_lists: tuple[Any, ...]) -> dict[str, Decimal]:
    """Return each item's price in the last row whose day has come."""
    today = Clock().now().date()
    return {item: dollars for day, item, dollars in price_lists if day <= today}


def test_the_prices_are_those_of_today(table: dict[str, Decimal]) -> None:
    assert row("a post, or a part of a thread") == table[prices.POST]
    assert row("the same with a link in it") == table[prices.POST_WITH_LINK]
    assert row("alt text for a picture") == table[prices.MEDIA_METADATA]
    owned = "one day's reading of a post's figures, if the account owns the app"
    assert row(owned) == table[prices.OWNED_READ]
    assert row("the same, if it does not") == table[prices.POST_READ]
    start = "`accounts check`, and each start of the loop"
    assert row(start) == table[prices.USER_READ]


def test_the_example_of_a_month_is_reckoned_right(table: dict[str, Decimal]) -> None:
    links = 10 * table[prices.POST_WITH_LINK]
    words = " ".join(TEXT.split())
    assert f"costs ${90 * table[prices.POST] + links:.2f}, and the links are ${links:.2f}" in words


def test_the_exit_codes_are_those_that_are_given() -> None:
    codes = re.findall(r"^\| (\d+) \|", RUNNING.read_text(encoding="utf-8"), re.MULTILINE)
    ours = {0, GroundswellError.exit_code, 2, AlreadyRunning.exit_code, BUG, INTERRUPTED}
    ours |= {DOWN, ATTENTION}
    assert {int(code) for code in codes} == ours


def test_the_two_commands_stand_at_the_top() -> None:
    top = TEXT.partition("\n## ")[0]
    assert "make demo" in top
    assert "make test" in top
    assert top.index("make demo") < 500


def test_ci_runs_the_two_commands_at_the_top() -> None:
    assert "CI runs both" in TEXT
    ran = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert {"make demo", "make test"} <= set(ran)


def test_no_command_means_another_day_at_another_hour() -> None:
    assert [line for line in spoken() if re.search("tomorrow [0-9]", line)] == []
