from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from helpers.store import (
    LATER,
    NOW,
    TO_NEXT_PART,
    TO_PUBLISHED,
    Store,
    publish_post,
    text_content,
)

from bot.model import Counters, PollVotes, RemotePost, Snapshot
from bot.store.metrics import Metrics
from bot.store.published_parts import read_addresses, read_parts

if TYPE_CHECKING:
    from bot.model import Delivery


def publish_thread(store: Store) -> Delivery:
    thread = store.add("thread", account="bird", content=text_content("one", "two"))
    store.close(store.must_claim(thread), TO_NEXT_PART)
    second = replace(TO_PUBLISHED, published=RemotePost("102", "https://x.com/102", LATER))
    store.close(store.must_claim(store.now(thread)), second)
    return thread


def test_parts_of_the_named_deliveries_come_in_order_with_their_counters(store: Store) -> None:
    other = publish_post(store, "other")
    thread = publish_thread(store)
    metrics = Metrics(store.database)
    first, second = (p.id for p in metrics.publications() if p.delivery == thread.id)
    known = Snapshot(first, LATER, Counters(likes=3))
    votes = PollVotes((2, 0), LATER, closed=False)
    metrics.record([known], {}, [second], LATER, {first: votes, other: votes})

    parts = read_parts(store.database, [thread.id])

    assert [(part.delivery, part.part, part.known, part.votes, part.gone) for part in parts] == [
        (thread.id, 0, known, votes, None),
        (thread.id, 1, None, None, LATER),
    ]
    assert [(part.url, part.published) for part in parts] == [
        ("https://x.com/mj/status/101", NOW),
        ("https://x.com/102", LATER),
    ]


def test_addresses_are_those_of_the_named_deliveries_only(store: Store) -> None:
    publish_post(store, "other")
    thread = publish_thread(store)

    assert read_addresses(store.database, [thread.id]) == {
        thread.id: {0: "https://x.com/mj/status/101", 1: "https://x.com/102"}
    }
    assert read_addresses(store.database, []) == {}
