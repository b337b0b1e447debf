"""Mastodon's client over real HTTP against the sandbox, as Mastodon and as a minimal server.

The tests are those against the servers of others, but here time stands still.
"""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.pictures import picture_bytes
from helpers.platform_contract import PlatformContract, make_media, new_key, payload, publish, send
from helpers.platforms import MastodonSandboxBackend
from helpers.store import text_content

from bot.model import Content, Media, Part
from bot.platforms.outcomes import RateLimited, Rejected, Unauthorized, Unknown, Unsent
from bot.sandbox import MastodonWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["mastodon", "minimal"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, MastodonWorld, ManualClock]]:
    clock = ManualClock()
    world = MastodonWorld(now=clock.now)
    world.minimal = request.param == "minimal"
    with serve(world) as url:
        yield url, world, clock


@pytest.fixture
def stage(server: tuple[str, MastodonWorld, ManualClock]) -> Iterator[MastodonSandboxBackend]:
    yield MastodonSandboxBackend(*server)
    server[1].faults.pending.clear()


class TestMastodonSandbox(PlatformContract):
    """Mastodon's client keeps the contract on both kinds of servers."""


REFUSALS = [
    ({"status": 400}, Rejected),
    ({"status": 401}, Unauthorized),
    ({"status": 403, "problem": "scope"}, Unauthorized),
    ({"status": 403, "problem": "disabled"}, Unauthorized),
    ({"status": 422, "problem": "too-long"}, Rejected),
    ({"status": 429}, RateLimited),
    ({"status": 500}, Unknown),
    ({"status": 503}, Unknown),
    ("commit_then_503", Unknown),
    ({"type": "commit_then_503", "status": 500}, Unknown),
    ("garbage", Unknown),
    ("truncate", Unknown),
    ("redirect", Unsent),
]


@pytest.mark.parametrize(("effect", "outcome"), REFUSALS, ids=str)
def test_every_answer_to_a_send_has_its_outcome(
    stage: MastodonSandboxBackend, effect: dict[str, Any] | str, outcome: type[Exception]
) -> None:
    client, before = stage.client(), len(stage.world.faults.hits)
    stage.fault(effect, count=3)
    with pytest.raises(outcome) as caught:
        client.publish(payload(client, "Once"), new_key(stage.clock.now()))
    assert type(caught.value) is outcome
    assert len(stage.world.faults.hits) - before == 1, "one request, whatever came of it"


def test_a_post_repeated_under_its_key_is_out_once_where_keys_count(
    stage: MastodonSandboxBackend,
) -> None:
    client, key = stage.client(), new_key(stage.clock.now())
    sent = payload(client, "Once")
    stage.break_next_send("lost")
    with pytest.raises(Unknown):
        client.publish(sent, key)
    again = client.publish(sent, key)
    assert len(stage.visible()) == (2 if stage.world.minimal else 1)
    assert again.remote_id == stage.posts()[-1].id


def test_an_answer_that_is_no_timeline_proves_nothing(stage: MastodonSandboxBackend) -> None:
    client = stage.client()
    sent = payload(client, "Out, but hidden")
    client.publish(sent, new_key(stage.clock.now()))
    stage.fault("errors_only", "/api/v1/accounts/.*/statuses")
    with pytest.raises(Unsent):
        client.find(sent, stage.clock.now())


WRITTEN = (
    "Ask @athena@there.example and @nobody@gone.invalid: is it 100% true? (#Now, #2026)",
    "https://example.org/a-very-long-address/that-is-cut/in/three?by=the&server=yes#at-its-end",
    "First line\nsecond line\n\n\n\nThird, with <b>no</b> markup & \"quotes\" and 'more'",
    "\u05e9\u05dc\u05d5\u05dd @friend@there.example \u0645\u0631\u062d\u0628\u0627 #\u0627\u0644",
    "*Not* _Markdown_ > here ~ or `there`",
)


@pytest.mark.parametrize("text", WRITTEN)
def test_what_the_server_makes_of_a_text_is_still_that_text(
    stage: MastodonSandboxBackend, text: str
) -> None:
    published = publish(stage, text_content(text))
    client = stage.client()
    found = client.find(payload(client, text), published.at)
    assert [match.remote_id for match in found.matches] == [published.remote_id]
    other = client.find(payload(client, f"{text} too"), published.at)
    assert other.matches == ()


def test_a_full_span_says_when_to_come_back(stage: MastodonSandboxBackend) -> None:
    stage.fault({"status": 429, "reset": 300})
    with pytest.raises(RateLimited) as caught:
        send(stage, text_content("Patience"))
    assert caught.value.until == stage.clock.now() + timedelta(seconds=300)


def test_a_file_that_takes_its_time_is_waited_for(
    stage: MastodonSandboxBackend, tmp_path: Path
) -> None:
    path, data = tmp_path / "iris.gif", picture_bytes("GIF", frames=3)
    path.write_bytes(data)
    media = Media(path, "An iris opens", sha256(data).hexdigest(), "image/gif", len(data), 8, 6)
    client = stage.client()
    upload = client.upload(media)
    assert stage.waited == [1.0, 2.0]
    sent = client.payload(Content((Part("Look", (media,)),)), 0, [upload.media_id], None)
    client.publish(sent, new_key(stage.clock.now()))
    assert stage.alt_texts() == [media.alt]


def test_a_picture_is_cropped_around_its_focal_point(
    stage: MastodonSandboxBackend, tmp_path: Path
) -> None:
    media = replace(make_media(tmp_path), focus=(0.25, -1.0))
    upload = stage.client().upload(media)
    assert stage.world.focus[upload.media_id] == (0.25, -1.0)
    without = stage.client().upload(replace(media, focus=None))
    assert without.media_id not in stage.world.focus


def test_many_posts_are_read_in_batches_of_twenty_or_one_by_one(
    stage: MastodonSandboxBackend,
) -> None:
    start = stage.clock.now()
    ids = [send(stage, text_content(f"Post {number}")) for number in range(25)]
    stage.delete(ids[3])
    stage.clock.advance(hours=5)
    reading = stage.client().fetch_counters([(remote_id, start) for remote_id in ids])
    assert reading.gone == {ids[3]}
    assert reading.counters.keys() == {*ids} - {ids[3]}
    for post in stage.posts():
        counters, simulated = reading.counters[post.id], stage.world.counters(post)
        assert (counters.likes, counters.reposts, counters.replies) == (
            simulated.likes,
            simulated.reposts,
            simulated.replies,
        )
        assert counters.impressions is None


def test_the_flag_says_that_an_account_is_automated(
    stage: MastodonSandboxBackend,
) -> None:
    assert stage.client().whoami().discloses is True
    stage.author.automated = False
    stage.author.description = "Some posts are automated."
    assert stage.client().whoami().discloses is False


def test_a_post_in_the_sandbox_never_points_to_a_real_server(stage: MastodonSandboxBackend) -> None:
    published = publish(stage, text_content("Hello"))
    assert published.url.startswith(f"{stage.url}/@{stage.author.handle}/")
    with urllib.request.urlopen(published.url, timeout=10) as page:
        assert b"Hello" in page.read()


def test_another_accounts_token_is_told_from_ones_own(stage: MastodonSandboxBackend) -> None:
    other = MastodonSandboxBackend(stage.url, stage.world, stage.clock)
    assert stage.client(**other.secrets).whoami().handle == other.account.handle.lstrip("@")
