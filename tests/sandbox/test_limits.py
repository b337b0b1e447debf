from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.sandbox import x
from bot.sandbox.x import RATE_LIMITS

if TYPE_CHECKING:
    import pytest
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def window(answer: Any, prefix: str = "x-rate-limit") -> tuple[int, int, int]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (int(answer.headers[f"{prefix}-{name}"]) for name in names)
    return limit, remaining, reset


def test_answers_tell_their_window(desk: SandboxClient) -> None:
    opened = int(desk.clock().timestamp())
    first = desk.post(text="One")
    assert window(first) == (100, 99, opened + 900)
    assert window(first, "x-app-limit-24hour") == (10_000, 9_999, opened + 86_400)
    desk.clock.advance(minutes=5)
    refused = desk.post(text="")
    assert refused.status_code == 400
    assert window(refused) == (100, 98, opened + 900)


def test_full_user_window_is_429_until_it_rolls(desk: SandboxClient) -> None:
    codes = [desk.api("GET", "/2/users/me").status_code for _ in range(75)]
    assert set(codes) == {200}
    full = desk.api("GET", "/2/users/me")
    assert full.status_code == 429
    assert full.json()["title"] == "Too Many Requests"
    assert window(full)[:2] == (75, 0)
    assert desk.api("GET", "/2/users/me", desk.other).status_code == 200
    desk.clock.advance(minutes=14, seconds=59)
    assert desk.api("GET", "/2/users/me").status_code == 429
    desk.clock.advance(seconds=1)
    assert window(desk.api("GET", "/2/users/me"))[:2] == (75, 74)


def test_app_window_holds_for_a_day_whatever_the_user(desk: SandboxClient) -> None:
    second = desk.world.add_account("second", "Second", app=desk.own)
    desk.world.limits["POST /2/tweets"] = (100, 2)
    desk.create_post("One")
    desk.create_post("Two", second)
    assert desk.post(text="Three").status_code == 429
    desk.create_post("Three", desk.other)
    desk.clock.advance(hours=23)
    assert desk.post(text="Three").status_code == 429
    desk.clock.advance(hours=1)
    desk.create_post("Three")


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


def spent(desk: SandboxClient) -> Decimal:
    return Decimal(desk.control("GET", "/ledger")["spent"])


def test_each_day_has_its_prices(desk: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = (desk.clock().date() + timedelta(days=1), "post", Decimal(1))
    monkeypatch.setattr(x, "PRICES", (*x.PRICES, dearer))
    desk.create_post("Today")
    desk.clock.advance(days=1)
    desk.create_post("Tomorrow")
    told = desk.control("GET", "/ledger")["entries"]
    assert [Decimal(entry["dollars"]) for entry in told] == [Decimal("0.015"), Decimal(1)]


def test_posts_cost_by_whether_they_hold_a_link(desk: SandboxClient) -> None:
    head = desk.create_post("No link")
    assert spent(desk) == Decimal("0.015")
    desk.create_post("See mediajustice.org")
    assert spent(desk) == Decimal("0.215")
    desk.create_post("A part", reply={"in_reply_to_tweet_id": head})
    assert spent(desk) == Decimal("0.230")
    summons = desk.create_post("You, @mediajustice?", desk.other)
    desk.create_post("Yes", reply={"in_reply_to_tweet_id": summons})
    assert spent(desk) == Decimal("0.255")
    desk.post(text="No link")
    desk.post(text="")
    assert spent(desk) == Decimal("0.255")


def test_picture_is_no_link(desk: SandboxClient) -> None:
    desk.create_post("Look", media={"media_ids": [desk.create_upload()]})
    assert spent(desk) == Decimal("0.015")


def test_same_post_is_read_for_money_once_a_utc_day(desk: SandboxClient) -> None:
    ids = [desk.create_post(f"Post {n}") for n in range(5)]
    before = spent(desk)
    path = f"/2/users/{desk.own.id}/tweets"
    for _ in range(3):
        desk.api("GET", path, params={"max_results": 5})
    desk.api("GET", "/2/tweets", params={"ids": ids[0]})
    assert spent(desk) - before == Decimal("0.005")
    desk.clock.advance(hours=12)
    desk.api("GET", "/2/tweets", params={"ids": f"{ids[0]},42"})
    assert spent(desk) - before == Decimal("0.010")


def test_reading_through_anothers_app_costs_five_times_as_much(desk: SandboxClient) -> None:
    guest = desk.world.add_account("guest", "Guest", app=desk.own)
    desk.create_post("Hello", guest)
    before = spent(desk)
    desk.api("GET", f"/2/users/{guest.id}/tweets", guest)
    assert spent(desk) - before == Decimal("0.005")


def test_profile_and_alt_text_have_their_price(desk: SandboxClient) -> None:
    desk.api("GET", "/2/users/me")
    desk.api("GET", "/2/users/me")
    assert spent(desk) == Decimal("0.010")
    body = {"id": desk.create_upload(), "metadata": {"alt_text": {"text": "A square"}}}
    desk.api("POST", "/2/media/metadata", json=body)
    assert spent(desk) == Decimal("0.015")


def test_empty_balance_is_402_for_everything(desk: SandboxClient) -> None:
    desk.control("POST", "/credits", json={"balance": "0.01"})
    desk.create_post("The last one, on credit")
    answer = desk.post(text="One too many")
    assert answer.status_code == 402
    body = answer.json()
    assert body["title"] == "CreditsDepleted"
    assert "does not have any credits" in body["detail"]
    assert body["type"].endswith("/problems/credits")
    assert desk.api("GET", "/2/users/me").status_code == 402
    assert desk.control("POST", "/credits", json={"add": "5"}) == {"balance": "4.995"}
    desk.create_post("Paid for")


def test_ledger_says_what_when_and_for_whom(desk: SandboxClient) -> None:
    desk.create_post("See https://example.org")
    entry = desk.control("GET", "/ledger")["entries"][0]
    assert entry == {
        "at": "2026-03-02T12:00:00.000Z",
        "account": desk.own.app,
        "item": "post_with_url",
        "quantity": 1,
        "dollars": "0.200",
    }
