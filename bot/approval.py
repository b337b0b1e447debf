"""Who may approve what a post says, whose approval counts, and what still waits for it. Pure.

An approval is of these very words and pictures of one post on one account, and of how often they
come. Edited, they have none; so has what was to come once and now comes every day. It is not of a
time: a post that is moved stays approved.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.lookalikes import first_invisible, look_alike
from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.model import Approval, Delivery, Subject

FOUR_EYES = 2
"""From so many on, the author is none of those who approve."""

EDITED = "It says something else by now, or comes more or less often: it was edited"
NONE_NEEDED = "It needs no approval: neither its campaign nor its account asks for one"

_ON_ITS_WAY = {
    State.SENDING: "It is being sent at this moment",
    State.PUBLISHED: "It is out already",
    State.UNKNOWN: "It may be out already, which is being found out",
    State.NEEDS_HUMAN: "It waits in the inbox: groundswell inbox",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one account is to say, in words that not enough people have approved.

    ``digest`` is what an approval of it is bound to. ``deliveries`` are all that would say it, the
    next one first; ``names`` who has approved it; ``before`` is the last approval of other words of
    the same post on the account.
    """

    subject: Subject
    digest: str
    deliveries: tuple[Delivery, ...]
    names: tuple[str, ...]
    before: Approval | None

    @property
    def next(self) -> Delivery:
        """The delivery that is due first."""
        return self.deliveries[0]

    @property
    def needed(self) -> int:
        """How many people must have approved it."""
        return self.next.approvals

    def refusal(self, who: str) -> str | None:
        """Say why this person's approval would not count; None where it does."""
        return refusal(who, self.names, self.needed, self.next.author)


def same_person(one: str | None, other: str | None) -> bool:
    """Return whether two names mean the same person: they read the same, capitals and blanks aside.

    A name with letters of another script, or with characters that cannot be seen, is still the one
    that it looks like.
    """
    return one is not None and other is not None and look_alike(_spaced(one), _spaced(other))


def _spaced(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


def counting(names: Iterable[str], needed: int, author: str | None) -> tuple[str, ...]:
    """Return those whose approval counts: each person once, the author not where two must."""
    known = [author] if needed >= FOUR_EYES and author else []
    counted: list[str] = []
    for name in names:
        if not any(same_person(name, other) for other in (*known, *counted)):
            counted.append(name)
    return tuple(counted)


def unfit(name: str) -> str | None:
    """Return why a name cannot stand for a person: it holds what nobody sees. None if it can."""
    hidden = first_invisible(name)
    return hidden and f"The name {name!r} holds an invisible character, {hidden}"


def refusal(who: str, names: Iterable[str], needed: int, author: str | None) -> str | None:
    """Say why this person's approval would not count; None where it does."""
    for name in names:
        if same_person(who, name):
            same = _spaced(who).casefold() == _spaced(name).casefold()
            by = f"{who} has" if same else f"{who} reads like {name}, who has"
            return f"{by} approved it already; another person must be the next"
    if needed >= FOUR_EYES and same_person(who, author):
        return f"{who} is its author, and where {needed} people approve, the author is none of them"
    return None


def lack(names: Sequence[str], needed: int) -> str | None:
    """Say what approval it waits for, of those that count; None where it has enough."""
    if len(names) >= needed:
        return None
    by = f", given by {', '.join(names)}" if names else ""
    return f"waits for approval ({len(names)} of {needed}{by}): groundswell review"


def waiting(
    deliveries: Iterable[Delivery],
    approvals: Sequence[Approval],
    now: datetime,
) -> list[Waiting]:
    """Give what waits for approval and is not too late, the next due first.

    ``approvals`` are in the order in which they were given. What a recurring post says again and
    again is one entry.
    """
    scheduled = [(one, one.approval_digest) for one in deliveries if one.state is State.SCHEDULED]
    in_force = {(one.subject, digest) for one, digest in scheduled}
    by_subject: dict[Subject, list[Approval]] = {}
    for given in approvals:
        by_subject.setdefault(given.subject, []).append(given)
    groups: dict[tuple[Subject, str], list[Delivery]] = {}
    for one, digest in sorted(scheduled, key=lambda pair: (pair[0].due, pair[0].id)):
        if one.approvals and now <= one.deadline:
            groups.setdefault((one.subject, digest), []).append(one)
    found = (
        _waiting(group, digest, by_subject.get(subject, []), in_force)
        for (subject, digest), group in groups.items()
    )
    return [one for one in found if lack(one.names, one.needed)]


def _waiting(
    group: Sequence[Delivery],
    digest: str,
    given: Sequence[Approval],
    in_force: set[tuple[Subject, str]],
) -> Waiting:
    first = group[0]
    mine = [one.who for one in given if one.digest == digest]
    # Words that are queued as well are another wording, or another event's: not what it was before.
    old = [one for one in given if (one.subject, one.digest) not in in_force]
    names = counting(mine, first.approvals, first.author)
    return Waiting(first.subject, digest, tuple(group), names, old[-1] if old else None)


def too_late(states: Iterable[State]) -> str | None:
    """Say why nothing of a post on an account waits for approval, if it has gone its way."""
    found = set(states)
    return next((why for state, why in _ON_ITS_WAY.items() if state in found), None)
