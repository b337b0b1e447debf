"""The queue of deliveries, as the plan and people want them.

``bot.store.plan_actions`` writes a plan into it, and ``bot.store.claims`` has what happens to a
delivery once it is claimed.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, tuple_, update

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.database.types import batched
from bot.errors import Problem, UserError
from bot.model import Occurrence, PostKey, Probe, RemotePost, State
from bot.model.people import EVERYTHING
from bot.model.post_words import STATE_WORDS
from bot.store.pauses import lift_pauses, read_pauses, set_pause
from bot.store.plan_actions import apply_actions
from bot.store.situations import count_begun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Row

    from bot.database.connections import Database
    from bot.model import Attempt, DayCount, Delivery, Pause, PauseRequest, ScheduleKind
    from bot.model.people import Scope
    from bot.planning.diff import Action
    from bot.platforms.outcomes import Outcome
    from bot.store.pauses import StopFile

log = logging.getLogger("groundswell.queue")

UNFINISHED = (State.SCHEDULED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN)
"""The states that are not final."""

_ID_DIGITS = 19  # a longer number is not an id, because it does not fit into the column

_INSTEAD_OF_DROPPING = {
    State.PUBLISHED: "It is out. Delete it on the platform.",
    State.SENDING: "It may leave at this moment; look again in a minute.",
    State.UNKNOWN: "Groundswell is checking whether it is out; see groundswell inbox.",
    State.NEEDS_HUMAN: "groundswell inbox settle {key} --drop settles it.",
}


class Queue:
    """The deliveries in the database, and the pauses that hold them back."""

    def __init__(self, database: Database, stop_file: StopFile | None = None) -> None:
        self._database = database
        self.stop_file = stop_file
        self._pauses: tuple[object, list[Pause]] = None, []

    # --- planning ---

    def apply(self, actions: Sequence[Action], now: datetime) -> tuple[int, frozenset[int]]:
        """Change the queue to match the plan, in one transaction, as ``apply_actions`` does."""
        with self._database.writing() as connection:
            return apply_actions(connection, actions, now)

    # --- reading ---

    def get(self, key: str) -> Delivery | None:
        """Return the delivery with this key or id."""
        where = t.deliveries.c.key == key
        if key.isascii() and key.isdigit() and len(key) < _ID_DIGITS:
            where = t.deliveries.c.id == int(key)
        deliveries = self._select(where)
        return deliveries[0] if deliveries else None

    def between(
        self,
        start: datetime,
        end: datetime,
        keys: Iterable[str] = (),
        planned: Iterable[Occurrence] = (),
    ) -> list[Delivery]:
        """Return all deliveries due in [start, end), and then others with one of the keys.

        The keys are also those of ``planned``. A delivery shares the equal values of its planned
        occurrence, which saves memory.
        """
        by_key = dict.fromkeys(keys) | {occurrence.key: occurrence for occurrence in planned}
        due = t.deliveries.c.due
        deliveries = self._select((due >= start) & (due < end), planned=by_key)
        known = {delivery.key for delivery in deliveries}
        for batch in batched([key for key in by_key if key not in known]):
            deliveries += self._select(t.deliveries.c.key.in_(batch), planned=by_key)
        return deliveries

    def of_posts(self, posts: Collection[tuple[str, str]]) -> list[Delivery]:
        """Return all deliveries of these posts, each named by its campaign and id."""
        name = tuple_(t.deliveries.c.campaign, t.deliveries.c.post)
        deliveries = []
        for batch in batched(sorted(posts)):
            deliveries += self._select(name.in_(batch))
        return deliveries

    def in_states(
        self,
        states: Collection[State],
        *,
        kind: ScheduleKind | None = None,
        since: datetime | None = None,
        changed_since: datetime | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return the deliveries in these states, in the order in which they are due.

        ``kind``, ``since`` (when due) and ``changed_since`` leave out others.
        """
        c = t.deliveries.c
        where: list[ColumnElement[bool]] = [c.state.in_(tuple(states))]
        if kind is not None:
            where.append(c.kind == kind)
        if since is not None:
            where.append(c.due >= since)
        if changed_since is not None:
            where.append(c.changed >= changed_since)
        return self._select(*where, limit=limit)

    def all(self) -> list[Delivery]:
        """Return every delivery, by due instant."""
        return self._select()

    def count_by_account(self, states: Collection[State]) -> dict[str, int]:
        """Return how many deliveries of each account are in one of these states."""
        c = t.deliveries.c
        query = select(c.account, func.count()).where(c.state.in_(tuple(states)))
        return {row[0]: row[1] for row in self._database.read(query.group_by(c.account))}

    def count_by_state(self) -> dict[State, int]:
        """Return how many deliveries are in each state."""
        query = select(t.deliveries.c.state, func.count()).group_by(t.deliveries.c.state)
        return {rows.state(name): count for name, count in self._database.read(query)}

    def begun_since(self, days: Mapping[str, datetime]) -> dict[str, DayCount]:
        """Return how many posts each account has begun to publish since its instant."""
        with self._database.reading() as connection:
            return count_begun(connection, days)

    def count_stale(self, now: datetime, scope: Scope = EVERYTHING) -> int:
        """Return the number of posts that wait because a fact of theirs is due for review."""
        c = t.deliveries.c
        where = (c.state == State.SCHEDULED) & (c.stale_from <= now) & (c.next_part == 0)
        where &= rows.in_scope(scope)
        return self._database.read_value(rows.select_post_count(where)) or 0

    def next_posts(self, limit: int, scope: Scope = EVERYTHING) -> tuple[list[PostKey], int]:
        """Return the next scheduled posts, at most ``limit``, and the number of all."""
        c = t.deliveries.c
        of_post = rows.POST_COLUMNS
        query = select(*of_post, func.count().over().label("total"))
        query = query.where(c.state == State.SCHEDULED, rows.in_scope(scope))
        query = query.group_by(*of_post).order_by(func.min(c.due), *of_post).limit(limit)
        found = self._database.read(query)
        return [PostKey(*row[:3]) for row in found], found[0].total if found else 0

    def attempts(self, delivery: int) -> list[Attempt]:
        """Return all attempts at a delivery, oldest first."""
        return self.attempts_of([delivery]).get(delivery, [])

    def probes(self, attempt: int) -> list[Probe]:
        """Return the probes of the timeline for an attempt, oldest first."""
        return self.probes_of([attempt]).get(attempt, [])

    def attempts_of(self, deliveries: Iterable[int]) -> dict[int, list[Attempt]]:
        """Return all attempts at these deliveries by delivery, each oldest first."""
        found: dict[int, list[Attempt]] = defaultdict(list)
        c = t.attempts.c
        for batch in batched([*deliveries]):
            query = select(t.attempts).where(c.delivery.in_(batch)).order_by(c.id)
            for row in self._database.read(query):
                found[row.delivery].append(rows.attempt(row))
        return found

    def probes_of(self, attempts: Iterable[int]) -> dict[int, list[Probe]]:
        """Return the probes of the timeline by attempt, each oldest first."""
        found: dict[int, list[Probe]] = defaultdict(list)
        c = t.looks.c
        for batch in batched([*attempts]):
            query = select(t.looks).where(c.attempt.in_(batch)).order_by(c.id)
            for row in self._database.read(query):
                found[row.attempt].append(_probe(row))
        return found

    def _select(
        self,
        *where: ColumnElement[bool],
        planned: Mapping[str, Occurrence | None] | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        with self._database.reading() as connection:
            return rows.read_deliveries(connection, *where, planned=planned, limit=limit)

    # --- people's decisions ---

    def drop(self, delivery: Delivery, who: str, now: datetime) -> None:
        """Take a delivery out of the queue for good. Raise UserError if it may be out already."""
        c = t.deliveries.c
        values = {"state": State.DROPPED, "reason": f"dropped by {who}", "changed": now}
        droppable = c.state.in_((State.SCHEDULED, State.CANCELLED, State.MISSED, State.EXPIRED))
        query = update(t.deliveries).where(c.id == delivery.id, droppable).values(values)
        with self._database.writing() as connection:
            if not connection.execute(query).rowcount:
                found = connection.execute(select(c.state).where(c.id == delivery.id))
                state = rows.state(found.scalar_one())
                message = f"It cannot be dropped ({STATE_WORDS[state]})."
                hint = _INSTEAD_OF_DROPPING.get(state, "It is not sent in any case.")
                hint = hint.format(key=delivery.key)
                raise UserError([Problem(delivery.key, 0, 0, "Q103", message, hint)])
            record(connection, who, "drop", delivery.key, {"state": delivery.state.value}, now)

    def pauses(self) -> list[Pause]:
        """Return the pauses in force: the stop file's first, then the oldest."""
        stopped = self.stop_file.pause() if self.stop_file else None
        # A small query, because it precedes every send. The rest is read only if this has changed.
        current = self._database.query_directly(
            "SELECT * FROM pauses WHERE lifted IS NULL ORDER BY id"
        )
        known, pauses = self._pauses
        if current != known:
            with self._database.reading() as connection:
                pauses = read_pauses(connection)
            # A pause that is written between the two queries is read again by the next call.
            self._pauses = current, pauses
        return [stopped, *pauses] if stopped else pauses

    def pause(self, request: PauseRequest, who: str, now: datetime) -> bool:
        """Set a pause; return False if the same one is in force already."""
        with self._database.writing() as connection:
            return set_pause(connection, request, who, now)

    def pause_after(self, outcome: Outcome, account: str, platform: str, now: datetime) -> None:
        """Set the pause that a platform's answer calls for, if any, and log it if it is new."""
        request = outcome.pause_request(account, platform)
        if request and self.pause(request, GROUNDSWELL, now):
            log.error("%s %s is paused: %s", request.scope, request.name, request.why)

    def resume(self, scope: str, name: str, who: str, now: datetime) -> int:
        """Lift the pauses of this scope and name; return how many were lifted."""
        c = t.pauses.c
        with self._database.writing() as connection:
            lifted = lift_pauses(connection, (c.scope == scope) & (c.name == name), who, now)
            if lifted:
                record(connection, who, "resume", f"{scope} {name}".strip(), {}, now)
        return lifted


def _probe(row: Row[Any]) -> Probe:
    matches = (
        RemotePost(**{**item, "at": datetime.fromisoformat(item["at"])})
        for item in json.loads(row.matches or "[]")
    )
    return Probe(row.at, bool(row.readable), tuple(matches), row.evidence)
