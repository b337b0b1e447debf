"""The platform of docs/platforms.md keeps the contract, and can be used like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from helpers import notes_platform
from helpers.clock import OffsetClock
from helpers.databases import create_sqlite_file, make_config
from helpers.delivery import content_of
from helpers.platform_contract import PlatformContract, make_media
from helpers.servers import beat
from helpers.store import occurrence

from bot.config.secrets import environment_variable
from bot.model import Account, Part
from bot.planning.diff import Add
from bot.platforms import PLATFORMS, load_platform
from bot.runtime.loop_app import create_loop_app

if TYPE_CHECKING:
    from bot.platforms.base import Client

TOKEN = "notes-canary-1"


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "notes", notes_platform.__name__)


class OutboxBackend:
    """A folder, and what a test may do to it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kind = load_platform("notes")
        self.account = Account("ours", "notes", "ours", folder.as_uri())
        self.secrets = {"token": TOKEN}
        self.clock = OffsetClock()
        self._folder, self._monkeypatch = folder, monkeypatch
        known = {"handle": "ours", "bio": "A bot", "token": TOKEN}
        (folder / "account.json").write_text(json.dumps(known))

    def client(self, **secrets: str) -> Client:
        return self.kind.connect(self.account, {**self.secrets, **secrets})

    def _said(self) -> list[Any]:
        files = sorted(self._folder.glob("????????-??????-*"))
        return [json.loads(file.read_bytes())["said"] for file in files]

    def visible(self) -> list[str]:
        return [text for text, _ in self._said()]

    def alt_texts(self) -> list[str]:
        return [alt for _, media in self._said() for _, alt in media]

    def delete(self, remote_id: str) -> None:
        (self._folder / remote_id).unlink()

    def break_next_send(self, how: str) -> None:
        replace = Path.replace

        def broken(path: Path, target: Path) -> Path:
            self._monkeypatch.setattr(Path, "replace", replace)
            if how == "lost":
                replace(path, target)
            raise OSError(5, "the disk does not answer")

        self._monkeypatch.setattr(Path, "replace", broken)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutboxBackend:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return OutboxBackend(folder, monkeypatch)


class TestOutbox(PlatformContract):
    """An outbox keeps the contract."""

    COUNTS = False


def test_it_takes_less_than_a_hundred_lines() -> None:
    assert notes_platform.__file__ is not None
    assert len(Path(notes_platform.__file__).read_text(encoding="utf-8").splitlines()) < 100


def test_the_whole_app_posts_to_it_and_notices_a_deletion(
    stage: OutboxBackend, tmp_path: Path
) -> None:
    config = make_config(tmp_path, {"ours": stage.account}, create_sqlite_file(tmp_path / "a.db"))
    picture = make_media(tmp_path)
    content = content_of(Part("Head", (picture,)), Part("Tail"))
    environ = {environment_variable("ours", "token"): TOKEN}
    with create_loop_app(config, environ, clock=stage.clock) as app, app.registered():
        now = stage.clock.now()
        planned = occurrence("hart", content=content, account="ours", platform="notes", due=now)
        app.queue.apply([Add(planned)], now)
        for _ in range(20):
            beat(app)
            stage.clock.advance(seconds=5)
        assert stage.visible() == ["Head", "Tail"]
        assert stage.alt_texts() == [picture.alt]
        head, _ = app.metrics.publications()
        assert Path(urlsplit(head.url).path).is_file()
        stage.delete(head.remote_id)
        stage.clock.advance(hours=1)
        app.poller.run("ours")
        assert [bool(post.gone) for post in app.metrics.publications()] == [True, False]
