"""From an empty folder to posts that people decide about in a browser, by the keyboard alone.

Every process is real: the sandbox, ``run``, the control room and Chromium.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import (
    WAIT_SECONDS,
    bare_environment,
    run_cli_process,
    start_command,
    write_file,
)
from helpers.clock import OffsetClock
from helpers.control_room import ControlRoom
from helpers.keyboard import DESK, PHONE, keyboard_user

from bot.config import load
from bot.config.secrets import environment_variable
from bot.model import State
from bot.runtime.loop import start_up
from bot.runtime.loop_app import create_loop_app
from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpers.keyboard import KeyboardUser
    from playwright.sync_api import Browser

WORDS = {
    "doubtful": "Nobody heard whether these words arrived.",
    "approved": "The council votes tonight, and we will be there.",
    "refused": "A sentence that a lawyer would rather not see.",
    "waiting": "Come to the steps of the hall after the vote.",
}
HEAD = """\
title: The vote
timezone: UTC
accounts: [our-x]
demands:
  stop: {ask: Stop it, target: The council}
"""
LOST: Any = {"type": "status", "status": 403, "problem": "duplicate"}
"""X says that it has such a post already, but has none. Only a person can know what happened."""

MINUTES = 12
"""After so many minutes, the loop has looked for a post often enough."""


@dataclass
class Campaign:
    """A campaign on a simulated X, with its processes."""

    world: XWorld
    room: ControlRoom
    log: Path
    """The output of ``run``."""

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert time.monotonic() < end, f"waited in vain; {self.log.read_text()}"
            time.sleep(0.05)

    def is_out(self, name: str) -> bool:
        return any(WORDS[name] in post.raw for post in self.world.visible())


def write_campaign(folder: Path, campaign: str, *names: str, minutes_ago: int = 0) -> None:
    due = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    posts = "".join(
        f"  - id: {name}\n    when: {due:%Y-%m-%d %H:%M}\n    text: {WORDS[name]}\n"
        for name in names
    )
    approval = "require_approval: 1\n" if campaign == "vote" else ""
    text = f"campaign: {campaign}\n{HEAD}{approval}posts:\n{posts}"
    write_file(folder / "posts" / f"{campaign}.yaml", text)


def start_campaign(folder: Path, url: str) -> None:
    """Write everything that a person writes after ``groundswell init``."""
    assert run_cli_process("init", cwd=folder).code == 0
    config = folder / "config.yaml"
    account = f"platform: x\n    api: {url}\n    gap: 0s\n"
    text = config.read_text().replace("platform: x\n", account).replace("grace: 15m", "grace: 1h")
    config.write_text(text)
    (folder / "posts" / "queue.yaml").unlink()  # does not say for which campaign its post is
    write_campaign(folder, "plain", "doubtful", minutes_ago=MINUTES)


def lose_an_answer(
    folder: Path, world: XWorld, environ: dict[str, str], clock: OffsetClock
) -> None:
    """Let the loop run for some minutes of the past, until it has to ask a person."""
    world.faults.add("POST", "/2/tweets", LOST)
    with create_loop_app(load(folder / "config.yaml", {}), environ, clock=clock) as app:
        with app.registered():
            start_up(app)
            for _ in range(MINUTES * 6):
                app.run_once()
                clock.advance(seconds=10)
        assert app.queue.count_by_state()[State.NEEDS_HUMAN] == 1


@contextmanager
def running_campaign(folder: Path) -> Iterator[Campaign]:
    """Yield a campaign from an empty folder, of whose first post nobody knows the outcome."""
    clock = OffsetClock()
    clock.advance(minutes=-MINUTES)
    world = XWorld(now=clock, seed=3)
    secrets = world.add_account("our_name", "Ours", description="Automated posts.").secrets
    environ = {environment_variable("our-x", name): value for name, value in secrets.items()}
    with serve(world) as url:
        start_campaign(folder, url)
        lose_an_answer(folder, world, environ, clock)
        write_campaign(folder, "vote", "approved", "refused", "waiting")
        room = ControlRoom(folder)
        room.add_user("Ana", "run")
        log, env = folder / "loop.log", {**bare_environment(folder), **environ}
        with log.open("wb") as stream, Path(os.devnull).open("rb") as nothing:
            streams = [nothing.fileno(), stream.fileno(), stream.fileno()]
            loop = start_command(["run"], cwd=folder, env=env, streams=streams)
        try:
            room.start()
            yield Campaign(world, room, log)
        finally:
            room.close()
            loop.kill()
            loop.wait()


def sign_in(user: KeyboardUser, link: str) -> None:
    user.open(link)
    user.press("button", "Sign in as Ana")
    assert user.heading == "Today"


def settle(campaign: Campaign, user: KeyboardUser) -> None:
    """Let the post whose outcome is unknown be sent again, because it is not there."""

    def is_asked() -> bool:
        user.open("/inbox")
        return WORDS["doubtful"] in user.text()

    campaign.until(is_asked)
    user.press("link", WORDS["doubtful"])
    assert user.heading == "Did it go out?"
    assert not campaign.is_out("doubtful")
    user.choose("It is there.", "It is not there.")
    user.press("button", "Record this answer")
    assert user.heading == "Settled"
    campaign.until(lambda: campaign.is_out("doubtful"))


def decide(campaign: Campaign, user: KeyboardUser) -> None:
    """Approve one post, refuse another with a reason, and let a third one wait."""

    def wait() -> bool:
        user.open("/approvals")
        return all(WORDS[name] in user.text() for name in ("approved", "refused", "waiting"))

    campaign.until(wait)
    user.unfold("Refuse it with a reason, which keeps it back vote/refused")
    user.fill("Why", "a lawyer has to read it")
    user.press("button", "Refuse vote/refused")
    assert user.heading == "Refused"
    user.open("/approvals")
    assert "Refused by Ana: a lawyer has to read it" in user.text()
    user.tick("Tick to approve it with others vote/approved")
    user.press("button", "Approve the ticked posts")
    assert user.heading == "Approved"
    campaign.until(lambda: campaign.is_out("approved"))
    assert not campaign.is_out("refused")
    assert not campaign.is_out("waiting")


def approve_while_paused(campaign: Campaign, user: KeyboardUser) -> None:
    user.press("link", "Approvals")  # in the navigation of every page
    user.press("button", "Approve vote/waiting")
    assert user.heading == "Approved"
    assert not campaign.is_out("waiting")


def pause(user: KeyboardUser) -> None:
    user.press("link", "Today")
    user.fill("Why", "the vote was moved")
    user.press("button", "Pause")
    assert user.heading == "Paused"
    assert "Nothing leaves any more" in user.text()


def resume(user: KeyboardUser) -> None:
    user.press("link", "See the pauses")  # in the line that stands above every page
    assert user.heading == "Pause and resume"
    assert "the vote was moved" in user.text()
    user.press("button", "Resume everything")
    assert user.heading == "Resumed"
    assert "Nothing is paused now" in user.text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_from_an_empty_folder_by_the_keyboard_alone(
    tmp_path: Path, browser: Browser, viewport: Any, *, scripts: bool
) -> None:
    with (
        running_campaign(tmp_path) as campaign,
        keyboard_user(browser, campaign.room.url, viewport, scripts=scripts) as user,
    ):
        sign_in(user, campaign.room.link("Ana"))
        settle(campaign, user)
        decide(campaign, user)
        pause(user)
        approve_while_paused(campaign, user)
        resume(user)
        campaign.until(lambda: campaign.is_out("waiting"))
        assert not campaign.is_out("refused")  # although what was decided later has left
        assert campaign.room.output().count("\n") == 1  # its address
