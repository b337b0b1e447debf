from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.sandbox import billing
from bot.sandbox.limits import LIMITS, Limit

if TYPE_CHECKING:
    import pytest
    from sandbox_support import Desk

pytest_plugins = ["sandbox_support"]


def window(answer: Any, prefix: str = "x-rate-limit") -> tuple[int, int, int]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (int(answer.headers[f"{prefix}-{name}"]) for name in names)
    return limit, remaining, reset


def test_answers_tell_their_window(desk: Desk) -> None:
    opened = int(desk.clock().timestamp())
    first = desk.post(text="One")
    assert window(first) == (100, 99, opened + 900)
    assert window(first, "x-app-limit-24hour") == (10_000, 9_999, opened + 86_400)
    desk.clock.turn(minutes=5)
    refused = desk.post(text="")
    assert refused.status_code == 400
    assert window(refused) == (100, 98, opened + 900)


def test_full_user_window_is_429_until_it_rolls(desk: Desk) -> None:
    codes = [desk.api("GET", "/2/users/me").status_code for _ in range(75)]
    assert set(codes) == {200}
    full = desk.api("GET", "/2/users/me")
    assert full.status_code == 429
    assert full.json()["title"] == "Too Many Requests"
    assert window(full)[:2] == (75, 0)
    assert desk.api("GET", "/2/users/me", desk.theirs).status_code == 200
    desk.clock.turn(minutes=14, seconds=59)
    assert desk.api("GET", "/2/users/me").status_code == 429
    desk.clock.turn(seconds=1)
    assert window(desk.api("GET", "/2/users/me"))[:2] == (75, 74)


def test_app_window_holds_for_a_day_whatever_the_user(desk: Desk) -> None:
    second = desk.world.add_account("second", "Second", app=desk.mine)
    desk.world.windows.limits["POST /2/tweets"] = Limit(100, 2)
    desk.posted("One")
    desk.posted("Two", second)
    assert desk.post(text="Three").status_code == 429
    desk.posted("Three", desk.theirs)
    desk.clock.turn(hours=23)
    assert desk.post(text="Three").status_code == 429
    desk.clock.turn(hours=1)
    desk.posted("Three")


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
    assert {key: (LIMITS[key].user, LIMITS[key].app_day) for key in documented} == documented


def spent(desk: Desk) -> Decimal:
    return Decimal(desk.control("GET", "/ledger")["spent"])


def test_each_day_has_its_prices(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (start, table), day = billing.PRICES[0], desk.clock().date() + timedelta(days=1)
    monkeypatch.setattr(billing, "PRICES", ((start, table), (day, {"post": Decimal(1)})))
    desk.posted("Today")
    desk.clock.turn(days=1)
    desk.posted("Tomorrow")
    told = desk.control("GET", "/ledger")["entries"]
    assert [Decimal(entry["dollars"]) for entry in told] == [Decimal("0.015"), Decimal(1)]


def test_posts_cost_by_whether_they_hold_a_link(desk: Desk) -> None:
    head = desk.posted("No link")
    assert spent(desk) == Decimal("0.015")
    desk.posted("See mediajustice.org")
    assert spent(desk) == Decimal("0.215")
    desk.posted("A part", reply={"in_reply_to_tweet_id": head})
    assert spent(desk) == Decimal("0.230")
    summons = desk.posted("You, @mediajustice?", desk.theirs)
    desk.posted("Yes", reply={"in_reply_to_tweet_id": summons})
    assert spent(desk) == Decimal("0.255")
    desk.post(text="No link")
    desk.post(text="")
    assert spent(desk) == Decimal("0.255")


def test_picture_is_no_link(desk: Desk) -> None:
    desk.posted("Look", media={"media_ids": [desk.uploaded()]})
    assert spent(desk) == Decimal("0.015")


def test_same_post_is_read_for_money_once_a_utc_day(desk: Desk) -> None:
    ids = [desk.posted(f"Post {n}") for n in range(5)]
    before = spent(desk)
    path = f"/2/users/{desk.mine.user_id}/tweets"
    for _ in range(3):
        desk.api("GET", path, params={"max_results": 5})
    desk.api("GET", "/2/tweets", params={"ids": ids[0]})
    assert spent(desk) - before == Decimal("0.005")
    desk.clock.turn(hours=12)
    desk.api("GET", "/2/tweets", params={"ids": f"{ids[0]},42"})
    assert spent(desk) - before == Decimal("0.010")


def test_reading_through_anothers_app_costs_five_times_as_much(desk: Desk) -> None:
    guest = desk.world.add_account("guest", "Guest", app=desk.mine)
    desk.posted("Hello", guest)
    before = spent(desk)
    desk.api("GET", f"/2/users/{guest.user_id}/tweets", guest)
    assert spent(desk) - before == Decimal("0.005")


def test_profile_and_alt_text_have_their_price(desk: Desk) -> None:
    desk.api("GET", "/2/users/me")
    desk.api("GET", "/2/users/me")
    assert spent(desk) == Decimal("0.010")
    body = {"id": desk.uploaded(), "metadata": {"alt_text": {"text": "A square"}}}
    desk.api("POST", "/2/media/metadata", json=body)
    assert spent(desk) == Decimal("0.015")


def test_empty_balance_is_402_for_everything(desk: Desk) -> None:
    desk.control("POST", "/credits", json={"balance": "0.01"})
    desk.posted("The last one, on credit")
    answer = desk.post(text="One too many")
    assert answer.status_code == 402
    body = answer.json()
    assert body["title"] == "CreditsDepleted"
    assert "does not have any credits" in body["detail"]
    assert body["type"].endswith("/problems/credits")
    assert desk.api("GET", "/2/users/me").status_code == 402
    assert desk.control("POST", "/credits", json={"add": "5"}) == {"balance": "4.995"}
    desk.posted("Paid for")


def test_ledger_tells_what_when_and_for_whom(desk: Desk) -> None:
    desk.posted("See https://example.org")
    entry = desk.control("GET", "/ledger")["entries"][0]
    assert entry == {
        "at": "2026-03-02T12:00:00.000Z",
        "account": desk.mine.consumer_key,
        "item": "post_with_url",
        "quantity": 1,
        "dollars": "0.200",
    }
