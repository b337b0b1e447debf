"""What the README says is done, or held against what it speaks of."""

from __future__ import annotations

import configparser
import re
import shlex
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cli_support import ROOT
from readme_support import README, Reader, blocks, commands

from bot.cli.frame import BUG, COMMANDS, INTERRUPTED, load
from bot.errors import AlreadyRunning, GroundswellError
from bot.platforms.x import prices

if TYPE_CHECKING:
    from pathlib import Path

TEXT = README.read_text(encoding="utf-8")
TUTORIAL = "Tutorial: from nothing to your account in five minutes"
SECTIONS = list(dict.fromkeys(block.section for block in blocks() if block.runs))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_commands_of_a_section_work(section: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        if section != TUTORIAL:
            reader.prepare()
        for block in blocks():
            if block.section == section:
                reader.follow(block)


def test_the_tutorial_and_all_three_uses_are_run() -> None:
    assert SECTIONS == [
        TUTORIAL,
        "How to queue posts",
        "How to rely on scheduled posting",
        "How to review engagement",
        "How to be told",
        "How to back up, and go back",
        "How to see who did what",
        "How to move from the sandbox to live",
    ]


def test_a_block_that_is_not_run_says_why() -> None:
    for block in blocks():
        if block.language == "sh" and not block.runs:
            assert re.fullmatch(r"not run: \w.{8,}", block.mark), block.text
    assert {block.language for block in blocks()} <= {"sh", "yaml", "ini"}


def spoken() -> list[str]:
    """Give every command line of ours in the README: in blocks, and within sentences."""
    typed = [line for block in blocks() if block.language == "sh" for line in commands(block)]
    inline = re.findall(r"(?<!`)`(groundswell [^`]+)`", TEXT)
    lines = [line for line in [*typed, *inline] if line.startswith("groundswell ")]
    return sorted({line for line in lines if "COMMAND" not in line and "--help" not in line})


@pytest.mark.parametrize("line", spoken())
def test_a_command_exists_and_has_the_options_that_are_named(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    assert words[0] in COMMANDS
    command: Any = load(words[0])
    for word in words[1:]:
        command = getattr(command, "commands", {}).get(word, command)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_file_that_it_points_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)]+)\)", TEXT)
    assert [link for link in links if not (ROOT / link).exists()] == []


def row(words: str) -> Decimal:
    found = re.search(rf"^\| {re.escape(words)} \| ([\d.]+) \|$", TEXT, re.MULTILINE)
    assert found, words
    return Decimal(found[1])


def test_the_prices_are_those_that_are_reckoned_with(price_lists: tuple[Any, ...]) -> None:
    table = price_lists[-1][1]
    assert row("a post, or a part of a thread") == table[prices.POST]
    assert row("the same with a link in it") == table[prices.POST_WITH_LINK]
    assert row("alt text for a picture") == table[prices.MEDIA_METADATA]
    owned = "a day's reading of one post's figures, if the account owns the app"
    assert row(owned) == table[prices.OWNED_READ]
    assert row("the same, if it does not") == table[prices.POST_READ]
    start = "`accounts check`, and once for each start of the loop"
    assert row(start) == table[prices.USER_READ]


def test_the_example_of_a_month_is_reckoned_right(price_lists: tuple[Any, ...]) -> None:
    table = price_lists[-1][1]
    links = 10 * table[prices.POST_WITH_LINK]
    assert f"cost ${90 * table[prices.POST] + links:.2f} in a" in TEXT
    assert f"of which the links are ${links:.2f}" in TEXT


def test_the_exit_codes_are_those_that_are_given() -> None:
    codes = re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)
    ours = {0, GroundswellError.exit_code, 2, AlreadyRunning.exit_code, BUG, INTERRUPTED}
    assert {int(code) for code in codes} == ours


def test_the_unit_restarts_after_a_crash_but_not_beside_another_instance() -> None:
    [text] = [block.text for block in blocks() if "[Service]" in block.text]
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read_string(text)
    assert unit["Service"]["Restart"] == "on-failure"
    assert unit["Service"]["RestartPreventExitStatus"] == str(AlreadyRunning.exit_code)
    assert unit["Service"]["EnvironmentFile"] in TEXT.replace(text, "")


def test_the_two_commands_stand_at_the_top() -> None:
    top = TEXT.partition("\n## ")[0]
    assert "make demo" in top
    assert "make test" in top
    assert top.index("make demo") < 500


def test_the_two_commands_at_the_top_are_run_as_it_says() -> None:
    assert "CI runs both" in TEXT
    ran = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert {"make demo", "make test"} <= set(ran)


def test_no_command_means_another_day_at_another_hour() -> None:
    assert [line for line in spoken() if re.search("tomorrow [0-9]", line)] == []
