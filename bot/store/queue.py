"""The queue: deliveries as the plan wants them, and as a person wants them.

What happens to one once it is claimed is in ``bot.store.sending``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text, tuple_, update

from bot.errors import UserError
from bot.model import IDENTITY, PLANNED, Hold, Occurrence, State
from bot.store import rows
from bot.store import tables as t
from bot.store.audit import GROUNDSWELL, alone, record
from bot.store.dropping import refusal
from bot.store.twins import fingerprint
from bot.store.types import batched, insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from bot.model import Attempt, Delivery, Look, Pause, ScheduleKind
    from bot.store.database import Database
    from bot.store.stopfile import StopFile

WAITING = (State.SCHEDULED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN)
"""The states that are not final."""

_ID_DIGITS = 19  # what is longer is no id: it does not fit into the column
_ROWS_AT_ONCE = 500  # all of a large plan's rows at once would double the loop's memory
_KEYS_NAMED = 20  # of one plan, in the audit log
_PLANNING = 0x706C616E  # "plan": any number that no other program uses on the same database


@dataclass(frozen=True, slots=True)
class Entry:
    """A change to the queue, as one row: ``delivery`` is None where it is new."""

    occurrence: Occurrence
    state: State
    reason: str
    delivery: Delivery | None = None


class Queue:
    """Deliveries in the database."""

    def __init__(self, database: Database, stop: StopFile | None = None) -> None:
        self._database = database
        self.stop = stop
        self._pauses: tuple[object, list[Pause]] = None, []

    # --- the plan's side ---

    def apply(self, entries: Sequence[Entry], cancel: Iterable[Delivery], now: datetime) -> int:
        """Bring the queue to the plan in one transaction; give how many rows changed.

        A delivery that moved on since it was read (claimed, dropped) is left as it is: every
        statement names the state and the fence that the decision was made on.
        """
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":  # two that plan at once could deadlock
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PLANNING})
            done = _applied(connection, entries, cancel, now)
            if any(done.values()):
                record(connection, GROUNDSWELL, "plan", "", _summary(done), now)
        return sum(map(len, done.values()))

    # --- reading ---

    def get(self, key: str) -> Delivery | None:
        """Give the delivery with this key, or with this number."""
        where = t.deliveries.c.key == key
        if key.isascii() and key.isdigit() and len(key) < _ID_DIGITS:
            where = t.deliveries.c.id == int(key)
        found = self._select(_select(where))
        return found[0] if found else None

    def between(self, start: datetime, end: datetime) -> list[Delivery]:
        """Give all deliveries due in [start, end), in order."""
        return self._select(_between(start, end))

    def relevant(
        self,
        start: datetime,
        end: datetime,
        keys: Iterable[str],
        planned: Iterable[Occurrence] = (),
    ) -> list[Delivery]:
        """Give all deliveries due in [start, end), and those with one of the keys or ``planned``.

        What a delivery has in common with what is planned of it is in memory only once.
        """
        wanted = dict.fromkeys(keys) | {one.key: one for one in planned}
        found = self._select(_between(start, end), wanted)
        there = {delivery.key for delivery in found}
        for some in batched([key for key in wanted if key not in there]):
            found += self._select(_select(t.deliveries.c.key.in_(some)), wanted)
        return found

    def of_posts(self, posts: Collection[tuple[str, str]]) -> list[Delivery]:
        """Give all deliveries of these posts, each named by its campaign and id."""
        names, found = sorted(posts), []
        for some in batched(names):
            where = tuple_(t.deliveries.c.campaign, t.deliveries.c.post).in_(some)
            found += self._select(_select(where))
        return found

    def in_states(
        self,
        states: Collection[State],
        *,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Give the deliveries in these states, by due instant, those due from ``since`` on."""
        where: ColumnElement[bool] = t.deliveries.c.state.in_(tuple(states))
        if since is not None:
            where &= t.deliveries.c.due >= since
        return self._select(_select(where).limit(limit))

    def given_up(self, kind: ScheduleKind, since: datetime) -> frozenset[int]:
        """Give the numbers of those of this kind that were due since then and are too late."""
        c = t.deliveries.c
        where = c.state.in_((State.MISSED, State.EXPIRED)) & (c.due >= since) & (c.kind == kind)
        return frozenset(delivery.id for delivery in self._select(_select(where)))

    def version(self) -> object:
        """Give what differs once anything was written; see ``Database.version``."""
        return self._database.version()

    def all(self) -> list[Delivery]:
        """Give every delivery, by due instant."""
        return self._select(_select(None))

    def waiting_accounts(self) -> set[str]:
        """Give the accounts that have something scheduled."""
        c = t.deliveries.c
        query = select(c.account).where(c.state == State.SCHEDULED).distinct()
        with self._database.reading() as connection:
            return set(connection.scalars(query))

    def count_by_account(self, states: Collection[State]) -> dict[str, int]:
        """Give how many deliveries of each account stand in one of these states."""
        c = t.deliveries.c
        query = select(c.account, func.count()).where(c.state.in_(tuple(states)))
        with self._database.reading() as connection:
            found = connection.execute(query.group_by(c.account))
            return {row[0]: row[1] for row in found}

    def counts(self) -> dict[State, int]:
        """Give how many deliveries stand in each state."""
        query = select(t.deliveries.c.state, func.count()).group_by(t.deliveries.c.state)
        with self._database.reading() as connection:
            return {State(state): count for state, count in connection.execute(query)}

    def stale(self, now: datetime) -> int:
        """Return how many scheduled deliveries a fact holds back that is due for review."""
        c = t.deliveries.c
        where = (c.state == State.SCHEDULED) & (c.stale_from <= now) & (c.next_part == 0)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(where)) or 0

    def attempts(self, delivery: int) -> list[Attempt]:
        """Give all attempts at a delivery, oldest first."""
        query = select(t.attempts).where(t.attempts.c.delivery == delivery)
        with self._database.reading() as connection:
            return [
                rows.attempt(row) for row in connection.execute(query.order_by(t.attempts.c.id))
            ]

    def looks(self, attempt: int) -> list[Look]:
        """Give the looks at the timeline for an attempt, oldest first."""
        query = select(t.looks).where(t.looks.c.attempt == attempt).order_by(t.looks.c.id)
        with self._database.reading() as connection:
            return [rows.look(row) for row in connection.execute(query)]

    def _select(
        self, query: Select[Any], planned: Mapping[str, Occurrence | None] | None = None
    ) -> list[Delivery]:
        planned = planned or {}
        with self._database.reading() as connection:
            found = connection.execute(query)
            return [rows.delivery(row, planned.get(row.key)) for row in found]

    # --- the person's side ---

    def drop(self, delivery: Delivery, who: str, now: datetime) -> None:
        """Take it out of the queue for good. Raises UserError where it is on its way already."""
        c = t.deliveries.c
        values = {"state": State.DROPPED, "reason": f"dropped by {who}", "changed": now}
        allowed = c.state.in_((State.SCHEDULED, State.CANCELLED, State.MISSED, State.EXPIRED))
        query = update(t.deliveries).where(c.id == delivery.id, allowed).values(values)
        with self._database.writing() as connection:
            if not connection.execute(query).rowcount:
                found = connection.execute(select(c.state).where(c.id == delivery.id))
                raise UserError([refusal(delivery, State(found.scalar_one()))])
            record(connection, who, "drop", delivery.key, {"state": delivery.state.value}, now)

    def pauses(self) -> list[Pause]:
        """Give the pauses in force, oldest first, and before them the file's."""
        stopped = self.stop.pause() if self.stop else None
        found = self._paused()
        return [stopped, *found] if stopped else found

    def _paused(self) -> list[Pause]:
        """Give those that the database has; it is asked before every send, so in few words."""
        there = self._database.glance("SELECT * FROM pauses WHERE lifted IS NULL ORDER BY id")
        known, found = self._pauses
        if there is None or there != known:
            with self._database.reading() as connection:
                found = read_pauses(connection)
            # Of that instant or a later one: what is written in between is read once more.
            self._pauses = there, found
        return found

    def pause(self, hold: Hold, who: str, now: datetime) -> bool:
        """Set a pause; False where the same one is in force already."""
        with self._database.writing() as connection:
            return set_pause(connection, hold, who, now)

    def resume(self, scope: str, name: str, who: str, now: datetime) -> int:
        """Lift the pauses of this scope and name; give how many were lifted."""
        c = t.pauses.c
        where = (c.scope == scope) & (c.name == name) & c.lifted.is_(None)
        query = update(t.pauses).where(where).values(lifted=now, lifted_by=who)
        with self._database.writing() as connection:
            lifted = connection.execute(query).rowcount
            if lifted:
                record(connection, who, "resume", f"{scope} {name}".strip(), {}, now)
        return lifted


