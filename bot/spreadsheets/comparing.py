"""Which row is new, which is there already, and which has changed since it was imported. Pure.

A row is recognised by its id. One without an id is recognised by what it said, wherever it is in
the sheet by now; if that has changed, by what has not: its time and accounts, or all the rest. What
is ambiguous is neither added nor changed, and a person decides.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

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

    Pair = tuple[TypedPost, Post]
    KnownRow = tuple[int, str, bool]
    """The number of a row, the id of its post, and whether that was changed in its file since."""
    FindDeliveries = Callable[[Collection[tuple[str, str]]], Iterable[Delivery]]
    """Returns the deliveries of posts, which are named by campaign and id."""

TOO_LATE_STATES = frozenset(
    {State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.REJECTED}
)
MAX_CANDIDATES = 3
"""Posts that are listed where a row may be any of several."""

_REFUSALS = {
    "B721": (
        "Row {row} has changed since it was imported as {location}: {what}.",
        "{command} --update --dry-run shows what would change; {command} --update changes it.",
    ),
    "B722": (
        "Row {row} and {location} have both changed since; from the file to the row: {what}.",
        "Make them say the same, and import again.",
    ),
    "B724": (
        "Row {row} differs from {location}, which was imported from {sheet}: {what}.",
        "If this is the same spreadsheet, give it that name; if not, give the row another id.",
    ),
    "B725": (
        (
            "Row {row} has changed, but {location} is published or being sent already: "
            "it stays as it is."
        ),
        "Not changed: {what}.",
    ),
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A row that has changed since it was imported, and ``what`` differs from its post."""

    entry: TypedPost
    post: Post
    record: ImportRecord
    what: tuple[str, ...]


@dataclass
class SheetComparison:
    """A sheet's rows, compared with what import has written before.

    ``file`` is the sheet's name in problems, ``sheet`` its name in records. ``outdated`` are
    records of known rows that have changed as their posts in the files have; ``gone`` are posts
    still to be sent whose row no longer exists. ``warnings`` are about corrections of what is
    published or being sent, which is never changed.
    """

    file: str
    sheet: str
    existing: ExistingPosts
    records: Sequence[ImportRecord]
    queued: FindDeliveries
    now: datetime
    new: list[Pair] = field(default_factory=list)
    known: list[KnownRow] = field(default_factory=list)
    changed: list[Correction] = field(default_factory=list)
    outdated: list[tuple[ImportRecord, TypedPost]] = field(default_factory=list)
    gone: list[ImportRecord] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the records by what names them."""
        self.command = f"groundswell import {shlex.quote(self.file)}"
        self._unmatched = {record.key: record for record in self.records}
        self._corrected: set[object] = set()
        self._by_name: dict[object, list[ImportRecord]] = defaultdict(list)
        for record in self.records:
            for name in (record.id, record.fingerprint):
                self._by_name[name].append(record)

    def compare(self, pairs: Sequence[Pair], *, update: bool, remove: bool) -> None:
        """Find out what each row is; each change is a problem without ``update``.

        ``remove`` is whether posts whose row is gone are to be removed, too.
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
        # What is left of the sheet is published: a correction of it comes too late.
        left = self._match_unique(left, WHEN, self._unmatched_of_sheet())
        self._classify_rest(left, remove=remove)
        self.gone = self._pending(self._unmatched_of_sheet())
        self.known.sort()
        self.changed.sort(key=lambda changed: changed.entry.row.number)
        for change in self.changed if not update else ():
            self._refuse("B721", change.entry, change.record, change.what)
        for record in self.gone if remove else ():
            if record.edited:
                message = f"The row of {record.id} is gone, but the post has been edited here "
                message += "since its import."
                hint = "Remove it by hand, or remove its line imported: to keep it."
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
        """Return whether any of it is published, being sent, or refused by the platform."""
        deliveries = self._deliveries.get((record.campaign, record.id), ())
        return any(
            delivery.state in TOO_LATE_STATES or delivery.next_part for delivery in deliveries
        )

    def _pending(self, records: Iterable[ImportRecord]) -> list[ImportRecord]:
        """Return those of these whose posts may still be sent, all of them."""
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
        """Match a row that has the id of a post; return whether it does."""
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
            self.problems.append(Problem(self.file, *row.place("id"), "B718", message, hint))
        return True

    def _match_record(self, name: object, entry: TypedPost, post: Post) -> bool:
        """Match a row whose id or fingerprint a record has; return whether one does."""
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
        """Match a row that says the same as a post, at the same time from the same accounts."""
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
        """Match rows without an id whose time, or all the rest, only one post has; return others.

        ``part`` is that of the fingerprint.
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
        """Compare a row with the post that it became."""
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
        """Separate new rows from those that may be a post whose row no longer exists."""
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
                    "post, give it an id, a time and words of its own; or remove what has no row "
                    f"any more: {self.command} --update --remove."
                )
                place = entry.row.place("text")
                self.problems.append(Problem(self.file, *place, "B723", message, hint))

    def _refuse(
        self, code: str, entry: TypedPost, record: ImportRecord, what: Sequence[str]
    ) -> None:
        """Note the problem of a row that differs from its post."""
        row = entry.row
        differences = "; ".join(" ".join(difference.split()) for difference in what)
        message, hint = (
            text.format(
                row=row.number,
                location=record.location,
                sheet=record.sheet,
                command=self.command,
                what=differences.rstrip(".") or "there is a mistake in the file",
            )
            for text in _REFUSALS[code]
        )
        place = row.place("id" if "id" in row.cells else "text")
        if code == "B725":
            self.warnings.append(Problem(self.file, *place, code, message, hint, "warning"))
        else:
            self.problems.append(Problem(self.file, *place, code, message, hint))


def _may_match(entry: TypedPost, post: Post, record: ImportRecord) -> bool:
    """Return whether a row may be a post; if it has an id, only if they are similar."""
    row, recorded = entry.fingerprint, record.fingerprint
    same_time = row[WHEN] == recorded[WHEN] and not record.waits_for_slot
    similar = "id" not in entry.fields or same_time or row[REST] == recorded[REST]
    return similar and record.campaign in ("", post.campaign)
