"""``report --format html --open``: the page is written where it was asked for, and opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from helpers.cli import run_cli_process

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.run import SandboxProject

    Capture = pytest.CaptureFixture[str]

pytest_plugins = ["helpers.run"]

ASKED = ("report", "--since", "2026-11-01", "--by", "demand", "--format", "html")


@pytest.fixture
def browsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file into which a browser of our own writes what it was asked to open."""
    told = tmp_path / "told"
    for name in ("xdg-open", "open"):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{told}"\n')
        script.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(tmp_path / "bin" / "open"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return told


def opened(told: Path) -> str:
    return told.read_text().strip().removeprefix("file://") if told.exists() else ""


@pytest.mark.parametrize("to", ["report.html", "new/folder/report.html"])
def test_the_page_goes_where_it_was_asked_for_and_opens(
    ours: SandboxProject, browsed: Path, to: str
) -> None:
    path = ours.folder / to
    # Whoever opens it holds the output of the process, which ends only when that does.
    environ = {**ours.environ, **{name: os.environ[name] for name in ("PATH", "BROWSER")}}
    said = run_cli_process(*ASKED, "-o", path, "--open", cwd=ours.folder, env=environ)
    assert said == (0, "", f"The page is {path}\n")
    assert opened(browsed) == str(path)
    page = path.read_text(encoding="utf-8")
    assert 'id="demand"' in page
    assert 'id="account"' not in page
    assert "Only what went out from 2026-11-01 00:00." in page


def test_nothing_opens_unasked(ours: SandboxProject, capsys: Capture, browsed: Path) -> None:
    assert ours.run_cli(capsys, *ASKED).code == 0
    assert (ours.folder / "reports" / "report.html").exists()
    assert opened(browsed) == ""