_PAUSES = select(t.pauses).where(t.pauses.c.lifted.is_(None)).order_by(t.pauses.c.id)


def read_pauses(connection: Connection) -> list[Pause]:
    """Give the pauses in force, within a transaction."""
    return [rows.pause(row) for row in connection.execute(_PAUSES)]


def set_pause(connection: Connection, hold: Hold, who: str, now: datetime) -> bool:
    """Set a pause within a transaction; False where the same one is in force already."""
    alone(connection)  # two workers that are refused at once must not both set it
    in_force = {(pause.scope, pause.name) for pause in read_pauses(connection)}
    if (hold.scope, hold.name) in in_force:
        return False
    connection.execute(insert(t.pauses).values(**asdict(hold), who=who, since=now))
    subject = f"{hold.scope} {hold.name}".strip()
    record(connection, who, "pause", subject, {"why": hold.why}, now)
    return True


def _select(where: ColumnElement[bool] | None) -> Select[Any]:
    query = select(*rows.DELIVERY).order_by(t.deliveries.c.due, t.deliveries.c.id)
    return query if where is None else query.where(where)


def _between(start: datetime, end: datetime) -> Select[Any]:
    due = t.deliveries.c.due
    return _select((due >= start) & (due < end))


def _applied(
    connection: Connection,
    entries: Sequence[Entry],
    cancel: Iterable[Delivery],
    now: datetime,
) -> dict[str, list[str]]:
    """Do it, and give the keys of what was done by what it was."""
    new = {entry.occurrence.key: entry for entry in entries if entry.delivery is None}
    added = _insert(connection, list(new.values()), now)
    in_time = [key for key in added if new[key].state is State.SCHEDULED]
    late = [key for key in added if new[key].state is not State.SCHEDULED]
    return {
        "added": in_time,
        "missed": late,
        "changed": [
            entry.delivery.key
            for entry in entries
            if entry.delivery is not None and _replace(connection, entry, entry.delivery, now)
        ],
        "cancelled": [one.key for one in cancel if _cancel(connection, one, now)],
    }


