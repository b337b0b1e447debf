from __future__ import annotations

import pytest
from helpers.clock import ManualClock

from bot.model import Account
from bot.sandbox import BlueskyWorld, MastodonWorld, XWorld
from bot.services.simulation import (
    Handle,
    create_worlds,
    handle_of,
    handle_problems,
    invent_handle,
    parse_handle,
    secret_names,
)


@pytest.mark.parametrize(
    ("typed", "handle"),
    [
        ("us", Handle("x", "us")),
        ("@us", Handle("x", "us")),
        ("us@social.example", Handle("mastodon", "us", "social.example")),
        ("@us@social.example:8443", Handle("mastodon", "us", "social.example:8443")),
        ("us@", Handle("mastodon", "us")),
        ("@us.bsky.social", Handle("bluesky", "us.bsky.social")),
    ],
)
def test_a_handle_says_where_its_account_is(typed: str, handle: Handle) -> None:
    assert parse_handle(typed) == handle


def test_each_wrong_handle_is_a_problem() -> None:
    typed = (
        "us",
        "@US",
        "a b",
        "us@",
        "us@two words",
        "us@a.example",
        "@Us@A.example",
        "x" * 16,
        "a..b",
    )
    problems = handle_problems([parse_handle(handle) for handle in typed])
    assert [problem.code for problem in problems] == ["N102"] * 7
    assert "'us' is not a handle" in problems[2].message
    assert "name@server" in problems[2].hint


@pytest.mark.parametrize("name", ["our-x", "our-mastodon", "our-bluesky"])
def test_a_handle_can_be_made_for_an_account_that_has_none(name: str) -> None:
    platform = name.partition("-")[2]
    handle = invent_handle(Account(name, platform, name, ""))
    assert handle_problems([handle]) == []
    assert handle == parse_handle(str(handle))
    assert (handle.platform, handle.name.partition(".")[0]) == (platform, "our")


def test_each_server_is_played_once_with_its_accounts() -> None:
    typed = ("a", "a@one.example", "b@One.example", "a@two.example", "b", "a.example")
    handles = [parse_handle(handle) for handle in typed]
    worlds = create_worlds(handles, ManualClock(), minimal=True, spelling="post")
    played = [[account.handle for account in world.accounts.values()] for world in worlds]
    assert played == [["a", "b"], ["a", "b"], ["a"], ["a.example"]]
    x, one, two, bluesky = worlds
    assert isinstance(bluesky, BlueskyWorld)
    assert isinstance(x, XWorld)
    assert x.spelling == "post"
    assert isinstance(one, MastodonWorld)
    assert isinstance(two, MastodonWorld)
    assert (one.domain, two.domain) == ("one.example", "two.example")
    assert one.minimal


@pytest.mark.parametrize("handle", ["@us@social.example", "us"])
def test_secrets_are_named_after_the_account_of_the_config(handle: str) -> None:
    """A handle may lack its server if the config has the address of the API."""
    account = Account("our-masto", "mastodon", handle, "http://127.0.0.1:9")
    other = Account("our-x", "x", "us", "http://127.0.0.1:9")
    handles = [handle_of(account), handle_of(other), parse_handle("a.b@social.example")]
    worlds = create_worlds(handles[:2], ManualClock())
    name = secret_names([account, other])
    assert name(worlds[0], "us", "access_token") == "GROUNDSWELL_OUR_MASTO_ACCESS_TOKEN"
    assert name(worlds[1], "us", "access_token") == "GROUNDSWELL_OUR_X_ACCESS_TOKEN"
    last = create_worlds(handles[2:], ManualClock())[0]
    assert name(last, "a.b", "access_token") == "GROUNDSWELL_A_B_SOCIAL_EXAMPLE_ACCESS_TOKEN"
    bluesky = create_worlds([parse_handle("us.example")], ManualClock())[0]
    assert name(bluesky, "us.example", "app_password") == "GROUNDSWELL_US_EXAMPLE_APP_PASSWORD"
