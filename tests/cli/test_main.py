from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from datetime import date
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import typer
from helpers.cli import ROOT, bare_environment, run_cli

from bot import __version__
from bot.cli import output
from bot.cli.main import COMMANDS
from bot.config.secrets import Redactor
from bot.errors import AlreadyRunning, GroundswellError, Problem, StoreError, UserError
from bot.platforms.outcomes import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.cli import CommandResult

    Capture = pytest.CaptureFixture[str]
    Patch = pytest.MonkeyPatch

CANARY = "98765432-Q7wErT2yUiOp4AsDfGhJ6kLzXcVbN8m"


def outcome(patch: Patch, act: Callable[[Any], None], *before: str) -> CommandResult:
    """Run a command that does this, and give what the frame makes of it."""
    module = ModuleType("bot.cli.trial")

    def trial(ctx: typer.Context) -> None:
        act(ctx)

    module.__dict__["trial"] = trial
    patch.setitem(sys.modules, "bot.cli.trial", module)
    patch.setitem(COMMANDS, "trial", ("trial.trial", "Tools", "Try."))
    return run_cli(*before, "trial")


def raising(error: BaseException) -> Callable[[Any], None]:
    def act(_: Any) -> None:
        raise error

    return act


# --- Errors to exit codes -------------------------------------------------------------------------

CODES = {
    GroundswellError("no"): 1,
    StoreError("the database is locked"): 1,
    AlreadyRunning("held by 4711"): 3,
    Unauthorized("the token is revoked"): 1,
    OSError(28, "No space left on device"): 1,
    KeyboardInterrupt(): 130,
    ZeroDivisionError("a bug"): 70,
    typer.Exit(1): 1,
    typer.BadParameter("not that"): 2,
}


@pytest.mark.parametrize("error", CODES, ids=lambda error: type(error).__name__)
def test_error_becomes_its_exit_code(error: Exception, monkeypatch: Patch) -> None:
    ran = outcome(monkeypatch, raising(error))
    assert ran.code == CODES[error]
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_success_is_0(monkeypatch: Patch) -> None:
    ran = outcome(monkeypatch, lambda _: output.line("done"))
    assert ran == (0, "done\n", "")


def test_each_problem_is_a_line_and_the_last_counts_them(monkeypatch: Patch) -> None:
    problems = [
        Problem("b.yaml", 2, 1, "Y1", "Two\nlines.", "Mend it."),
        Problem("a.yaml", 10, 3, "Y2", "Escape \x1b[31m.", level="warning"),
        Problem("a.yaml", 0, 0, "Y3", "Whole file."),
    ]
    ran = outcome(monkeypatch, raising(UserError(problems)))
    assert ran.err.splitlines() == [
        "a.yaml: Y3 Whole file.",
        "a.yaml:10:3: Y2 warning: Escape \\u001b[31m.",
        "b.yaml:2:1: Y1 Two lines. Mend it.",
        "2 problems, 1 warning",
    ]


def test_error_shows_no_known_secret(monkeypatch: Patch) -> None:
    def leak(ctx: typer.Context) -> None:
        ctx.obj.redactor.add([CANARY])
        raise StoreError(f"cannot use {CANARY}")

    ran = outcome(monkeypatch, leak)
    assert ran.err == "groundswell: cannot use [hidden]\n"


def test_missing_package_is_named_and_not_called_a_bug(monkeypatch: Patch) -> None:
    def use(_: Any) -> None:
        importlib.import_module("a_package_that_nobody_has")

    ran = outcome(monkeypatch, use)
    assert "the package a_package_that_nobody_has is not installed" in ran.err
    assert "Install Groundswell again" in ran.err
    assert "bug" not in ran.err


def test_bug_is_shown_without_traceback_or_message(monkeypatch: Patch) -> None:
    ran = outcome(monkeypatch, raising(ValueError(CANARY)))
    assert "this is a bug" in ran.err
    assert "ValueError" in ran.err
    assert "--debug" in ran.err
    assert CANARY not in ran.err


