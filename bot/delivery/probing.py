"""Looks for a delivery on its account's own timeline, and for posts that no delivery made.

What was due before this process started is looked for before it is sent: the loop was down, or the
database was restored from a copy that does not know what has gone out since. So is a post in a
queue slot, which a new or restored database cannot know to be out.

X may change a text in ways that ``bot.platforms.x.timeline`` does not foresee. So a post is not
proved absent while the account shows another post of that time that belongs to no delivery.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery.transitions import postpone, transition_for
from bot.model import ScheduleKind, State, Transition
from bot.platforms.base import Outcome
from bot.store import restore

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.delivery.situations import PublisherDeps
    from bot.model import Delivery, RemotePost
    from bot.platforms.base import TimelineSearch
    from bot.store.restore import UnverifiedSlots

NEAR_SEND = timedelta(minutes=6)
"""A post this near to a send may be what it made: the clocks may differ by five minutes before
anybody is told, and a send takes up to one."""

PROBE_MARGIN = timedelta(seconds=60)
"""A post is looked for from this long before it was due: clocks differ."""

TOO_FAR_BACK = "the platform does not show the account's posts so far back"
NOT_SEARCHABLE = "without words it cannot be looked for"

log = logging.getLogger("groundswell.delivery")


def is_searchable(delivery: Delivery) -> bool:
    """Return whether the next part has words, without which it cannot be found."""
    return bool(delivery.content.parts[delivery.next_part].text.strip())


def search_for_next_part(
    deps: PublisherDeps, delivery: Delivery, reply_to: str | None, since: datetime
) -> tuple[list[RemotePost], TimelineSearch]:
    """Look for a delivery's next part. Raise Outcome."""
    # Its words are enough to recognise it; media would have to be uploaded first.
    client = deps.client(delivery.account)
    payload = client.payload(delivery.content, delivery.next_part, [], reply_to)
    return search_timeline(deps, delivery, payload, since)


def search_timeline(
    deps: PublisherDeps, delivery: Delivery, payload: str, since: datetime
) -> tuple[list[RemotePost], TimelineSearch]:
    """Look for a payload on the account's timeline, and book the reads. Raise Outcome.

    Return the matches that belong to no delivery, and the search itself.
    """
    client = deps.client(delivery.account)
    try:
        search = client.find(payload, since)
    except Outcome as outcome:
        deps.book_reads(delivery.platform, delivery.account, outcome.charges)
        raise
    deps.book_reads(delivery.platform, delivery.account, search.charges)
    known = deps.unsettled.known_remote_ids(delivery.account)
    return _without_ids(search.matches, known), search


def unknown_posts(
    deps: PublisherDeps, delivery: Delivery, search: TimelineSearch, first: datetime, last: datetime
) -> list[RemotePost]:
    """Return the posts around the sends from ``first`` to ``last`` that no delivery made.

    Posts that match another unsettled delivery are left out. Raise Outcome.
    """
    near = [
        post for post in search.near_matches if first - NEAR_SEND <= post.at <= last + NEAR_SEND
    ]
    unknown = _without_ids(near, deps.unsettled.known_remote_ids(delivery.account))
    for payload in deps.unsettled.unsettled_payloads(delivery) if unknown else ():
        _, other = search_timeline(deps, delivery, payload, first)
        unknown = _without_ids(unknown, {post.remote_id for post in other.matches})
    return unknown


def _without_ids(posts: Iterable[RemotePost], ids: Iterable[str]) -> list[RemotePost]:
    left_out = frozenset(ids)
    return [post for post in posts if post.remote_id not in left_out]


def describe_unknown_posts(posts: Iterable[RemotePost]) -> str:
    """Return which posts a person must look at."""
    urls = ", ".join(post.url for post in posts)
    return f"no post says the same, but this one of that time is not known here: {urls}"


def adoption(deps: PublisherDeps, delivery: Delivery, published: RemotePost) -> Transition:
    """Return what follows when the next part turns out to be published, with what it cost."""
    account = deps.accounts.get(delivery.account)
    transition = transition_for(delivery, account, published, deps.clock.now())
    return replace(transition, bill=deps.bill(delivery))


class PreSendCheck:
    """Looks once for each part that may be out although the database does not know it."""

    def __init__(self, deps: PublisherDeps) -> None:
        self._deps = deps
        self._started = deps.clock.now()
        self._absent: set[tuple[int, int]] = set()

    def needs_probe(self, delivery: Delivery, slots: UnverifiedSlots | None) -> bool:
        """Return whether the next part must be looked for before it is sent."""
        return self._since(delivery, slots) is not None

    def transition(self, delivery: Delivery, reply_to: str | None) -> Transition | None:
        """Look for the next part; return None where it may be sent. Raise Outcome."""
        slots = None
        if delivery.kind is ScheduleKind.SLOT:
            with self._deps.database.reading() as connection:
                slots = restore.read_unverified(connection)
        since = self._since(delivery, slots)
        if since is None:
            return None
        transition = self._probe(delivery, reply_to, since)
        settled = transition is None or transition.state is State.NEEDS_HUMAN
        if settled and slots and slots.covers(delivery):
            restore.clear_unverified(self._deps.database, delivery.key)
        return transition

    def _since(self, delivery: Delivery, slots: UnverifiedSlots | None) -> datetime | None:
        """Return since when it may be out; None where it cannot be, or was found absent."""
        if (delivery.id, delivery.next_part) in self._absent:
            return None
        if slots and slots.covers(delivery):  # a person's word may be older than the doubt
            return slots.since
        if delivery.absent:
            return None
        return delivery.due - PROBE_MARGIN if delivery.due < self._started else None

    def _probe(
        self, delivery: Delivery, reply_to: str | None, since: datetime
    ) -> Transition | None:
        was_due = delivery.due < self._started
        doubt = (
            "it was due before this start"
            if was_due
            else "this database may not know that it is out"
        )
        if not is_searchable(delivery):
            return Transition(State.NEEDS_HUMAN, reason=f"{doubt}, and {NOT_SEARCHABLE}")
        try:
            matches, why_unsure = self._search(delivery, reply_to, since)
        except Outcome as outcome:
            why = f"{doubt}; the timeline is not readable"
            return postpone(delivery, outcome, why, self._deps.clock.now())
        if len(matches) > 1:
            ids = ", ".join(match.remote_id for match in matches)
            why_unsure = f"{len(matches)} posts on the timeline match: {ids}"
        elif matches:
            log.warning("%s was out already: found on the timeline", delivery.key)
            return adoption(self._deps, delivery, matches[0])
        if why_unsure:
            return Transition(State.NEEDS_HUMAN, reason=f"{doubt}, and {why_unsure}")
        self._absent.add((delivery.id, delivery.next_part))
        return None

    def _search(
        self, delivery: Delivery, reply_to: str | None, since: datetime
    ) -> tuple[Sequence[RemotePost], str]:
        """Return the posts that match, and why it may be out if none does. Raise Outcome."""
        matches, search = search_for_next_part(self._deps, delivery, reply_to, since)
        if matches or not search.complete:
            return matches, TOO_FAR_BACK
        if delivery.kind is ScheduleKind.SLOT:  # nobody knows when it went out, if it did
            return [], ""
        unknown = unknown_posts(self._deps, delivery, search, delivery.due, delivery.due)
        return [], describe_unknown_posts(unknown) if unknown else ""
