"""The invariants, checked from outside by another connection and by the platform's posts.

Violations at the moment of a send are kept in ``violations``, because the app would handle an
exception there as a bug of the client.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.model import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.model import Account, Occurrence
    from helpers.machine_platform import ModelPlatform

SENT_DELIVERY_SQL = """
SELECT d.*, a.part, a.payload, a.payload_sha256, a.fence AS a_fence, a.opened
FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id AND a.closed IS NULL
WHERE d.key = ?"""
SAME_SLOT_SQL = """
SELECT key FROM deliveries d WHERE kind = 'slot' AND account = ? AND due = ? AND key <> ?
AND state IN ('scheduled', 'sending', 'unknown', 'needs_human', 'published')
AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.delivery = d.id AND p.published < d.due)"""
CONTENTS_SQL = "SELECT key, content FROM deliveries"
DELIVERIES_SQL = """
SELECT d.key, d.id, d.state, d.fence, d.next_part, d.account, d.label, d.kind, d.due,
       count(a.id) AS open, max(a.fence) AS a_fence
FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id AND a.closed IS NULL
GROUP BY d.id"""
SETTLING_TIME = timedelta(minutes=1)
UNSENT_STATES = ("missed", "expired", "cancelled", "rejected")
END_STATES = ("published", "dropped", "needs_human", *UNSENT_STATES)


@dataclass
class InvariantChecker:
    """Checks the invariants at every send and after every step."""

    path: Path
    platform: ModelPlatform
    accounts: Mapping[str, Account]
    violations: list[str] = field(default_factory=list)
    planned_content: dict[str, str] = field(default_factory=dict)
    """Last planned content of each delivery by key, as JSON."""
    sent: dict[tuple[str, str], set[tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """Deliveries and parts that were sent, by account and text."""
    forced: Counter[tuple[str, str]] = field(default_factory=Counter)
    settled_by_person: set[str] = field(default_factory=set)
    """Keys that a person has settled, perhaps against the platform."""
    fences: dict[str, int] = field(default_factory=dict)
    last_sent: dict[str, int] = field(default_factory=dict)
    lost_in_restore: set[str] = field(default_factory=set)
    """Keys of posts that were out, but unknown to a restored database."""
    send_count: int = 0
    slot_keys: frozenset[str] = frozenset()
    """The keys of the posts that take slots, as the files had them at the last plan."""

    def __post_init__(self) -> None:
        self._db = sqlite3.connect(self.path, isolation_level=None)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    def copy(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as other:
            self._db.backup(other)

    def restore_backup(self) -> None:
        """Continue with a database that was restored from a backup."""
        self.close()
        self.__post_init__()
        self.fences.clear()
        self.last_sent.clear()
        self.note_contents()
        known = self._publications()
        self.lost_in_restore |= {post.key for post in self.platform.posts if post.id not in known}

    def note_contents(self) -> None:
        """Record the queue's present contents as planned."""
        self.planned_content = {row["key"]: row["content"] for row in self.rows(CONTENTS_SQL)}

    def rows(self, query: str = DELIVERIES_SQL, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(query, values).fetchall()

    # --- at the moment of a send ---

    def on_send(self, account: str, payload: str, key: str) -> None:
        self.send_count += 1
        found = self.rows(SENT_DELIVERY_SQL, key)
        if len(found) != 1 or found[0]["payload"] is None:
            self.violations.append(f"I3: {key} is sent without an intent")
            return
        [row] = found
        self._intent(row, account, payload)
        self._in_time(row)
        self._in_its_slot(row)
        self._not_paused(row)
        self._as_planned(row, payload)
        self._not_said_before(row, payload)

    def _intent(self, row: sqlite3.Row, account: str, payload: str) -> None:
        digest = sha256(payload.encode()).hexdigest()
        same = (row["payload"], row["payload_sha256"]) == (payload, digest)
        mine = (row["state"], row["account"], row["a_fence"]) == ("sending", account, row["fence"])
        if not (same and mine and row["part"] == row["next_part"]):
            self.violations.append(f"I3: {row['key']} is sent otherwise than intended")
        if row["fence"] <= self.last_sent.get(row["key"], 0):
            self.violations.append(f"I8: {row['key']} is sent twice under fence {row['fence']}")
        self.last_sent[row["key"]] = row["fence"]

    def _in_time(self, row: sqlite3.Row) -> None:
        now, due = self.platform.clock.now(), _parse_instant(row["due"])
        end = due + timedelta(microseconds=row["grace"])
        if row["expires"]:
            end = min(end, _parse_instant(row["expires"]))
        if now > end or (now < due and not self._goes_on(row)):
            self.violations.append(f"I4: {row['key']} is sent at {now}, not from {due} to {end}")

    def _in_its_slot(self, row: sqlite3.Row) -> None:
        """Check a post's time against its account's slots and the other posts in slots."""
        if row["kind"] != "slot" or self._goes_on(row):
            return
        due = _parse_instant(row["due"])
        if Slot(due.weekday(), due.time()) not in self.accounts[row["account"]].slots:
            self.violations.append(f"I4: {row['key']} is sent for {due}, which is no slot")
        others = self.rows(SAME_SLOT_SQL, row["account"], row["due"], row["key"])
        self.violations += [
            f"I4: {row['key']} is sent in the slot of {one['key']}" for one in others
        ]

    def _goes_on(self, row: sqlite3.Row) -> bool:
        """Whether it is a thread that was half out in a restored database, before its new slot."""
        return bool(row["part"]) and row["key"] in self.lost_in_restore

    def _not_paused(self, row: sqlite3.Row) -> None:
        named = {
            "all": "",
            "platform": row["platform"],
            "account": row["account"],
            "campaign": row["campaign"],
        }
        for pause in self.rows("SELECT scope, name FROM pauses WHERE lifted IS NULL"):
            if named.get(pause["scope"]) == pause["name"]:
                self.violations.append(f"I5: {row['key']} is sent while {pause['scope']} is paused")

    def _as_planned(self, row: sqlite3.Row, payload: str) -> None:
        text = json.loads(payload).get("text", "")
        if self.planned_content.get(row["key"]) != row["content"]:
            self.violations.append(f"I7: {row['key']} changed without the plan")
        if json.loads(row["content"])["parts"][row["part"]]["text"] != text:
            self.violations.append(
                f"I7: {row['key']} says {text!r}, which is not what was approved"
            )
        self.sent[row["account"], text].add((row["key"], row["part"]))

    def _not_said_before(self, row: sqlite3.Row, payload: str) -> None:
        """Check that only a person lets a renamed post go whose words are already out."""
        text = json.loads(payload).get("text", "")
        for post in self.platform.visible():
            same = (post.account, post.text) == (row["account"], text)
            another = _post_of_key(post.key) != _post_of_key(row["key"])
            free = row["part"] or row["allowed"] or post.key in self.settled_by_person
            if same and another and not free:
                self.violations.append(f"I1: {row['key']} says what {post.key} has said")

    # --- after the files were planned ---

    def planned(
        self,
        occurrences: tuple[Occurrence, ...],
        within: tuple[datetime, datetime],
        held_back: frozenset[str],
    ) -> None:
        """Compare the queue with the new plan."""
        start, end = within
        wanted = {one.key: one for one in occurrences}
        query = "SELECT key, state, next_part, due, content FROM deliveries"
        for row in self.rows(query):
            one = wanted.get(row["key"])
            self.planned_content[row["key"]] = row["content"]
            if row["state"] != "scheduled" or row["next_part"]:
                continue
            due = _parse_instant(row["due"])
            left = one is None and row["key"] not in self.slot_keys
            if left and start <= due < end and row["key"] not in held_back:
                self.violations.append(f"I7: {row['key']} left the files and is still queued")
            if one and (one.due != due or one.content.to_json() != row["content"]):
                self.violations.append(f"I7: {row['key']} is not queued as the files say")
        self._all_there(wanted)

    def in_slots(self, wanted: Mapping[str, str], now: datetime, *, planned: bool) -> None:
        """Compare posts in slots with ``wanted``, their contents by key in the files' order.

        A post that missed its slot must have another. Right after planning, the waiting posts must
        be in the order of the files.
        """
        self.slot_keys = frozenset(wanted)
        rows = {
            row["key"]: row for row in self.rows("SELECT * FROM deliveries WHERE kind = 'slot'")
        }
        last: dict[str, datetime] = {}
        for key, content in wanted.items():
            row = rows.get(key)
            if row and row["next_part"] and row["content"] != content:
                continue  # the plan reports that other words cannot follow parts that are out
            if row is None or row["state"] in ("missed", "expired", "cancelled"):
                self.violations.append(f"I2: {key} wants a slot, and is {row and row['state']}")
                continue
            if not planned or row["state"] != "scheduled" or row["next_part"]:
                continue
            due, account = _parse_instant(row["due"]), row["account"]
            if row["content"] != content:
                self.violations.append(f"I7: {key} is not queued as the files say")
            if due > now + SETTLING_TIME:
                if due <= last.get(account, now):
                    self.violations.append(f"I7: {key} takes a slot before its turn, {due}")
                last[account] = due

    def _all_there(self, wanted: dict[str, Any]) -> None:
        now = self.platform.clock.now()
        keys = {row["key"] for row in self.rows("SELECT key FROM deliveries")}
        lost = [key for key, one in wanted.items() if one.due > now and key not in keys]
        self.violations += [f"I2: {key} is planned and not in the queue" for key in lost]

    # --- after every step ---

    def check(self) -> None:
        rows = self.rows()
        for row in rows:
            self._row(row)
        self._visible(rows)
        assert not self.violations, "\n".join(self.violations)

    def _row(self, row: sqlite3.Row) -> None:
        key, sending = row["key"], row["state"] == "sending"
        if row["open"] > 1:
            self.violations.append(f"I6: {key} has {row['open']} open attempts")
        if sending != bool(row["open"]) or (sending and row["a_fence"] != row["fence"]):
            self.violations.append(f"I6: {key} is {row['state']} with {row['open']} open attempts")
        if row["fence"] < self.fences.get(key, 0):
            self.violations.append(f"I8: the fence of {key} went back to {row['fence']}")
        self.fences[key] = row["fence"]

    def _visible(self, rows: list[sqlite3.Row]) -> None:
        visible = self.platform.visible()
        states = {row["key"]: row["state"] for row in rows}
        counts = Counter((post.account, post.text) for post in visible)
        for which, count in counts.items():
            if count > len(self.sent[which]) + self.forced[which]:
                self.violations.append(f"I1: {count} copies of {which}")
        taken = self._publications()
        for post in visible:
            alone = len(self.sent[post.account, post.text]) == 1
            unsaid = alone and post.id not in taken
            free = post.key in self.settled_by_person or post.key in self.lost_in_restore
            if unsaid and not free and states[post.key] in UNSENT_STATES:
                self.violations.append(f"I2: {post.key} is {states[post.key]}, and visible")

    def _publications(self) -> set[str]:
        known = {post.id for post in self.platform.posts}
        query = (
            "SELECT p.remote_id, d.key FROM publications p JOIN deliveries d ON d.id = p.delivery"
        )
        rows = self.rows(query)
        for row in rows:
            if row["remote_id"] not in known and row["key"] not in self.settled_by_person:
                self.violations.append(f"I2: {row['key']} is called published, which X never saw")
        return {row["remote_id"] for row in rows}

    # --- at the end ---

    def check_end(self, log: str, secret: str) -> None:
        rows = self.rows()
        for row in rows:
            if row["state"] not in END_STATES:
                self.violations.append(f"I2: {row['key']} is still {row['state']} in the end")
        self._labels(rows)
        folder = self.path.parent
        if secret in log or any(secret.encode() in f.read_bytes() for f in folder.iterdir()):
            self.violations.append("I10: the secret is in the log or in the database")
        self.check()

    def _labels(self, rows: list[sqlite3.Row]) -> None:
        series: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
        for row in rows:
            if row["kind"] == "every":
                name = row["key"].rpartition("/")[0]
                series[name].append((row["label"], _parse_instant(row["due"])))
        for name, found in series.items():
            dues = [due for _, due in sorted(found)]
            if dues != sorted(set(dues)):
                self.violations.append(
                    f"I9: the instants of {name} are not in the order of its labels"
                )


def _post_of_key(key: str) -> str:
    """Return the post of a key, which is the same for every day of a recurrence."""
    return key if "/slot" in key else key.rsplit("/", 2)[0]


def _parse_instant(stored: str) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
