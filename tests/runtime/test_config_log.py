"""What a config widens is in the audit log, and two configs on one database are named."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from bot.config import load
from bot.database.audit import read_entries
from bot.runtime.loop import start_up
from bot.runtime.loop_app import create_loop_app

if TYPE_CHECKING:
    import pytest
    from helpers.run import SandboxProject

    from bot.runtime.loop_app import LoopApp

pytest_plugins = ["helpers.run"]


def changes(app: LoopApp) -> list[tuple[object, ...]]:
    entries = [entry for entry in read_entries(app.database) if entry.what.startswith("config")]
    return [
        (entry.subject, entry.detail["rule"], entry.detail["from"], entry.detail["to"])
        for entry in entries
    ]


def test_change_of_who_may_be_mentioned_is_logged_once(ours: SandboxProject) -> None:
    ours.write_campaign()
    with ours.started_app() as app:
        assert changes(app) == []
    ours.configure(
        "gap: 0s", "gap: 0s\n    may_mention: ['@athena', ally]\n    require_approval: 1"
    )
    for _ in range(2):
        with ours.started_app() as app:
            assert changes(app) == [
                ("our-x", "may_mention", None, ["ally", "athena"]),
                ("our-x", "require_approval", None, 1),
            ]
    ours.configure("may_mention: ['@athena', ally]", "may_mention: [ally]")
    with ours.started_app() as app:
        assert changes(app)[2:] == [("our-x", "may_mention", ["ally", "athena"], ["ally"])]


def test_second_config_on_the_database_with_another_account_is_named(
    ours: SandboxProject, caplog: pytest.LogCaptureFixture
) -> None:
    ours.write_campaign()
    with ours.started_app():
        pass
    text = (ours.folder / "config.yaml").read_text()
    other = ours.folder.parent / "second"
    shutil.copytree(ours.folder / "posts", other / "posts")
    text = text.replace("our-x:", "second-x:").replace("our_name", "second_name")
    text = re.sub(r"database: .*", f"database: {ours.folder / 'groundswell.db'}", text)
    (other / "config.yaml").write_text(text)
    (other / "posts" / "ours.yaml").unlink()
    with create_loop_app(load(other / "config.yaml", {}), {}, clock=ours.clock) as app:
        start_up(app)
    first = ours.folder / "config.yaml"
    words = f"{first} has used this database too, for x account our-x, which is not in this config"
    assert words in caplog.text


def test_one_config_says_nothing_of_another(
    ours: SandboxProject, caplog: pytest.LogCaptureFixture
) -> None:
    ours.write_campaign()
    for _ in range(2):
        with ours.started_app():
            pass
    assert "has used this database too" not in caplog.text
