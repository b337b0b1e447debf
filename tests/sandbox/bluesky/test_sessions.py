"""Logging in, and the lives of tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests
    from helpers.sandbox_bluesky import BlueskySandboxClient

SERVER = "com.atproto.server"


def claims(token: str) -> dict[str, Any]:
    head, body, _ = token.split(".")
    return {**decode(head), **decode(body)}


def decode(part: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=="))
    return document


def refresh(sky: BlueskySandboxClient, token: str) -> requests.Response:
    return sky.call("POST", f"{SERVER}.refreshSession", token)


def session(sky: BlueskySandboxClient, token: str) -> requests.Response:
    return sky.call("GET", f"{SERVER}.getSession", token)


def error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"])


@pytest.mark.parametrize("by", ["handle", "did", "capitals"])
def test_a_login_says_who_it_is_and_where_its_posts_are(sky: BlueskySandboxClient, by: str) -> None:
    names = {"handle": sky.own.handle, "did": sky.own.id, "capitals": sky.own.handle.upper()}
    made = sky.login(identifier=names[by]).json()
    assert (made["did"], made["handle"], made["active"]) == (sky.own.id, sky.own.handle, True)
    assert made["did"].startswith("did:plc:")
    service = made["didDoc"]["service"][0]
    assert (service["id"], service["serviceEndpoint"]) == ("#atproto_pds", sky.url)


def test_tokens_say_until_when_they_hold(sky: BlueskySandboxClient) -> None:
    made, now = sky.login().json(), int(sky.clock.now().timestamp())
    access, renewing = claims(made["accessJwt"]), claims(made["refreshJwt"])
    assert access["exp"] - now == 2 * 3600
    assert renewing["exp"] - now == 90 * 24 * 3600
    assert (access["typ"], access["scope"]) == ("at+jwt", "com.atproto.appPass")
    assert (renewing["typ"], renewing["scope"]) == ("refresh+jwt", "com.atproto.refresh")
    assert access["sub"] == renewing["sub"] == sky.own.id


@pytest.mark.parametrize(
    "fields", [{"password": "wrong"}, {"identifier": "nobody.test"}, {"identifier": "x"}], ids=str
)
def test_a_wrong_login_is_refused_without_saying_what_is_wrong(
    sky: BlueskySandboxClient, fields: dict[str, Any]
) -> None:
    answer = sky.login(**fields)
    message = "Invalid identifier or password"
    assert answer.status_code == 401
    assert answer.json() == {"error": "AuthenticationRequired", "message": message}


def test_an_access_token_ends_after_two_hours(sky: BlueskySandboxClient) -> None:
    token = sky.token()
    sky.clock.advance(hours=2, seconds=-1)
    assert session(sky, token).json()["handle"] == sky.own.handle
    sky.clock.advance(seconds=1)
    assert error(session(sky, token)) == (400, "ExpiredToken")
    assert sky.put({"text": "x"}).json()["error"] == "ExpiredToken"
    assert not sky.world.posts


def test_a_refresh_token_is_replaced_and_works_two_more_hours(sky: BlueskySandboxClient) -> None:
    first = sky.login().json()["refreshJwt"]
    sky.clock.advance(hours=3)
    second = refresh(sky, first).json()["refreshJwt"]
    assert claims(second)["jti"] != claims(first)["jti"]
    sky.clock.advance(hours=1, minutes=59)
    again = refresh(sky, first).json()["refreshJwt"]
    assert claims(again)["jti"] == claims(second)["jti"], "the same successor"
    sky.clock.advance(minutes=1)
    assert error(refresh(sky, first)) == (400, "ExpiredToken")
    assert refresh(sky, second).status_code == 200


def test_a_refresh_token_ends_after_ninety_days(sky: BlueskySandboxClient) -> None:
    token = sky.login().json()["refreshJwt"]
    sky.clock.advance(days=90)
    assert error(refresh(sky, token)) == (400, "ExpiredToken")


def test_tokens_are_not_exchangeable(sky: BlueskySandboxClient) -> None:
    made = sky.login().json()
    for answer in (session(sky, made["refreshJwt"]), refresh(sky, made["accessJwt"])):
        assert answer.status_code == 400
        assert answer.json() == {"error": "InvalidToken", "message": "Invalid token type"}


@pytest.mark.parametrize(
    ("header", "status", "name"),
    [
        ("", 401, "AuthMissing"),
        ("Bearer", 400, "InvalidToken"),
        ("Bearer a b", 400, "InvalidToken"),
        ("Bearer abc", 400, "InvalidToken"),
        ("Bearer a.b.c", 400, "InvalidToken"),
        ("Basic YTpi", 400, "InvalidToken"),
        ("Foo bar", 400, "InvalidToken"),
    ],
)
def test_what_is_no_token_is_refused(
    sky: BlueskySandboxClient, header: str, status: int, name: str
) -> None:
    nsid, headers = f"{SERVER}.getSession", {"Authorization": header} if header else {}
    assert error(sky.call("GET", nsid, None, headers=headers)) == (status, name)


def test_a_token_of_another_server_is_refused(sky: BlueskySandboxClient) -> None:
    head, body, signature = sky.token().split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    assert error(session(sky, forged)) == (400, "InvalidToken")


def test_an_account_has_the_same_password_in_every_world_of_a_seed(
    sky: BlueskySandboxClient,
) -> None:
    password = sky.own.secrets["app_password"]
    assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
    assert password != sky.other.secrets["app_password"]
    again = type(sky.world)(now=sky.clock, seed=7).add_account(sky.own.handle, "Again")
    assert (again.secrets, again.id) == (sky.own.secrets, sky.own.id)