def test_debug_shows_the_traceback_without_known_secrets(monkeypatch: Patch) -> None:
    def leak(ctx: typer.Context) -> None:
        ctx.obj.redactor.add([CANARY])
        raise ValueError(CANARY)

    ran = outcome(monkeypatch, leak, "--debug")
    assert "Traceback" in ran.err
    assert "ValueError: [hidden]" in ran.err
    assert CANARY not in ran.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GROUNDSWELL_OUR_X_ACCESS_TOKEN", CANARY),
        ("GROUNDSWELL_DATABASE", f"postgresql://me:{CANARY}@host/name"),
    ],
)
def test_secrets_of_the_environment_are_known_from_the_start(
    name: str, value: str, monkeypatch: Patch
) -> None:
    monkeypatch.setenv(name, value)
    ran = outcome(monkeypatch, raising(ValueError(f"it was {CANARY}")), "--debug")
    assert "ValueError: it was [hidden]" in ran.err
    assert CANARY not in ran.err


@pytest.mark.parametrize(
    "args", [["chekc"], ["--bogus"], ["check", "--bogus"], ["accounts", "lsit"], []]
)
def test_wrong_usage_is_2_and_leads_on(args: list[str]) -> None:
    ran = run_cli(*args)
    assert ran.code == 2
    assert "Usage: groundswell" in ran.out + ran.err


def test_misspelt_command_gets_a_suggestion() -> None:
    assert "Did you mean 'check'?" in run_cli("chekc").err


# --- Commands and help ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    ran = run_cli(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: groundswell {name}")
    assert len(ran.out.splitlines()) > 4


def test_help_lists_every_command_with_what_it_is_for() -> None:
    ran = run_cli("--help")
    for name, (_, panel, text) in COMMANDS.items():
        assert f"{name} " in ran.out
        assert text.split()[0] in ran.out
        assert f"{panel}:" in ran.out


