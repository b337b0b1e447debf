from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.cli import ROOT, bare_environment, run_cli, run_cli_process, write_file

if TYPE_CHECKING:
    from pathlib import Path


FAST = "60000"


def snapshot(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def rows_of(html: str, table: str) -> dict[str, str]:
    """Return the rows of a table of the page by their first cell, as text."""
    section = html.partition(f'<section id="{table}"')[2].partition("</section>")[0]
    rows = section.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    texts = [re.sub(r"<[^>]*>", "\n", row).split("\n") for row in rows]
    cells = [[cell for cell in text if cell.strip()] for text in texts]
    return {first: " ".join(more) for first, *more in cells}


def test_example_is_posted_once_each_on_three_networks_and_counted_as_they_do(
    tmp_path: Path,
) -> None:
    posts = snapshot(ROOT / "posts")
    ran = run_cli_process("demo", "--folder", "here", "--speed", FAST, cwd=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    assert ran.err == ""
    *_, count, x, mastodon, bluesky, page, share = ran.out.splitlines()
    words = "Each post was published exactly once, and the report has the totals of each network:"
    assert count == words
    figures = {line.split()[0]: line.split(", ") for line in (x, mastodon, bluesky)}
    assert [*figures] == ["X", "Mastodon", "Bluesky"]
    # A thread of two on the others is one post on Mastodon.
    assert [int(found[0].split()[1]) for found in figures.values()] == [24, 23, 24]
    named = {name: [text.split()[1] for text in found[1:]] for name, found in figures.items()}
    assert named == {
        "X": ["impressions", "likes", "reposts", "replies"],
        "Mastodon": ["likes", "reposts", "replies"],
        "Bluesky": ["likes", "reposts", "replies"],
    }
    assert page == f"The report is {tmp_path / 'here' / 'report.html'}"
    shared = tmp_path / "here" / "share" / "people-over-profit" / "index.html"
    assert share == f"The page for supporters is {shared}"
    assert "Demo. This page takes today for 15 July 2022." in shared.read_text(encoding="utf-8")
    assert "$6 billion" in shared.read_text(encoding="utf-8")
    html = (tmp_path / "here" / "report.html").read_text(encoding="utf-8")
    assert figures["X"][1].split()[0] in html
    rates = rows_of(html, "account")
    assert {name for name, row in rates.items() if "no data" in row and "%" not in row} == {
        "@mediajustice@mastodon.example",
        "@mediajustice.bsky.social",
    }
    assert "%" in rates["@mediajustice"]
    for title in ("What moved people", "Needs a person", "What next"):
        assert title in ran.out
        assert title in html
    assert "A cloud is made of buildings" in html  # the post that waits for a free slot
    assert {path.name for path in tmp_path.iterdir()} == {"here"}
    assert snapshot(ROOT / "posts") == posts
    left = b"".join(path.read_bytes() for path in (tmp_path / "here").rglob("*") if path.is_file())
    assert b"sandbox-secret-" not in left + ran.out.encode()
    assert b"sandbox-token-" not in left + ran.out.encode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_ended_at_any_time(tmp_path: Path, number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--folder", "here", "--speed", "600"],
        cwd=tmp_path,
        env=bare_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as popen:
        assert popen.stdout
        assert any("plan: " in line for line in popen.stdout)
        popen.send_signal(number)
        rest = popen.stdout.read()
        assert popen.wait(20) == 130
    assert "Traceback" not in rest
    assert "exactly once" not in rest


REFUSED = {
    "no folder": (None, "posts"),
    "no campaign": ({}, "D102 No campaign here has a post."),
    "no post": (
        {"a.yaml": "campaign: a\ntitle: A\ntimezone: UTC\naccounts: [a-x]\nposts: []\n"},
        "D102 No campaign here has a post. The demo plays a folder from",
    ),
    "a mistake": ({"a.yaml": "campaign: a\ntitle: A\ntimezone: UTC\nacounts: [a-x]\n"}, "acounts"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_folder_that_cannot_be_played_is_shown(
    tmp_path: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files, words = REFUSED[which]
    if files is not None:
        (tmp_path / "posts").mkdir()
        for name, text in files.items():
            write_file(tmp_path / "posts" / name, text)
    ran = run_cli("demo", "--posts", "posts")
    assert ran.code == 1
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "groundswell-demo").exists()


def test_folder_that_holds_something_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config that is no demo's must not be overwritten."""
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", "accounts: {}\n")
    ran = run_cli("demo", "--folder", ".")
    assert ran.code == 1
    assert ran.err.splitlines()[0].startswith("config.yaml: D101 ")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["accounts: {}\n"]


def test_file_in_the_way_of_the_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "here", "a file")
    ran = run_cli("demo", "--folder", "here")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
