"""``accounts login`` and ``logout`` on two servers of others that speak Mastodon's API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from helpers.cli import run_cli, use_keyring
from helpers.login import Line, LoginProject, let_in_on_mastodon, line_of
from helpers.mastodon_servers import DOMAIN, mock_name, snac
from keyring.backends import fail

from bot.clock import Clock
from bot.sandbox import MastodonWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.flaky_proxy import FlakyProxy
    from helpers.mastodon_servers import SnacBackend

    Patch = pytest.MonkeyPatch

NAME = mock_name(1)


def whoami(project: LoginProject, token: str) -> int:
    """Return the status with which the server answers to a token."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{project.url}/api/v1/accounts/verify_credentials"
    return requests.get(url, headers=headers, timeout=10).status_code


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: Patch) -> Iterator[LoginProject]:
    with use_keyring(fail.Keyring()):  # type: ignore[no-untyped-call]
        yield LoginProject(tmp_path, monkeypatch, "mastodon")


@pytest.fixture
def project(mastodon_proxy: FlakyProxy, empty: LoginProject) -> LoginProject:
    empty.configure(f"@{NAME}@{DOMAIN}", mastodon_proxy.url)
    return empty


# --- Logging in and out ---------------------------------------------------------------------------


def test_login_stores_the_secrets_that_check_uses(project: LoginProject) -> None:
    ran = project.login(let_in_on_mastodon(NAME))
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"our-mastodon is logged in as @{NAME}@{DOMAIN}. Its secrets are in ")
    stored = project.stored()
    assert stored.keys() == {"access_token", "client_id", "client_secret"}
    assert not {stored["access_token"], stored["client_secret"]} & {*re.split(r"\s", ran.err)}
    assert all(stored[n] not in ran.out + ran.err for n in ("access_token", "client_secret"))
    checked = run_cli("accounts", "check", "--json")
    assert json.loads(checked.out)[0]["who"] == f"{NAME}@{DOMAIN}"


def test_it_asks_for_no_more_than_the_client_needs(project: LoginProject) -> None:
    asked: dict[str, list[str]] = {}

    def look(address: str) -> str:
        asked.update(parse_qs(urlsplit(address).query))
        return "never mind"

    project.login(look)
    assert asked["scope"] == ["read:accounts read:statuses write:statuses write:media"]
    assert asked["redirect_uri"] == ["urn:ietf:wg:oauth:2.0:oob"]
    assert asked.keys() == {"client_id", "response_type", "redirect_uri", "scope"}


def test_logout_revokes_the_token(project: LoginProject) -> None:
    assert project.login(let_in_on_mastodon(NAME)).code == 0
    token = project.stored()["access_token"]
    assert whoami(project, token) == 200
    ran = project.logout()
    assert ran.code == 0, ran.err
    words = "The secrets of our-mastodon are removed. The server has revoked the token.\n"
    assert ran.out == words
    assert project.stored() == {}
    assert whoami(project, token) == 401


def test_grant_of_another_account_is_revoked_and_not_stored(
    project: LoginProject, monkeypatch: Patch
) -> None:
    from bot.platforms.mastodon import login

    granted: list[str] = []
    revoke = login.revoke

    def noted(account: Any, secrets: Any) -> str:
        granted.append(secrets["access_token"])
        return revoke(account, secrets)

    monkeypatch.setattr(login, "revoke", noted)
    ran = project.login(let_in_on_mastodon(mock_name(2)))
    words = f"the credentials are those of @{mock_name(2)}@{DOMAIN}, not of @{NAME}@{DOMAIN}."
    assert words in line_of(ran, "G205")
    assert project.stored() == {}
    assert whoami(project, granted[0]) == 401


def test_a_token_made_on_the_servers_pages_can_be_typed(project: LoginProject) -> None:
    assert project.login(let_in_on_mastodon(NAME)).code == 0
    ran = project.login(f"{NAME}-token", options=("--typed",))
    assert ran.code == 0, ran.err
    assert project.stored() == {"access_token": f"{NAME}-token"}
    ran = project.logout()
    assert f"on the page on which it was made: {project.url}/settings/applications." in ran.out
    assert project.stored() == {}
    assert whoami(project, f"{NAME}-token") == 200