def _summary(done: Mapping[str, list[str]]) -> dict[str, Any]:
    """Say what a plan did: how many, and the first keys of each."""
    told = {what: keys for what, keys in done.items() if keys}
    return {what: {"count": len(keys), "keys": keys[:_KEYS_NAMED]} for what, keys in told.items()}


def _planned(occurrence: Occurrence) -> dict[str, Any]:
    return {
        **{name: getattr(occurrence, name) for name in PLANNED},
        "content": occurrence.content.to_json(),
        "digest": occurrence.content.digest,
        "words": fingerprint(occurrence.content),
        "not_before": occurrence.due,
    }


def _new(entry: Entry, now: datetime) -> dict[str, Any]:
    occurrence = entry.occurrence
    return {
        **{name: getattr(occurrence, name) for name in IDENTITY},
        **_planned(occurrence),
        "state": entry.state,
        "reason": entry.reason,
        "next_part": 0,
        "created": now,
        "changed": now,
    }


def _insert(connection: Connection, entries: Sequence[Entry], now: datetime) -> list[str]:
    """Add what is not there yet; give the keys of what was added."""
    # Another worker may have planned the same key a moment ago: the unique key remembers.
    query = insert_new(connection, t.deliveries, ["key"]).returning(t.deliveries.c.key)
    added: list[str] = []
    for first in range(0, len(entries), _ROWS_AT_ONCE):
        values = [_new(entry, now) for entry in entries[first : first + _ROWS_AT_ONCE]]
        added += connection.scalars(query, values)
    return added


def _replace(connection: Connection, entry: Entry, old: Delivery, now: datetime) -> int:
    c = t.deliveries.c
    values = _planned(entry.occurrence)
    # A wait after a refused try must survive an edit that does not move the post.
    if old.state == State.SCHEDULED and old.due == entry.occurrence.due:
        del values["not_before"]
    if old.content.digest != values["digest"]:
        values["allowed"] = False  # the leave was for the words that it had
    values |= {"state": entry.state, "reason": entry.reason, "absent": False, "changed": now}
    same = (c.id == old.id) & (c.state == old.state) & (c.fence == old.fence)
    return connection.execute(update(t.deliveries).where(same).values(values)).rowcount


def _cancel(connection: Connection, old: Delivery, now: datetime) -> int:
    c = t.deliveries.c
    same = (c.id == old.id) & (c.state == State.SCHEDULED) & (c.fence == old.fence)
    values = {"state": State.CANCELLED, "reason": "it left the campaign files", "changed": now}
    return connection.execute(update(t.deliveries).where(same).values(values)).rowcount
