"""Every documented or reported answer of X, and what it means for a delivery."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from bot.platforms import responses
from bot.platforms.outcomes import (
    Outcome,
    OutOfCredit,
    RateLimited,
    Rejected,
    Unauthorized,
    Unknown,
    Unsent,
)
from bot.platforms.responses import HttpAnswer, outcome_without_answer, root_cause
from bot.platforms.x.responses import classify, explain, published_id

T = "https://api.twitter.com/2/problems/"
X = "https://api.x.com/2/problems/"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


outcome_of = partial(responses.outcome_of, classify=classify)


def answer(status: int, body: Any = None, **headers: str) -> HttpAnswer:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return HttpAnswer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, raw
    )


def forbidden(detail: str, **more: Any) -> dict[str, Any]:
    return {"title": "Forbidden", "detail": detail, "type": "about:blank", "status": 403, **more}


INVALID = {
    "title": "Invalid Request",
    "detail": "One or more parameters to your request was invalid.",
    "type": X + "invalid-request",
    "errors": [{"message": "text is too long", "parameters": {"text": ["..."]}}],
}
TABLE = [
    (400, INVALID, Rejected),
    (401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, Unauthorized),
    (402, {"title": "CreditsDepleted", "type": X + "credits"}, OutOfCredit),
    (402, {"title": "Payment Required", "type": T + "credits-depleted"}, OutOfCredit),
    (402, b"", OutOfCredit),
    (403, forbidden("You are not permitted to perform this action."), Unauthorized),
    (403, forbidden("Your account is suspended."), Unauthorized),
    (403, forbidden("This account is temporarily locked."), Unauthorized),
    (403, forbidden("x", type=T + "client-forbidden", reason="client-not-enrolled"), Unauthorized),
    (403, {"title": "Unsupported Authentication", "type": X + "unsupported"}, Unauthorized),
    (403, {"title": "SpendCapReached", "detail": "cap", "type": X + "credits"}, OutOfCredit),
    (403, {"title": "SpendCapReached"}, OutOfCredit),
    (403, forbidden("Reply to this conversation is not allowed because you have..."), Rejected),
    (403, forbidden("You attempted to reply to a Tweet that is deleted or not visible."), Rejected),
    (403, forbidden("A post may contain at most 1 cashtag."), Rejected),
    (403, {"errors": [{"code": 186, "message": "Tweet needs to be a bit shorter."}]}, Rejected),
    (403, {"code": 187, "message": "Status is a duplicate."}, Unknown),
    (403, {"code": 187}, Unknown),
    (403, {"errors": [{"code": 187}]}, Unknown),
    (403, {"code": 186}, Rejected),
    (403, {"code": 326}, Unauthorized),
    (403, {"code": 99999}, Unauthorized),
    (403, b"", Unauthorized),
    (404, {"errors": [{"type": X + "resource-not-found"}]}, Rejected),
    (407, b"", Unsent),
    (408, b"", Unknown),
    (409, b"", Unknown),
    (413, b"", Rejected),
    (422, b"", Rejected),
    (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RateLimited),
    (429, {"title": "Too Many Requests", "type": "about:blank"}, RateLimited),
    (429, {"title": "UsageCapExceeded", "period": "Monthly"}, OutOfCredit),
    (429, {"title": "x", "type": T + "usage-capped"}, OutOfCredit),
    (301, b"", Rejected),
    (303, b"", Rejected),
    (500, b"", Unknown),
    (502, b"<html>", Unknown),
    (503, forbidden("Over capacity: suspended, duplicate content"), Unknown),
    (504, b"", Unknown),
]


@pytest.mark.parametrize(("status", "body", "outcome"), TABLE)
def test_what_a_refusal_means(status: int, body: Any, outcome: type[Outcome]) -> None:
    found = outcome_of(answer(status, body))
    assert type(found) is outcome
    assert found.status == status
    assert f"HTTP {status}" in found.detail


@pytest.mark.parametrize(("status", "body", "outcome"), TABLE)
def test_a_repeatable_call_is_never_unknown(status: int, body: Any, outcome: type[Outcome]) -> None:
    found = outcome_of(answer(status, body), repeatable=True)
    assert type(found) is (Unsent if outcome is Unknown else outcome)


def test_a_duplicate_may_be_out() -> None:
    words = "You are not allowed to create a Tweet with duplicate content."
    found = outcome_of(answer(403, forbidden(words)))
    assert isinstance(found, Unknown)
    assert found.duplicate
    assert words in found.detail


def test_other_unknowns_are_no_duplicates() -> None:
    found = outcome_of(answer(503))
    assert isinstance(found, Unknown)
    assert not found.duplicate


def test_success_is_no_refusal() -> None:
    assert outcome_of(answer(201, {"data": {"id": "1"}})) is None


def test_the_detail_names_what_was_wrong() -> None:
    found = outcome_of(answer(400, INVALID))
    assert found is not None
    assert found.detail == "text is too long (HTTP 400)"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"code": 187, "message": "Status is a duplicate."}, "Status is a duplicate. (HTTP 403)"),
        ({"code": 187}, "the post is a duplicate (error 187) (HTTP 403)"),
        ({"errors": [{"code": 326}]}, "the account is locked (error 326) (HTTP 403)"),
        ({"code": 99999}, "error 99999 (HTTP 403)"),
    ],
)
def test_a_number_without_words_is_explained(body: dict[str, Any], words: str) -> None:
    found = outcome_of(answer(403, body))
    assert found is not None
    assert found.detail == words


@pytest.mark.parametrize(
    ("status", "body", "step"),
    [
        (401, {"title": "Unauthorized"}, "groundswell accounts login makes new tokens"),
        (403, forbidden("Your account is suspended."), "learns why by signing in to it"),
        (403, {"errors": [{"code": 326}]}, "learns why by signing in to it"),
        (
            403,
            forbidden(
                "Your client app is not configured with the appropriate oauth1 app permissions."
            ),
            "its tokens be made after that: groundswell accounts login",
        ),
        (403, {"code": 261}, "its tokens be made after that: groundswell accounts login"),
        (403, {"code": 99999}, "error 99999 (HTTP 403)"),
        (403, forbidden("This request was blocked."), "This request was blocked. (HTTP 403)"),
        (403, forbidden("A post may contain at most 1 cashtag."), "1 cashtag. (HTTP 403)"),
    ],
)
def test_a_refusal_of_the_account_says_what_to_do(status: int, body: Any, step: str) -> None:
    found = responses.outcome_of(answer(status, body), explain)
    assert found is not None
    assert found.detail.endswith(step)


def test_a_long_detail_is_one_short_line() -> None:
    found = outcome_of(answer(400, {"detail": "very\n long " * 500}))
    assert found is not None
    assert "\n" not in found.detail
    assert len(found.detail) < 320


def test_a_redirect_names_the_place_and_nothing_else_of_it() -> None:
    found = outcome_of(answer(307, location="https://evil.example/x?token=canary"))
    assert found is not None
    assert "evil.example" in found.detail
    assert "canary" not in found.detail


def test_a_redirect_to_no_address_is_told_apart_too() -> None:
    found = outcome_of(answer(307, location="http://[evil"))
    assert found is not None
    assert "somewhere else" in found.detail


LATER = {
    "the window's end": ({"x_rate_limit_reset": str(EPOCH + 900)}, 900),
    "no header": ({}, None),
    "garbage": ({"x_rate_limit_reset": "soon"}, None),
    "milliseconds": ({"x_rate_limit_reset": str(EPOCH * 1000)}, None),
    "the day is used up": (
        {
            "x_rate_limit_reset": str(EPOCH + 900),
            "x_user_limit_24hour_remaining": "0",
            "x_user_limit_24hour_reset": str(EPOCH + 7200),
        },
        7200,
    ),
    "the day is not used up": (
        {
            "x_rate_limit_reset": str(EPOCH + 900),
            "x_app_limit_24hour_remaining": "5",
            "x_app_limit_24hour_reset": str(EPOCH + 7200),
        },
        900,
    ),
    "retry-after by the platform's clock": (
        {"retry_after": "60", "date": "Tue, 24 Nov 2026 12:00:00 GMT"},
        60,
    ),
    "retry-after without a clock": ({"retry_after": "60"}, None),
}


@pytest.mark.parametrize("name", LATER)
def test_when_to_come_back(name: str) -> None:
    headers, seconds = LATER[name]
    found = outcome_of(answer(429, **headers))
    assert isinstance(found, RateLimited)
    waits = found.until and (found.until - NOW).total_seconds()
    assert waits == seconds


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2026 12:00:00 GMT"])
def test_an_odd_date_is_no_date(date: str) -> None:
    assert answer(200, date=date).date is None


BODIES: list[Any] = [
    b"",
    b"null",
    b"[]",
    b"\xff\xfe",
    b"[" * 100_000,
    {"data": []},
    {"data": {}},
    {"data": {"id": ""}},
    {"data": {"id": "1" * 20}},
    {"data": {"id": "\u0661"}},
    {"data": {"id": None}},
    {"errors": [{}]},
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body)[:30])
def test_success_that_names_no_post_is_unknown(body: Any) -> None:
    with pytest.raises(Unknown):
        published_id(answer(201, body))


def test_success_names_the_post() -> None:
    assert published_id(answer(201, {"data": {"id": "17"}, "errors": [{}]})) == "17"


@pytest.mark.parametrize(
    ("opened", "repeatable", "outcome"),
    [
        (False, False, Unsent),
        (False, True, Unsent),
        (True, True, Unsent),
        (True, False, Unknown),
    ],
)
def test_without_an_answer_only_a_missing_connection_proves_anything(
    opened: bool, repeatable: bool, outcome: type[Outcome]
) -> None:
    assert type(outcome_without_answer("said", opened=opened, repeatable=repeatable)) is outcome


def test_the_cause_is_the_innermost_reason() -> None:
    inner = ConnectionRefusedError(111, "Connection refused")
    assert root_cause(OSError("outer", ValueError(inner))) == ("Connection refused")