def test_check_says_what_a_token_may_not_do(project: LoginProject) -> None:
    form = {"client_name": "Reader", "scopes": "read", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    app = requests.post(f"{project.url}/api/v1/apps", data=form, timeout=10).json()
    code = {"code": f"mockcode_{NAME}", "grant_type": "authorization_code"}
    keys = {name: app[name] for name in ("client_id", "client_secret")}
    url = f"{project.url}/oauth/token"
    token = requests.post(url, data=code | keys, timeout=10).json()["access_token"]
    ran = project.login(token, options=("--typed",))
    assert ran.code == 0, ran.err
    words = "its token lacks the scopes write:statuses, write:media: log in again"
    assert f"note: {words}" in ran.out
    assert f"our-mastodon: note: {words}" in run_cli("accounts", "check").out


# --- What goes wrong ------------------------------------------------------------------------------


def test_a_wrong_code(project: LoginProject) -> None:
    line = line_of(project.login("mockcode_nobody"), "G205")
    assert "the server does not accept the code (" in line
    assert "run the command again for a new one" in line


@pytest.mark.parametrize("typed", ["", "two words", "caf\u00e9"])
def test_other_words_than_a_code_are_not_sent(project: LoginProject, typed: str) -> None:
    line = line_of(project.login(typed), "G205")
    assert "the input is not a code. Enter one word" in line


def test_a_closed_input(project: LoginProject) -> None:
    assert "an answer to: Code." in line_of(project.login(), "G206")


def test_a_server_that_is_down(project: LoginProject) -> None:
    project.configure(f"@{NAME}@{DOMAIN}", "http://127.0.0.1:1")
    line = line_of(project.login(), "G205")
    assert "nothing was stored: no connection was made" in line


def fault(project: LoginProject, path: str, effect: dict[str, Any]) -> None:
    rule = {"match": {"methods": ["POST"], "path": path}, "effect": effect, "count": 1}
    url = f"{project.url}/api/v1/_mock/faults"
    assert requests.post(url, json=rule, timeout=10).ok


@pytest.mark.parametrize("path", ["/api/v1/apps", "/oauth/token"])
@pytest.mark.parametrize(("status", "words"), [(503, "(HTTP 503)"), (429, "(HTTP 429)")])
def test_a_server_that_refuses(project: LoginProject, path: str, status: int, words: str) -> None:
    fault(project, path, {"type": "status", "status": status})
    line = line_of(project.login(let_in_on_mastodon(NAME)), "G205")
    assert words in line
    assert project.stored() == {}


def test_secrets_that_could_not_be_revoked_are_kept(project: LoginProject) -> None:
    assert project.login(let_in_on_mastodon(NAME)).code == 0
    before = project.stored()
    fault(project, "/oauth/revoke", {"type": "status", "status": 503})
    line = line_of(project.logout(), "G208")
    assert "the secrets could not be revoked, and are kept" in line
    assert project.stored() == before


# --- The sandbox ---


def test_login_and_logout_in_the_sandbox(empty: LoginProject) -> None:
    project = empty
    world = MastodonWorld(now=Clock().now)
    for name in ("our_name", "someone_else"):
        world.add_account(name, name, description="Some posts are automated.")
    with serve(world) as url:
        project.configure(f"our_name@{world.domain}", url)
        ran = project.login(let_in_on_mastodon("someone_else"))
        assert "nothing was stored: the credentials are those of @someone_else@" in ran.err
        assert len(world.revoked) == 1
        ran = project.login(let_in_on_mastodon("our_name"))
        assert ran.code == 0, ran.err
        assert "note: its token" not in ran.out
        assert project.logout().code == 0
        assert len(world.revoked) == 2


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


def test_login_and_logout_on_snac(snac_account: SnacBackend, empty: LoginProject) -> None:
    empty.configure(f"@{snac_account.name}@{DOMAIN}", snac_account.proxy.url)
    ran = empty.login(let_in_on_snac(snac_account))
    assert ran.code == 0, ran.err
    token = empty.stored()["access_token"]
    assert whoami(empty, token) == 200
    assert empty.logout().code == 0
    assert whoami(empty, token) != 200
