"""The state of a post in words, from those of its deliveries. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.model.delivery import State
from bot.text import join_words, pluralize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Placed(Protocol):
    """Something of a post on one account."""

    @property
    def account(self) -> str:
        """The account's name."""

    @property
    def network(self) -> str:
        """The platform's name for people, such as ``Bluesky``."""


class Place(NamedTuple):
    """An account on a network."""

    account: str
    network: str
    """The platform's name for people."""


class OnAccount(Placed, Protocol):
    """A post on one account, with its state."""

    @property
    def state(self) -> State:
        """The state of its delivery."""

    @property
    def why(self) -> str:
        """Why it is in its state, or why it waits; "" if it just waits for its time."""


MIXED = "mixed"
"""The state of a post whose deliveries are in several states."""

STATE_WORDS = {
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

WAITS = "waits"
"""The word for a scheduled delivery that waits for more than its time."""

_WORDS = (*STATE_WORDS.values(), WAITS)

MAX_PLACES = 4
"""Accounts on one network that a summary names one by one."""

MAX_REASONS = 3
"""Reasons for one state that a summary names."""


def summarize_states(deliveries: Sequence[OnAccount], among: Sequence[Placed] = ()) -> str:
    """Return the states of a post's deliveries in words, each with its networks and reason.

    ``out on X and Bluesky, waits on Mastodon: its account is paused by Kim: a funeral``

    ``among`` has all of the post's deliveries, if these are only some of them.
    """
    everything = among or deliveries
    groups: dict[str, dict[str, list[OnAccount]]] = {word: {} for word in _WORDS}
    for delivery in deliveries:
        groups[state_word(delivery)].setdefault(_reason(delivery), []).append(delivery)
    places = place_names(everything)
    clauses: list[tuple[str, str]] = []
    for word, by_reason in groups.items():
        if len(by_reason) > MAX_REASONS:
            together = [delivery for group in by_reason.values() for delivery in group]
            where = join_places(together, places)
            clauses.append((f"{word} on {where}, each for its own reason", ""))
            continue
        for why, group in sorted(by_reason.items()):
            everywhere = len(group) == len(everything)
            clauses.append((word if everywhere else f"{word} on {join_places(group, places)}", why))
    # A reason may have commas of its own; the last one ends the sentence.
    separator = "; " if any(why for _, why in clauses[:-1]) else ", "
    return separator.join(_clause(what, why) for what, why in clauses)


def _clause(what: str, why: str) -> str:
    """Return ``waits on X: its account is paused``; ``waits on X for approval``."""
    word = what.partition(" on ")[0]
    if why.startswith(f"{word} "):
        return what + why.removeprefix(word)
    return f"{what}: {why}" if why else what


def _reason(delivery: OnAccount) -> str:
    return "" if delivery.state is State.PUBLISHED else delivery.why


def state_word(delivery: OnAccount) -> str:
    """Return the word for a delivery's state: ``out``, ``waits``."""
    waits = delivery.state is State.SCHEDULED and delivery.why
    return WAITS if waits else STATE_WORDS[delivery.state]


def combined_word(deliveries: Sequence[OnAccount]) -> str:
    """Return the word for the state of all deliveries, or ``mixed``."""
    words = {state_word(delivery) for delivery in deliveries}
    return words.pop() if len(words) == 1 else MIXED


def common_reason(deliveries: Sequence[OnAccount]) -> str:
    """Return the one reason for the state of all deliveries; "" if states or reasons differ."""
    reasons = {(state_word(delivery), _reason(delivery)) for delivery in deliveries}
    return reasons.pop()[1] if len(reasons) == 1 else ""


def combined_state(deliveries: Sequence[OnAccount]) -> str:
    """Return the state of all deliveries, or ``mixed``."""
    states = {delivery.state for delivery in deliveries}
    return states.pop().value if len(states) == 1 else MIXED


def describe_counts(counts: Mapping[State, int]) -> str:
    """Return how many posts are in each state, as ``2 posts scheduled, 1 post perhaps out``."""
    return ", ".join(
        f"{pluralize(counts[state], 'post')} {STATE_WORDS[state]}" for state in sorted(counts)
    )


def platform_name(platform: str) -> str:
    """Return a platform's name for people."""
    return platform.capitalize()


def place_names(deliveries: Sequence[Placed]) -> dict[str, str]:
    """Return a short name for each account of a post.

    That is its network, or its own name if several accounts of the post are on that network.
    """
    counts = Counter(delivery.network for delivery in deliveries)
    return {
        delivery.account: delivery.network if counts[delivery.network] == 1 else delivery.account
        for delivery in deliveries
    }


def join_places(group: Sequence[Placed], places: Mapping[str, str]) -> str:
    """Return ``X and Bluesky``; ``12 Mastodon accounts`` if there are many."""
    by_network: dict[str, list[str]] = defaultdict(list)
    for delivery in group:
        by_network[delivery.network].append(places[delivery.account])
    names: list[str] = []
    for network, found in by_network.items():
        many = len(found) > MAX_PLACES
        names += [f"{len(found)} {network} accounts"] if many else found
    return join_words(names)


def count_networks(deliveries: Sequence[Placed]) -> str:
    """Return the networks of a post: ``X, Mastodon (12)``, with the number of accounts on each."""
    counts = Counter(delivery.network for delivery in deliveries)
    return ", ".join(f"{name} ({n})" if n > 1 else name for name, n in counts.items())
