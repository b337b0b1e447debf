"""``accounts login`` and ``logout`` on two servers of others that speak Mastodon's API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from helpers.cli import CommandResult, run_cli, use_keyring
from helpers.login import Line, let_in_on_mastodon, line_of, run_typing
from helpers.mastodon_servers import DOMAIN, mastodon_mock, mock_name, snac
from keyring.backends import fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.flaky_proxy import FlakyProxy
    from helpers.mastodon_servers import SnacBackend

    Capture = pytest.CaptureFixture[str]
    Patch = pytest.MonkeyPatch

LOGIN = ("accounts", "login", "our-mastodon")
LOGOUT = ("accounts", "logout", "our-mastodon")
NAME = mock_name(1)


class Project:
    """A campaign with an account on a server, of somebody without a keyring."""

    def __init__(self, folder: Path, home: Path, proxy: FlakyProxy, patch: Patch) -> None:
        self.folder, self.home, self.proxy, self.patch = folder, home, proxy, patch
        self.configure(NAME)

    def configure(self, name: str, url: str = "") -> None:
        about = f"platform: mastodon, handle: '@{name}@{DOMAIN}', api: '{url or self.proxy.url}'"
        (self.folder / "config.yaml").write_text(f"accounts: {{our-mastodon: {{{about}}}}}\n")

    def run(self, capsys: Capture, *args: str, lines: tuple[Line, ...] = ()) -> CommandResult:
        return run_typing(capsys, self.patch, *args, lines=lines)

    def stored(self) -> dict[str, str]:
        file = self.home / ".config" / "groundswell" / "secrets.json"
        return json.loads(file.read_text()).get("our-mastodon", {}) if file.exists() else {}

    def whoami(self, token: str) -> int:
        """Give the status with which the server answers to a token."""
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.proxy.upstream}/api/v1/accounts/verify_credentials"
        return requests.get(url, headers=headers, timeout=10).status_code


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlakyProxy]:
    with mastodon_mock(tmp_path_factory.mktemp("mock")) as proxy:
        yield proxy


def project_on(proxy: FlakyProxy, tmp_path: Path, patch: Patch) -> Project:
    folder, home = tmp_path / "campaign", tmp_path / "home"
    folder.mkdir()
    patch.chdir(folder)
    patch.setenv("HOME", str(home))
    patch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return Project(folder, home, proxy, patch)


@pytest.fixture
def project(server: FlakyProxy, tmp_path: Path, monkeypatch: Patch) -> Iterator[Project]:
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        yield project_on(server, tmp_path, monkeypatch)


# --- Logging in and out ---------------------------------------------------------------------------


def test_login_stores_what_check_then_uses(project: Project, capsys: Capture) -> None:
    ran = project.run(capsys, *LOGIN, lines=(let_in_on_mastodon(NAME),))
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"our-mastodon is logged in as @{NAME}@{DOMAIN}. Its secrets are in ")
    stored = project.stored()
    assert stored.keys() == {"access_token", "client_id", "client_secret"}
    assert not {stored["access_token"], stored["client_secret"]} & {*re.split(r"\s", ran.err)}
    assert all(stored[n] not in ran.out + ran.err for n in ("access_token", "client_secret"))
    checked = run_cli(capsys, "accounts", "check", "--json")
    assert json.loads(checked.out)[0]["who"] == f"{NAME}@{DOMAIN}"


def test_it_asks_for_no_more_than_the_client_needs(project: Project, capsys: Capture) -> None:
    asked: dict[str, list[str]] = {}

    def look(address: str) -> str:
        asked.update(parse_qs(urlsplit(address).query))
        return "never mind"

    project.run(capsys, *LOGIN, lines=(look,))
    assert asked["scope"] == ["read:accounts read:statuses write:statuses write:media"]
    assert asked["redirect_uri"] == ["urn:ietf:wg:oauth:2.0:oob"]
    assert asked.keys() == {"client_id", "response_type", "redirect_uri", "scope"}


def test_logout_revokes_the_token(project: Project, capsys: Capture) -> None:
    assert project.run(capsys, *LOGIN, lines=(let_in_on_mastodon(NAME),)).code == 0
    token = project.stored()["access_token"]
    assert project.whoami(token) == 200
    ran = project.run(capsys, *LOGOUT)
    assert ran.code == 0, ran.err
    words = "The secrets of our-mastodon are removed. The server has revoked the token.\n"
    assert ran.out == words
    assert project.stored() == {}
    assert project.whoami(token) == 401


def test_what_another_account_granted_is_revoked_and_not_stored(
    project: Project, capsys: Capture, monkeypatch: Patch
) -> None:
    from bot.platforms.mastodon import login

    granted: list[str] = []
    revoke = login.revoke

    def noted(account: Any, secrets: Any) -> str:
        granted.append(secrets["access_token"])
        return revoke(account, secrets)

    monkeypatch.setattr(login, "revoke", noted)
    ran = project.run(capsys, *LOGIN, lines=(let_in_on_mastodon(mock_name(2)),))
    words = f"the credentials are those of @{mock_name(2)}@{DOMAIN}, not of @{NAME}@{DOMAIN}."
    assert words in line_of(ran, "G205")
    assert project.stored() == {}
    assert project.whoami(granted[0]) == 401


def test_a_token_made_on_the_servers_pages_can_be_typed(project: Project, capsys: Capture) -> None:
    assert project.run(capsys, *LOGIN, lines=(let_in_on_mastodon(NAME),)).code == 0
    ran = project.run(capsys, *LOGIN, "--typed", lines=(f"{NAME}-token",))
    assert ran.code == 0, ran.err
    assert project.stored() == {"access_token": f"{NAME}-token"}
    ran = project.run(capsys, *LOGOUT)
    assert f"is revoked where it was made: {project.proxy.url}/settings/applications." in ran.out
    assert project.stored() == {}
    assert project.whoami(f"{NAME}-token") == 200


# --- What goes wrong ------------------------------------------------------------------------------


def test_a_wrong_code(project: Project, capsys: Capture) -> None:
    line = line_of(project.run(capsys, *LOGIN, lines=("mockcode_nobody",)), "G205")
    assert "the server does not accept the code (" in line
    assert "run the command again for a new one" in line


@pytest.mark.parametrize("typed", ["", "two words", "caf\u00e9"])
def test_what_is_no_code_is_not_sent(project: Project, capsys: Capture, typed: str) -> None:
    line = line_of(project.run(capsys, *LOGIN, lines=(typed,)), "G205")
    assert "what was typed is no code" in line


def test_a_closed_input(project: Project, capsys: Capture) -> None:
    assert "an answer to: Code." in line_of(project.run(capsys, *LOGIN), "G206")


def test_a_server_that_is_down(project: Project, capsys: Capture) -> None:
    project.configure(NAME, "http://127.0.0.1:1")
    line = line_of(project.run(capsys, *LOGIN), "G205")
    assert "nothing was stored: no connection was made" in line


def fault(project: Project, path: str, effect: dict[str, Any]) -> None:
    rule = {"match": {"methods": ["POST"], "path": path}, "effect": effect, "count": 1}
    url = f"{project.proxy.upstream}/api/v1/_mock/faults"
    assert requests.post(url, json=rule, timeout=10).ok


@pytest.mark.parametrize("path", ["/api/v1/apps", "/oauth/token"])
@pytest.mark.parametrize(("status", "words"), [(503, "(HTTP 503)"), (429, "(HTTP 429)")])
def test_a_server_that_refuses(
    project: Project, capsys: Capture, path: str, status: int, words: str
) -> None:
    fault(project, path, {"type": "status", "status": status})
    line = line_of(project.run(capsys, *LOGIN, lines=(let_in_on_mastodon(NAME),)), "G205")
    assert words in line
    assert project.stored() == {}


def test_what_could_not_be_revoked_is_kept(project: Project, capsys: Capture) -> None:
    assert project.run(capsys, *LOGIN, lines=(let_in_on_mastodon(NAME),)).code == 0
    before = project.stored()
    fault(project, "/oauth/revoke", {"type": "status", "status": 503})
    line = line_of(project.run(capsys, *LOGOUT), "G208")
    assert "the secrets were not revoked, and are kept" in line
    assert project.stored() == before


# --- snac, a real server --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def snac_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnacBackend]:
    with snac(tmp_path_factory.mktemp("snac")) as (server, proxy):
        yield server.add_account(proxy)


def let_in_on_snac(account: SnacBackend) -> Line:
    def browse(address: str) -> str:
        with requests.Session() as browser:
            page = browser.get(address, timeout=10).text
            form = dict(re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', page))
            form |= {"login": account.name, "passwd": account.password}
            action = re.search(r'action="([^"]+)"', page)
            assert action, page
            path = urlsplit(action[1]).path
            url = f"{account.proxy.upstream}{path}"
            shown = browser.post(url, data=form, timeout=10, allow_redirects=False)
        found = re.search(r"\b[0-9a-f]{20,}\b", shown.text)
        assert found, (shown.status_code, shown.headers, shown.text)
        return found[0]

    return browse


def test_login_and_logout_on_snac(
    snac_account: SnacBackend, tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    project = project_on(snac_account.proxy, tmp_path, monkeypatch)
    project.configure(snac_account.name)
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        ran = project.run(capsys, *LOGIN, lines=(let_in_on_snac(snac_account),))
        assert ran.code == 0, ran.err
        token = project.stored()["access_token"]
        assert project.whoami(token) == 200
        assert project.run(capsys, *LOGOUT).code == 0
        assert project.whoami(token) != 200
