"""The platform in memory and the sandbox over HTTP have the same outcome after the same fault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import AppHarness, Crash
from helpers.machine import Simulation, migrated_folder
from helpers.machine_plan import ModelEntry
from helpers.platforms import SEND_KEY
from helpers.store import text_content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Story = tuple[str, list[str | None], list[tuple[str, float]]]

FAULTS: dict[str, dict[str, Any] | str] = {
    "401": {"status": 401},
    "402": {"status": 402, "problem": "credits"},
    "403 suspended": {"status": 403, "problem": "suspended"},
    "403 content": {"status": 403, "problem": "too-long"},
    "403 duplicate": {"status": 403, "problem": "duplicate"},
    "400": {"status": 400},
    "307": "redirect",
    "429": {"status": 429},
    "429 soon": {"status": 429, "reset": 300},
    "429 late": {"status": 429, "reset": 3600},
    "503": {"status": 503},
    "503 after": "commit_then_503",
    "lost before": "drop_before",
    "lost after": "commit_then_drop",
    "garbage": "garbage",
}
STORIES = [
    *([fault] for fault in FAULTS),
    ["lost before", "lost before"],
    ["lost before", "lost after"],
    ["lost before", "403 duplicate"],
    ["429", "lost after"],
    ["503", "429 soon"],
]
PARTS = ("one", "two")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Simulation]:
    folder = tmp_path / "empty"
    folder.mkdir()
    house = Simulation(migrated_folder(folder), refuses_repeats=True, lag=timedelta(0))
    yield house
    house.close()


def in_memory(house: Simulation, faults: list[str], wait: timedelta) -> Story:
    due = house.clock.now() + timedelta(minutes=1)
    house.files.put(ModelEntry("hart", "people", ("mj",), "once", due, PARTS))
    house.watch()
    house.platform.sends.extend(faults)
    house.drive(wait)
    [row] = house.checker.rows("SELECT key, state FROM deliveries")
    found = house.checker.rows("SELECT outcome FROM attempts ORDER BY id")
    house.checker.check()
    posts = [(post.text, _after(post.created - due)) for post in house.platform.visible()]
    return row["state"], [one["outcome"] for one in found], posts


def over_http(loop: AppHarness, faults: list[str], wait: timedelta) -> Story:
    due = loop.clock.now() + timedelta(minutes=1)
    key = loop.add(due=due, content=text_content(*PARTS))
    for fault in faults:
        loop.fault(FAULTS[fault])
    loop.drive(minutes=wait.total_seconds() / 60)
    posts = [(post.raw, _after(post.created - due)) for post in loop.posts]
    return loop.state(key).value, loop.outcomes(key), posts


def _after(span: timedelta) -> float:
    """Return a span in half minutes, which hides differences of ticks and jitter."""
    return round(span / timedelta(seconds=30))


@pytest.mark.parametrize("faults", STORIES, ids=" then ".join)
def test_model_and_sandbox_tell_the_same_story(
    house: Simulation, loop: AppHarness, faults: list[str]
) -> None:
    wait = timedelta(minutes=20)
    assert in_memory(house, faults, wait) == over_http(loop, faults, wait)


def test_a_repeated_text_is_refused_by_both(house: Simulation, loop: AppHarness) -> None:
    from bot.platforms.outcomes import Unknown

    payload = '{"text":"one"}'
    answers = []
    for client in (house.app.clients("mj"), loop.app.clients("mj")):
        client.publish(payload, SEND_KEY)
        with pytest.raises(Unknown) as refused:
            client.publish(payload, SEND_KEY)
        answers.append((refused.value.status, refused.value.duplicate))
    assert answers[0] == answers[1] == (403, True)


def test_both_find_a_post_and_no_other(house: Simulation, loop: AppHarness) -> None:
    for client, clock in (
        (house.app.clients("mj"), house.clock),
        (loop.app.clients("mj"), loop.clock),
    ):
        since = clock.now()
        sent = client.publish('{"text":"one"}', SEND_KEY)
        [found] = client.find('{"text":"one"}', since).matches
        assert found.remote_id == sent.remote_id
        assert client.find('{"text":"two"}', since).matches == ()


def test_a_crash_ends_the_model_as_a_kill_ends_a_process(house: Simulation) -> None:
    house.platform.sends.append("crash after")
    house.platform.on_send = lambda *_: None
    with pytest.raises(Crash):
        house.app.clients("mj").publish('{"text":"one"}', SEND_KEY)
    assert [post.text for post in house.platform.visible()] == ["one"]


def test_a_stall_after_the_claim_does_not_carry_a_send_past_its_deadline(house: Simulation) -> None:
    due = house.clock.now() + timedelta(minutes=1)
    house.files.put(ModelEntry("hart", "people", ("mj",), "once", due, ("one",)))
    house.watch()
    house.hooks["claimed"].append(lambda: house.clock.advance(seconds=20))
    house.clock.advance_to(due + timedelta(minutes=14, seconds=55))
    house.publish()
    house.checker.check()
    [row] = house.checker.rows()
    assert (row["state"], house.platform.posts) == ("missed", [])
