from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import CONFIG, run_cli, write_file
from PIL import Image

from bot.clock import Clock
from bot.config import load
from bot.media.reading import ELSE_LEFT_OUT, WHERE_LEFT_OUT
from bot.runtime.app import create_app

if TYPE_CHECKING:
    from pathlib import Path


HEAD = """\
campaign: ours
title: Ours
timezone: America/New_York
accounts: [our-x]
posts:
"""


def post(name: str, days: int, text: str = "Something to say.", more: str = "") -> str:
    """Return a post that is due at noon, so many days from today."""
    day = (Clock().now() + timedelta(days=days)).date()
    return f"  - id: {name}\n    when: {day} 12:00\n    text: {text}\n{more}"


def say(project: Path, *posts: str) -> None:
    write_file(project / "posts" / "ours.yaml", HEAD + "".join(posts))


def rows(*args: str) -> dict[str, dict[str, Any]]:
    """Return what the plan says as JSON, by post."""
    ran = run_cli("plan", "--json", *args)
    assert ran.code == 0, ran.err
    posts = json.loads(ran.out)["posts"]
    return {change["key"].split("/")[1]: change for post in posts for change in post["deliveries"]}


def take_in(project: Path) -> None:
    """Bring the queue to the files, as the loop does."""
    with create_app(load(project / "config.yaml", {}), {}) as app:
        assert app.queue_sync.refresh() == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def test_new_posts_are_listed_with_local_time_account_words_and_price(project: Path) -> None:
    say(project, post("a", 2), post("b", 3, "More at https://example.org/report"))
    ran = run_cli("plan")
    assert ran.code == 0
    first, second = ran.out.splitlines()[1:3]
    assert " 12:00 E" in first
    assert first.endswith("  ours/a  X   $0.015  Something to say.")
    assert second.endswith("  ours/b  X   $0.200  More at https://example.org/report")
    assert "2 posts to queue. Publishing the new posts costs $0.215." in ran.out


def test_a_long_text_that_is_cut_is_shown_and_billed_part_by_part(project: Path) -> None:
    say(project, post("a", 2, "One of the contracts must end. " * 12, "    long: thread\n"))
    note = "The text is too long for one post from our-x, "
    note += "and is sent as a thread of 2 there."
    ran = run_cli("plan")
    assert note in ran.err
    _, line, beneath = ran.out.splitlines()[:3]
    assert "  ours/a  X   $0.030  " in line
    assert beneath.strip() == "in 2 parts"
    row = rows()["a"]
    assert row["price"] == "0.030"
    assert "\n\n".join(part["text"] for part in row["parts"]) == row["text"]
    assert len(row["parts"]) == 2
    assert f"posts/ours.yaml:8:11: T407 note: {note}" in run_cli("check").out
    take_in(project)
    shown = run_cli("queue", "show", "1").out
    assert "part 2" in shown.lower()


def test_looking_changes_nothing(project: Path) -> None:
    say(project, post("a", 2))
    before = sorted(project.rglob("*"))
    assert list(rows()) == ["a"]
    assert sorted(project.rglob("*")) == before
    take_in(project)
    assert rows() == {}
    say(project, post("b", 2))
    assert rows() == rows()


def test_queue_that_is_true_to_the_files_needs_nothing(project: Path) -> None:
    say(project, post("a", 2))
    take_in(project)
    assert run_cli("plan").out.startswith("Nothing to change: the queue matches the files")


def test_edits_have_actions_of_their_own(project: Path) -> None:
    say(project, post("gone", 2), post("moved", 3), post("reworded", 4), post("same", 5))
    take_in(project)
    new = [post("moved", 6), post("reworded", 4, "Other words."), post("same", 5), post("new", 7)]
    say(project, *new)
    found = rows()
    assert {name: row["action"] for name, row in found.items()} == {
        "gone": "cancel",
        "moved": "change",
        "reworded": "change",
        "new": "queue",
    }
    assert found["moved"]["note"].startswith("time (was ")
    assert found["reworded"]["note"] == "words or media"
    assert "1 post to queue, 2 posts to change, 1 post to cancel." in run_cli("plan").out


def test_cancelled_post_that_returns_is_queued_again(project: Path) -> None:
    say(project, post("a", 2))
    take_in(project)
    say(project, post("b", 2))
    take_in(project)
    say(project, post("a", 2), post("b", 2))
    assert {name: (row["action"], row["note"]) for name, row in rows().items()} == {
        "a": ("queue again", "was cancelled"),
    }


def test_post_whose_time_has_passed_is_said_to_be_too_late(project: Path) -> None:
    say(project, post("a", -2))
    found = rows()
    assert found["a"]["action"] == "too late"
    ran = run_cli("plan")
    assert "1 post too late. Nothing was changed" in ran.out
    assert "costs" not in ran.out


def test_post_that_an_embargo_holds_past_its_time_says_so(project: Path) -> None:
    ends = (Clock().now() + timedelta(days=9)).date()
    held = post("held", 2, "Too early.", f"    embargo: {ends} 06:00\n")
    say(project, held, post("free", 2, "In time."))
    notes = {name: row["waits"] for name, row in rows().items()}
    assert notes["free"] == ""
    assert notes["held"].startswith("embargo until ")
    assert f"{ends} 06:00" in notes["held"]


def test_other_day_is_seen_as_if_nothing_were_queued(project: Path) -> None:
    text = HEAD + "  - {id: old, when: 2022-07-12 09:00, text: Something to say.}\n"
    write_file(project / "posts" / "ours.yaml", text)
    take_in(project)
    assert rows() == {}
    found = rows("--on", "2022-07-01")
    assert found["old"]["action"] == "queue"
    assert found["old"]["local"] == "Tue 2022-07-12 09:00 EDT"


def test_mistakes_are_listed_and_nothing_is_planned(project: Path) -> None:
    say(project, post("a", 2, "word " * 70), post("b", 2, more="    titel: x\n"))
    ran = run_cli("plan")
    assert (ran.code, ran.out) == (1, "")
    assert "X701" in ran.err
    assert "C202" in ran.err
    assert ran.err.endswith("2 problems\n")


def test_nonsense_day_is_wrong_usage(project: Path) -> None:
    say(project, post("a", 2))
    assert run_cli("plan", "--on", "yesterday").code == 2


def test_check_notes_once_for_each_file_the_data_left_out_of_it(project: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    (project / "posts" / "media").mkdir(parents=True, exist_ok=True)
    for name, fields in (("march", {"exif": exif}), ("leaflet", {"comment": b"ours"}), ("map", {})):
        path = project / "posts" / "media" / f"{name}.jpg"
        Image.new("RGB", (8, 6), "teal").save(path, **fields)
    names = ("march", "march", "leaflet", "map")
    line = "    media: [{{file: media/{}.jpg, alt: People in a street of our town}}]\n"
    posts = (
        post(f"p{day}", day, f"Number {day} of them.", line.format(name))
        for day, name in enumerate(names, 2)
    )
    say(project, *posts)
    ran = run_cli("check", "--strict")
    notes = [row.partition(" M508 ")[2] for row in ran.out.splitlines() if " M508 " in row]
    assert notes == [
        f"note: march.jpg is sent without {WHERE_LEFT_OUT}.",
        f"note: leaflet.jpg is sent without {ELSE_LEFT_OUT}.",
    ]
    assert ran.code == 0
