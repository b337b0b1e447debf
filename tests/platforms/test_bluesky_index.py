"""Counters against Bluesky's own index, with reactions of real accounts."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from helpers.bluesky import POSTS, BlueskyBackend, bluesky_server
from helpers.bluesky_index import bluesky_index
from helpers.platform_contract import send
from helpers.store import text_content

from bot.model import Counters
from bot.platforms.bluesky.records import timestamp
from bot.platforms.options import BlueskyOptions

if TYPE_CHECKING:
    from pathlib import Path

    from bot.platforms.base import CounterReading

CREATE, QUOTE = "com.atproto.repo.applyWrites#create", "app.bsky.embed.record"
WAIT_SECONDS = 30.0


def react(
    fan: BlueskyBackend, posts: list[dict[str, Any]], number: int
) -> Counter[tuple[int, str]]:
    """Let an account react to others' posts, to each in another way; return how often to which."""
    acts: Counter[tuple[int, str]] = Counter()
    writes = []
    for place, post in enumerate(posts):
        ref = {"uri": post["uri"], "cid": post["cid"]}
        kinds: dict[str, tuple[str, dict[str, Any]]] = {
            "likes": ("app.bsky.feed.like", {"subject": ref}),
            "reposts": ("app.bsky.feed.repost", {"subject": ref}),
            "replies": (POSTS, {"text": "Why?", "reply": {"root": ref, "parent": ref}}),
            "quotes": (POSTS, {"text": "This", "embed": {"$type": QUOTE, "record": ref}}),
        }
        for bit, (name, (collection, fields)) in enumerate(kinds.items()):
            if (place + number) >> bit & 1:
                acts[place, name] += 1
                value = {"$type": collection, "createdAt": timestamp(fan.clock.now()), **fields}
                writes.append({"$type": CREATE, "collection": collection, "value": value})
    data = {"repo": fan.did, "writes": writes}
    fan.front.call("com.atproto.repo.applyWrites", data, fan.token)
    return acts


def expect(ids: list[str], acts: Counter[tuple[int, str]]) -> dict[str, Counters]:
    names = ("likes", "reposts", "replies", "quotes")
    return {
        id_: Counters(**{name: acts[place, name] for name in names}, bookmarks=0)
        for place, id_ in enumerate(ids)
    }


def read_until(
    ours: BlueskyBackend, ids: list[str], expected: dict[str, Counters]
) -> CounterReading:
    """Read until the counters are these, because the index hears of reactions a moment later."""
    asked = [(id_, ours.clock.now()) for id_ in ids]
    end = time.monotonic() + WAIT_SECONDS
    reading = ours.client().fetch_counters(asked)
    while reading.counters != expected and time.monotonic() < end:
        time.sleep(0.2)
        reading = ours.client().fetch_counters(asked)
    assert reading.counters == expected
    return reading


def test_counters_are_what_people_did(tmp_path: Path) -> None:
    """For 30 posts, which the index shows in two answers, and for one that was deleted since."""
    with bluesky_server(tmp_path) as front, bluesky_index(front) as address:
        ours, *fans = (BlueskyBackend(front) for _ in range(4))
        ours.account = replace(ours.account, options=BlueskyOptions(appview=address))
        ids = [send(ours, text_content("Take HART off AWS"))]
        ids += ours.post_by_hand(*(f"Post {number}" for number in range(29)))
        posts = sorted(ours.records(), key=lambda entry: ids.index(entry["uri"].rpartition("/")[2]))
        acts: Counter[tuple[int, str]] = Counter()
        for number, fan in enumerate(fans):
            acts += react(fan, posts, number)
            # The index itself may lose one of two quotes of a post that it counts at once.
            read_until(ours, ids, expect(ids, acts))
        expected = expect(ids, acts)
        assert {counters.likes for counters in expected.values()} == {1, 2}
        ours.delete(ids[-1])
        del expected[ids[-1]]
        reading = read_until(ours, ids, expected)
        assert reading.gone == {ids[-1]}
        assert "app.bsky.feed.getPosts" not in front.hits, "it was the index that was asked"
