from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def stored(sandbox: SandboxClient) -> int:
    return len(sandbox.control("GET", "/posts")["posts"])


@pytest.mark.parametrize("effect", ["commit_then_drop", {"type": "commit_then_drop"}])
def test_accepted_then_dropped_leaves_the_post(sandbox: SandboxClient, effect: Any) -> None:
    sandbox.fault(effect)
    with pytest.raises(requests.ConnectionError):
        sandbox.post(text="Hello")
    assert stored(sandbox) == 1
    assert sandbox.post(text="Hello").status_code == 403


def test_dropped_before_leaves_nothing(sandbox: SandboxClient) -> None:
    sandbox.fault("drop_before")
    with pytest.raises(requests.ConnectionError):
        sandbox.post(text="Hello")
    assert stored(sandbox) == 0
    sandbox.create_post("Hello")


def test_accepted_then_503_leaves_the_post(sandbox: SandboxClient) -> None:
    sandbox.fault("commit_then_503")
    assert sandbox.post(text="Hello").status_code == 503
    assert stored(sandbox) == 1


def test_garbage_is_201_without_json(sandbox: SandboxClient) -> None:
    sandbox.fault("garbage")
    answer = sandbox.post(text="Hello")
    assert answer.status_code == 201
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert stored(sandbox) == 1


def test_truncated_answer_breaks_off(sandbox: SandboxClient) -> None:
    sandbox.fault("truncate")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        sandbox.post(text="Hello")
    assert stored(sandbox) == 1


@pytest.mark.parametrize(
    ("effect", "status", "detail"),
    [
        ({"status": 500}, 500, "Internal Server Error"),
        ({"status": 503}, 503, "Service Unavailable"),
        ({"status": 401}, 401, "Unauthorized"),
        ({"status": 402}, 402, "does not have any credits"),
        ({"status": 403}, 403, "not permitted"),
        ({"status": 403, "problem": "duplicate"}, 403, "duplicate content"),
        ({"type": "status", "problem": "usage-capped"}, 429, "Usage cap exceeded"),
        ({"type": "status", "problem": "spend-cap"}, 403, "spend cap"),
        ({"type": "status", "problem": "credits-depleted"}, 402, "enough credits"),
        ({"status": 418, "body": {"detail": "teapot"}}, 418, "teapot"),
    ],
)
def test_status_faults_store_nothing(
    sandbox: SandboxClient, effect: Any, status: int, detail: str
) -> None:
    sandbox.fault(effect)
    answer = sandbox.post(text="Hello")
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert stored(sandbox) == 0


def test_429_comes_with_or_without_a_reset(sandbox: SandboxClient) -> None:
    sandbox.fault({"status": 429, "reset": 90})
    sandbox.fault({"status": 429})
    first, second = sandbox.post(text="Hello"), sandbox.post(text="Hello")
    reset = int(first.headers["x-rate-limit-reset"])
    assert reset == int(sandbox.clock().timestamp()) + 90
    assert first.headers["x-rate-limit-remaining"] == "0"
    assert "x-rate-limit-reset" not in second.headers


def test_redirect_leads_elsewhere_and_stores_nothing(sandbox: SandboxClient) -> None:
    sandbox.fault({"redirect": "https://example.org/trap"})
    sandbox.fault({"type": "redirect", "status": 302, "location": "https://example.org/2"})
    first, second = sandbox.post(text="Hello"), sandbox.post(text="Hello")
    assert (first.status_code, first.headers["location"]) == (307, "https://example.org/trap")
    assert (second.status_code, second.headers["location"]) == (302, "https://example.org/2")
    assert stored(sandbox) == 0


STALL = 1.0
"""In seconds. A loaded machine is late by tenths."""


@pytest.mark.parametrize(
    ("commit", "soon", "later"), [("first", 1, 1), ("late", 0, 1), ("never", 0, 0)]
)
def test_stall_outlasts_the_client(
    sandbox: SandboxClient, commit: str, soon: int, later: int
) -> None:
    sandbox.fault({"type": "stall", "seconds": STALL, "commit": commit})
    begun = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        sandbox.api("POST", "/2/tweets", json={"text": "Hello"}, timeout=0.2)
    if time.monotonic() - begun < STALL:  # not on a machine that was busy for so long
        assert stored(sandbox) == soon
    # Real seconds, because a stall is about the network.
    while time.monotonic() - begun < 2 * STALL or (stored(sandbox) != later and busy(begun)):
        time.sleep(0.05)
    assert stored(sandbox) == later


