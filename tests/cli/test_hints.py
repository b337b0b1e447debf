"""Commands in messages name the config that the person is using."""

from __future__ import annotations

import ast
import logging
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from helpers.architecture import BOT
from helpers.cli import CONFIG, run_cli, write_file

from bot.cli import output
from bot.cli.main import COMMANDS, load_command
from bot.clock import Clock
from bot.config.secrets import Redactor
from bot.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


NAME = "a rehearsal.yaml"
OPTION = f"--config {shlex.quote(NAME)}"
CAMPAIGN = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [our-x]
posts:
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a config whose name a shell would split, beside the live one."""
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", CONFIG)
    write_file(tmp_path / NAME, CONFIG + "campaigns: rehearsed\ndatabase: rehearsal.db\n")
    write_file(tmp_path / "rehearsed" / "ours.yaml", CAMPAIGN.replace("posts:\n", ""))
    yield tmp_path
    output.use_config(None)


def _taking_config(command: Any, name: str) -> Iterator[str]:
    if any("--config" in option.opts and "-c" in option.opts for option in command.params):
        yield name
    for inner, subcommand in getattr(command, "commands", {}).items():
        yield from _taking_config(subcommand, f"{name} {inner}")


def test_every_command_that_takes_a_config_is_known_to_hints() -> None:
    found = {
        name for command in COMMANDS for name in _taking_config(load_command(command), command)
    }
    groups = {f"{name} {inner}" for name, names in output.COMMAND_GROUPS.items() for inner in names}
    assert found - set(output.COMMAND_GROUPS) == groups | set(output.SINGLE_COMMANDS)


HINTS = {
    ("alerts", "digest", "--print"): f"groundswell queue add {OPTION}",
    ("report", "--format", "markdown"): f"groundswell queue add {OPTION}",
    ("status",): f"groundswell run {OPTION}",
    ("queue", "list"): f"groundswell plan {OPTION} shows",
    ("queue", "show", "9"): f"groundswell queue list {OPTION} --all shows",
    ("queue", "add", "Now.", "--at", "in 2 hours"): f"groundswell run {OPTION} queues and sends it",
    ("review",): f"groundswell review {OPTION} --approve NAME",
    ("workers",): f"groundswell run {OPTION} starts one",
    ("inbox", "settle", "9", "--drop"): f"groundswell queue list {OPTION} --all shows",
}


@pytest.mark.parametrize("command", HINTS, ids=" ".join)
def test_hint_names_the_config_that_is_used(command: tuple[str, ...], folder: Path) -> None:
    ran = run_cli(*command, "--config", NAME)
    assert HINTS[command] in ran.out + ran.err


def test_resume_without_a_loop_names_the_config_that_is_used(folder: Path) -> None:
    run_cli("pause", "--config", NAME)
    ran = run_cli("resume", "--config", NAME)
    assert ran.err.endswith(f"so no posts are sent: groundswell run {OPTION}\n")


@pytest.mark.parametrize("typed", [(), ("--config", "config.yaml"), ("--config", "./config.yaml")])
def test_hint_does_not_name_the_config_that_is_used_anyway(
    typed: tuple[str, ...], folder: Path
) -> None:
    ran = run_cli("status", *typed)
    assert ran.out.splitlines()[1].endswith(": groundswell run")


def test_config_of_one_command_is_not_that_of_the_next(folder: Path) -> None:
    run_cli("status", "--config", NAME)
    ran = run_cli("status")
    assert "--config" not in ran.out


def test_words_of_a_post_that_name_a_command_stay_as_they_are(folder: Path) -> None:
    words = "Read our groundswell report today."
    post = f"posts:\n  - {{id: one, when: {{slot: next}}, text: {words}}}\n"
    write_file(folder / "rehearsed" / "ours.yaml", CAMPAIGN.replace("posts:\n", post))
    config = (folder / NAME).read_text().replace("our_name\n", "our_name\n    slots: [day 09:00]\n")
    write_file(folder / NAME, config)
    ran = run_cli("plan", "--config", NAME)
    assert words in ran.out


def test_log_names_the_config_that_the_loop_uses(folder: Path) -> None:
    output.use_config(folder / NAME)
    formatter = logs.LineFormatter(Clock().now, Redactor(), output.with_config)
    record = logging.LogRecord("groundswell", 40, "", 0, "See: groundswell inbox", (), None)
    assert formatter.format(record).endswith(
        f"See: groundswell inbox --config {shlex.quote(str(folder / NAME))}"
    )


# --- Commands that can be pasted ------------------------------------------------------------------

NAMED = re.compile(
    r"groundswell((?: [a-z][a-z-]*)+)((?: (?:--?[a-z][a-z-]*|[A-Z]{2,}|<[^>]*>|'[^']*'))*)"
)
"""A command with subcommands, and the options and arguments that follow it."""

HOLE = "<>"
"""Stands for a value in a message."""


def _texts(tree: ast.AST) -> Iterator[str]:
    """Yield the whole messages of a module, without docstrings."""
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in parts | docs:
            yield str(node.value)


def _arguments(words: list[str]) -> tuple[str, int] | None:
    """Return the command that words begin with, and how many arguments it takes."""
    if words[0] not in COMMANDS:
        return None
    command: Any = load_command(words[0])
    name = words[0]
    for word in words[1:]:
        inner = getattr(command, "commands", {}).get(word)
        if inner is None:
            break
        command, name = inner, f"{name} {word}"
    return name, sum(param.param_type_name == "argument" for param in command.params)


WITHOUT = {"import --columns"}
"""What needs no argument, though the command takes one."""


def test_a_command_that_a_message_gives_with_its_options_can_be_pasted() -> None:
    short = []
    for path in sorted(BOT.rglob("*.py")):
        for text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            for match in NAMED.finditer(text):
                words, rest = match[1].split(), match[2].split()
                found = _arguments(words)
                options = [word for word in rest if word.startswith("-")]
                if not found or not found[1] or not options:
                    continue
                if len(rest) == len(options) and f"{found[0]} {options[0]}" not in WITHOUT:
                    short.append(f"{path.relative_to(BOT)}: {match[0]}")
    assert short == []
