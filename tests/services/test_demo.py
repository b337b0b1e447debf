"""The demo compares each network with the campaign, and reports every difference."""

from __future__ import annotations

import json
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

from helpers.campaigns import save_picture
from helpers.cli import write_file

from bot.config.secrets import Redactor
from bot.database import tables
from bot.services.demo import open_demo

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGN = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [ours, ours-mastodon, ours-bluesky]
mentions:
  ally: { x: ally, mastodon: ally@social.example, bluesky: ally.example.org }
events:
  hearing: { name: Hearing, place: City Hall, starts: 2022-07-12 09:00, ends: 2022-07-12 18:00 }
posts:
  - id: ask
    when: { event: hearing, offset: -15h }
    text: Will you come, @ally?
    poll: { options: [Yes, No], hours: 1 }
    on:
      bluesky: { text: "Will you come, @ally? Tell us.", poll: none }
  - id: long
    when: { event: hearing, offset: -14h }
    long: thread
    text: LONG
    media: [{ file: a.png, alt: A door }]
"""
LONG = " ".join(f"This is sentence number {number} of a long text." for number in range(9))


def posts_on(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/sandbox/posts", timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)["posts"]
    return found


def test_each_network_has_the_campaign_in_its_own_way_and_differences_are_listed(
    tmp_path: Path,
) -> None:
    write_file(tmp_path / "posts" / "ours.yaml", CAMPAIGN.replace("LONG", LONG))
    save_picture(tmp_path / "posts" / "a.png")
    with open_demo(tmp_path / "demo", tmp_path / "posts", Redactor(), 600_000) as played:
        played.play(lambda: threading.Event().wait(0.02))
        played.read_all()
        assert played.unpublished() == []
        on = {name: posts_on(url) for name, url in played.urls.items()}
        assert {name: posts[0]["text"] for name, posts in on.items()} == {
            "x": "Will you come, @ally?",
            "mastodon": "Will you come, @ally@social.example?",
            "bluesky": "Will you come, @ally.example.org? Tell us.",
        }
        polls = {name: posts[0]["poll"] for name, posts in on.items()}
        assert polls == {"x": ["Yes", "No"], "mastodon": ["Yes", "No"], "bluesky": None}
        assert {name: len(posts[1:]) for name, posts in on.items()} == {
            "x": 2,
            "mastodon": 1,
            "bluesky": 2,
        }
        assert {posts[1]["media"][0]["alt"] for posts in on.values()} == {"A door"}
        assert [result.differences for result in played.compare()] == [(), (), ()]

        gone, kept = on["mastodon"][0]["id"], on["bluesky"][0]["id"]
        url = f"{played.urls['mastodon']}/sandbox/posts/{gone}/delete"
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10).close()
        with played.app.database.writing() as connection:
            connection.exec_driver_sql("UPDATE latest SET likes = likes + 1, impressions = 0")
            mine = tables.publications.c.remote_id == kept
            connection.execute(tables.publications.update().where(mine).values(remote_id="x"))
        x, mastodon, bluesky = (result.differences for result in played.compare())
        assert mastodon[0] == f"post {gone} is not in the sandbox"
        assert bluesky[:2] == (
            "post x is not in the sandbox",
            f"post {kept} is in the sandbox only",
        )
        assert any(line.startswith("likes: ") for line in x)
        invented = "impressions: 0 recorded, None in the sandbox"
        assert invented in mastodon
        assert invented in bluesky


WHOLE = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [ours]
require_approval: 1
posts:
  - id: first
    when: 2022-07-01 09:00
    thread: [The first thread begins., We will be back.]
  - id: weekly
    when: { every: [mon], at: "09:00", from: 2022-07-01, until: 2022-08-20 }
    wordings: { one: One word on Monday., two: "Another one, this Monday." }
  - id: last
    when: 2022-09-15 09:00
    thread: [The last thread begins., We will be back.]
"""


def test_a_folder_is_played_from_its_first_post_to_its_last(tmp_path: Path) -> None:
    """Also beyond the horizon, with approvals as posts come into it, and without an event."""
    write_file(tmp_path / "posts" / "ours.yaml", WHOLE)
    with open_demo(tmp_path / "demo", tmp_path / "posts", Redactor(), 2_000_000) as played:
        assert f"{played.start:%Y-%m-%d}" == "2022-06-30"
        assert f"{played.end:%Y-%m-%d}" == "2022-09-18"
        played.play(lambda: threading.Event().wait(0.02))
        played.read_all()
        assert played.unpublished() == []
        [result] = played.compare()
        assert (result.posts, result.differences) == (4 + 7, ())
