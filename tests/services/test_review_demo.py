"""What needs approval is approved in the demo, visibly, and by what ``review`` calls."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from helpers.cli import write_file

from bot.config.secrets import Redactor
from bot.database.audit import read_entries
from bot.services.approving import waiting
from bot.services.demo import open_demo

if TYPE_CHECKING:
    from pathlib import Path

POSTS = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [our-x]
require_approval: {needed}
events:
  nyc: {{ name: Summit, place: New York, starts: 2022-07-12 09:00, ends: 2022-07-12 18:00 }}
posts:
  - {{ id: eve, when: {{ event: nyc, offset: -1h }}, text: It begins., author: Ana }}
  - id: weekly
    when: {{ every: thu, at: "12:00", from: 2022-07-14, until: 2022-08-30 }}
    text: Every week.
"""


@pytest.mark.parametrize(
    ("needed", "people"), [(0, []), (1, ["demo"]), (2, ["demo", "demo's colleague"])]
)
def test_demo_approves_as_a_person_would(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, needed: int, people: list[str]
) -> None:
    write_file(tmp_path / "posts" / "ours.yaml", POSTS.format(needed=needed))
    caplog.set_level(logging.INFO, "groundswell.demo")
    with open_demo(tmp_path / "demo", tmp_path / "posts", Redactor(), 60_000) as played:
        played.play(lambda: True)
        app = played.app
        assert waiting(app) == []
        with app.database.reading() as connection:
            assert app.approvals.holds(connection, app.queue.all()) == {}
        audited = [entry for entry in read_entries(app.database) if entry.what == "approve"]
    assert sorted((entry.subject, entry.who) for entry in audited) == [
        (f"ours/{name}/our-x", who) for name in ("eve", "weekly") for who in people
    ]
    printed = [message for message in caplog.messages if "approved by demo" in message]
    words = "2 posts approved by demo, as a person would with groundswell review"
    assert printed == ([words] if needed else [])
    assert played.approved == (2 if needed else 0)
