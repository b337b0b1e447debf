"""Every refusal is a Problem, as X's specification has it, and says so in its content type."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bot.sandbox.x.problems import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.sandbox import SandboxClient

    from bot.sandbox.x.spec import Spelling

pytest_plugins = ["helpers.sandbox"]


def again(sandbox: SandboxClient) -> requests.Response:
    sandbox.create_post("Twice")
    return sandbox.post(text="Twice")


def broke(sandbox: SandboxClient) -> requests.Response:
    sandbox.world.balance = Decimal(0)
    return sandbox.post(text="Broke")


def too_often(sandbox: SandboxClient) -> requests.Response:
    sandbox.world.limits["POST /2/tweets"] = (0, None)
    return sandbox.post(text="Often")


def too_much(sandbox: SandboxClient) -> requests.Response:
    return sandbox.api("POST", "/2/tweets", data=b"x" * 20_000_001)


def unsigned(sandbox: SandboxClient) -> requests.Response:
    return requests.get(f"{sandbox.url}/2/users/me", timeout=10)


REFUSED: dict[str, tuple[int, Callable[[SandboxClient], requests.Response]]] = {
    "a body": (400, lambda sandbox: sandbox.post(colour="red")),
    "no JSON": (400, lambda sandbox: sandbox.api("POST", "/2/tweets", data=b"{")),
    "a query": (400, lambda sandbox: sandbox.api("GET", "/2/tweets", params={"colour": "red"})),
    "nobody": (401, unsigned),
    "no credit": (402, broke),
    "a duplicate": (403, again),
    "a missing post": (404, lambda sandbox: sandbox.api("DELETE", "/2/tweets/1")),
    "nowhere": (404, lambda sandbox: sandbox.api("GET", "/2/nowhere")),
    "another method": (405, lambda sandbox: sandbox.api("PUT", "/2/tweets")),
    "too much": (413, too_much),
    "too often": (429, too_often),
}


PARTS = ("type", "title", "detail")


def is_problem(answer: requests.Response) -> bool:
    body: dict[str, Any] = answer.json()
    texts = all(isinstance(body[name], str) and body[name] for name in PARTS)
    return texts and body.get("status", answer.status_code) == answer.status_code


@pytest.mark.parametrize("spelling", ["tweet", "post"])
@pytest.mark.parametrize(("status", "ask"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_a_problem(
    sandbox: SandboxClient,
    status: int,
    ask: Callable[[SandboxClient], requests.Response],
    spelling: Spelling,
) -> None:
    sandbox.world.spelling = spelling
    answer = ask(sandbox)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert is_problem(answer)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_fault_answers_as_x_does(sandbox: SandboxClient, name: str) -> None:
    sandbox.fault({"type": "status", "problem": name})
    answer = sandbox.post(text="a")
    window = name == "window"  # an older form, which X was seen to use
    kind = "application/json; charset=utf-8" if window else "application/problem+json"
    assert answer.headers["content-type"] == kind
    assert window or is_problem(answer)


def test_what_is_no_refusal_is_plain_json(sandbox: SandboxClient) -> None:
    """Errors in an answer of 200 are Problems, but the answer is none."""
    answer = sandbox.api("GET", "/2/tweets", params={"ids": "1"})
    assert answer.status_code == 200
    assert all(error[name] for error in answer.json()["errors"] for name in PARTS)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    posted = sandbox.post(text="a")
    assert posted.headers["content-type"] == "application/json; charset=utf-8"
