"""The rules of approvals, refusals and pauses, as seen from outside.

They judge only what is certain from the times of requests and answers. For example, a pause was in
force if its answer had come before a post was accepted, and if no resumption was asked for in
between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

CAMPAIGNS = {"free": 0, "one": 1, "two": 2}
"""The number of approvals that each campaign requires."""


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a person, and its answer."""

    kind: str
    who: str
    what: str
    """What was paused, as the form says it; or the name of a post."""
    begun: float
    ended: float
    status: int
    """Status of the answer; 0 if the control room died meanwhile, so that nobody knows."""
    words: str
    """Words of the page, in which a pause names the posts that may still leave."""

    @property
    def is_done(self) -> bool:
        """Whether it certainly took place."""
        return self.status == 200

    @property
    def is_possible(self) -> bool:
        """Whether it perhaps took place."""
        return self.status in {200, 0}


class Sent(NamedTuple):
    """A post that the sandbox has accepted."""

    campaign: str
    post: str
    account: str
    at: float

    @property
    def name(self) -> str:
        """The name of the post, as people see it."""
        return f"{self.campaign}/{self.post}"


# --- The rules ------------------------------------------------------------------------------------


def broken_rules(acts: Sequence[Act], sent: Sequence[Sent]) -> list[str]:
    """Return a sentence for each post that left although it certainly must not have."""
    rules = (_sent_while_paused, _sent_without_approvals, _sent_though_refused)
    found = [rule(acts, one) for one in sent for rule in rules]
    return [words for words in found if words]


def _sent_while_paused(acts: Sequence[Act], one: Sent) -> str:
    named = {"all", f"account {one.account}", f"campaign {one.campaign}"}
    for act in acts:
        if act.kind != "pause" or not act.is_done or act.ended >= one.at or act.what not in named:
            continue
        ended = _perhaps_between(acts, "resume", act, one)
        if not ended and f"{one.campaign}/{one.post}/{one.account}" not in act.words:
            return f"{one} left while {act.what} was paused by {act.who}"
    return ""


def _sent_without_approvals(acts: Sequence[Act], one: Sent) -> str:
    given = {
        act.who
        for act in acts
        if act.kind == "approve"
        and act.what == one.name
        and act.is_possible
        and act.begun < one.at
        and not _has_withdrawn(acts, act.who, one)
    }
    needed = CAMPAIGNS[one.campaign]
    return f"{one} left with the approvals of {given}" if len(given) < needed else ""


def _has_withdrawn(acts: Sequence[Act], who: str, one: Sent) -> bool:
    return any(
        act.who == who
        and _is_over(act, "withdraw", one)
        and not _perhaps_between(acts, "approve", act, one, who)
        for act in acts
    )


def _sent_though_refused(acts: Sequence[Act], one: Sent) -> str:
    for act in acts:
        if _is_over(act, "refuse", one) and not _perhaps_between(acts, "take back", act, one):
            return f"{one} left although {act.who} had refused it"
    return ""


def _is_over(act: Act, kind: str, one: Sent) -> bool:
    """Return whether such a decision about a post was certainly made before it left."""
    return act.kind == kind and act.what == one.name and act.is_done and act.ended < one.at


def _perhaps_between(acts: Sequence[Act], kind: str, before: Act, one: Sent, who: str = "") -> bool:
    """Return whether such an act about the same perhaps came after another, and before a send."""
    return any(
        act.kind == kind
        and act.what == before.what
        and act.is_possible
        and act.ended > before.begun
        and act.begun < one.at
        and who in {"", act.who}
        for act in acts
    )
