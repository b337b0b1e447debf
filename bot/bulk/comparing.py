"""Which row is new, which is there already, and which has changed since it was imported. Pure.

A row is known again by its id. One without an id is known by what it said, wherever it stands in
the sheet by now; if that has changed, by what has not: its time and accounts, or all the rest. What
could be two things is neither added nor changed: a person says which it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bot.bulk.already import differing
from bot.bulk.corrections import corrections
from bot.bulk.records import prints_of
from bot.campaigns.problems import shown
from bot.errors import Problem
from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.bulk.already import Standing
    from bot.bulk.entries import Entry
    from bot.bulk.records import Prints, Record
    from bot.bulk.sheet import Row
    from bot.model import Delivery, Post

    Pair = tuple[Entry, Post]
    Queued = Callable[[Collection[tuple[str, str]]], Iterable[Delivery]]
    """Returns what the queue holds of posts, by campaign and id."""

_OUT = frozenset({State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.REJECTED})
NAMED = 3
"""So many posts are named that a row may be."""


@dataclass(frozen=True, slots=True)
class Known:
    """A row whose post is there; ``edited`` if somebody changed that in its file since.

    ``stale`` is its record, where the row has changed and the file says the same already.
    """

    row: Row
    id: str
    edited: bool = False
    stale: tuple[Record, Entry] | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A row that has changed since it was imported, and ``what`` differs from its post."""

    entry: Entry
    post: Post
    record: Record
    what: tuple[str, ...]


