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


def signed(desk: SandboxClient, **changes: str) -> dict[str, str]:
    """Sign a request for /2/users/me by hand, and give its headers."""
    client = Client(*desk.own.secrets.values(), **changes)
    _, headers, _ = client.sign(f"{desk.url}/2/users/me")
    return dict(headers)


def me(desk: SandboxClient, headers: dict[str, str]) -> requests.Response:
    return requests.get(f"{desk.url}/2/users/me", headers=headers, timeout=10)


def test_right_signature_is_let_in(desk: SandboxClient) -> None:
    assert me(desk, signed(desk)).status_code == 200


@pytest.mark.parametrize(
    "field",
    ["consumer_key", "consumer_secret", "access_token", "access_token_secret"],
)
def test_any_wrong_credential_is_401(desk: SandboxClient, field: str) -> None:
    secrets = desk.own.secrets
    wrong = replace(desk.own, secrets={**secrets, field: secrets[field] + "x"})
    answer = desk.api("GET", "/2/users/me", wrong)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_token_of_one_app_does_not_open_with_another(desk: SandboxClient) -> None:
    app = {name: desk.other.secrets[name] for name in ("consumer_key", "consumer_secret")}
    mixed = replace(desk.own, secrets=desk.own.secrets | app)
    assert desk.api("GET", "/2/users/me", mixed).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer abc", "OAuth oauth_token=1", "Basic YTpi"])
def test_other_authorization_is_401(desk: SandboxClient, header: str) -> None:
    answer = me(desk, {"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_signature_covers_the_query(desk: SandboxClient) -> None:
    headers = signed(desk)
    url = f"{desk.url}/2/users/me?user.fields=description"
    assert requests.get(url, headers=headers, timeout=10).status_code == 401


def test_nonce_is_accepted_once(desk: SandboxClient) -> None:
    headers = signed(desk)
    assert me(desk, headers).status_code == 200
    assert me(desk, headers).status_code == 401


@pytest.mark.parametrize("seconds", [-400, 400])
def test_timestamp_is_held_against_real_time(desk: SandboxClient, seconds: int) -> None:
    stale = signed(desk, timestamp=str(int(time.time()) + seconds))
    assert me(desk, stale).status_code == 401


def test_plaintext_signature_is_refused(desk: SandboxClient) -> None:
    assert me(desk, signed(desk, signature_method="PLAINTEXT")).status_code == 401


def test_credentials_are_the_same_for_the_same_seed(desk: SandboxClient) -> None:
    from bot.sandbox import XWorld

    again = XWorld(now=desk.clock, seed=7)
    other = XWorld(now=desk.clock, seed=8)
    assert again.add_account("mediajustice", "Another name").secrets == desk.own.secrets
    assert other.add_account("mediajustice", "MediaJustice").secrets != desk.own.secrets
