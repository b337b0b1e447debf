"""Looks for deliveries on their accounts' timelines, and settles those whose outcome is unknown.

X may change a text in ways that ``bot.platforms.x.timeline`` does not foresee. A post is not proved
absent while the account shows another post of that time that belongs to no delivery. Nor may a part
of a thread be sent while it, or a later one, stands there under another post.

After a crash, a delivery with an open intent becomes ``unknown``, and is looked for. One that was
claimed without an intent goes back into the queue, as nothing of it left. Outcomes that the
database could not take are read from the journal beside it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.delivery.clients import bugs_as_unsent
from bot.delivery.decide import GiveUp, Wait
from bot.delivery.threads import AccountThreads
from bot.delivery.transitions import (
    FIRST_PROBE_DELAY,
    judge_probes,
    transition_for,
)
from bot.model import Probe, RemotePost, State, Transition
from bot.platforms.base import TimelineSearch
from bot.platforms.outcomes import Outcome
from bot.store.sends import Claim, SendResult

if TYPE_CHECKING:
    from datetime import datetime

    from bot.delivery.decide import Decision
    from bot.delivery.deps import DeliveryDeps
    from bot.model import Attempt, Delivery
    from bot.store.journal import JournalEntry


NEAR_SEND = timedelta(minutes=6)
"""A send may have made a post that is this near to it. The clocks may differ by five minutes before
anybody notices, and a send takes up to one."""

LEASE_RECHECK_SECONDS = 30.0
"""A claim that could not be settled after its lease has ended is checked again after this."""

PROBE_THREADS = 4
"""Threads that look for deliveries, for each platform, while none is stuck."""

RESEND_SECONDS = 5.0
"""A delivery that proved absent waits this long, in which the plan may find it gone, until it is
sent once more."""

log = logging.getLogger("groundswell.delivery")


def search_for_next_part(
    deps: DeliveryDeps, delivery: Delivery, reply_to: str | None, since: datetime
) -> tuple[TimelineSearch, str]:
    """Return the posts that look like a delivery's next part. Raise Outcome.

    If there are none, return also why the part may be out nevertheless, or "".
    """
    if not delivery.content.parts[delivery.next_part].text.strip():
        return TimelineSearch((), ""), "a post without text cannot be found on the timeline"
    # Its words are enough to recognise it; media would have to be uploaded first.
    client = deps.client(delivery.account)
    payload = client.payload(delivery.content, delivery.next_part, [], reply_to)
    search = search_timeline(deps, delivery, payload, since)
    if search.matches:
        return search, ""
    if not search.complete:
        return search, "the platform does not show the account's posts so far back"
    return search, standing_rest(deps, delivery, search, since)


def search_timeline(
    deps: DeliveryDeps, delivery: Delivery, payload: str, since: datetime
) -> TimelineSearch:
    """Look for a payload on the account's timeline, without the posts of known deliveries.

    The reads are booked. Raise Outcome.
    """
    search = _find(deps, delivery, payload, since)
    known = deps.unsettled.known_remote_ids(delivery.account)
    matches, near, misplaced = (
        tuple(post for post in posts if post.remote_id not in known)
        for posts in (search.matches, search.near_matches, search.misplaced)
    )
    return replace(search, matches=matches, near_matches=near, misplaced=misplaced)


def _find(deps: DeliveryDeps, delivery: Delivery, payload: str, since: datetime) -> TimelineSearch:
    """Return all of the account's posts with this payload, also those of deliveries."""
    try:
        search = deps.client(delivery.account).find(payload, since)
    except Outcome as outcome:
        deps.book_reads(delivery.platform, delivery.account, outcome.charges)
        raise
    deps.book_reads(delivery.platform, delivery.account, search.charges)
    return search


def standing_rest(
    deps: DeliveryDeps, delivery: Delivery, search: TimelineSearch, since: datetime
) -> str:
    """Return a sentence on a remaining part of a thread that stands elsewhere, or "".

    The thread was out as a whole, and somebody has deleted a part of it, or reworded it in the
    files. They decide whether it goes out again, because the remaining parts must not be there
    twice. ``search`` is the one for the next part, which is absent. Raise Outcome.
    """
    client, parts = deps.client(delivery.account), delivery.content.parts
    standing = search.misplaced if delivery.next_part else ()
    part = delivery.next_part
    while not standing and part + 1 < len(parts):
        part += 1
        if parts[part].text.strip():
            payload = client.payload(delivery.content, part, [], None)
            search = search_timeline(deps, delivery, payload, since)
            standing = search.matches + search.misplaced
    if not standing:
        return ""
    return (
        f"part {part + 1} of {len(parts)} is on the timeline, but not under the part before it, "
        f"which was deleted or reworded: {standing[0].url}. Drop it to leave that as it is; to "
        "send the thread again, delete the rest of it first, then say that it was not sent"
    )