def busy(begun: float) -> bool:
    """Return whether a loaded machine may still be at it."""
    return time.monotonic() - begun < 60


def test_stop_does_not_wait_for_a_stall(sandbox: SandboxClient) -> None:
    from bot.sandbox import serve

    begun = time.monotonic()
    sandbox.fault({"stall": 60}, "GET", "/2/users/me")
    with serve(sandbox.world) as url, pytest.raises(requests.ReadTimeout):
        requests.get(f"{url}/2/users/me", timeout=0.1)
    assert time.monotonic() - begun < 30  # a busy machine may be slow, but not by half a minute


def test_count_and_skip_choose_the_requests(sandbox: SandboxClient) -> None:
    sandbox.fault({"status": 500}, count=2, skip=1)
    codes = [sandbox.post(text=f"Post {n}").status_code for n in range(5)]
    assert codes == [201, 500, 500, 201, 201]


def test_faults_match_by_method_prefix_and_regex(sandbox: SandboxClient) -> None:
    sandbox.fault({"status": 500}, method="GET", path="/2/users/\\d+/tweets")
    sandbox.fault({"status": 502}, method="*", path="/2/media")
    sandbox.create_post("Hello")
    assert sandbox.api("GET", "/2/users/me").status_code == 200
    assert sandbox.upload().status_code == 502
    assert sandbox.api("GET", f"/2/users/{sandbox.own.id}/tweets").status_code == 500
    assert sandbox.api("GET", f"/2/users/{sandbox.own.id}/tweets").status_code == 200


def test_faults_are_listed_and_cleared(sandbox: SandboxClient) -> None:
    sandbox.fault("garbage", count=2)
    sandbox.post(text="Hello")
    listed = sandbox.control("GET", "/faults")
    assert listed["faults"][0]["count"] == 1
    assert listed["hits"] == [{"method": "POST", "path": "/2/tweets", "effect": "garbage"}]
    assert sandbox.control("DELETE", "/faults")["faults"] == []
    sandbox.create_post("Hello again")


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "/2", "effect": "explode"},
        {"path": "/2", "effect": {"type": "status", "colour": 1}},
        {"path": "/2", "effect": {"status": 99}},
        {"path": "/2", "effect": {"type": "status", "problem": "unheard-of"}},
        {"path": "(", "effect": "garbage"},
        {"effect": "garbage"},
        {"path": "/2", "effect": "garbage", "count": 0},
        [],
    ],
)
def test_fault_that_is_not_understood_is_refused(sandbox: SandboxClient, fault: Any) -> None:
    assert sandbox.control("POST", "/faults", 422, json=fault)["error"]
    assert not sandbox.world.faults.pending


def test_dropped_lines_leave_no_word_in_the_log(
    sandbox: SandboxClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for effect in ("drop_before", "commit_then_drop", "truncate"):
            sandbox.fault(effect)
            with pytest.raises(
                (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
            ):
                sandbox.post(text=f"Hello {effect}")
        sandbox.create_post("Still there")
    assert not [r for r in caplog.records if r.name.startswith("uvicorn") or r.levelno > 20]


def test_errors_only_is_a_200_without_data_or_meta(sandbox: SandboxClient) -> None:
    user = sandbox.own.id
    sandbox.create_post("Hello")
    sandbox.fault("errors_only", method="GET", path=r"/2/users/\d+/tweets")
    answer = sandbox.api("GET", f"/2/users/{user}/tweets")
    assert answer.status_code == 200
    [error] = answer.json().pop("errors")
    assert (error["resource_type"], error["resource_id"]) == ("user", user)
    assert [*answer.json()] == ["errors"]
    assert sandbox.api("GET", f"/2/users/{user}/tweets").json()["meta"]["result_count"] == 1
