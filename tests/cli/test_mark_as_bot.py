"""``accounts mark-as-bot`` sets the platform's own mark for a person."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import run_cli, use_keyring
from helpers.login import LoginProject, let_in_on_mastodon, line_of
from keyring.backends import fail

from bot.clock import Clock
from bot.config.secrets import environment_variable
from bot.sandbox import BlueskyWorld, MastodonWorld, World, XWorld, serve
from bot.services.simulation import WORLDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.sandbox.state import SimAccount

    Patch = pytest.MonkeyPatch

PLATFORMS = {world: platform for platform, world in WORLDS.items()}
MARK = ("accounts", "mark-as-bot")


class Marking(LoginProject):
    """A campaign with an account of a simulated platform, which does not mark it yet."""

    def __init__(self, folder: Path, patch: Patch, world: World, handle: str) -> None:
        super().__init__(folder, patch, PLATFORMS[type(world)])
        self.world = world
        self.own = self.add(handle)

    def add(self, handle: str) -> SimAccount:
        return self.world.add_account(handle, "Our name", automated=False)

    def use(self, account: SimAccount) -> None:
        """Put an account's secrets, which may do everything, into the environment."""
        for name, value in account.secrets.items():
            self.patch.setenv(environment_variable(self.name, name), value)

    def mark(self, *lines: Any, who: str = "Ana") -> Any:
        return self.run(*MARK, self.name, "--as", who, lines=lines)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: Patch) -> Iterator[Any]:
    """Return a function that serves a world and returns the campaign of its account."""
    with ExitStack() as stack:
        stack.enter_context(use_keyring(fail.Keyring()))  # type: ignore[no-untyped-call]

        def begin(world: World, handle: str) -> Marking:
            project = Marking(tmp_path, monkeypatch, world, handle)
            url = stack.enter_context(serve(world))
            full = f"{handle}@{world.domain}" if isinstance(world, MastodonWorld) else handle
            project.configure(full, url)
            return project

        yield begin


def test_mastodon_marks_it_and_the_log_says_who_asked(start: Any) -> None:
    project = start(MastodonWorld(now=Clock().now), "our_name")
    project.use(project.own)
    checked = run_cli("accounts", "check")
    assert "run groundswell accounts mark-as-bot our-mastodon" in checked.out
    ran = project.mark()
    assert ran.code == 0, ran.err
    assert "is now marked as automated on Mastodon." in ran.out
    assert project.own.automated
    assert run_cli("accounts", "check").code == 0
    logged = run_cli("log").out
    assert "Ana" in logged
    assert "marked as automated" in logged
    assert "was already marked" in project.mark().out
    again = project.run(*MARK, project.name, "--as", "Ana", "--json")
    assert json.loads(again.out)["changed"] is False


def test_token_of_a_login_needs_leave_once_which_is_revoked(start: Any) -> None:
    project = start(MastodonWorld(now=Clock().now), "our_name")
    ran = project.login(let_in_on_mastodon("our_name"))
    assert "note: Mastodon does not mark it as automated" in ran.out
    stored = project.stored()
    ran = project.mark(let_in_on_mastodon("our_name"))
    assert ran.code == 0, ran.err
    assert "Allow it once, for this change" in ran.err
    assert project.own.automated
    assert project.stored() == stored
    assert len(project.world.revoked) == 1


def test_leave_of_another_account_marks_nobody(start: Any) -> None:
    project = start(MastodonWorld(now=Clock().now), "our_name")
    other = project.add("someone_else")
    project.login(let_in_on_mastodon("our_name"))
    ran = project.mark(let_in_on_mastodon("someone_else"))
    assert "the credentials are those of @someone_else" in line_of(ran, "G209")
    assert not project.own.automated
    assert not other.automated
    assert len(project.world.revoked) == 1


def test_bluesky_marks_it_and_keeps_the_profile(start: Any) -> None:
    project = start(BlueskyWorld(now=Clock().now), "our-name.bsky.social")
    project.use(project.own)
    repo = project.world.repo(project.own)
    before = {**repo.find("app.bsky.actor.profile", "self").value}
    ran = project.mark()
    assert ran.code == 0, ran.err
    after = {**repo.find("app.bsky.actor.profile", "self").value}
    labels = after.pop("labels")
    assert labels["values"] == [{"val": "bot"}]
    assert after == before
    assert project.own.automated
    assert run_cli("accounts", "check").code == 0


def test_x_has_no_mark_and_the_answer_says_what_to_do(start: Any) -> None:
    project = start(XWorld(now=Clock().now), "our_name")
    project.use(project.own)
    assert "Turn it on in the account's settings on X" in line_of(project.mark(), "G209")
