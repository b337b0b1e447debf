"""The limits, accounts, descriptions, faults and pages of Mastodon's sandbox."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonRatelimitError

from bot.sandbox import MastodonWorld, serve
from bot.sandbox.mastodon import RATE_LIMITS
from bot.sandbox.server import startup_lines

if TYPE_CHECKING:
    from helpers.sandbox_mastodon import MastodonSandbox

pytest_plugins = ["helpers.sandbox_mastodon"]

ME = "/api/v1/accounts/verify_credentials"


# --- Who, and how often ---------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong", "x" * 43])
def test_without_a_valid_token_nothing_is_posted(server: MastodonSandbox, token: str) -> None:
    answer = server.api("POST", "/api/v1/statuses", token=token, data={"status": "Hi"})
    assert answer.status_code == 401
    assert answer.json() == {"error": "The access token is invalid"}
    assert server.world.visible() == []


def test_what_is_public_needs_no_token_but_no_wrong_one_either(server: MastodonSandbox) -> None:
    path = f"/api/v1/statuses/{server.post('Hi')['id']}"
    assert "favourited" not in server.get(path, token="")
    server.get(path, 401, token="wrong")


def test_the_tightest_limit_is_told_in_each_answer(server: MastodonSandbox) -> None:
    headers = server.api("GET", ME).headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("300", "299")
    reset = datetime.fromisoformat(headers["X-RateLimit-Reset"])
    assert timedelta(0) < reset - server.clock.now() <= timedelta(minutes=5)
    headers = server.upload().headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("30", "29")


def test_what_is_too_often_is_refused_until_the_span_ends(server: MastodonSandbox) -> None:
    server.world.limits["statuses"] = (2, timedelta(hours=3))
    for number in range(2):
        server.post(f"Post {number}")
    answer = server.api("POST", "/api/v1/statuses", json={"status": "Too many"})
    assert answer.status_code == 429
    assert answer.json() == {"error": "Too many requests"}
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    reset = datetime.fromisoformat(answer.headers["X-RateLimit-Reset"])
    server.clock.advance_to(reset)
    server.post("Now")


def test_limits_are_the_documented_ones_and_each_accounts_own(server: MastodonSandbox) -> None:
    five, thirty = timedelta(minutes=5), timedelta(minutes=30)
    assert RATE_LIMITS["api"] == (300, five)
    assert RATE_LIMITS["media"] == RATE_LIMITS["deletions"] == (30, thirty)
    server.world.limits["api"] = (1, five)
    server.get(ME)
    server.get(ME, 429)
    server.get(ME, token=server.token(server.other))


# --- Accounts, and the server itself --------------------------------------------------------------


def test_the_bot_flag_can_be_changed(server: MastodonSandbox) -> None:
    server.own.automated = False
    assert server.get(ME)["bot"] is False
    path = "/api/v1/accounts/update_credentials"
    changed = server.api("PATCH", path, data={"bot": "true"}).json()
    assert changed["bot"] is True
    assert changed["note"] == "<p>Posts by software.</p>"
    assert changed["source"]["note"] == "Posts by software."
    assert server.get(ME)["bot"] is True


def test_both_versions_of_the_instance_have_the_same_limits(server: MastodonSandbox) -> None:
    server.world.max_characters = 1000
    new, old = (server.get(f"/api/v{number}/instance", token="") for number in (2, 1))
    for name in ("statuses", "media_attachments", "polls"):
        assert new["configuration"][name] == old["configuration"][name]
    assert new["configuration"]["statuses"]["max_characters"] == 1000
    assert new["domain"] == old["uri"] == "sandbox.example"
    assert "nobody sees these posts" in new["title"]


def test_a_minimal_server_names_another_software(server: MastodonSandbox) -> None:
    server.world.minimal = True
    server.get("/api/v2/instance", 404, token="")
    assert "compatible" in server.get("/api/v1/instance", token="")["version"]


def test_a_handle_has_mastodons_form(server: MastodonSandbox) -> None:
    server.control("POST", "/accounts", 201, json={"handle": "a.b-c_" + "d" * 24, "name": "A"})
    for handle in ("a" * 31, ".a", "a b", "a@b.example"):
        server.control("POST", "/accounts", 422, json={"handle": handle, "name": "A"})


# --- The audience ---------------------------------------------------------------------------------


def test_counters_grow_and_never_fall(server: MastodonSandbox) -> None:
    path = f"/api/v1/statuses/{server.post('Hello')['id']}"
    names = ("favourites_count", "reblogs_count", "replies_count", "quotes_count")
    before = dict.fromkeys(names, 0)
    for _ in range(20):
        shown = server.get(path)
        assert all(shown[name] >= before[name] for name in names)
        before = {name: shown[name] for name in names}
        server.clock.advance(hours=3)
    assert before["favourites_count"] > before["reblogs_count"] > 0


def test_totals_are_those_that_the_api_gave_and_only_what_mastodon_counts(
    server: MastodonSandbox,
) -> None:
    path = f"/api/v1/statuses/{server.post('Hello')['id']}"
    server.clock.advance(hours=30)
    shown = server.get(path)
    totals = server.control("GET", "/totals")
    assert totals["totals"] == totals["served_totals"]
    assert totals["totals"] == {
        "likes": shown["favourites_count"],
        "reposts": shown["reblogs_count"],
        "quotes": shown["quotes_count"],
        "replies": shown["replies_count"],
    }
    assert totals["spent"] == "0"


# --- Faults ---------------------------------------------------------------------------------------

FAULTS: list[tuple[Any, int, int]] = [
    ({"status": 503}, 503, 0),
    ({"status": 401, "problem": "token-revoked"}, 401, 0),
    ({"type": "status", "problem": "disabled"}, 403, 0),
    ("commit_then_503", 503, 1),
    ({"type": "commit_then_503", "status": 500}, 500, 1),
    ("garbage", 200, 1),
    ("redirect", 307, 0),
    ("errors_only", 200, 0),
]


@pytest.mark.parametrize(("effect", "status", "posts"), FAULTS, ids=str)
def test_faults_hit_the_next_post(
    server: MastodonSandbox, effect: Any, status: int, posts: int
) -> None:
    body = {"method": "POST", "path": "/api/v1/statuses", "effect": effect}
    server.control("POST", "/faults", 201, json=body)
    answer = server.api("POST", "/api/v1/statuses", json={"status": "Hi"})
    assert answer.status_code == status
    assert len(server.world.visible()) == posts
    server.post("Again")


def test_a_fault_may_name_a_refusal_of_mastodons(server: MastodonSandbox) -> None:
    body = {"path": "/api", "effect": {"status": 403, "problem": "spend-cap"}}
    refused = server.control("POST", "/faults", 422, json=body)
    assert "pending" in str(refused), "the names that there are"
    body["effect"] = {"status": 429, "reset": 60}
    server.control("POST", "/faults", 201, json=body)
    answer = server.api("GET", ME)
    reset = datetime.fromisoformat(answer.headers["X-RateLimit-Reset"])
    assert reset == server.clock.now() + timedelta(seconds=60)


def test_an_answer_that_is_lost_is_made_good_by_the_same_key(server: MastodonSandbox) -> None:
    server.world.faults.add("POST", "/api/v1/statuses", "commit_then_drop")
    with pytest.raises(requests.ConnectionError):
        server.post("Once", key="k1")
    server.post("Once", key="k1")
    assert len(server.world.visible()) == 1


# --- Pages ----------------------------------------------------------------------------------------


def test_every_address_of_a_status_opens_and_shows_its_warning(server: MastodonSandbox) -> None:
    shown = server.post(
        "Hi <b> @athena #Now https://example.org/x", spoiler_text="Politics", visibility="unlisted"
    )
    for address in (shown["url"], shown["uri"], shown["account"]["url"], server.url):
        page = requests.get(address, timeout=10)
        assert page.status_code == 200, address
        for words in ("Hi &lt;b&gt; ", "Politics", "Visibility: unlisted", "nobody sees these"):
            assert words in page.text
        assert "impressions" not in page.text
    assert f'href="/@mediajustice/{shown["id"]}"' in page.text
    assert requests.get(f"{server.url}/@nobody", timeout=10).status_code == 404


def test_the_start_shows_where_and_with_which_token(server: MastodonSandbox) -> None:
    lines = startup_lines(server.url, server.world, "{}_{}".format)
    said = "\n".join(lines)
    assert "Nobody sees these posts" in said
    assert f"mediajustice_access_token={server.token()}" in said
    assert re.search(r"server +Mastodon 4\.5", said)
    server.world.minimal = True
    assert "minimal" in "\n".join(startup_lines(server.url, server.world, "{}_{}".format))


def test_the_same_handle_and_seed_have_the_same_token(server: MastodonSandbox) -> None:
    again = MastodonWorld(now=server.clock, seed=7).add_account("mediajustice", "MJ")
    assert again.secrets == server.own.secrets
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", again.secrets["access_token"])


def test_an_unknown_address_is_refused_in_mastodons_form(server: MastodonSandbox) -> None:
    assert server.get("/api/v1/timelines/home", 404) == {"error": "Record not found"}


# --- Mastodon.py, as it is ------------------------------------------------------------------------


def test_the_usual_library_works_with_it(server: MastodonSandbox) -> None:
    client = Mastodon(
        access_token=server.token(),
        api_base_url=server.url,
        ratelimit_method="throw",
        request_timeout=10,
    )
    assert client.account_verify_credentials().acct == "mediajustice"
    assert client.instance_v2().configuration.statuses.max_characters == 500
    head = client.status_post("Hi", idempotency_key="k", language="en")
    assert client.status_post("Hi", idempotency_key="k").id == head.id
    poll = client.make_poll(["Yes", "No"], 3600)
    tail = client.status_post("Well?", in_reply_to_id=head.id, poll=poll)
    assert [status.id for status in client.statuses([head.id, tail.id])] == [head.id, tail.id]
    assert [status.id for status in client.account_statuses(server.own.id)] == [tail.id, head.id]
    assert client.status_delete(tail.id).text == "Well?"
    with pytest.raises(MastodonAPIError, match="limit of 500 exceeded"):
        client.status_post("x" * 501)
    server.world.faults.add("GET", "/api/v1/accounts", {"status": 429, "reset": 60})
    with pytest.raises(MastodonRatelimitError):
        client.account_verify_credentials()


def test_two_platforms_are_served_side_by_side(server: MastodonSandbox) -> None:
    other = MastodonWorld(now=server.clock, seed=7)
    other.domain = "other.example"
    with serve(other) as url:
        there = requests.get(f"{url}/api/v2/instance", timeout=10).json()
    assert there["domain"] == "other.example"
    assert server.get("/api/v2/instance", token="")["domain"] == "sandbox.example"
