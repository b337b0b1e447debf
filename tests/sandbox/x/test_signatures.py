from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests
from oauthlib.oauth1 import Client

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]

UNAUTHORIZED = {
    "title": "Unauthorized",
    "type": "about:blank",
    "status": 401,
    "detail": "Unauthorized",
}


def signed(sandbox: SandboxClient, **changes: str) -> dict[str, str]:
    """Sign a request for /2/users/me by hand, and return its headers."""
    client = Client(*sandbox.own.secrets.values(), **changes)
    _, headers, _ = client.sign(f"{sandbox.url}/2/users/me")
    return dict(headers)


def me(sandbox: SandboxClient, headers: dict[str, str]) -> requests.Response:
    return requests.get(f"{sandbox.url}/2/users/me", headers=headers, timeout=10)


def test_right_signature_is_let_in(sandbox: SandboxClient) -> None:
    assert me(sandbox, signed(sandbox)).status_code == 200


@pytest.mark.parametrize(
    "field",
    ["consumer_key", "consumer_secret", "access_token", "access_token_secret"],
)
def test_any_wrong_credential_is_401(sandbox: SandboxClient, field: str) -> None:
    secrets = sandbox.own.secrets
    wrong = replace(sandbox.own, secrets={**secrets, field: secrets[field] + "x"})
    answer = sandbox.api("GET", "/2/users/me", wrong)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_token_of_one_app_does_not_open_with_another(sandbox: SandboxClient) -> None:
    app = {name: sandbox.other.secrets[name] for name in ("consumer_key", "consumer_secret")}
    mixed = replace(sandbox.own, secrets=sandbox.own.secrets | app)
    assert sandbox.api("GET", "/2/users/me", mixed).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer abc", "OAuth oauth_token=1", "Basic YTpi"])
def test_other_authorization_is_401(sandbox: SandboxClient, header: str) -> None:
    answer = me(sandbox, {"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_signature_covers_the_query(sandbox: SandboxClient) -> None:
    headers = signed(sandbox)
    url = f"{sandbox.url}/2/users/me?user.fields=description"
    assert requests.get(url, headers=headers, timeout=10).status_code == 401


def test_nonce_is_accepted_once(sandbox: SandboxClient) -> None:
    headers = signed(sandbox)
    assert me(sandbox, headers).status_code == 200
    assert me(sandbox, headers).status_code == 401


@pytest.mark.parametrize("seconds", [-400, 400])
def test_timestamp_is_held_against_real_time(sandbox: SandboxClient, seconds: int) -> None:
    stale = signed(sandbox, timestamp=str(int(time.time()) + seconds))
    assert me(sandbox, stale).status_code == 401


def test_plaintext_signature_is_refused(sandbox: SandboxClient) -> None:
    assert me(sandbox, signed(sandbox, signature_method="PLAINTEXT")).status_code == 401


def test_credentials_are_the_same_for_the_same_seed(sandbox: SandboxClient) -> None:
    from bot.sandbox import XWorld

    again = XWorld(now=sandbox.clock, seed=7)
    other = XWorld(now=sandbox.clock, seed=8)
    assert again.add_account("mediajustice", "Another name").secrets == sandbox.own.secrets
    assert other.add_account("mediajustice", "MediaJustice").secrets != sandbox.own.secrets
