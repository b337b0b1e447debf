"""The progress bar appears only on a terminal and for long work, and is gone at the end."""

from __future__ import annotations

import io

import pytest

from bot.cli import output


class Screen(io.StringIO):
    def __init__(self, *, terminal: bool = True) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def screen(monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True) -> Screen:
    """Put a screen in the place of stderr; within the test, as pytest has its own before it."""
    made = Screen(terminal=terminal)
    monkeypatch.setattr("sys.stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    return made


def test_long_work_shows_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = screen(monkeypatch)
    monkeypatch.setattr(output, "_BAR_DELAY", 0.0)
    with output.progress_bar("Checking") as report_share:
        assert report_share is not None
        report_share(0.5)
        report_share(1.0)
    assert "Checking" in seen.getvalue()
    assert "100%" in seen.getvalue()


def test_quick_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = screen(monkeypatch)
    with output.progress_bar("Checking") as report_share:
        assert report_share is not None
        report_share(0.5)
    assert seen.getvalue() == ""


@pytest.mark.parametrize(("terminal", "shown"), [(True, False), (False, True), (False, False)])
def test_nothing_is_drawn_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, shown: bool
) -> None:
    seen = screen(monkeypatch, terminal=terminal)
    with output.progress_bar("Checking", shown=shown) as report_share:
        assert report_share is None
    assert seen.getvalue() == ""
