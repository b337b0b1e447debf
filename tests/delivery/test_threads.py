"""The reference for a reply is the platform's own. Groundswell stores it unread.

X's client stands in for Bluesky's here, and asks for the first post of the thread and the last.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from helpers.delivery import DUE, AppHarness
from helpers.networks import NETWORKS
from helpers.platforms import SEND_KEY
from helpers.store import NOW, text_content

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.model import Content, RemotePost
    from bot.platforms.base import SendKey, TimelineSearch

RESOLVE = "/xrpc/com.atproto.identity.resolveHandle"
WAYS = ("sent", "found", "spilled", "adopted")


class Rooted:
    """A client whose replies name the root and the parent."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._roots: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def payload(
        self, content: Content, part: int, media_ids: Sequence[str], reply_to: str | None
    ) -> str:
        known = json.loads(reply_to) if reply_to else {}
        if known:
            self._roots[known["parent"]] = known["root"]
        payload: str = self._client.payload(content, part, media_ids, known.get("parent"))
        return payload

    def publish(self, payload: str, key: SendKey) -> RemotePost:
        return self._rooted(payload, self._client.publish(payload, key))

    def find(self, payload: str, since: datetime) -> TimelineSearch:
        search: TimelineSearch = self._client.find(payload, since)
        matches = tuple(self._rooted(payload, match) for match in search.matches)
        return replace(search, matches=matches)

    def _rooted(self, payload: str, published: RemotePost) -> RemotePost:
        parent = json.loads(payload).get("reply", {}).get("in_reply_to_tweet_id")
        root = self._roots[parent] if parent else published.remote_id
        return replace(published, reply=_reply(root, published.remote_id))


def _reply(root: str, parent: str) -> str:
    return json.dumps({"root": root, "parent": parent})


def rooted(loop: AppHarness) -> None:
    loop.app.clients._connected["mj"] = Rooted(loop.app.clients("mj"))


def adopted(loop: AppHarness, content: Content) -> None:
    """Send the first two parts without the queue's knowledge, and start anew."""
    client, reply_to = loop.app.clients("mj"), None
    loop.clock.advance_to(DUE)
    for part in range(2):
        published = client.publish(client.payload(content, part, [], reply_to), SEND_KEY)
        reply_to = published.reply
    loop.restart()
    rooted(loop)


@pytest.mark.parametrize("way", WAYS)
def test_each_part_is_given_what_the_client_said_of_the_one_before(
    loop: AppHarness, way: str
) -> None:
    content = text_content("one", "two", "three", "four")
    key = loop.add(content=content)
    rooted(loop)
    if way == "found":
        loop.fault("commit_then_drop", skip=1)
    elif way == "spilled":
        loop.send_unrecorded()
    elif way == "adopted":
        adopted(loop, content)
    loop.drive(minutes=20)
    first, second, third, fourth = loop.posts
    assert loop.state(key) is State.PUBLISHED
    assert [post.parent for post in loop.posts] == [None, first.id, second.id, third.id]
    asked = [attempt.reply_to for attempt in loop.attempts(key) if attempt.part == 3]
    assert asked == [_reply(first.id, third.id)]
    assert fourth.raw == "four"


def test_what_is_left_of_a_thread_is_recognised_without_what_it_replied_to(
    loop: AppHarness,
) -> None:
    content = text_content("one", "two", "three")
    key = loop.add(content=content)
    rooted(loop)
    adopted(loop, content)
    loop.world.delete_post(loop.posts[0])
    loop.drive(minutes=5)
    assert loop.texts == ["two"]
    assert loop.state(key) is State.NEEDS_HUMAN
    assert loop.posts[0].id in loop.get(key).reason