@dataclass(slots=True)
class Compared:
    """What became of each row; ``gone`` are posts still to come whose row is there no more.

    ``out`` are corrections that come too late: of what is out, or on its way, nothing is changed.
    """

    new: list[Pair] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    changed: list[Correction] = field(default_factory=list)
    out: list[Correction] = field(default_factory=list)
    gone: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Comparing:
    """One comparison of a sheet's rows with what import has written before."""

    def __init__(
        self,
        sheet: tuple[str, str],
        standing: Standing,
        records: Sequence[Record],
        queued: Queued,
        now: datetime,
    ) -> None:
        """``sheet`` is the file as problems name it, and the name that records have for it."""
        self._file, self._sheet = sheet
        self._standing = standing
        self._records = records
        self._queued = queued
        self._now = now
        self._by_id: dict[object, list[Record]] = {}
        for record in records:
            for key in (record.id, record.base):
                self._by_id.setdefault(key, []).append(record)
        self._rows: dict[int, Prints] = {}
        self._seen: set[int] = set()
        self._moved: set[int] = set()
        self.found = Compared()

    def compare(self, pairs: Sequence[Pair], *, remove: bool) -> Compared:
        """Tell what each row is; with ``remove``, posts whose row is gone are to go as well."""
        self._rows = {id(entry): prints_of(entry) for entry, _ in pairs}
        left = [pair for pair in pairs if not self._by_name(*pair)]
        left = [pair for pair in left if not self._by_print(*pair)]
        left = [pair for pair in left if not self._by_words(*pair)]
        for of in ("when", "rest"):
            left = self._paired(left, of, list(filter(self.to_come, self._unseen())))
        mine = [record for record in self._unseen() if record.sheet == self._sheet]
        left = self._paired(left, "when", mine)  # a correction of what is out
        self._sort_out(left, remove=remove)
        mine = [record for record in self._unseen() if record.sheet == self._sheet]
        self.found.gone = list(filter(self.to_come, mine))
        self.found.known.sort(key=lambda known: known.row.number)
        self.found.changed.sort(key=lambda changed: changed.entry.row.number)
        return self.found

    # --- What became of a post ---

    @cached_property
    def _deliveries(self) -> Mapping[tuple[str, str], list[Delivery]]:
        found: dict[tuple[str, str], list[Delivery]] = {}
        names = {(record.campaign, record.id) for record in self._records}
        for delivery in self._queued(names):
            found.setdefault((delivery.campaign, delivery.post), []).append(delivery)
        return found

    def is_out(self, record: Record) -> bool:
        """Tell whether any of it is out, on its way, or refused by the platform."""
        found = self._deliveries.get((record.campaign, record.id), ())
        return any(delivery.state in _OUT or delivery.next_part for delivery in found)

    def to_come(self, record: Record) -> bool:
        """Tell whether it may still be sent, and all of it."""
        found = self._deliveries.get((record.campaign, record.id), ())
        dropped = bool(found) and all(delivery.state is State.DROPPED for delivery in found)
        past = record.due is not None and record.due < self._now
        return not past and not dropped and not self.is_out(record)

    # --- Which row is which post ---

    def _unseen(self, records: Iterable[Record] | None = None) -> list[Record]:
        records = self._records if records is None else records
        return [record for record in records if id(record) not in self._seen]

    def _by_name(self, entry: Entry, post: Post) -> bool:
        """Deal with a row that has the id of a post."""
        name = entry.fields.get("id")
        if name and (record := self._recorded(name, post)):
            self._hold(entry, post, record)
            return True
        own = self._standing.named(post.campaign, name)
        if own and not self._standing.same(post, own):
            self.found.problems.append(self._taken(entry, post, own))
        elif own:
            self.found.known.append(Known(entry.row, own[0].id))
        return bool(own)

    def _by_print(self, entry: Entry, post: Post) -> bool:
        """Deal with a row without an id that says to the letter what a post was made of."""
        named = "id" in entry.fields
        record = None if named else self._recorded(self._rows[id(entry)], post)
        if record:
            self._hold(entry, post, record)
        return record is not None

    def _recorded(self, key: object, post: Post) -> Record | None:
        """Return the post that a row became, by its id or what it said; of this sheet first."""
        found = [
            record
            for record in self._by_id.get(key, ())
            if record.campaign in ("", post.campaign) and id(record) not in self._moved
        ]
        return min(found, key=lambda record: record.sheet != self._sheet, default=None)

    def _by_words(self, entry: Entry, post: Post) -> bool:
        """Deal with a row that says what a post says, at the same time from the same accounts."""
        same = self._standing.same(post, ())
        if same is None:
            return False
        found = self._by_id.get(same.id, ())
        mine = [record for record in found if record.campaign == same.campaign]
        unseen = [record for record in self._unseen(mine) if record.sheet == self._sheet]
        if unseen and "id" not in entry.fields:
            self._hold(entry, post, unseen[0])
        else:
            self._seen.update(map(id, mine))
            self.found.known.append(Known(entry.row, same.id))
        return True

    def _paired(self, left: Sequence[Pair], of: str, records: Sequence[Record]) -> list[Pair]:
        """Deal with rows without an id that have a time, or all the rest, as one post alone has."""
        rows: dict[tuple[str, str], list[Pair]] = {}
        for entry, post in left:
            if "id" not in entry.fields:
                key = post.campaign, getattr(self._rows[id(entry)], of)
                rows.setdefault(key, []).append((entry, post))
        posts: dict[tuple[str, str], list[Record]] = {}
        for record in records:
            if record.sheet == self._sheet or not _waits_for_slot(record) or of == "rest":
                posts.setdefault((record.campaign, getattr(record.base, of)), []).append(record)
        done: set[int] = set()
        for key in rows.keys() & posts.keys():
            if len(rows[key]) == len(posts[key]) == 1:
                [(entry, post)] = rows[key]
                self._hold(entry, post, posts[key][0])
                done.add(id(entry))
        return [pair for pair in left if id(pair[0]) not in done]

    def _hold(self, entry: Entry, post: Post, record: Record) -> None:
        """Hold a row against the post that it became."""
        self._seen.add(id(record))
        if self._rows[id(entry)] == record.base:
            self.found.known.append(Known(entry.row, record.id, record.edited))
            return
        if not record.posts:
            self._refuse(entry, "B722", record, ())
            return
        what = min((tuple(corrections(post_, entry, post)) for post_ in record.posts), key=len)
        correction = Correction(entry, post, record, what)
        if not what:
            stale = (record, entry) if record.sheet == self._sheet else None
            self.found.known.append(Known(entry.row, record.id, stale=stale))
        elif record.sheet != self._sheet:
            self._refuse(entry, "B724", record, what)
        elif self.is_out(record):
            self.found.out.append(correction)
        elif record.edited:
            self._refuse(entry, "B722", record, what)
        else:
            self._correct(correction)

    def _correct(self, correction: Correction) -> None:
        """Note a correction: what the post said before is free for another row to say."""
        self.found.changed.append(correction)
        self._moved.add(id(correction.record))
        for post in correction.record.posts:
            self._standing.drop(post)
        self._standing.add(replace(correction.post, id=correction.record.id))

    def _sort_out(self, left: Iterable[Pair], *, remove: bool) -> None:
        """Tell what is new from what may be a post whose row is there no more."""
        sheets = {record.sheet for record in self._records if id(record) in self._seen}
        sheets = sheets - {self._sheet} if remove else sheets | {self._sheet}
        lost = [record for record in self._unseen() if record.sheet in sheets]
        lost = list(filter(self.to_come, lost))
        for entry, post in left:
            if same := self._standing.same(post, ()):  # two rows that say the same
                self.found.known.append(Known(entry.row, same.id))
            elif maybe := [record for record in lost if self._may_be(entry, post, record)]:
                self.found.problems.append(self._unclear(entry, maybe))
            else:
                self.found.new.append((entry, post))
                self._standing.add(post)

    def _may_be(self, entry: Entry, post: Post, record: Record) -> bool:
        """Tell whether a row may be a post: with an id of its own, if it says much the same."""
        if record.campaign not in ("", post.campaign):
            return False
        row = self._rows[id(entry)]
        same_time = row.when == record.base.when and not _waits_for_slot(record)
        return "id" not in entry.fields or same_time or row.rest == record.base.rest

    # --- What is wrong ---

    def _taken(self, entry: Entry, post: Post, own: Sequence[Post]) -> Problem:
        row, mark = entry.row, own[0].mark
        message = f"The id {shown(own[0].id)} stands in {mark.file}:{mark.line}, with another "
        message += f"{differing(post, own)} ({row.name('id')})."
        hint = "Change it there, or give the row an id of its own."
        return Problem(self._file, *row.place("id"), "B718", message, hint)

    def _refuse(self, entry: Entry, code: str, record: Record, what: Sequence[str]) -> None:
        self.found.problems.append(refusal(self._file, entry, code, record, what))

    def _unclear(self, entry: Entry, maybe: Sequence[Record]) -> Problem:
        names = ", ".join(record.where for record in maybe[:NAMED])
        names += f" or {len(maybe) - NAMED} more" if len(maybe) > NAMED else ""
        row = entry.row
        message = f"Row {row.number} is new, or it is a correction of what no row says any more: "
        hint = (
            f"If it is {maybe[0].id}, write that into its column id. If it is another post, give "
        )
        hint += "it an id, a time and words of its own; or take out what has no row any more: "
        hint += "groundswell import --update --remove."
        return Problem(self._file, *row.place("text"), "B723", f"{message}{names}.", hint)


_REFUSALS = {
    "B721": (
        "Row {row} has changed since it was imported as {where}: {what}.",
        "groundswell import --update --dry-run shows what would change; --update changes it.",
    ),
    "B722": (
        "Row {row} and {where} have both changed since; from the file to the row: {what}.",
        "Bring one of them to what the other says, and import again.",
    ),
    "B724": (
        "Row {row} differs from {where}, which was imported from {sheet}: {what}.",
        "If this is the same spreadsheet, give it that name; else give the row another id.",
    ),
}


def refusal(file: str, entry: Entry, code: str, record: Record, what: Sequence[str]) -> Problem:
    """Return why a row is refused that differs from its post."""
    message, hint = _REFUSALS[code]
    told = "; ".join(" ".join(words.split()) for words in what)
    told = told.rstrip(".") or "there is a mistake in the file"
    row = entry.row
    message = message.format(row=row.number, where=record.where, sheet=record.sheet, what=told)
    return Problem(file, *row.place("id" if "id" in row.cells else "text"), code, message, hint)


def _waits_for_slot(record: Record) -> bool:
    return isinstance(record.said.get("when"), dict) and "slot" in record.said["when"]
