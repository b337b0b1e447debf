"""Find the rows that are new, that are known, and that have changed since their import. Pure.

A row is recognised by its id. A row without an id is recognised by its fingerprint, wherever it is
in the sheet by now. If that has changed, it is recognised by the half of it that has not, which is
its time and accounts or all the rest. An ambiguous row is neither added nor changed, and a person
decides.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from bot.errors import Problem
from bot.model import State
from bot.spreadsheets.existing import find_differences, list_differences
from bot.spreadsheets.records import REST, WHEN
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Delivery, Post
    from bot.spreadsheets.entries import TypedPost
    from bot.spreadsheets.existing import ExistingPosts
    from bot.spreadsheets.records import ImportRecord
    from bot.spreadsheets.row import Row

    Pair = tuple[TypedPost, Post]
    KnownRow = tuple[int, str, bool]
    """The number of a row, the id of its post, and whether the post was edited since."""
    FindDeliveries = Callable[[Collection[tuple[str, str]]], Iterable[Delivery]]
    """Returns the deliveries of posts, which are named by campaign and id."""

_TOO_LATE_STATES = frozenset(
    {State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.REJECTED}
)
MAX_CANDIDATES = 3
"""Posts that are named if a row may be any of several."""

_REFUSALS = {
    "B721": (
        "Row {row} has changed since it was imported as {location}: {what}.",
        "{command} --update --dry-run shows what would change; {command} --update changes it.",
    ),
    "B722": (
        "Row {row} and {location} have both changed since the import; from file to row: {what}.",
        "Make them say the same, and import again.",
    ),
    "B724": (
        "Row {row} differs from {location}, which was imported from {sheet}: {what}.",
        "If this is the same spreadsheet, give it that name; if not, give the row another id.",
    ),
    "B725": (
        "Row {row} has changed, but {location} is published or being sent, and stays as it is.",
        "Not changed: {what}.",
    ),
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A row that has changed since it was imported."""

    entry: TypedPost
    post: Post
    """The post that the row says now."""
    record: ImportRecord
    """The post in its file."""
    what: tuple[str, ...]
    """The differences between both, in words."""


