"""Every row of the failure catalogue, played through the real loop to its end."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from faults_bugs import install_bug
from faults_catalogue import CATALOGUE, ENDLESS, LOST, CatalogueRow
from faults_figures import record_figures
from faults_proxy import FaultyProxy, NetworkFault, faulty_proxy
from helpers.delivery import AppHarness
from helpers.networks import NETWORKS
from helpers.scale import sampled
from helpers.store import own_words, text_content

from bot.model import State
from bot.platforms.calls import Limits
from bot.sandbox import XWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


OTHERS = [(network, row) for network, rows in CATALOGUE.items() if network != "x" for row in rows]
ROWS = [*(("x", row) for row in CATALOGUE["x"]), *sampled(OTHERS)]


SEND_LIMIT = 0.8
"""Longest time of a send whose answer never ends, in seconds."""


def _named(value: object) -> str | None:
    if not isinstance(value, CatalogueRow):
        return None
    return f"{value.fault.name}{', posted' * value.fault.forwarded}"


@pytest.fixture
def loop(network: str, tmp_path: Path) -> Iterator[AppHarness]:
    """Yield the app against a network's sandbox."""
    with ExitStack() as stack:
        yield AppHarness(tmp_path, stack, NETWORKS[network])


@pytest.fixture
def way(loop: AppHarness) -> Iterator[FaultyProxy]:
    """Put a proxy between the loop and the platform."""
    with faulty_proxy(loop.url, loop.network.send) as made:
        loop.account = replace(loop.account, api=made.url)
        loop.restart()
        yield made


def to_the_end(loop: AppHarness, key: str) -> None:
    """Run the loop until the delivery is settled or waits for a person."""
    for minutes in (1, 2, 4, 8, 16, 32):
        loop.drive(minutes=minutes)
        if loop.state(key) not in {State.SCHEDULED, State.SENDING, State.UNKNOWN}:
            return


@pytest.mark.parametrize(("network", "row"), ROWS, ids=_named)
def test_every_row_ends_as_the_catalogue_says(
    loop: AppHarness,
    way: FaultyProxy,
    record_property: Callable[[str, object], None],
    network: str,
    row: CatalogueRow,
) -> None:
    if row.fault.name == "stall" or row.fault.drip:
        loop.limits = Limits(silence=0.5, send=SEND_LIMIT)
        loop.restart()
    key = loop.add(due=loop.clock.now())
    way.trouble = row.fault
    to_the_end(loop, key)
    doubles = max(0, len(loop.posts) - 1)
    record_figures(record_property, f"network matrix, {network}", runs=1, doubles=doubles)
    assert way.fault_count == 1
    assert loop.outcomes(key) == [*row.outcomes]
    assert (loop.state(key), len(loop.posts)) == (row.state, row.copies)
    scopes = [pause.scope for pause in loop.app.queue.pauses()]
    assert scopes == ([row.paused] if row.paused else [])


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", ["nobody listens", "no TLS"])
def test_send_without_a_connection_is_unsent_and_tried_again(
    loop: AppHarness,
    way: FaultyProxy,
    record_property: Callable[[str, object], None],
    network: str,
    name: str,
) -> None:
    there = loop.account
    broken = {"nobody listens": "http://127.0.0.1:1", "no TLS": way.url.replace("http", "https")}
    loop.account = replace(there, api=broken[name])
    loop.restart()
    key = loop.add(due=loop.clock.now())
    loop.drive(minutes=1)
    loop.account = there
    loop.restart()
    to_the_end(loop, key)
    doubles = len(loop.posts) - 1
    record_figures(record_property, f"network matrix, {network}", runs=1, doubles=doubles)
    *tries, last = loop.outcomes(key)
    assert (set(tries), last) == ({"unsent"}, "published")
    assert (loop.state(key), len(loop.posts)) == (State.PUBLISHED, 1)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", ["reset", "503", "garbage body"])
def test_harness_catches_a_blind_resend(loop: AppHarness, way: FaultyProxy, name: str) -> None:
    if isinstance(loop.world, XWorld):
        loop.world.duplicate_window = timedelta(seconds=-1)
    install_bug("blind_resend")
    try:
        loop.add(due=loop.clock.now())
        way.trouble = NetworkFault(name, LOST[name], forwarded=True)
        loop.drive(minutes=20)
    finally:
        patch.stopall()
    assert len(loop.posts) == 2


TREES = "alder birch cedar elm fir hazel juniper larch maple oak poplar willow"
"""Names of twelve accounts with different texts, because no two may say nearly the same."""


@pytest.mark.parametrize("network", NETWORKS)
def test_accounts_that_hang_hold_no_other_longer_than_their_limit(
    loop: AppHarness,
    way: FaultyProxy,
    record_property: Callable[[str, object], None],
    network: str,
) -> None:
    """Twelve accounts have a server that answers without end, and one server answers."""
    loop.limits = Limits(silence=5, send=3 * SEND_LIMIT)
    there, names = loop.url, TREES.split()
    for name in names:
        loop.join(name)
        loop.others[name] = replace(loop.others[name], api=way.url)
    loop.account = replace(loop.account, api=there)
    loop.restart()
    way.always = [NetworkFault(name, begun, drip=drip) for name, (begun, drip) in ENDLESS.items()]
    keys = [
        loop.add(
            f"of {name}", due=loop.clock.now(), account=name, content=text_content(own_words(name))
        )
        for name in names
    ]
    key = loop.add("ours", due=loop.clock.now(), content=text_content("ours"))
    begun = time.monotonic()
    loop.app.dispatcher.run()
    took = time.monotonic() - begun
    assert loop.state(key) is State.PUBLISHED
    assert {loop.state(one) for one in keys} == {State.UNKNOWN}
    assert loop.texts == ["ours"]
    # All twelve reached their limits at the same time and not one after the other.
    assert took < 3 * 3 * SEND_LIMIT
    figures = {"runs": 1, "doubles": len(loop.posts) - 1}
    record_figures(record_property, f"accounts that hang, {network}", **figures)
