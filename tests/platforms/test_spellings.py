"""X's two spellings, of which the client finds the right one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.platform_contract import send
from helpers.platforms import SEND_KEY, XBackend
from helpers.store import text_content

from bot.platforms.options import XOptions
from bot.platforms.outcomes import Rejected, Unauthorized, Unsent
from bot.platforms.x.transport import XTransport
from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.platforms.base import Client
    from bot.platforms.responses import HttpAnswer
    from bot.sandbox.x.spec import Spelling

NAMES = {"tweet.fields", "post.fields"}
OTHER: dict[str, Spelling] = {"tweet": "post", "post": "tweet"}


@pytest.fixture(params=["tweet", "post"])
def stage(request: pytest.FixtureRequest) -> Iterator[XBackend]:
    """An account whose config asks in the other spelling than X."""
    clock = ManualClock()
    world = XWorld(now=clock.now)
    world.spelling = request.param
    with serve(world) as url:
        stage = XBackend(url, world, clock)
        spelling = OTHER[request.param]
        stage.account = replace(stage.account, options=XOptions(field_spelling=spelling))
        yield stage


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the parameter with the fields, of each reading request as it is made."""
    names: list[str] = []
    ask = XTransport.send

    def watched(line: XTransport, method: str, route: str, **how: Any) -> HttpAnswer:
        names.extend(how.get("params", {}).keys() & {"tweet.fields", "post.fields"})
        return ask(line, method, route, **how)

    monkeypatch.setattr(XTransport, "send", watched)
    return names


def read(client: Client, stage: XBackend) -> int:
    """Look for a reply, and read its counters; return how many posts were found."""
    head = send(stage, text_content("Head"))
    said = text_content("Head", "Tail")
    payload = client.payload(said, 1, [], head)
    tail = client.publish(payload, SEND_KEY)
    found = client.find(payload, stage.clock.now()).matches
    counters = client.fetch_counters([(tail.remote_id, tail.at)]).counters
    assert counters[tail.remote_id].reposts is not None
    return len(found)


def test_the_spelling_that_x_takes_is_found_once_and_said(
    stage: XBackend, asked: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    client, right = stage.client(), stage.world.spelling
    assert read(client, stage) == 1
    assert asked == [f"{OTHER[right]}.fields", f"{right}.fields", f"{right}.fields"]
    [said] = [record.getMessage() for record in caplog.records if record.name == "groundswell.x"]
    assert f"Set field_spelling: {right} under x: of this account" in said
    assert f"{OTHER[right]}.fields" in said


def test_a_new_client_asks_as_the_config_says(stage: XBackend, asked: list[str]) -> None:
    for _ in range(2):
        stage.client().find('{"text":"Head"}', stage.clock.now())
    assert asked[:2] == asked[2:]


def test_where_x_refuses_both_the_first_refusal_stands(stage: XBackend, asked: list[str]) -> None:
    problem = {
        "title": "Invalid Request",
        "type": "https://api.x.com/2/problems/invalid-request",
        "detail": "A parameter is unknown.",
    }
    for name in ("first", "second"):
        body = {**problem, "parameter": "tweet.fields", "detail": name}
        stage.fault({"status": 400, "body": body}, "/2/users")
    with pytest.raises(Rejected, match="first"):
        stage.client().find('{"text":"Head"}', stage.clock.now())
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("effect", "outcome"),
    [
        ({"status": 400, "body": {"detail": "start_time is too early"}}, Rejected),
        ({"status": 401}, Unauthorized),
    ],
)
def test_any_other_refusal_is_not_asked_again(
    stage: XBackend, asked: list[str], effect: dict[str, Any], outcome: type[Exception]
) -> None:
    stage.fault(effect, "/2/users")
    with pytest.raises(outcome):
        stage.client().find('{"text":"Head"}', stage.clock.now())
    assert len(asked) == 1


def test_what_a_reply_refers_to_is_paid_for_where_x_includes_it(stage: XBackend) -> None:
    """Only as an expansion does X's newer version tell of it."""
    head = send(stage, text_content("Head"))
    stage.clock.advance(hours=1)
    client = stage.client()
    payload = client.payload(text_content("Head", "Tail"), 1, [], head)
    tail = client.publish(payload, SEND_KEY)
    [charge] = client.find(payload, stage.clock.now()).charges
    charged = {tail.remote_id} | ({head} if stage.world.spelling == "post" else set())
    assert set(charge.ids) == charged
    booked = [entry for entry in stage.world.entries if entry.item == charge.item]
    assert sum(entry.quantity for entry in booked) == charge.quantity


@pytest.mark.parametrize(
    "body",
    [
        {},
        {
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
        },
        {"errors": [{"message": "Bad request"}], "status": 400},
    ],
)
def test_a_refusal_that_names_no_parameter_is_asked_in_the_other_spelling(
    stage: XBackend, asked: list[str], body: dict[str, Any]
) -> None:
    stage.fault({"status": 400, "body": body}, "/2/users")
    assert stage.client().find('{"text":"Head"}', stage.clock.now()).complete
    assert [*dict.fromkeys(asked)] == [
        f"{OTHER[stage.world.spelling]}.fields",
        f"{stage.world.spelling}.fields",
    ]


def without_fields(stage: XBackend, names: set[str]) -> Any:
    """Let X ignore these parameters."""
    ask = XTransport.read

    def read(line: XTransport, method: str, route: str, **how: Any) -> dict[str, Any]:
        params = how.get("params", {})
        kept = {name: value for name, value in params.items() if name not in names}
        how["params"] = kept if len(kept) < len(params) else params
        if len(kept) < len(params):
            how["params"].pop("expansions", None)
        return ask(line, method, route, **how)

    return read


def test_a_parameter_that_x_ignores_is_noticed_and_the_other_one_used(
    stage: XBackend,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    head = send(stage, text_content("Head"))
    wrong = f"{OTHER[stage.world.spelling]}.fields"
    monkeypatch.setattr(XTransport, "read", without_fields(stage, {wrong}))
    client = stage.client()
    counters = client.fetch_counters([(head, stage.clock.now())]).counters
    assert counters[head].reposts is not None
    assert f"Set field_spelling: {stage.world.spelling} under x:" in caplog.text


def test_where_x_ignores_both_it_is_said_once_and_nothing_counts_as_absent(
    stage: XBackend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its links, a post that is out looks like another one."""
    head = send(stage, text_content("Head"))
    monkeypatch.setattr(XTransport, "read", without_fields(stage, NAMES))
    client = stage.client()
    for _ in range(2):
        reading = client.fetch_counters([(head, stage.clock.now())])
        assert reading.counters[head].reposts is None
        with pytest.raises(Unsent, match="lack the fields that were asked for"):
            client.find('{"text":"Other"}', stage.clock.now())
    assert caplog.text.count("in whichever spelling they are asked for") == 1
