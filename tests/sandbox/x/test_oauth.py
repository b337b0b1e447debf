"""How an app gets a token for an account by a PIN, and how a token ends."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
import requests
import tweepy
from helpers.login import allow_in_browser
from requests_oauthlib import OAuth1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def keys(sandbox: SandboxClient) -> tuple[str, str]:
    return sandbox.own.secrets["consumer_key"], sandbox.own.secrets["consumer_secret"]


def send(sandbox: SandboxClient, route: str, auth: OAuth1, **more: Any) -> requests.Response:
    return sandbox.session.post(f"{sandbox.url}{route}", auth=auth, timeout=10, **more)


def begin(sandbox: SandboxClient, callback: str | None = "oob") -> requests.Response:
    return send(sandbox, "/oauth/request_token", OAuth1(*keys(sandbox), callback_uri=callback))


def fields(answer: requests.Response) -> Mapping[str, str]:
    assert answer.status_code == 200, answer.text
    return {name: value for name, [value] in parse_qs(answer.text).items()}


def allow(sandbox: SandboxClient, token: str, handle: str = "mediajustice") -> str:
    return allow_in_browser(f"{sandbox.url}/oauth/authorize?oauth_token={token}", handle)


def finish(sandbox: SandboxClient, given: Mapping[str, str], pin: str) -> requests.Response:
    pair = given["oauth_token"], given["oauth_token_secret"]
    return send(sandbox, "/oauth/access_token", OAuth1(*keys(sandbox), *pair, verifier=pin))


def grant(sandbox: SandboxClient, handle: str) -> Mapping[str, str]:
    given = fields(begin(sandbox))
    return fields(finish(sandbox, given, allow(sandbox, given["oauth_token"], handle)))


def end(sandbox: SandboxClient, given: Mapping[str, str]) -> requests.Response:
    pair = given["oauth_token"], given["oauth_token_secret"]
    return send(sandbox, "/1.1/oauth/invalidate_token.json", OAuth1(*keys(sandbox), *pair))


def me(sandbox: SandboxClient, given: Mapping[str, str]) -> requests.Response:
    auth = OAuth1(*keys(sandbox), given["oauth_token"], given["oauth_token_secret"])
    return sandbox.session.get(f"{sandbox.url}/2/users/me", auth=auth, timeout=10)


# --- The PIN flow ---------------------------------------------------------------------------------


def test_tweepy_gets_a_token_by_a_pin(sandbox: SandboxClient) -> None:
    class Handler(tweepy.OAuth1UserHandler):  # type: ignore[misc]
        def _get_oauth_url(self, endpoint: str) -> str:
            return f"{sandbox.url}/oauth/{endpoint}"

    handler = Handler(*keys(sandbox), callback="oob")
    pin = allow_in_browser(handler.get_authorization_url(), "mediajustice")
    assert re.fullmatch("[0-9]{7}", pin)
    token, secret = handler.get_access_token(pin)
    assert me(sandbox, {"oauth_token": token, "oauth_token_secret": secret}).ok


def test_the_request_token_is_confirmed_and_opens_nothing_else(sandbox: SandboxClient) -> None:
    given = fields(begin(sandbox))
    assert given.keys() == {"oauth_token", "oauth_token_secret", "oauth_callback_confirmed"}
    assert given["oauth_callback_confirmed"] == "true"
    assert me(sandbox, given).status_code == 401


def test_the_access_token_names_the_account_that_allowed_it(sandbox: SandboxClient) -> None:
    theirs = grant(sandbox, "athena")
    assert theirs["screen_name"] == "athena"
    assert theirs["oauth_token"].startswith(f"{theirs['user_id']}-")
    assert me(sandbox, theirs).json()["data"]["username"] == "athena"
    ours = grant(sandbox, "mediajustice")
    assert ours["oauth_token"] == sandbox.own.secrets["access_token"]


def test_the_same_app_and_account_have_the_same_token_until_it_ends(sandbox: SandboxClient) -> None:
    for handle in ("mediajustice", "athena"):
        first = grant(sandbox, handle)
        assert grant(sandbox, handle) == first
        assert end(sandbox, first).json() == {"access_token": first["oauth_token"]}
        assert me(sandbox, first).status_code == 401
        second = grant(sandbox, handle)
        assert second["oauth_token"] != first["oauth_token"]
        assert me(sandbox, second).ok


def test_a_token_that_has_ended_cannot_end_again(sandbox: SandboxClient) -> None:
    given = grant(sandbox, "mediajustice")
    assert end(sandbox, given).ok
    answer = end(sandbox, given)
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"code": 89, "message": "Invalid or expired token."}]}


def test_a_wrong_pin_is_refused_and_ends_the_request_token(sandbox: SandboxClient) -> None:
    given = fields(begin(sandbox))
    pin = allow(sandbox, given["oauth_token"])
    wrong = finish(sandbox, given, "0000000")
    assert (wrong.status_code, "Invalid oauth_verifier" in wrong.text) == (401, True)
    assert finish(sandbox, given, pin).status_code == 401


@pytest.mark.parametrize("pin", ["", "1234567"])
def test_without_the_accounts_consent_there_is_no_token(sandbox: SandboxClient, pin: str) -> None:
    assert finish(sandbox, fields(begin(sandbox)), pin or " ").status_code == 401


def test_a_pin_is_good_once(sandbox: SandboxClient) -> None:
    given = fields(begin(sandbox))
    pin = allow(sandbox, given["oauth_token"])
    assert finish(sandbox, given, pin).ok
    assert finish(sandbox, given, pin).status_code == 401


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("callback", "status", "code"), [(None, 403, 38), ("https://example.org/", 403, 415)]
)
def test_only_a_pin_is_given_out(
    sandbox: SandboxClient, callback: str | None, status: int, code: int
) -> None:
    answer = begin(sandbox, callback)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


def test_an_app_is_known_by_both_its_keys(sandbox: SandboxClient) -> None:
    key, secret = keys(sandbox)
    unknown = send(sandbox, "/oauth/request_token", OAuth1("unknown", secret, callback_uri="oob"))
    assert unknown.status_code == 401
    assert unknown.json()["errors"][0]["code"] == 32
    wrong = send(sandbox, "/oauth/request_token", OAuth1(key, "wrong", callback_uri="oob"))
    assert wrong.status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer abc", "OAuth oauth_token=1", "Basic YTpi"])
@pytest.mark.parametrize(
    "route", ["/oauth/request_token", "/oauth/access_token", "/1.1/oauth/invalidate_token.json"]
)
def test_other_authorization_is_401(sandbox: SandboxClient, route: str, header: str) -> None:
    answer = requests.post(
        f"{sandbox.url}{route}", headers={"Authorization": header} if header else {}, timeout=10
    )
    assert answer.status_code == 401


def test_an_old_signature_is_401(sandbox: SandboxClient) -> None:
    auth = OAuth1(*keys(sandbox), callback_uri="oob", timestamp=str(int(time.time()) - 400))
    assert send(sandbox, "/oauth/request_token", auth).status_code == 401


# --- The page -------------------------------------------------------------------------------------


def test_the_page_says_that_it_is_a_sandbox_and_runs_nothing(sandbox: SandboxClient) -> None:
    token = fields(begin(sandbox))["oauth_token"]
    page = requests.get(f"{sandbox.url}/oauth/authorize?oauth_token={token}", timeout=10)
    assert "Sandbox: simulated platform" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize("token", ["", "unknown", "<script>alert(1)</script>"])
def test_an_unknown_address_is_no_longer_valid(sandbox: SandboxClient, token: str) -> None:
    page = requests.get(f"{sandbox.url}/oauth/authorize", {"oauth_token": token}, timeout=10)
    assert (page.status_code, "no longer valid" in page.text) == (401, True)
    assert "<script" not in page.text


def test_whoever_reloads_sees_the_same_pin_and_cannot_change_the_account(
    sandbox: SandboxClient,
) -> None:
    given = fields(begin(sandbox))
    pin = allow(sandbox, given["oauth_token"])
    form = {"oauth_token": given["oauth_token"], "handle": "athena"}
    again = requests.post(f"{sandbox.url}/oauth/authorize", data=form, timeout=10)
    assert f'<code id="pin">{pin}</code>' in again.text
    assert fields(finish(sandbox, given, pin))["screen_name"] == "mediajustice"


def test_an_account_that_there_is_not_allows_nothing(sandbox: SandboxClient) -> None:
    given = fields(begin(sandbox))
    form = {"oauth_token": given["oauth_token"], "handle": "nobody"}
    page = requests.post(f"{sandbox.url}/oauth/authorize", data=form, timeout=10)
    assert 'id="pin"' not in page.text
    assert finish(sandbox, given, "").status_code in {400, 401}
