"""With streams that are closed, full or not UTF-8, the work is done once without a bug.

Commands are started anew if Python itself has to open such a stream, and forked if not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import CONFIG, ROOT, bare_environment, write_file, write_program

GROUNDSWELL = f"{sys.executable} -m bot"
CAMPAIGN = "campaign: ours\ntitle: Ours\ntimezone: UTC\naccounts: [our-x]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_file(tmp_path / "ours" / "posts" / "ours.yaml", CAMPAIGN)
    return write_file(tmp_path / "ours" / "config.yaml", CONFIG).parent


def run_shell(folder: Path, line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell, in which ``./forked`` is Groundswell, too."""
    write_program(folder / "forked")
    return subprocess.run(
        ["sh", "-c", line],  # noqa: S607 - the shell that every system has
        cwd=folder,
        env={**bare_environment(folder.parent), "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_post_is_added_once_though_nobody_can_read_that(project: Path, closed: str) -> None:
    add = 'queue add "Come to the hearing." --at "2030-12-01 9:00"'
    ran = run_shell(project, f"{GROUNDSWELL} {add} {closed}")
    assert ran.returncode == 0
    assert (project / "posts" / "queue.yaml").read_text().count("Come to the hearing.") == 1


@pytest.mark.parametrize("line", ["--version >&-", "-V >&- 2>&-", "--version 2>&-"])
def test_version_that_nobody_can_read_is_not_a_bug(project: Path, line: str) -> None:
    ran = run_shell(project, f"{GROUNDSWELL} {line}")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_version_on_a_full_disk_is_an_error(project: Path) -> None:
    ran = run_shell(project, f"{GROUNDSWELL} --version > /dev/full")
    assert ran.returncode == 1
    assert ran.stderr.startswith("groundswell: the output could not be written.")
    assert "Exception" not in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_output_that_cannot_be_written_says_that_the_work_is_done(project: Path) -> None:
    add = 'queue add "Come to the hearing." --at "2030-12-01 9:00"'
    ran = run_shell(project, f"./forked {add} > /dev/full")
    assert ran.returncode == 1
    assert "the output could not be written. The command itself has finished" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (project / "posts" / "queue.yaml").exists()


@pytest.mark.parametrize("command", ["queue show", "queue drop", "pause --account", "log --post"])
def test_argument_that_is_not_utf_8_is_refused(project: Path, command: str) -> None:
    ran = run_shell(project, f"./forked {command} \"$(printf 'Caf\\351')\"")
    assert ran.returncode in {1, 2}
    assert "Traceback" not in ran.stderr


def test_answer_that_is_not_utf_8_is_refused(project: Path) -> None:
    login = f"printf 'Caf\\351\\n' | {GROUNDSWELL} accounts login our-x"
    ran = run_shell(project, login, PYTHONIOENCODING="utf-8:strict")
    assert ran.returncode == 1
    assert "G202" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_json_stays_json_if_the_terminal_is_not_utf_8(project: Path) -> None:
    run_shell(project, './forked queue add "Café 🙂 for all." --at "2030-12-01 9:00"')
    show = f"{GROUNDSWELL} share-texts --account our-x --all --json"
    shown = json.loads(run_shell(project, show, PYTHONIOENCODING="ascii").stdout)
    assert shown[0]["parts"][0]["text"] == "Café 🙂 for all."
