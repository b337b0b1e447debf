"""Odd values in the place of every value of every answer lead to a result or an Outcome.

The answers are those of the sandbox, recorded once for each call of each platform's client.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.networks import NETWORKS
from helpers.platforms import SEND_KEY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.model import Account, Content, Counters, Media, Part, Poll, RemotePost
from bot.platforms import load_platform
from bot.platforms.base import CounterReading, Profile, TimelineSearch, Upload
from bot.platforms.outcomes import Outcome
from bot.platforms.responses import HttpAnswer, outcome_of
from bot.platforms.transport import Transport
from bot.sandbox import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLS = ("publish", "find", "fetch_counters", "whoami", "upload", "upload a GIF")
ODD: list[Any] = [
    *(None, True, False, 0, -1, 5, 2**53, 2**63, 10**30, -(10**30), 1.5, 1e308),
    *(float("inf"), float("nan"), "", "0", "\ud800", "\x00", "a" * 1_000_000, "9" * 5000),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-13-45", "http://[", "//"),
    *([], {}, [None], [5], ["a"], [[]], [{}], {"id": 5}, {"a": {"b": []}}),
]
WRITTEN = [json.dumps(odd).encode() for odd in ODD]
"""The odd values as JSON. The longest takes as long to write as the call that gets it."""
HOLE = "the place of an odd value"
LARGEST = 60_000
"""Most characters of a result, while a server's word may have a million."""


@dataclass
class Recording:
    """A platform's clients, and what each call of theirs was answered."""

    account: Account
    client: Callable[[], Any]
    calls: dict[str, Callable[[Any], Any]]
    answers: dict[str, list[HttpAnswer]] = field(default_factory=dict)


@cache
def media(folder: Path, kind: str) -> Media:
    out = io.BytesIO()
    frames = [Image.new("P", (9, 6), number) for number in (9, 80)]
    more = {"save_all": True, "append_images": frames[1:]} if kind == "gif" else {}
    frames[0].save(out, kind, **more)
    path = folder / f"picture.{kind}"
    path.write_bytes(out.getvalue())
    digest = sha256(out.getvalue()).hexdigest()
    return Media(path, "A camera", digest, f"image/{kind}", len(out.getvalue()), 9, 6)


@pytest.fixture(scope="module", params=["x", "mastodon", "bluesky"])
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    network, folder, clock = NETWORKS[request.param], tmp_path_factory.mktemp("m"), ManualClock()
    world = network.world(now=clock.now, seed=3)
    author = network.add_account(world, "ours")
    with serve(world) as url:
        account = network.account("ours", url)
        platform = load_platform(network.platform)

        def client() -> Any:
            options = {"clock": clock, "wait": lambda _: None}
            return platform.connect(account, author.secrets, options)

        poll = Poll(("Yes", "No"), 60) if network.platform != "bluesky" else None
        content = Content((Part("Take HART off AWS https://example.org/a @ours.test", poll=poll),))
        payload = client().payload(content, 0, [], None)
        posted = client().publish(payload, SEND_KEY)
        other = client().payload(Content((Part("Another"),)), 0, [], None)
        since = clock.now() - timedelta(minutes=5)
        read = [(posted.remote_id, posted.at)]
        found = Recording(
            account,
            client,
            {
                "publish": lambda one: one.publish(other, SEND_KEY),
                "find": lambda one: one.find(payload, since),
                "fetch_counters": lambda one: one.fetch_counters(read, [posted.remote_id]),
                "whoami": lambda one: one.whoami(),
                "upload": lambda one: one.upload(media(folder, "png")),
                "upload a GIF": lambda one: one.upload(media(folder, "gif")),
            },
        )
        record(found)
        yield found