def unknown_nearby(
    deps: DeliveryDeps, delivery: Delivery, search: TimelineSearch, first: datetime, last: datetime
) -> str:
    """Return a sentence on posts around the sends from ``first`` to ``last`` that nobody knows.

    Posts of other deliveries are left out, even if these are being settled just now. Raise Outcome.
    """
    near = [
        post for post in search.near_matches if first - NEAR_SEND <= post.at <= last + NEAR_SEND
    ]
    if not near:
        return ""
    known, payloads = deps.unsettled.own_posts(delivery)
    unknown = {post.remote_id: post.url for post in near if post.remote_id not in known}
    for payload in payloads if unknown else ():
        for post in _find(deps, delivery, payload, first).matches:
            unknown.pop(post.remote_id, None)
    if not unknown:
        return ""
    urls = ", ".join(unknown.values())
    return f"no post says the same, but Groundswell does not know this one of that time: {urls}"


def adoption(deps: DeliveryDeps, delivery: Delivery, published: RemotePost) -> Transition:
    """Return the transition of a delivery whose next part was found published, with its bill."""
    account, now = deps.accounts.get(delivery.account), deps.clock.now()
    return transition_for(delivery, account, published, now, bill=deps.bill(delivery))


class Reconciler:
    """Settles unknown deliveries, claims of dead workers, and the journal after a full disk."""

    def __init__(self, deps: DeliveryDeps) -> None:
        self._deps = deps
        self._reported: set[str] = set()
        self._threads: AccountThreads[None] = AccountThreads("probe", PROBE_THREADS)

    def rescue(self, *, sole: bool) -> int:
        """Settle the journal's entries and the deliveries that dead workers left in ``sending``.

        Return the number of the latter. ``sole`` says that no other worker can be alive.
        """
        # The journal comes first, because its posts are known to be out.
        journal = self._deps.journal
        entries, unreadable = journal.read()
        for line in unreadable:
            self._report_once(f"a line of {journal.path.name} cannot be read: {line}")
        done = [self._settle_entry(entry) for entry in entries]
        if all(done) and (entries or unreadable):
            journal.clear(len(entries) + len(unreadable))
        unsettled, now = self._deps.unsettled, self._deps.clock.now()
        orphans = unsettled.orphans(now, sole=sole)
        for delivery, attempt in orphans:
            transition = (
                Transition(
                    State.UNKNOWN, now + FIRST_PROBE_DELAY, "its worker stopped while sending"
                )
                if attempt
                else Transition(State.SCHEDULED, now, "its worker stopped before sending")
            )
            if unsettled.rescue(delivery, attempt, transition, now):
                log.warning("%s %s: %s", delivery.key, transition.state, transition.reason)
        return len(orphans)

    def run(self) -> None:
        """Look for every unknown delivery whose next probe is due, on several accounts at once."""
        deps, threads = self._deps, self._threads
        done: set[int] = set()
        error: BaseException | None = None
        while True:
            due = [] if error else deps.unsettled.due_probes(deps.clock.now())
            for delivery, attempt in due:
                name = delivery.account
                if attempt.id in done or name in threads.busy:
                    continue
                done.add(attempt.id)
                if name in deps.accounts:
                    threads.submit(
                        delivery.platform, {name: partial(self._probe, delivery, attempt)}
                    )
                else:
                    why = f"config.yaml has no account {name}, so it cannot be looked for"
                    self._apply(delivery, GiveUp(State.NEEDS_HUMAN, why))
            if not threads.busy:
                break
            _, failure = threads.collect()
            error = error or failure
        if error:
            raise error

    def _probe(self, delivery: Delivery, attempt: Attempt) -> None:
        """Look for a delivery once, and settle it by the result."""
        deps = self._deps
        probe, unknown = self._search(delivery, attempt)
        deps.unsettled.record_probe(attempt, probe)
        result = judge_probes(
            delivery,
            deps.queue.probes(attempt.id),
            since=attempt.closed or attempt.opened,
            duplicate=attempt.outcome == "duplicate",
            now=deps.clock.now(),
            unknown_nearby=unknown,
            again=self._was_repeated(delivery, attempt.part),
            kept=probe.readable and self._is_kept(delivery, attempt),
        )
        self._apply(delivery, result)

    def next_wake(self) -> datetime | None:
        """Return when the next probe is due, or the next lease ends."""
        unsettled, clock = self._deps.unsettled, self._deps.clock
        lease_end, next_probe = unsettled.next_lease_end(), unsettled.next_probe()
        if lease_end and lease_end <= clock.now():  # the database's clock may differ
            lease_end = clock.after(LEASE_RECHECK_SECONDS)
        return min(filter(None, (lease_end, next_probe)), default=None)

    def _search(self, delivery: Delivery, attempt: Attempt) -> tuple[Probe, str]:
        """Return a look at the timeline, and a sentence on unknown posts of that time, or ""."""
        deps, now = self._deps, self._deps.clock.now()
        since = deps.unsettled.first_attempted_at(delivery.id, attempt.part) or attempt.opened
        try:
            with bugs_as_unsent(f"looking for {delivery.key}"):
                search = search_timeline(deps, delivery, attempt.payload, since)
                platform_time = deps.client(delivery.account).platform_time
                deps.clockguard.check_platform_time(delivery.account, platform_time)
                unknown = ""
                if not search.matches:  # otherwise it does not matter which others there are
                    unknown = unknown_nearby(deps, delivery, search, since, attempt.opened)
                    unknown = unknown or standing_rest(deps, delivery, search, since)
        except Outcome as outcome:
            deps.queue.pause_after(outcome, delivery.account, delivery.platform, now)
            return Probe(now, readable=False, matches=(), evidence=outcome.detail), ""
        return Probe(now, search.complete, search.matches, search.evidence), unknown

    def _was_repeated(self, delivery: Delivery, part: int) -> bool:
        tried = self._deps.queue.attempts(delivery.id) if delivery.resends else []
        return sum(one.part == part and one.outcome == "unknown" for one in tried) > 1

    def _is_kept(self, delivery: Delivery, attempt: Attempt) -> bool:
        """Return whether the platform would take a repetition for the first send.

        It must have the key of the first send and the same bytes. With files or after an edit, it
        has not.
        """
        deps, part, parent = self._deps, attempt.part, attempt.reply_to
        client = deps.client(delivery.account)
        first = deps.unsettled.first_attempted_at(delivery.id, part) or attempt.opened
        same = client.payload(delivery.content, part, [], parent) == attempt.payload
        return same and deps.clock.now() - first < client.keys_last

    def _apply(self, delivery: Delivery, result: RemotePost | Decision) -> None:
        unsettled, now = self._deps.unsettled, self._deps.clock.now()
        if isinstance(result, RemotePost):
            if unsettled.resolve(delivery, adoption(self._deps, delivery, result), now):
                self._deps.on_booked(delivery.account)
                log.info("%s found on the timeline: %s", delivery.key, result.url)
        elif isinstance(result, Wait):
            transition = Transition(State.UNKNOWN, result.until, delivery.reason)
            unsettled.resolve(delivery, transition, now)
        elif isinstance(result, GiveUp):
            reason = f"{result.why} ({delivery.reason})"
            unsettled.resolve(delivery, Transition(result.state, reason=reason), now)
            log.error("%s needs a person: %s. See: groundswell inbox", delivery.key, result.why)
        else:
            send_at = self._deps.clock.after(RESEND_SECONDS)
            transition = Transition(
                State.SCHEDULED, send_at, "it is not on the timeline, and is sent once more"
            )
            unsettled.resolve(delivery, transition, now, resent=True)
            log.warning("%s is not on the timeline; it is sent once more", delivery.key)

    # --- published posts that the database could not take ---

    def _settle_entry(self, entry: JournalEntry) -> bool:
        """Settle a published post, and return False if that must be tried again."""
        deps, delivery, now = self._deps, self._deps.queue.get(entry.key), self._deps.clock.now()
        found = f"{entry.key} is out as {entry.url}"
        if delivery is None or delivery.id != entry.delivery:
            self._report_once(f"{found}, but the database has no such post")
            return True
        if entry.remote_id in deps.unsettled.known_remote_ids(delivery.account):
            return True
        if delivery.next_part != entry.part:
            self._report_once(f"{found}, and is out as another post too; look at both")
            return True
        published = RemotePost(entry.remote_id, entry.url, entry.at, entry.reply)
        transition = adoption(deps, delivery, published)
        match delivery.state:
            case State.SENDING:
                claim = Claim(delivery, entry.attempt, entry.fence, entry.payload, now)
                result = SendResult(claim, transition, "published", entry.url)
                [written] = deps.claims.record_results([result], now)
            case State.UNKNOWN | State.NEEDS_HUMAN:
                written = deps.unsettled.resolve(delivery, transition, now)
            case State.SCHEDULED:
                written = deps.claims.give_up(delivery, transition, now)
            case _:
                self._report_once(f"{entry.key} is {delivery.state}, but it is out as {entry.url}")
                return True
        if written:
            deps.on_booked(delivery.account)
            log.warning("%s is out as %s; the database has it now", entry.key, entry.url)
        return written

    def _report_once(self, words: str) -> None:
        if words not in self._reported:
            self._reported.add(words)
            log.error("%s", words)
