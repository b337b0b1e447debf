"""``accounts login`` and ``logout`` on Bluesky's own server: by an app password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.bluesky import BlueskyBackend, Front, bluesky_server
from helpers.cli import CommandResult, run_cli, use_keyring
from helpers.login import line_of, run_typing
from keyring.backends import fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]
    Patch = pytest.MonkeyPatch

LOGIN = ("accounts", "login", "our-bluesky")
LOGOUT = ("accounts", "logout", "our-bluesky")


class Project:
    """A campaign with an account on a server, of somebody without a keyring."""

    def __init__(self, folder: Path, home: Path, stage: BlueskyBackend, patch: Patch) -> None:
        self.folder, self.home, self.stage, self.patch = folder, home, stage, patch
        self.password = stage.secrets["app_password"]
        self.configure(stage.handle, stage.front.url)

    def configure(self, handle: str, url: str) -> None:
        about = f"platform: bluesky, handle: {handle}, api: '{url}'"
        (self.folder / "config.yaml").write_text(f"accounts: {{our-bluesky: {{{about}}}}}\n")

    def run(self, capsys: Capture, *args: str, lines: tuple[str, ...] = ()) -> CommandResult:
        return run_typing(capsys, self.patch, *args, lines=lines)

    def stored(self) -> dict[str, str]:
        file = self.home / ".config" / "groundswell" / "secrets.json"
        return json.loads(file.read_text()).get("our-bluesky", {}) if file.exists() else {}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with bluesky_server(tmp_path_factory.mktemp("bluesky")) as started:
        yield started


@pytest.fixture
def project(front: Front, tmp_path: Path, monkeypatch: Patch) -> Iterator[Project]:
    folder, home = tmp_path / "campaign", tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        yield Project(folder, home, BlueskyBackend(front), monkeypatch)
    front.faults.clear()


def test_login_tries_the_app_password_and_stores_it(project: Project, capsys: Capture) -> None:
    ran = project.run(capsys, *LOGIN, lines=(project.password,))
    assert ran.code == 0, ran.err
    handle = project.stage.handle
    assert ran.out.startswith(f"our-bluesky is logged in as @{handle}. Its secrets are in ")
    assert "https://bsky.app/settings/app-passwords" in ran.err
    assert project.password not in ran.out + ran.err
    assert project.stored() == {"app_password": project.password}
    assert json.loads(run_cli(capsys, "accounts", "check", "--json").out)[0]["who"] == handle


@pytest.mark.parametrize("typed", ["full-access-of-1", "correct horse", "abcd-efgh-ijkl-mnop-qrst"])
def test_the_accounts_own_password_is_not_even_sent(
    project: Project, capsys: Capture, typed: str
) -> None:
    hits = len(project.stage.front.hits)
    ran = project.run(capsys, *LOGIN, lines=(typed,))
    assert ran.code == 1
    assert typed not in ran.err
    assert len(project.stage.front.hits) == hits
    assert project.stored() == {}


def test_what_looks_otherwise_is_explained(project: Project, capsys: Capture) -> None:
    line = line_of(project.run(capsys, *LOGIN, lines=("full-access-of-1",)), "G205")
    assert "is no app password, which looks like xxxx-xxxx-xxxx-xxxx." in line


def test_a_wrong_app_password_is_not_stored(project: Project, capsys: Capture) -> None:
    line = line_of(project.run(capsys, *LOGIN, lines=("abcd-2345-efgh-6723",)), "G205")
    assert "nothing was stored: " in line
    assert "Invalid identifier or password (HTTP 401)." in line
    assert "abcd-2345-efgh-6723" not in line
    assert project.stored() == {}


def test_the_app_password_of_another_account_is_not_stored(
    project: Project, front: Front, capsys: Capture
) -> None:
    other = BlueskyBackend(front).secrets["app_password"]
    line_of(project.run(capsys, *LOGIN, lines=(other,)), "G205")
    assert project.stored() == {}


def test_a_server_that_is_down_or_fails(project: Project, capsys: Capture) -> None:
    project.stage.front.error("com.atproto.server.createSession", 503, "NotNow")
    line = line_of(project.run(capsys, *LOGIN, lines=(project.password,)), "G205")
    assert "nothing was stored: " in line
    project.configure(project.stage.handle, "http://127.0.0.1:1")
    line = line_of(project.run(capsys, *LOGIN, lines=(project.password,)), "G205")
    assert "nothing was stored: no connection was made" in line
    assert project.stored() == {}


def test_a_closed_input(project: Project, capsys: Capture) -> None:
    line = line_of(project.run(capsys, *LOGIN), "G206")
    assert "before an answer to: App password (not shown)." in line


def test_logout_says_where_to_delete_the_app_password(project: Project, capsys: Capture) -> None:
    assert project.run(capsys, *LOGIN, lines=(project.password,)).code == 0
    ran = project.run(capsys, *LOGOUT)
    assert ran.code == 0
    assert ran.out == (
        "The secrets of our-bluesky are removed. The app password stays valid until you delete it: "
        "https://bsky.app/settings/app-passwords.\n"
    )
    assert project.stored() == {}