@dataclass
class SheetComparison:
    """A sheet's rows, compared with the posts of earlier imports."""

    file: str
    """The sheet's name in problems."""
    sheet: str
    """The sheet's name in records."""
    existing: ExistingPosts
    records: Sequence[ImportRecord]
    queued: FindDeliveries
    now: datetime
    new: list[Pair] = field(default_factory=list)
    known: list[KnownRow] = field(default_factory=list)
    changed: list[Correction] = field(default_factory=list)
    outdated: list[tuple[ImportRecord, TypedPost]] = field(default_factory=list)
    """Records of known rows that have changed just as their posts in the files have."""
    gone: list[ImportRecord] = field(default_factory=list)
    """Posts still to be sent whose rows no longer exist."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """About corrections of posts that are published or being sent, which are never changed."""

    def __post_init__(self) -> None:
        """Index the records by ids and fingerprints."""
        self._command = f"groundswell import {shlex.quote(self.file)}"
        self._unmatched = {record.key: record for record in self.records}
        self._corrected: set[object] = set()
        self._by_name: dict[object, list[ImportRecord]] = defaultdict(list)
        for record in self.records:
            for name in (record.id, record.fingerprint):
                self._by_name[name].append(record)

    def compare(self, pairs: Sequence[Pair], *, update: bool, remove: bool) -> None:
        """Classify each row; each change is a problem without ``update``.

        ``remove`` says whether posts whose row is gone are to be removed, too.
        """
        left = [pair for pair in pairs if not self._match_id(*pair)]
        left = [
            (entry, post)
            for entry, post in left
            if "id" in entry.fields or not self._match_record(entry.fingerprint, entry, post)
        ]
        left = [pair for pair in left if not self._match_content(*pair)]
        left = self._match_unique(left, WHEN, self._pending(self._unmatched.values()))
        left = self._match_unique(left, REST, self._pending(self._unmatched.values()))
        # The other records of the sheet are of published posts, which nothing corrects any more.
        left = self._match_unique(left, WHEN, self._unmatched_of_sheet())
        self._classify_rest(left, remove=remove)
        self.gone = self._pending(self._unmatched_of_sheet())
        self.known.sort()
        self.changed.sort(key=lambda changed: changed.entry.row.number)
        for change in self.changed if not update else ():
            self._refuse("B721", change.entry, change.record, change.what)
        for record in self.gone if remove else ():
            if record.edited:
                message = (
                    f"The row of {record.id} is gone, but the post has been edited in its file."
                )
                hint = "Remove it by hand; or keep it, and remove its line `imported`."
                place = (str(record.path), *record.place)
                self.problems.append(Problem(*place, "B722", message, hint))

    # --- Which posts may still be sent ---

    def _unmatched_of_sheet(self) -> list[ImportRecord]:
        return [record for record in self._unmatched.values() if record.sheet == self.sheet]

    @cached_property
    def _deliveries(self) -> Mapping[tuple[str, str], list[Delivery]]:
        deliveries: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
        for delivery in self.queued({(record.campaign, record.id) for record in self.records}):
            deliveries[delivery.campaign, delivery.post].append(delivery)
        return deliveries

    def _is_too_late(self, record: ImportRecord) -> bool:
        return any(map(is_too_late, self._deliveries.get((record.campaign, record.id), ())))

    def _pending(self, records: Iterable[ImportRecord]) -> list[ImportRecord]:
        """Return the records of posts that may still be sent on all of their accounts."""
        pending = []
        for record in records:
            deliveries = self._deliveries.get((record.campaign, record.id), ())
            dropped = bool(deliveries) and all(
                delivery.state is State.DROPPED for delivery in deliveries
            )
            due = max(filter(None, (post.when.due for post in record.posts)), default=None)
            past = due is not None and due < self.now
            if not past and not dropped and not self._is_too_late(record):
                pending.append(record)
        return pending

    # --- Which row is which post ---

    def _match_id(self, entry: TypedPost, post: Post) -> bool:
        """Match a row by its id; return whether a post has it."""
        name = entry.fields.get("id")
        if name and self._match_record(name, entry, post):
            return True
        own = self.existing.by_id.get((post.campaign, name or ""))
        if not own:
            return False
        row, mark = entry.row, own[0].mark
        differences = min((find_differences(post, other) for other in own), key=len)
        if not differences:
            self.known.append((row.number, own[0].id, False))
        else:
            message = (
                f"The id {quote_value(own[0].id)} is in {mark.file}:{mark.line}, with another "
                f"{' and '.join(differences)} ({row.name('id')})."
            )
            hint = "Change it there, or give the row an id of its own."
            self.problems.append(row_problem(self.file, row, "B718", message, hint))
        return True

    def _match_record(self, name: object, entry: TypedPost, post: Post) -> bool:
        """Match a row by its id or fingerprint; return whether a record has it."""
        records = [
            record
            for record in self._by_name.get(name, ())
            if record.campaign in ("", post.campaign) and record.key not in self._corrected
        ]
        if records:
            # One of this sheet comes first.
            record = min(records, key=lambda record: record.sheet != self.sheet)
            self._compare_with_record(entry, post, record)
        return bool(records)

    def _match_content(self, entry: TypedPost, post: Post) -> bool:
        """Match a row by its content, time and accounts; return whether a post has the same."""
        same = self.existing.find_same(post)
        if same is None:
            return False
        named = self._by_name.get(same.id, ())
        records = [record for record in named if record.campaign == same.campaign]
        own = [record for record in records if record.sheet == self.sheet]
        unmatched = [record for record in own if record.key in self._unmatched]
        if unmatched and "id" not in entry.fields:
            self._compare_with_record(entry, post, unmatched[0])
        else:
            for record in records:
                self._unmatched.pop(record.key, None)
            self.known.append((entry.row.number, same.id, False))
        return True

    def _match_unique(
        self, left: Sequence[Pair], part: int, records: Sequence[ImportRecord]
    ) -> list[Pair]:
        """Match rows without an id by a half of their fingerprint that only one post has.

        Return the other rows. ``part`` is the index of the half.
        """
        rows: dict[tuple[str, str], list[Pair]] = defaultdict(list)
        for entry, post in left:
            if "id" not in entry.fields:
                rows[post.campaign, entry.fingerprint[part]].append((entry, post))
        posts: dict[tuple[str, str], list[ImportRecord]] = defaultdict(list)
        for record in records:
            if record.sheet == self.sheet or not record.waits_for_slot or part == REST:
                posts[record.campaign, record.fingerprint[part]].append(record)
        done: set[int] = set()
        for key, pairs in rows.items():
            found = posts.get(key, [])
            if len(pairs) == len(found) == 1:
                [(entry, post)] = pairs
                self._compare_with_record(entry, post, found[0])
                done.add(entry.row.number)
        return [pair for pair in left if pair[0].row.number not in done]

    def _compare_with_record(self, entry: TypedPost, post: Post, record: ImportRecord) -> None:
        self._unmatched.pop(record.key, None)
        if entry.fingerprint == record.fingerprint:
            self.known.append((entry.row.number, record.id, record.edited))
            return
        if not record.posts:
            self._refuse("B722", entry, record, ())
            return
        what = min((tuple(list_differences(old, entry, post)) for old in record.posts), key=len)
        if not what:
            self.known.append((entry.row.number, record.id, False))
            if record.sheet == self.sheet:
                self.outdated.append((record, entry))
        elif record.sheet != self.sheet:
            self._refuse("B724", entry, record, what)
        elif self._is_too_late(record):
            self._refuse("B725", entry, record, what)
        elif record.edited:
            self._refuse("B722", entry, record, what)
        else:
            self.changed.append(Correction(entry, post, record, what))
            # Another row may now say what the post said before.
            self._corrected.add(record.key)
            for old in record.posts:
                self.existing.remove(old)
            self.existing.add(replace(post, id=record.id))

    def _classify_rest(self, left: Iterable[Pair], *, remove: bool) -> None:
        """Separate new rows from rows that may be a post whose row no longer exists."""
        matched = [record for record in self.records if record.key not in self._unmatched]
        sheets = {record.sheet for record in matched}
        sheets = sheets - {self.sheet} if remove else sheets | {self.sheet}
        unmatched = self._unmatched.values()
        rowless = self._pending(record for record in unmatched if record.sheet in sheets)
        for entry, post in left:
            maybe = [record for record in rowless if _may_match(entry, post, record)]
            if same := self.existing.find_same(post):  # two rows that say the same
                self.known.append((entry.row.number, same.id, False))
            elif not maybe:
                self.new.append((entry, post))
                self.existing.add(post)
            else:
                names = ", ".join(record.location for record in maybe[:MAX_CANDIDATES])
                if (more := len(maybe) - MAX_CANDIDATES) > 0:
                    names += f" or {more} more"
                message = (
                    f"Row {entry.row.number} is new, or corrects a post that has no row any more: "
                    f"{names}."
                )
                hint = (
                    f"If it is {maybe[0].id}, write that into its column id. If it is another "
                    "post, give it an id, a time and words of its own; or remove the posts without "
                    f"a row with {self._command} --update --remove."
                )
                problem = row_problem(self.file, entry.row, "B723", message, hint, "text")
                self.problems.append(problem)

    def _refuse(
        self, code: str, entry: TypedPost, record: ImportRecord, what: Sequence[str]
    ) -> None:
        """Note the problem of a row that differs from its post."""
        message, hint = (
            text.format(
                row=entry.row.number,
                location=record.location,
                sheet=record.sheet,
                command=self._command,
                what=join_changes(what) or "there is a mistake in the file",
            )
            for text in _REFUSALS[code]
        )
        problem = row_problem(self.file, entry.row, code, message, hint)
        (self.warnings if problem.level == "warning" else self.problems).append(problem)


def row_problem(
    file: str, row: Row, code: str, message: str, hint: str, column: str = ""
) -> Problem:
    """Return a problem at a cell, by default that of the row's id or text. B725 is a warning."""
    place = row.place(column or ("id" if "id" in row.cells else "text"))
    level: Literal["error", "warning"] = "warning" if code == "B725" else "error"
    return Problem(file, *place, code, message, hint, level)


def join_changes(what: Iterable[str]) -> str:
    """Return differences on one line, without a full stop."""
    return "; ".join(" ".join(change.split()) for change in what).rstrip(".")


def is_too_late(delivery: Delivery) -> bool:
    """Return whether it is published, being sent, or refused by the platform, even in part."""
    return delivery.state in _TOO_LATE_STATES or bool(delivery.next_part)


def _may_match(entry: TypedPost, post: Post, record: ImportRecord) -> bool:
    """Return whether a row may be a post. With an id, it must have the same time or the rest."""
    row, recorded = entry.fingerprint, record.fingerprint
    same_time = row[WHEN] == recorded[WHEN] and not record.waits_for_slot
    similar = "id" not in entry.fields or same_time or row[REST] == recorded[REST]
    return similar and record.campaign in ("", post.campaign)
