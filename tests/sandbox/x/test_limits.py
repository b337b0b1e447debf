from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.sandbox.x import RATE_LIMITS, prices

if TYPE_CHECKING:
    import pytest
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def window(answer: Any, prefix: str = "x-rate-limit") -> tuple[int, int, int]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (int(answer.headers[f"{prefix}-{name}"]) for name in names)
    return limit, remaining, reset


def test_answers_tell_their_window(sandbox: SandboxClient) -> None:
    opened = int(sandbox.clock().timestamp())
    first = sandbox.post(text="One")
    assert window(first) == (100, 99, opened + 900)
    assert window(first, "x-app-limit-24hour") == (10_000, 9_999, opened + 86_400)
    sandbox.clock.advance(minutes=5)
    refused = sandbox.post(text="")
    assert refused.status_code == 400
    assert window(refused) == (100, 98, opened + 900)


def test_full_user_window_is_429_until_it_rolls(sandbox: SandboxClient) -> None:
    codes = [sandbox.api("GET", "/2/users/me").status_code for _ in range(75)]
    assert set(codes) == {200}
    full = sandbox.api("GET", "/2/users/me")
    assert full.status_code == 429
    assert full.json()["title"] == "Too Many Requests"
    assert window(full)[:2] == (75, 0)
    assert sandbox.api("GET", "/2/users/me", sandbox.other).status_code == 200
    sandbox.clock.advance(minutes=14, seconds=59)
    assert sandbox.api("GET", "/2/users/me").status_code == 429
    sandbox.clock.advance(seconds=1)
    assert window(sandbox.api("GET", "/2/users/me"))[:2] == (75, 74)


def test_app_window_holds_for_a_day_whatever_the_user(sandbox: SandboxClient) -> None:
    sandbox.world.one_app = True
    second = sandbox.world.add_account("second", "Second")
    sandbox.world.limits["POST /2/tweets"] = (100, 2)
    sandbox.create_post("One")
    sandbox.create_post("Two", second)
    assert sandbox.post(text="Three").status_code == 429
    sandbox.create_post("Three", sandbox.other)
    sandbox.clock.advance(hours=23)
    assert sandbox.post(text="Three").status_code == 429
    sandbox.clock.advance(hours=1)
    sandbox.create_post("Three")


def test_documented_limits_are_in_force() -> None:
    documented = {
        "POST /2/tweets": (100, 10_000),
        "DELETE /2/tweets/:id": (50, None),
        "GET /2/tweets": (5_000, None),
        "GET /2/users/:id/tweets": (900, None),
        "GET /2/users/me": (75, None),
        "POST /2/media/upload": (500, 50_000),
        "POST /2/media/metadata": (500, 50_000),
        "GET /2/media/upload": (1_000, 100_000),
    }
    assert {key: RATE_LIMITS[key] for key in documented} == documented


def spent(sandbox: SandboxClient) -> Decimal:
    return Decimal(sandbox.control("GET", "/ledger")["spent"])


def test_each_day_has_its_prices(sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = (sandbox.clock().date() + timedelta(days=1), "post", Decimal(1))
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, dearer))
    sandbox.create_post("Today")
    sandbox.clock.advance(days=1)
    sandbox.create_post("Tomorrow")
    entries = sandbox.control("GET", "/ledger")["entries"]
    assert [Decimal(entry["dollars"]) for entry in entries] == [Decimal("0.015"), Decimal(1)]


def test_posts_cost_by_whether_they_hold_a_link(sandbox: SandboxClient) -> None:
    head = sandbox.create_post("No link")
    assert spent(sandbox) == Decimal("0.015")
    sandbox.create_post("See mediajustice.org")
    assert spent(sandbox) == Decimal("0.215")
    sandbox.create_post("A part", reply={"in_reply_to_tweet_id": head})
    assert spent(sandbox) == Decimal("0.230")
    summons = sandbox.create_post("You, @mediajustice?", sandbox.other)
    sandbox.create_post("Yes", reply={"in_reply_to_tweet_id": summons})
    assert spent(sandbox) == Decimal("0.255")
    sandbox.post(text="No link")
    sandbox.post(text="")
    assert spent(sandbox) == Decimal("0.255")


def test_picture_is_no_link(sandbox: SandboxClient) -> None:
    sandbox.create_post("Look", media={"media_ids": [sandbox.create_upload()]})
    assert spent(sandbox) == Decimal("0.015")


def test_same_post_is_read_for_money_once_a_utc_day(sandbox: SandboxClient) -> None:
    ids = [sandbox.create_post(f"Post {n}") for n in range(5)]
    before = spent(sandbox)
    path = f"/2/users/{sandbox.own.id}/tweets"
    for _ in range(3):
        sandbox.api("GET", path, params={"max_results": 5})
    sandbox.api("GET", "/2/tweets", params={"ids": ids[0]})
    assert spent(sandbox) - before == Decimal("0.005")
    sandbox.clock.advance(hours=12)
    sandbox.api("GET", "/2/tweets", params={"ids": f"{ids[0]},42"})
    assert spent(sandbox) - before == Decimal("0.010")


def test_reading_through_anothers_app_costs_five_times_as_much(sandbox: SandboxClient) -> None:
    sandbox.world.one_app = True
    guest = sandbox.world.add_account("guest", "Guest")
    sandbox.create_post("Hello", guest)
    before = spent(sandbox)
    sandbox.api("GET", f"/2/users/{guest.id}/tweets", guest)
    assert spent(sandbox) - before == Decimal("0.005")


def test_profile_and_alt_text_have_their_price(sandbox: SandboxClient) -> None:
    sandbox.api("GET", "/2/users/me")
    sandbox.api("GET", "/2/users/me")
    assert spent(sandbox) == Decimal("0.010")
    body = {"id": sandbox.create_upload(), "metadata": {"alt_text": {"text": "A square"}}}
    sandbox.api("POST", "/2/media/metadata", json=body)
    assert spent(sandbox) == Decimal("0.015")


def test_empty_balance_is_402_for_everything(sandbox: SandboxClient) -> None:
    sandbox.control("POST", "/credits", json={"balance": "0.01"})
    sandbox.create_post("The last one, on credit")
    answer = sandbox.post(text="One too many")
    assert answer.status_code == 402
    body = answer.json()
    assert body["title"] == "CreditsDepleted"
    assert "does not have any credits" in body["detail"]
    assert body["type"].endswith("/problems/credits")
    assert sandbox.api("GET", "/2/users/me").status_code == 402
    assert sandbox.control("POST", "/credits", json={"add": "5"}) == {"balance": "4.995"}
    sandbox.create_post("Paid for")


def test_ledger_says_what_when_and_for_whom(sandbox: SandboxClient) -> None:
    sandbox.create_post("See https://example.org")
    entry = sandbox.control("GET", "/ledger")["entries"][0]
    assert entry == {
        "at": "2026-03-02T12:00:00.000Z",
        "account": sandbox.own.app,
        "item": "post_with_url",
        "quantity": 1,
        "dollars": "0.200",
    }