def record(found: Recording) -> None:
    """Make each call once, and keep its answers."""
    exchange = Transport._exchange
    with pytest.MonkeyPatch.context() as patch:
        for name, call in found.calls.items():
            kept: list[HttpAnswer] = []

            def keep(self: Any, *args: Any, _kept: list[HttpAnswer] = kept, **how: Any) -> Any:
                _kept.append(exchange(self, *args, **how))
                return _kept[-1]

            patch.setattr(Transport, "_exchange", keep)
            found.client()
            try:
                call(found.client())
            except Outcome:
                continue  # a platform that takes no GIFs
            found.answers[name] = kept


def replay(found: Recording, name: str, answers: list[HttpAnswer]) -> Any:
    """Make a call that gets these answers, one after the other; the last one again and again."""
    left = [*answers]

    def give(self: Transport, session: Any, call: Any, classify: Any, *, repeatable: bool) -> Any:
        del session, call
        answer = left.pop(0) if len(left) > 1 else left[0]
        if outcome := outcome_of(answer, classify, repeatable=repeatable, hide=self.redact):
            raise outcome
        self._last_answer = answer
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "_exchange", give)
        return found.calls[name](found.client())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value within a document, and to the document itself."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value[:2]):
            yield from places(item, (*path, number))


def replaced(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return the document with another value at the end of the path; the original stays."""
    if not path:
        return odd
    key, *rest = path
    whole = document.copy()
    whole[key] = replaced(document[key], tuple(rest), odd)
    return whole


def check(found: Recording, name: str, number: int, path: tuple[Any, ...], odd: bytes) -> None:
    """Check a call that gets an answer with ``odd``, which is JSON, at the end of the path."""
    answers = [*found.answers[name]]
    body = json.dumps(replaced(answers[number].json(), path, HOLE)).encode()
    body = body.replace(json.dumps(HOLE).encode(), odd)
    answers[number] = HttpAnswer(answers[number].status, answers[number].headers, body)
    try:
        result = replay(found, name, answers)
    except Outcome as outcome:
        words = outcome.detail
    else:
        words = check_result(result)
    words.encode()
    assert len(words) < LARGEST
    assert "\x00" not in words


def check_result(result: Any) -> str:
    """Return the words in a result, whose numbers and instants a database must be able to hold."""
    assert isinstance(result, RemotePost | TimelineSearch | CounterReading | Profile | Upload)
    if isinstance(result, RemotePost):
        assert 1970 <= result.at.year < 2200
        result.at.astimezone(UTC)
    if isinstance(result, Upload):
        assert datetime.now(UTC).year - 9 < result.expires.year < 2200
    if isinstance(result, CounterReading):
        for counters in result.counters.values():
            assert isinstance(counters, Counters)
            values = [value for value in vars_of(counters) if value is not None]
            assert all(0 <= value < 2**53 for value in values)
        for votes in result.votes.values():
            assert all(count is None or 0 <= count < 2**53 for count in votes.counts)
    return repr(result)


def vars_of(counters: Counters) -> list[int | None]:
    return [getattr(counters, name) for name in counters.__dataclass_fields__]


@pytest.mark.parametrize("name", CALLS)
def test_every_odd_value_ends_in_a_result_or_an_outcome(recording: Recording, name: str) -> None:
    if name not in recording.answers:
        pytest.skip("this platform takes no such file")
    failures: dict[str, str] = {}
    for number, answer in enumerate(recording.answers[name]):
        for path in places(answer.json()):
            for odd, written in zip(ODD, WRITTEN, strict=True):
                try:
                    check(recording, name, number, path, written)
                except Exception as error:  # noqa: BLE001 - all of them are shown at once
                    place = f"{number} {'.'.join(map(str, path))} {type(error).__name__}"
                    failures.setdefault(place, f"{odd!r:.40}: {error!s:.120}")
    assert failures == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_value_anywhere_ends_in_a_result_or_an_outcome(
    recording: Recording, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(recording.answers)))
    number = data.draw(st.integers(0, len(recording.answers[name]) - 1))
    path = data.draw(st.sampled_from([*places(recording.answers[name][number].json())]))
    check(recording, name, number, path, json.dumps(data.draw(JSON)).encode())