def test_each_part_has_a_key_of_its_own_and_a_repetition_that_of_the_first(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that accepts a key only once would answer part 2 with part 1."""
    key = loop.add(content=text_content("one", "two", "three"))
    client, sent = loop.app.clients("mj"), list[tuple[str, str]]()
    publish = client.publish

    def noted(payload: str, send_key: SendKey) -> RemotePost:
        sent.append((json.loads(payload)["text"], send_key.name))
        return publish(payload, send_key)

    monkeypatch.setattr(client, "publish", noted)
    loop.fault("drop_before", skip=1)
    loop.drive(minutes=20)
    assert loop.texts == ["one", "two", "three"]
    assert [text for text, _ in sent] == ["one", "two", "two", "three"]
    keys = [send_key for _, send_key in sent]
    assert keys[1] == keys[2]
    assert len({*keys}) == len(keys) - 1
    assert all(send_key.startswith(f"{key}/") for send_key in keys)


# --- whom a thread mentions -----------------------------------------------------------------------


@pytest.fixture
def sky(tmp_path: Path) -> Iterator[AppHarness]:
    """A loop on Bluesky, whose posts need the ids of the people that they mention."""
    with ExitStack() as stack:
        yield AppHarness(tmp_path, stack, NETWORKS["bluesky"])


def test_a_thread_waits_until_all_whom_it_mentions_are_found(sky: AppHarness) -> None:
    """One lookup that failed would stop it half-way, and may succeed a minute later."""
    key = sky.add(content=text_content("One", "Two, @late.test", "Three, @late.test"))
    sky.drive(minutes=13)
    assert sky.texts == []
    assert sky.state(key) is State.SCHEDULED
    assert "not found on Bluesky yet: @late.test" in sky.why(key)
    sky.network.add_account(sky.world, "late")
    sky.drive(minutes=10)
    assert sky.state(key) is State.PUBLISHED
    assert sky.texts == ["One", "Two, @late.test", "Three, @late.test"]


def test_a_thread_whose_names_are_never_found_is_missed_whole(sky: AppHarness) -> None:
    key = sky.add(content=text_content("One", "Two, @nobody.test"))
    sky.drive(minutes=60)
    assert sky.texts == []
    assert sky.state(key) is State.MISSED
    assert "@nobody.test" in sky.get(key).reason


def test_a_thread_that_has_begun_needs_no_name_again(sky: AppHarness) -> None:
    """Not even after a restart, because the ids are kept with the part that is out."""
    sky.network.add_account(sky.world, "friend")
    key = sky.add(content=text_content("One", "Two, @friend.test"))
    sky.clock.advance_to(DUE)
    sky.app.dispatcher.run()
    assert sky.texts == ["One"]
    sky.fault({"status": 400, "problem": "unknown-handle"}, RESOLVE, count=9)
    sky.restart()
    sky.drive(minutes=5)
    assert sky.state(key) is State.PUBLISHED


def test_a_name_that_is_not_found_is_said_a_day_ahead_and_once(
    sky: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    key = sky.add(due=NOW + timedelta(hours=5), content=text_content("One", "Two, @late.test"))
    sky.add("other", due=NOW + timedelta(hours=4), content=text_content("Nobody is named"))
    sky.drive(hours=2)
    lines = [
        record.getMessage() for record in caplog.records if "@late.test" in record.getMessage()
    ]
    assert len(lines) == 1
    assert lines[0].startswith(f"{key} would have to wait: not found on Bluesky yet: @late.test")
    sky.network.add_account(sky.world, "late")
    sky.drive(hours=4)
    assert sky.state(key) is State.PUBLISHED
    assert len([record for record in caplog.records if "@late.test" in record.getMessage()]) == 1


def test_nobody_is_looked_up_for_platforms_that_need_no_ids(loop: AppHarness) -> None:
    loop.add(due=NOW + timedelta(hours=5), content=text_content("As @somebody says"))
    lookups = loop.app.uploads.names
    lookups.run()
    asked: list[object] = []
    with patch.object(loop.app.queue, "between", side_effect=asked.append):
        loop.clock.advance(hours=1)
        lookups.run()
    assert asked == []
