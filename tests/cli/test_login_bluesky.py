"""``accounts login`` and ``logout`` on Bluesky's own server, by an app password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.bluesky import BlueskyBackend, Front, bluesky_server
from helpers.cli import run_cli, use_keyring
from helpers.login import LoginProject, line_of
from keyring.backends import fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Patch = pytest.MonkeyPatch


class Project(LoginProject):
    """A campaign with a fresh account on the server."""

    def __init__(self, tmp_path: Path, patch: Patch, stage: BlueskyBackend) -> None:
        super().__init__(tmp_path, patch, "bluesky")
        self.stage, self.password = stage, stage.secrets["app_password"]
        self.configure(stage.handle, stage.front.url)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with bluesky_server(tmp_path_factory.mktemp("bluesky")) as started:
        yield started


@pytest.fixture
def project(front: Front, tmp_path: Path, monkeypatch: Patch) -> Iterator[Project]:
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        yield Project(tmp_path, monkeypatch, BlueskyBackend(front))
    front.faults.clear()


def test_login_tries_the_app_password_and_stores_it(project: Project) -> None:
    ran = project.login(project.password)
    assert ran.code == 0, ran.err
    handle = project.stage.handle
    assert ran.out.startswith(f"our-bluesky is logged in as @{handle}. Its secrets are in ")
    assert "https://bsky.app/settings/app-passwords" in ran.err
    assert project.password not in ran.out + ran.err
    assert project.stored() == {"app_password": project.password}
    assert json.loads(run_cli("accounts", "check", "--json").out)[0]["who"] == handle


@pytest.mark.parametrize("typed", ["full-access-of-1", "correct horse", "abcd-efgh-ijkl-mnop-qrst"])
def test_the_accounts_own_password_is_not_even_sent(project: Project, typed: str) -> None:
    hits = len(project.stage.front.hits)
    ran = project.login(typed)
    assert ran.code == 1
    assert typed not in ran.err
    assert len(project.stage.front.hits) == hits
    assert project.stored() == {}


def test_what_looks_otherwise_is_explained(project: Project) -> None:
    line = line_of(project.login("full-access-of-1"), "G205")
    assert "is not an app password, which looks like xxxx-xxxx-xxxx-xxxx." in line


def test_a_wrong_app_password_is_not_stored(project: Project) -> None:
    line = line_of(project.login("abcd-2345-efgh-6723"), "G205")
    assert "nothing was stored: " in line
    assert "Invalid identifier or password (HTTP 401); is the handle right" in line
    assert "abcd-2345-efgh-6723" not in line
    assert project.stored() == {}


def test_the_app_password_of_another_account_is_not_stored(project: Project, front: Front) -> None:
    other = BlueskyBackend(front).secrets["app_password"]
    line_of(project.login(other), "G205")
    assert project.stored() == {}


def test_a_server_that_is_down_or_fails(project: Project) -> None:
    project.stage.front.error("com.atproto.server.createSession", 503, "NotNow")
    line = line_of(project.login(project.password), "G205")
    assert "nothing was stored: " in line
    project.configure(project.stage.handle, "http://127.0.0.1:1")
    line = line_of(project.login(project.password), "G205")
    assert "nothing was stored: no connection was made" in line
    assert project.stored() == {}


def test_a_closed_input(project: Project) -> None:
    line = line_of(project.login(), "G206")
    assert "before an answer to: App password (not shown)." in line


def test_logout_says_where_to_delete_the_app_password(project: Project) -> None:
    assert project.login(project.password).code == 0
    ran = project.logout()
    assert ran.code == 0
    assert ran.out == (
        "The secrets of our-bluesky are removed. The app password stays valid until you delete it: "
        "https://bsky.app/settings/app-passwords.\n"
    )
    assert project.stored() == {}
