"""The state of a post in words, from those of its deliveries. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Protocol

from bot.model.delivery import State

if TYPE_CHECKING:
    from collections.abc import Sequence


class Placed(Protocol):
    """Something of a post on one account."""

    @property
    def account(self) -> str:
        """The account's name."""

    @property
    def network(self) -> str:
        """What people call its platform."""


class OnAccount(Placed, Protocol):
    """A post on one account, as far as its state is told."""

    @property
    def state(self) -> State:
        """The state of its delivery."""

    @property
    def why(self) -> str:
        """Why it is in its state, or what it waits for; "" if it just waits for its time."""


MIXED = "mixed"
"""The state of a post whose deliveries are in several."""

_STATE_WORDS = {
    State.PUBLISHED: "out",
    State.SENDING: "being sent",
    State.UNKNOWN: "perhaps out",
    State.NEEDS_HUMAN: "needs you",
    State.SCHEDULED: "scheduled",
    State.REJECTED: "refused",
    State.MISSED: "missed",
    State.EXPIRED: "expired",
    State.DROPPED: "dropped",
    State.CANCELLED: "cancelled",
}
"""The word for each state, in the order in which a summary names them."""

_WAITS = "waits"

MAX_PLACES = 4
"""Accounts on one network that a summary names one by one."""


def summarize_states(deliveries: Sequence[OnAccount], among: Sequence[Placed] = ()) -> str:
    """Return where a post is in which state, and why, each reason once.

    ``among`` are all of the post's deliveries, if these are only some of them.
    """
    groups: dict[tuple[int, str, str], list[OnAccount]] = defaultdict(list)
    order = list(_STATE_WORDS)
    for delivery in deliveries:
        word = _word(delivery)
        # A published post needs no reason.
        why = "" if delivery.state is State.PUBLISHED else delivery.why
        groups[order.index(delivery.state), word, why].append(delivery)
    places = place_names(among or deliveries)
    clauses = []
    for (_, word, why), group in sorted(groups.items(), key=lambda item: item[0]):
        on = "" if len(groups) == 1 and not among else f" on {join_places(group, places)}"
        clauses.append(f"{word}{on}" + (f": {why}" if why else ""))
    # A reason may have commas of its own.
    return ("; " if any(delivery.why for delivery in deliveries) else ", ").join(clauses)


def _word(delivery: OnAccount) -> str:
    waits = delivery.state is State.SCHEDULED and delivery.why
    return _WAITS if waits else _STATE_WORDS[delivery.state]


def combined_state(deliveries: Sequence[OnAccount]) -> str:
    """Return the state of all deliveries, or ``mixed``."""
    states = {delivery.state for delivery in deliveries}
    return states.pop().value if len(states) == 1 else MIXED


def place_names(deliveries: Sequence[Placed]) -> dict[str, str]:
    """Return what to call each account of a post: its network, or its name if that has several."""
    counts = Counter(delivery.network for delivery in deliveries)
    return {
        delivery.account: delivery.network if counts[delivery.network] == 1 else delivery.account
        for delivery in deliveries
    }


def join_places(group: Sequence[Placed], places: dict[str, str]) -> str:
    """Return ``X and Bluesky``; ``12 accounts on Mastodon`` if there are many."""
    by_network: dict[str, list[str]] = defaultdict(list)
    for delivery in group:
        by_network[delivery.network].append(places[delivery.account])
    names: list[str] = []
    for network, found in by_network.items():
        many = len(found) > MAX_PLACES
        names += [f"{len(found)} accounts on {network}"] if many else found
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def count_networks(deliveries: Sequence[Placed]) -> str:
    """Return the networks of a post: ``X, Mastodon (12)``, with the number of accounts on each."""
    counts = Counter(delivery.network for delivery in deliveries)
    return ", ".join(f"{name} ({n})" if n > 1 else name for name, n in counts.items())
