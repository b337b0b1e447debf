"""Writes the actions of a plan into the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.database.types import batched, insert_new, lock_transaction
from bot.model import IDENTITY_FIELDS, PLANNED_FIELDS, State
from bot.model.posts import count_keys
from bot.planning.diff import Add, AddMissed, Cancel, Change, Hold, Release, Revive
from bot.store.duplicates import words_digest
from bot.store.outcomes import fence_unchanged
from bot.store.restore import remember_due

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.model import Occurrence
    from bot.planning.diff import Action

_KEYS_LOGGED = 20  # of one plan, in the audit log
_MISSED_REASON = "its time had passed before it was queued"

_DONE = {
    Change: "changed",
    Revive: "changed",
    Cancel: "cancelled",
    Hold: "held back",
    Release: "released",
}
"""How the audit log names each change of a delivery."""


def apply_actions(
    connection: Connection, actions: Sequence[Action], now: datetime
) -> tuple[int, frozenset[int]]:
    """Change the queue to match the plan, with a line in the audit log.

    Return how many rows changed, and the ids of the deliveries that were claimed or dropped since
    they were read. These stay as they are, because each statement names the state and the fence
    that its decision was based on.
    """
    lock_transaction(connection, "plan")  # two at once could deadlock
    keys = _insert(connection, actions, now)
    remember_due(connection, now)
    keys |= {what: [] for what in ("changed", "cancelled", "held back", "released")}
    passed_over = set()
    for action in actions:
        if not isinstance(action, Change | Revive | Cancel | Hold | Release):
            continue
        if isinstance(action, Hold) and action.delivery.left_files:
            continue  # it is held already
        if _change(connection, action, now):
            keys[_DONE[type(action)]].append(action.delivery.key)
        else:
            passed_over.add(action.delivery.id)
    detail = {
        what: {"posts": count_keys(of), "count": len(of), "keys": of[:_KEYS_LOGGED]}
        for what, of in keys.items()
        if of
    }
    if detail:
        record(connection, GROUNDSWELL, "plan", "", detail, now)
    return sum(map(len, keys.values())), frozenset(passed_over)


def _insert(
    connection: Connection, actions: Iterable[Action], now: datetime
) -> dict[str, list[str]]:
    """Insert deliveries that do not exist yet; return their keys as ``added`` and ``missed``."""
    new = [action for action in actions if isinstance(action, Add | AddMissed)]
    # Another worker may have planned the same key a moment ago. The unique key decides.
    query = insert_new(connection, t.deliveries, ["key"]).returning(t.deliveries.c.key)
    inserted: list[str] = []
    for batch in batched(new):  # all rows of a large plan at once would double the memory used
        values = [
            {
                **{name: getattr(action.occurrence, name) for name in IDENTITY_FIELDS},
                **_planned_values(action.occurrence),
                "state": State.MISSED if isinstance(action, AddMissed) else State.SCHEDULED,
                "reason": _MISSED_REASON if isinstance(action, AddMissed) else "",
                "next_part": 0,
                "created": now,
                "changed": now,
            }
            for action in batch
        ]
        inserted += connection.scalars(query, values)
    missed = {action.occurrence.key for action in new if isinstance(action, AddMissed)}
    return {
        "added": [key for key in inserted if key not in missed],
        "missed": [key for key in inserted if key in missed],
    }


def _change(
    connection: Connection, action: Change | Revive | Cancel | Hold | Release, now: datetime
) -> int:
    old = action.delivery
    if isinstance(action, Cancel):
        values: dict[str, Any] = {"state": State.CANCELLED, "reason": action.why}
    elif isinstance(action, Hold | Release):
        values = {"left_files": now if isinstance(action, Hold) else None}
    else:
        values = _planned_values(action.occurrence)
        # A wait after a refused try must survive an edit that does not move the post.
        if old.state == State.SCHEDULED and old.due == action.occurrence.due:
            del values["not_before"]
        if old.content.digest != values["digest"]:
            values["allowed"] = False  # a permission is for the words that it was given for
        values |= {"state": State.SCHEDULED, "reason": "", "absent": False, "left_files": None}
    where = fence_unchanged(old) & (t.deliveries.c.state == old.state)
    query = update(t.deliveries).where(where).values(**values, changed=now)
    return connection.execute(query).rowcount


def _planned_values(occurrence: Occurrence) -> dict[str, Any]:
    return {
        **{name: getattr(occurrence, name) for name in PLANNED_FIELDS},
        "content": occurrence.content.to_json(),
        "digest": occurrence.content.digest,
        "parts": len(occurrence.content.parts),
        "words": words_digest(occurrence.content, occurrence.platform),
        "not_before": occurrence.due,
    }
