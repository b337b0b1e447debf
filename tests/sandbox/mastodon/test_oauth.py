from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    import requests
    from helpers.sandbox_mastodon import MastodonSandbox

pytest_plugins = ["helpers.sandbox_mastodon"]

OOB = "urn:ietf:wg:oauth:2.0:oob"


def register(server: MastodonSandbox, **fields: Any) -> Any:
    form = {"client_name": "Groundswell", "redirect_uris": OOB, "scopes": "read write"}
    answer = server.api("POST", "/api/v1/apps", token="", data=form | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(app: Any, **more: str) -> dict[str, str]:
    wanted = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": OOB}
    return wanted | {"scope": "read write"} | more


def let_in(server: MastodonSandbox, query: dict[str, str], who: str = "mediajustice") -> str:
    """Send the form, and return the address to which it leads."""
    answer = server.api("POST", "/oauth/authorize", token="", data=query | {"username": who})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def code_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["code"][0]


def exchange(server: MastodonSandbox, app: Any, code: str, **more: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": OOB,
    }
    return server.api("POST", "/oauth/token", token="", data=form | more)


def new_token(server: MastodonSandbox, app: Any, scope: str = "read write") -> str:
    code = code_of(let_in(server, ask(app, scope=scope)))
    return str(exchange(server, app, code).json()["access_token"])


def test_a_person_lets_an_app_in_by_a_code_to_copy(server: MastodonSandbox) -> None:
    app = register(server)
    page = server.api("GET", "/oauth/authorize", token="", params=ask(app))
    assert "Let it in as @mediajustice" in page.text
    assert "nobody sees these posts" in page.text
    address = let_in(server, ask(app))
    code = code_of(address)
    assert code in server.session.get(server.url + address, timeout=10).text
    answer = exchange(server, app, code).json()
    assert (answer["token_type"], answer["scope"]) == ("Bearer", "read write")
    me = server.get("/api/v1/accounts/verify_credentials", token=answer["access_token"])
    assert me["acct"] == "mediajustice"
    app_path = "/api/v1/apps/verify_credentials"
    assert server.get(app_path, token=answer["access_token"])["name"] == "Groundswell"
    assert len(answer["access_token"]) == 43


def test_a_code_serves_once_and_for_ten_minutes(server: MastodonSandbox) -> None:
    app = register(server)
    code = code_of(let_in(server, ask(app)))
    assert exchange(server, app, code).status_code == 200
    again = exchange(server, app, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    for change in ({"grant_type": "password"}, {"redirect_uri": "https://app.example/back"}):
        code = code_of(let_in(server, ask(app)))
        assert exchange(server, app, code, **change).status_code == 400
    code = code_of(let_in(server, ask(app)))
    assert exchange(server, app, code, client_secret="wrong").status_code == 401
    late = code_of(let_in(server, ask(app)))
    server.clock.advance(minutes=11)
    assert exchange(server, app, late).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_id": "nobody"}, 401),
        ({"redirect_uri": "https://evil.example"}, 400),
        ({"response_type": "token"}, 400),
        ({"scope": "read admin:write"}, 400),
    ],
)
def test_an_app_asks_only_for_what_it_registered(
    server: MastodonSandbox, change: dict[str, str], status: int
) -> None:
    query = ask(register(server)) | change
    page = server.api("GET", "/oauth/authorize", token="", params=query)
    assert page.status_code == status
    sent = server.api(
        "POST", "/oauth/authorize", token="", data=query | {"username": "mediajustice"}
    )
    assert sent.status_code == status


def test_another_page_cannot_let_an_app_in(server: MastodonSandbox) -> None:
    query = ask(register(server)) | {"username": "mediajustice"}
    headers = {"Origin": "https://evil.example"}
    answer = server.api("POST", "/oauth/authorize", token="", data=query, headers=headers)
    assert answer.status_code == 403


def test_a_token_can_do_what_its_scopes_say(server: MastodonSandbox) -> None:
    app = register(server, scopes="read write:statuses")
    token = new_token(server, app, "read:accounts write:statuses")
    server.get("/api/v1/accounts/verify_credentials", token=token)
    made = server.api("POST", "/api/v1/statuses", token=token, data={"status": "Hi"})
    assert made.status_code == 200
    status = f"/api/v1/statuses/{made.json()['id']}"
    for method, path in (("POST", "/api/v2/media"), ("GET", status)):
        refused = server.api(method, path, token=token)
        assert refused.status_code == 403
        assert refused.json() == {"error": "This action is outside the authorized scopes"}


def test_a_revoked_token_is_no_longer_valid(server: MastodonSandbox) -> None:
    app = register(server)
    token = new_token(server, app)
    form = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": token}
    for _ in range(2):
        assert server.api("POST", "/oauth/revoke", token="", data=form).json() == {}
    answer = server.api("GET", "/api/v1/accounts/verify_credentials", token=token)
    assert answer.status_code == 401
    assert answer.json() == {"error": "The access token was revoked"}
    theirs = register(server)
    form = {**form, "client_id": theirs["client_id"], "client_secret": theirs["client_secret"]}
    assert server.api("POST", "/oauth/revoke", token="", data=form).status_code == 403


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"client_name": " "}, "Name can't be blank"),
        ({"redirect_uris": "https://app.example/back"}, "redirects nowhere"),
        ({"scopes": "read everything"}, "Scopes doesn't match"),
    ],
)
def test_an_app_is_registered_in_the_right_form(
    server: MastodonSandbox, change: dict[str, str], why: str
) -> None:
    form = {"client_name": "Groundswell", "redirect_uris": OOB, "scopes": "read"} | change
    answer = server.api("POST", "/api/v1/apps", token="", data=form)
    assert answer.status_code == 422
    assert why in answer.json()["error"]
