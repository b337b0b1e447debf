"""``groundswell plan`` shows a row for a post on several networks, with the differences below."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import run_cli, write_file
from sqlalchemy import update

from bot.clock import Clock
from bot.config import load
from bot.database.tables import deliveries
from bot.runtime.app import create_app

if TYPE_CHECKING:
    from pathlib import Path


TEAM = ("our-x", "our-mastodon", "our-bluesky")
CONFIG = """\
accounts:
  our-x: {platform: x, handle: ours, require_approval: 2, slots: [day 09:00]}
  our-mastodon: {platform: mastodon, handle: ours@social.example, slots: [day 09:00],
    timezone: Europe/Berlin, require_approval: 2}
  our-bluesky: {platform: bluesky, handle: ours.example.org, require_approval: 2,
    slots: [day 09:00]}
"""


def day(days: int) -> str:
    """Return so many days from today."""
    return f"{(Clock().now() + timedelta(days=days)).date()}"


def say(project: Path, *posts: str, accounts: tuple[str, ...] = TEAM, name: str = "ours") -> None:
    """Write a campaign; each post is the rest of a flow mapping of YAML."""
    entries = "".join(f"  - {{{post}}}\n" for post in posts)
    head = f"campaign: {name}\ntitle: Ours\ntimezone: America/New_York\n"
    head += f"accounts: [{', '.join(accounts)}]\n"
    write_file(project / "posts" / f"{name}.yaml", head + (f"posts:\n{entries}" if posts else ""))


def simple(name: str, days: int = 2, more: str = "") -> str:
    return f"id: {name}, when: {day(days)} 12:00, text: The words of {name}.{more}"


def take_in(project: Path) -> None:
    """Bring the queue to the files, as the loop does."""
    with create_app(load(project / "config.yaml", {}), {}) as app:
        assert app.queue_sync.refresh() == []


def planned() -> dict[str, Any]:
    """Return the plan's JSON, with its posts by name."""
    ran = run_cli("plan", "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return {**found, "posts": {post["name"]: post for post in found["posts"]}}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_at_80_columns_a_post_is_a_row_and_a_shared_reason_is_said_once(project: Path) -> None:
    say(project, *(simple(f"a-post-with-a-long-name-{n}", 2 + n // 2) for n in range(4)))
    out = run_cli("plan").out
    rows = [line for line in out.splitlines() if line.startswith("queue")]
    assert len(rows) == 4
    for number, row in enumerate(rows):
        assert f"  ours/a-post-with-a-long-name-{number}  " in row
        assert "Bluesky, Mastodon, X" in row
        assert row.endswith(" (a)")
        assert len(row) <= 80
    assert [line[4:14] for line in out.splitlines() if line.endswith(", EST")] == [day(2), day(3)]
    assert out.count("waits for approval (0 of 2): groundswell review") == 1
    assert "4 posts to queue. Publishing the new posts costs $0.060." in out


def test_by_account_gives_a_row_for_each_delivery(project: Path) -> None:
    say(project, simple("one"))
    rows = run_cli("plan", "--by", "account").out.splitlines()
    named = [row for row in rows if row.startswith("queue")]
    assert [row.split()[-3] for row in named] == ["our-bluesky", "our-mastodon", "our-x"]
    assert all(" ours/one " in row for row in named)
    assert rows[-1].startswith("1 post to queue.")


def test_words_that_change_on_one_network_are_a_change_there_alone(project: Path) -> None:
    say(project, simple("one"))
    take_in(project)
    say(project, simple("one", more=", on: {mastodon: {text: Other words.}}"))
    view = planned()
    post = view["posts"]["ours/one"]
    assert (post["action"], post["networks"]) == ("change", ["Mastodon"])
    assert [change["account"] for change in post["deliveries"]] == ["our-mastodon"]
    assert view["counts"] == {"change": 1}


def test_an_account_that_is_added_or_removed_is_shown_by_its_network(project: Path) -> None:
    say(project, simple("one"), accounts=("our-x", "our-bluesky"))
    take_in(project)
    say(project, simple("one"), accounts=("our-x", "our-mastodon"))
    post = planned()["posts"]["ours/one"]
    assert post["action"] == "mixed"
    actions = {change["account"]: change["action"] for change in post["deliveries"]}
    assert actions == {"our-bluesky": "cancel", "our-mastodon": "queue"}
    out = run_cli("plan").out
    assert "Bluesky: cancel: the campaign files no longer have it" in " ".join(out.split())
    assert "Mastodon: queue: waits for approval" in out
    assert "1 post to queue, 1 post to cancel." in out
    assert "other words" not in out


def test_a_post_that_is_out_on_one_account_and_was_missed_on_another_says_each(
    project: Path,
) -> None:
    say(project, simple("one"))
    take_in(project)
    states = {"our-x": "published", "our-mastodon": "missed"}
    config = load(project / "config.yaml", {})
    with create_app(config, {}) as app, app.database.writing() as connection:
        for account, state in states.items():
            query = update(deliveries).where(deliveries.c.account == account)
            connection.execute(query.values(state=state))
    say(project, simple("one", 3))
    post = planned()["posts"]["ours/one"]
    found = {one["account"]: (one["action"], one["state"]) for one in post["deliveries"]}
    assert found == {
        "our-bluesky": ("change", "scheduled"),
        "our-mastodon": ("queue again", "scheduled"),
        "our-x": ("leave", "published"),
    }
    words = " ".join(run_cli("plan").out.split())
    assert "X: leave: changed time, but it is out" in words
    assert "Mastodon: queue again: was missed" in words
    assert "Bluesky: change: time (was" in words


def test_slots_in_other_time_zones_are_noted_below_the_row(project: Path) -> None:
    say(project, "id: any, when: {slot: next}, text: At the slot of each.")
    post = planned()["posts"]["ours/any"]
    local = {change["account"]: change["local"] for change in post["deliveries"]}
    assert local["our-mastodon"].endswith(("CET", "CEST"))
    assert not local["our-x"].endswith(("CET", "CEST"))
    assert post["due"] == min(change["due"] for change in post["deliveries"])
    words = " ".join(run_cli("plan").out.split())
    for change in post["deliveries"]:
        assert change["local"] == post["local"] or f"due {change['local']} on" in words


def test_a_text_that_one_network_cuts_is_shown_with_its_parts(project: Path) -> None:
    text = "One of the contracts must end. " * 12
    say(project, f"id: long, when: {day(2)} 12:00, text: {text}, long: thread")
    post = planned()["posts"]["ours/long"]
    parts = {change["account"]: len(change["parts"]) for change in post["deliveries"]}
    assert parts == {"our-x": 2, "our-mastodon": 1, "our-bluesky": 2}
    assert any("parts" in note for note in post["notes"])
    assert any("in one part on Mastodon" in note for note in post["notes"])


TWELVE = (
    "Doors shut at five while buses still arrive.",
    "Nurses finish after closing every single day.",
    "Pupils revise on cold stairs instead.",
    "Grandparents ask who will read aloud now.",
    "Heating was paid through midnight anyway.",
    "Neighbouring towns manage until eight o'clock.",
    "Night shifts deserve novels too!",
    "Printers stand idle each evening while job hunters queue.",
    "Three librarians volunteered for later hours.",
    "Asphalt costs more than borrowed stories.",
    "Storytime moved away from working parents.",
    "Councillors promised longer opening last spring.",
)
"""What twelve accounts say, no two of them the same."""


def test_twelve_accounts_of_one_network_are_one_row(project: Path) -> None:
    names = [f"ours-{number}" for number in range(12)]
    accounts = "".join(
        f"  {name}: {{platform: mastodon, handle: {name}@social.example}}\n" for name in names
    )
    write_file(project / "config.yaml", f"accounts:\n{accounts}")
    wordings = [f"w{n}: {words}" for n, words in enumerate(TWELVE)]
    entry = f"id: many, when: {day(2)} 12:00, wordings: {{{', '.join(wordings)}}}"
    say(project, entry, accounts=tuple(names))
    ran = run_cli("plan")
    assert ran.err == ""
    [row] = [line for line in ran.out.splitlines() if line.startswith("queue")]
    assert "Mastodon (12)" in row
    assert "1 post to queue." in ran.out
    assert len(planned()["posts"]["ours/many"]["deliveries"]) == 12


def test_posts_of_one_id_in_two_campaigns_are_two(project: Path) -> None:
    for name in ("ours", "theirs"):
        say(project, f"id: one, when: {day(2)} 12:00, text: The words of {name}.", name=name)
    view = planned()
    assert [*view["posts"]] == ["ours/one", "theirs/one"]
    assert view["counts"] == {"queue": 2}


def test_a_renamed_post_is_one_to_cancel_and_one_to_queue(project: Path) -> None:
    say(project, simple("one"), simple("two"))
    take_in(project)
    say(project, simple("one"), simple("two").replace("id: two", "id: second"))
    view = planned()
    assert {name: post["action"] for name, post in view["posts"].items()} == {
        "ours/two": "cancel",
        "ours/second": "queue",
    }
    assert view["left_files"] is None


def test_a_recurring_post_is_named_by_its_day_though_only_one_is_new(project: Path) -> None:
    entry = f"id: daily, when: {{every: day, at: '12:00', from: {day(2)}, until: {day(4)}}}"
    say(project, f"{entry}, text: Each day.")
    assert [*planned()["posts"]] == [f"ours/daily@{day(n)}" for n in (2, 3, 4)]
    take_in(project)
    say(project, f"{entry}, text: Each day.".replace(day(4), day(5)))
    actions = {name: post["action"] for name, post in planned()["posts"].items()}
    assert actions[f"ours/daily@{day(5)}"] == "queue"
    assert {action for name, action in actions.items() if day(5) not in name} == {"change"}


def test_posts_that_left_the_files_on_one_account_wait_there_and_are_counted_once(
    project: Path,
) -> None:
    four = [simple(f"p{n}", 2 + n) for n in range(4)]
    say(project, *four)
    take_in(project)
    say(project, *four, accounts=("our-x", "our-bluesky"))
    view = planned()
    assert view["left_files"]["posts"] == view["left_files"]["partly"] == 4
    assert view["counts"] == {"wait": 4}
    out = run_cli("plan").out
    assert "4 of 4 scheduled posts left the campaign files at once, on some accounts only" in out
    forced = run_cli("plan", "--force", "--as", "Ana").out
    assert "4 posts that left the files may be cancelled now" in forced
