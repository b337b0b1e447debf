"""Which row is new, which is there already, and which has changed since it was imported. Pure.

A row is recognised by its id. One without an id is recognised by what it said, wherever it is in
the sheet by now; if that has changed, by what has not: its time and accounts, or all the rest. What
is ambiguous is neither added nor changed, and a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bot.authoring.records import describe_differences, row_fingerprint
from bot.authoring.results import list_differences
from bot.errors import Problem
from bot.model import State
from bot.yamlsource.problems import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.authoring.entries import TypedPost
    from bot.authoring.records import ExistingPosts, ImportRecord, RowFingerprint
    from bot.authoring.sheet import Row
    from bot.model import Delivery, Post

    Pair = tuple[TypedPost, Post]
    FindDeliveries = Callable[[Collection[tuple[str, str]]], Iterable[Delivery]]
    """Returns the deliveries of posts, which are named by campaign and id."""

_TOO_LATE_STATES = frozenset(
    {State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.REJECTED}
)
MAX_CANDIDATES = 3
"""Posts that are listed where a row may be any of several."""


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row whose post exists already; ``edited`` if somebody has changed that in its file since.

    ``outdated`` is its record, if the row has changed and the file says the same already.
    """

    row: Row
    id: str
    edited: bool = False
    outdated: tuple[ImportRecord, TypedPost] | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A row that has changed since it was imported, and ``what`` differs from its post."""

    entry: TypedPost
    post: Post
    record: ImportRecord
    what: tuple[str, ...]


@dataclass(slots=True)
class SheetComparison:
    """What each row is; ``gone`` are posts still to be sent whose row no longer exists.

    ``too_late`` are corrections of what is published or being sent, which is never changed.
    """

    new: list[Pair] = field(default_factory=list)
    known: list[KnownRow] = field(default_factory=list)
    changed: list[Correction] = field(default_factory=list)
    too_late: list[Correction] = field(default_factory=list)
    gone: list[ImportRecord] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class SheetComparer:
    """A comparison of a sheet's rows with what import has written before."""

    def __init__(
        self,
        sheet: tuple[str, str],
        existing: ExistingPosts,
        records: Sequence[ImportRecord],
        queued: FindDeliveries,
        now: datetime,
    ) -> None:
        """``sheet`` is the file's name in problems, and its name in records."""
        self._file, self._sheet = sheet
        self._existing = existing
        self._records = records
        self._queued = queued
        self._now = now
        self._by_id: dict[object, list[ImportRecord]] = {}
        for record in records:
            for key in (record.id, record.fingerprint):
                self._by_id.setdefault(key, []).append(record)
        self._rows: dict[int, RowFingerprint] = {}
        self._matched: set[int] = set()
        self._corrected: set[int] = set()
        self.result = SheetComparison()

    def compare(self, pairs: Sequence[Pair], *, remove: bool) -> SheetComparison:
        """Return what each row is; ``remove`` if posts whose row is gone are to be removed, too."""
        self._rows = {id(entry): row_fingerprint(entry) for entry, _ in pairs}
        left = [pair for pair in pairs if not self._match_id(*pair)]
        left = [pair for pair in left if not self._match_fingerprint(*pair)]
        left = [pair for pair in left if not self._match_content(*pair)]
        for field_ in ("when", "rest"):
            left = self._match_unique(
                left, field_, list(filter(self.is_pending, self._unmatched()))
            )
        mine = [record for record in self._unmatched() if record.sheet == self._sheet]
        left = self._match_unique(left, "when", mine)  # a correction of what is published
        self._classify_rest(left, remove=remove)
        mine = [record for record in self._unmatched() if record.sheet == self._sheet]
        self.result.gone = list(filter(self.is_pending, mine))
        self.result.known.sort(key=lambda known: known.row.number)
        self.result.changed.sort(key=lambda changed: changed.entry.row.number)
        return self.result

    # --- What has become of a post ---

    @cached_property
    def _deliveries(self) -> Mapping[tuple[str, str], list[Delivery]]:
        deliveries: dict[tuple[str, str], list[Delivery]] = {}
        names = {(record.campaign, record.id) for record in self._records}
        for delivery in self._queued(names):
            deliveries.setdefault((delivery.campaign, delivery.post), []).append(delivery)
        return deliveries

    def is_too_late(self, record: ImportRecord) -> bool:
        """Return whether any of it is published, being sent, or refused by the platform."""
        deliveries = self._deliveries.get((record.campaign, record.id), ())
        return any(due.state in _TOO_LATE_STATES or due.next_part for due in deliveries)

    def is_pending(self, record: ImportRecord) -> bool:
        """Return whether all of it may still be sent."""
        deliveries = self._deliveries.get((record.campaign, record.id), ())
        dropped = bool(deliveries) and all(due.state is State.DROPPED for due in deliveries)
        past = record.due is not None and record.due < self._now
        return not past and not dropped and not self.is_too_late(record)

    # --- Which row is which post ---

    def _unmatched(self, records: Iterable[ImportRecord] | None = None) -> list[ImportRecord]:
        records = self._records if records is None else records
        return [record for record in records if id(record) not in self._matched]

    def _match_id(self, entry: TypedPost, post: Post) -> bool:
        """Match a row that has the id of a post; return whether it does."""
        name = entry.fields.get("id")
        if name and (record := self._find_record(name, post)):
            self._compare_with_record(entry, post, record)
            return True
        own = self._existing.with_id(post.campaign, name)
        if own and not self._existing.find_same(post, own):
            self.result.problems.append(self._id_taken(entry, post, own))
        elif own:
            self.result.known.append(KnownRow(entry.row, own[0].id))
        return bool(own)

    def _match_fingerprint(self, entry: TypedPost, post: Post) -> bool:
        """Match a row without an id that is unchanged since its import; return whether it is."""
        named = "id" in entry.fields
        record = None if named else self._find_record(self._rows[id(entry)], post)
        if record:
            self._compare_with_record(entry, post, record)
        return record is not None

    def _find_record(self, key: object, post: Post) -> ImportRecord | None:
        """Return the record of a row's id or fingerprint; one of this sheet first."""
        records = [
            record
            for record in self._by_id.get(key, ())
            if record.campaign in ("", post.campaign) and id(record) not in self._corrected
        ]
        return min(records, key=lambda record: record.sheet != self._sheet, default=None)

    def _match_content(self, entry: TypedPost, post: Post) -> bool:
        """Match a row that says the same as a post, at the same time from the same accounts."""
        same = self._existing.find_same(post, ())
        if same is None:
            return False
        records = [
            record for record in self._by_id.get(same.id, ()) if record.campaign == same.campaign
        ]
        unmatched = [record for record in self._unmatched(records) if record.sheet == self._sheet]
        if unmatched and "id" not in entry.fields:
            self._compare_with_record(entry, post, unmatched[0])
        else:
            self._matched.update(map(id, records))
            self.result.known.append(KnownRow(entry.row, same.id))
        return True

    def _match_unique(
        self, left: Sequence[Pair], field_: str, records: Sequence[ImportRecord]
    ) -> list[Pair]:
        """Match rows without an id whose time, or all the rest, only one post has; return others.

        ``field_`` is that of the fingerprint.
        """
        rows: dict[tuple[str, str], list[Pair]] = {}
        for entry, post in left:
            if "id" not in entry.fields:
                key = post.campaign, getattr(self._rows[id(entry)], field_)
                rows.setdefault(key, []).append((entry, post))
        posts: dict[tuple[str, str], list[ImportRecord]] = {}
        for record in records:
            if record.sheet == self._sheet or not _waits_for_slot(record) or field_ == "rest":
                key = record.campaign, getattr(record.fingerprint, field_)
                posts.setdefault(key, []).append(record)
        done: set[int] = set()
        for key in rows.keys() & posts.keys():
            if len(rows[key]) == len(posts[key]) == 1:
                [(entry, post)] = rows[key]
                self._compare_with_record(entry, post, posts[key][0])
                done.add(id(entry))
        return [pair for pair in left if id(pair[0]) not in done]

    def _compare_with_record(self, entry: TypedPost, post: Post, record: ImportRecord) -> None:
        """Compare a row with the post that it became."""
        self._matched.add(id(record))
        if self._rows[id(entry)] == record.fingerprint:
            self.result.known.append(KnownRow(entry.row, record.id, record.edited))
            return
        if not record.posts:
            self._refuse(entry, "B722", record, ())
            return
        what = min((tuple(list_differences(old, entry, post)) for old in record.posts), key=len)
        correction = Correction(entry, post, record, what)
        if not what:
            outdated = (record, entry) if record.sheet == self._sheet else None
            self.result.known.append(KnownRow(entry.row, record.id, outdated=outdated))
        elif record.sheet != self._sheet:
            self._refuse(entry, "B724", record, what)
        elif self.is_too_late(record):
            self.result.too_late.append(correction)
        elif record.edited:
            self._refuse(entry, "B722", record, what)
        else:
            self._add_correction(correction)

    def _add_correction(self, correction: Correction) -> None:
        """Note a correction: another row may now say what the post said before."""
        self.result.changed.append(correction)
        self._corrected.add(id(correction.record))
        for post in correction.record.posts:
            self._existing.remove(post)
        self._existing.add(replace(correction.post, id=correction.record.id))

    def _classify_rest(self, left: Iterable[Pair], *, remove: bool) -> None:
        """Separate new rows from those that may be a post whose row no longer exists."""
        sheets = {record.sheet for record in self._records if id(record) in self._matched}
        sheets = sheets - {self._sheet} if remove else sheets | {self._sheet}
        rowless = [record for record in self._unmatched() if record.sheet in sheets]
        rowless = list(filter(self.is_pending, rowless))
        for entry, post in left:
            if same := self._existing.find_same(post, ()):  # two rows that say the same
                self.result.known.append(KnownRow(entry.row, same.id))
            elif maybe := [record for record in rowless if self._may_match(entry, post, record)]:
                self.result.problems.append(self._ambiguous(entry, maybe))
            else:
                self.result.new.append((entry, post))
                self._existing.add(post)

    def _may_match(self, entry: TypedPost, post: Post, record: ImportRecord) -> bool:
        """Return whether a row may be a post; if it has an id, only if they are similar."""
        if record.campaign not in ("", post.campaign):
            return False
        row = self._rows[id(entry)]
        same_time = row.when == record.fingerprint.when and not _waits_for_slot(record)
        return "id" not in entry.fields or same_time or row.rest == record.fingerprint.rest

    # --- What is wrong ---

    def _id_taken(self, entry: TypedPost, post: Post, own: Sequence[Post]) -> Problem:
        row, mark = entry.row, own[0].mark
        message = (
            f"The id {quote_value(own[0].id)} is in {mark.file}:{mark.line}, with another "
            f"{describe_differences(post, own)} ({row.name('id')})."
        )
        hint = "Change it there, or give the row an id of its own."
        return Problem(self._file, *row.place("id"), "B718", message, hint)

    def _refuse(
        self, entry: TypedPost, code: str, record: ImportRecord, what: Sequence[str]
    ) -> None:
        self.result.problems.append(refusal(self._file, entry, code, record, what))

    def _ambiguous(self, entry: TypedPost, maybe: Sequence[ImportRecord]) -> Problem:
        names = ", ".join(record.location for record in maybe[:MAX_CANDIDATES])
        names += f" or {len(maybe) - MAX_CANDIDATES} more" if len(maybe) > MAX_CANDIDATES else ""
        row = entry.row
        message = f"Row {row.number} is new, or corrects a post that has no row any more: {names}."
        hint = (
            f"If it is {maybe[0].id}, write that into its column id. If it is another post, give "
            "it an id, a time and words of its own; or remove what has no row any more: "
            "groundswell import --update --remove."
        )
        return Problem(self._file, *row.place("text"), "B723", message, hint)


_REFUSALS = {
    "B721": (
        "Row {row} has changed since it was imported as {location}: {what}.",
        "groundswell import --update --dry-run shows what would change; --update changes it.",
    ),
    "B722": (
        "Row {row} and {location} have both changed since; from the file to the row: {what}.",
        "Make them say the same, and import again.",
    ),
    "B724": (
        "Row {row} differs from {location}, which was imported from {sheet}: {what}.",
        "If this is the same spreadsheet, give it that name; if not, give the row another id.",
    ),
}


def refusal(
    file: str, entry: TypedPost, code: str, record: ImportRecord, what: Sequence[str]
) -> Problem:
    """Return the problem of a row that differs from its post."""
    message, hint = _REFUSALS[code]
    differences = "; ".join(" ".join(difference.split()) for difference in what)
    row = entry.row
    message = message.format(
        row=row.number,
        location=record.location,
        sheet=record.sheet,
        what=differences.rstrip(".") or "there is a mistake in the file",
    )
    return Problem(file, *row.place("id" if "id" in row.cells else "text"), code, message, hint)


def _waits_for_slot(record: ImportRecord) -> bool:
    return isinstance(record.fields.get("when"), dict) and "slot" in record.fields["when"]