def run_script(folder: Path, script: str, *args: str, **env: str) -> tuple[int, str, str]:
    """Run a script in a Python of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *args],
        env={**bare_environment(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = {
        "sqlalchemy",
        "tweepy",
        "jinja2",
        "emoji",
        "pydantic",
        "yaml",
        "rich",
        "keyring",
        "PIL",
    }
    script = (
        "import sys; from bot.cli.main import run; run(['--help']); "
        f"sys.exit(' '.join(set(sys.modules) & {heavy}) or 0)"
    )
    assert run_script(tmp_path, script)[::2] == (0, "")


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version_is_quick_and_plain(tmp_path: Path, option: str) -> None:
    """No slow module is imported, not even typer, which every command needs."""
    script = (
        "import sys; from bot.__main__ import main; main(); "
        "sys.exit(' '.join({'typer', 'bot.cli.main', 'yaml', 'rich'} & set(sys.modules)) or 0)"
    )
    assert run_script(tmp_path, script, option) == (0, f"groundswell {__version__}\n", "")


def test_version_is_known_beside_other_options() -> None:
    assert run_cli("--debug", "--version").out == f"groundswell {__version__}\n"


# --- Output ---------------------------------------------------------------------------------------


def test_closed_pipe_is_quiet(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "schema", "--config"],
        cwd=ROOT,
        env=bare_environment(tmp_path),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert ran.stderr == ""


def test_pipe_that_cannot_spell_a_character_gets_an_escape(tmp_path: Path) -> None:
    script = (
        "from bot.cli import output; output.configure_streams(); output.line('caf\\u00e9\\u2026')"
    )
    ran = run_script(tmp_path, script, PYTHONIOENCODING="ascii")
    assert ran == (0, "caf\\u00e9\\u2026\n", "")


def test_table_in_a_pipe_is_plain_and_as_wide_as_it_must_be() -> None:
    long = "word " * 60
    lines = output.table_lines(
        ("Post", "Dollars"), [("[bold]a[/]", "1"), (long, "10")], right=["Dollars"]
    )
    assert "\x1b" not in "".join(lines)
    assert any(line.startswith("[bold]a[/]") and line.endswith(" 1") for line in lines)
    assert any(long.strip() in line for line in lines)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "no posts"), (1, "1 post"), (12, "12 posts")],
)
def test_counts_are_said_as_people_say_them(number: int, said: str) -> None:
    assert output.pluralize(number, "post") == said


# --- What a terminal would obey -------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202ereversed\r"
ESCAPED = "\\u001b]0;owned\\u0007\\u009b2J\\u202ereversed\\u000d"


def test_no_words_of_others_steer_the_terminal(capsys: Capture) -> None:
    output.line(HOSTILE)
    output.error_line(HOSTILE)
    output.emit({}, lambda: [HOSTILE, *output.table_lines(("Why",), [(HOSTILE,)])], as_json=False)
    out, err = capsys.readouterr()
    assert out.splitlines() == [ESCAPED, ESCAPED, "Why", "─" * len(ESCAPED), ESCAPED]
    assert err == f"{ESCAPED}\n"


def test_words_of_others_are_the_same_in_json_and_do_not_steer_a_terminal(capsys: Capture) -> None:
    output.emit({"why": HOSTILE}, list, as_json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == {"why": HOSTILE}
    assert ESCAPED.replace("\\u000d", "\\r") in out


def test_our_own_lines_keep_their_colours(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output.emit({}, lambda: output.table_lines(("Why",), [(HOSTILE,)]), as_json=False)
    out = capsys.readouterr().out
    assert "\x1b[1mWhy" in out
    assert "\\u001b]0;owned" in out
    assert not {"\x07", "\x9b", "\u202e", "\r"} & {*out}


def test_a_document_goes_into_a_pipe_as_it_is_and_is_shown_safely(
    monkeypatch: Patch, capsys: Capture
) -> None:
    output.document(f"a,b\r\n{HOSTILE}\r\n")
    assert capsys.readouterr().out == f"a,b\r\n{HOSTILE}\r\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output.document(f"a,b\r\n{HOSTILE}\r\n")
    assert capsys.readouterr().out == f"a,b\n{ESCAPED}\n"


def test_json_stays_json_whatever_is_secret(capsys: Capture) -> None:
    redactor = Redactor(["account", '": {', CANARY])
    value = {"account": {"why": f"the account of {CANARY}", "due": date(2026, 11, 24)}}
    output.emit(value, list, as_json=True, redactor=redactor)
    assert json.loads(capsys.readouterr().out) == {
        "account": {"why": "the [hidden] of [hidden]", "due": "2026-11-24"}
    }


UNFIT = {
    ("log", "--limit", "many"): "'--limit': \"many\" is not a whole number.",
    ("log", "--limit", "0"): "'--limit': \"0\" is too small; the minimum is 1.",
    ("log", "--limit", "1" + "0" * 20): "'--limit': "
    '"100000000000000000000" is too large; the maximum is 1000000.',
    ("sandbox", "--port", "65536"): "'--port': \"65536\" is too large; the maximum is 65535.",
    ("demo", "--speed", "fast"): "'--speed': \"fast\" is not a number.",
    ("demo", "--speed", "1"): "'--speed': \"1\" is too small; the minimum is 60.",
    ("queue", "add", "Hi", "--slot", "last"): "'--slot': 'last' is not one of 'next'.",
}


@pytest.mark.parametrize("args", UNFIT, ids=" ".join)
def test_value_that_does_not_fit_an_option_is_refused_in_our_words(args: tuple[str, ...]) -> None:
    ran = run_cli(*args)
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == f"Error: Invalid value for {UNFIT[args]}"


@pytest.mark.parametrize("noun", ["accounts", "alerts", "inbox", "queue"])
def test_help_of_a_noun_lists_its_commands_with_whole_sentences(noun: str) -> None:
    listed = run_cli(noun, "--help").out.partition("Commands:")[2]
    assert listed.rstrip().endswith(".")
    assert "..." not in listed
