"""A spreadsheet of posts becomes campaign YAML: all of it, or, if anything is wrong, nothing.

What is new is written to a file of its own, ``posts/imported-NAME.yaml``, and not into
``queue.yaml``: the change that a colleague reviews is then one whole file, which can be taken back
as one, and no comment of theirs stands in between. The same spreadsheet again adds to the same
file what is new in it: a row whose post is there already adds nothing.

A row that has changed since is refused, unless ``update`` is asked for: then its post is changed
where it stands by now, and nothing else in that file. A post whose row is gone stays, unless
``remove`` is asked for. What is out, or on its way, is never changed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.bulk.already import Standing
from bot.bulk.comparing import Comparing, refusal
from bot.bulk.entries import entries
from bot.bulk.imported import Imported
from bot.bulk.naming import named, with_id
from bot.bulk.placing import Placed
from bot.bulk.records import KEY, mark, prints_of, recorded, records, said_by, sheet_name
from bot.bulk.sheet import read_sheet
from bot.campaigns.encoding import MOST_BYTES, read
from bot.campaigns.problems import ProblemList, shown
from bot.campaigns.queue_file import appended, change
from bot.campaigns.rewriting import rewritten
from bot.checking import Checker, check
from bot.errors import Problem, UserError
from bot.schedules import At, EventRelative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.bulk.comparing import Compared, Correction, Queued
    from bot.bulk.entries import Entry
    from bot.bulk.records import Record
    from bot.bulk.sheet import Row
    from bot.checking import Checked
    from bot.config import Config
    from bot.model import Post

    Edits = Mapping[Path, dict[tuple[int, int], Mapping[str, Any] | None]]
    """What posts of a file are to say, by their places; None for one that is to go."""


_SPLIT = "Split it into several files."


def import_file(
    config: Config,
    path: Path,
    now: datetime,
    *,
    author: str | None = None,
    campaign: str | None = None,
    dry: bool = False,
    update: bool = False,
    remove: bool = False,
    queued: Queued = lambda _: (),
) -> Imported:
    """Take in a spreadsheet; raises UserError with every problem, and then nothing is changed.

    ``campaign`` is that of rows which name none. With ``dry``, nothing is written either way.
    ``update`` changes the posts whose rows have changed, ``remove`` with it takes out those whose
    rows are gone. ``queued`` tells what has become of posts.
    """
    problems = ProblemList(str(path))
    data = read(path, problems)
    rows = read_sheet(data, problems) if data is not None else []
    made, over = entries(rows, problems, author)
    if campaign:
        made = [replace(one, fields={"campaign": campaign, **one.fields}) for one in made]
    work = _Import(config, path, now, made, problems)
    compared = work.compared(queued, update=update, remove=remove)
    return work.carried_out(compared, tuple(over), update=update, remove=remove, dry=dry)


class _Import:
    """One import, step by step."""

    def __init__(
        self,
        config: Config,
        path: Path,
        now: datetime,
        made: Sequence[Entry],
        problems: ProblemList,
    ) -> None:
        self._config = config
        self._sheet = path
        self._now = now
        self._entries = made
        self._problems = problems
        self._target = config.campaigns / f"imported-{_slug(path.stem)}.yaml"
        self._name = sheet_name(path)
        self._files = recorded(config.campaigns)
        self._before = check(config, now, self._files)
        self._records = records(self._files, self._before.campaigns)
        self._warnings: tuple[Problem, ...] = ()

    def compared(self, queued: Queued, *, update: bool, remove: bool) -> Compared:
        """Tell what each row is. Raises UserError: what is wrong with any, or must be asked for."""
        posts = self._posts()
        sheet = str(self._sheet), self._name
        standing = Standing(self._before.campaigns)
        comparing = Comparing(sheet, standing, self._records, queued, self._now)
        found = comparing.compare(list(zip(self._entries, posts, strict=True)), remove=remove)
        problems = [
            *found.problems,
            *([] if update else [self._changed(correction) for correction in found.changed]),
            *(_edited(record) for record in found.gone if remove and record.edited),
        ]
        if problems:
            raise UserError(problems)
        return found

    def carried_out(
        self, found: Compared, over: tuple[Row, ...], *, update: bool, remove: bool, dry: bool
    ) -> Imported:
        """Write what is new, and with ``update`` what has changed. Raises UserError."""
        edits = self._edits(found, remove=remove) if update else {}
        late = tuple(map(self._too_late, found.out))
        added: tuple[Post, ...] = ()
        checked = self._before
        if found.new or edits:
            added, checked = self._write(found, edits, dry=dry)
        return Imported(
            file=self._target,
            added=added,
            already=tuple(found.known),
            changed=tuple(found.changed),
            gone=tuple(found.gone),
            removed=remove,
            over=over,
            warnings=(*self._warnings, *late),
            written=not dry and bool(found.new or edits),
            checked=checked,
        )

    def _ids(self) -> set[str]:
        return {post.id for campaign in self._before.campaigns for post in campaign.posts}

    def _posts(self) -> list[Post]:
        """Give the post of each entry, as if they were a file of their own. Raises UserError."""
        taken = self._ids()
        fields = [
            with_id(entry.fields, _free(entry.fields.get("id"), number, taken))
            for number, entry in enumerate(self._entries)
        ]
        draft = self._config.campaigns / ".import.yaml"
        placed = Placed(fields, self._entries, str(draft), str(self._sheet))
        if len(placed.data) > MOST_BYTES:
            self._problems.add("B701", (1, 1), "As YAML, its posts are larger than 1 MiB", _SPLIT)
            raise UserError(self._problems.found)
        checked = self._check({draft: placed.data} if fields else {}, errors_only=True)
        errors = list(placed.moved(checked.problems))
        mine = [one for one in errors if one.file == str(self._sheet)]
        if self._problems.found or mine:
            raise UserError(dict.fromkeys([*self._problems.found, *mine]))
        found = placed.posts(checked.campaigns)
        if None in found:  # a file is broken that may describe their campaign
            raise UserError(errors or [_no_campaign(self._sheet)])
        return [post for post in found if post]

    def _check(self, replaced: Mapping[Path, bytes], *, errors_only: bool = False) -> Checked:
        config = self._config
        checker = Checker(
            config.campaigns,
            config.accounts,
            replaced,
            errors_only=errors_only,
            horizon=config.horizon,
        )
        return checker.look(self._now)

    # --- Writing ---

    def _edits(self, found: Compared, *, remove: bool) -> Edits:
        """Return what the posts that import wrote before are to say from now on."""
        edits: dict[Path, dict[tuple[int, int], Mapping[str, Any] | None]] = {}
        for correction in found.changed:
            record = correction.record
            edits.setdefault(record.path, {})[record.place] = self._corrected(correction)
        for record, entry in filter(None, (known.stale for known in found.known)):
            said = {**record.said, KEY: mark(self._name, prints_of(entry))}
            edits.setdefault(record.path, {})[record.place] = said
        for record in found.gone if remove else ():
            edits.setdefault(record.path, {})[record.place] = None
        return edits

    def _corrected(self, correction: Correction) -> dict[str, Any]:
        """Return what a post is to say: what its row says, under its old name."""
        entry, old = correction.entry, correction.record.said
        row = said_by(entry)
        kept = {"id", "campaign"} if entry.signed else {"id", "campaign", "author"}
        said = {key: row.get(key, value) for key, value in old.items() if key in {*kept, *row}}
        return {**said, **row, KEY: mark(self._name, prints_of(entry))}

    def _write(
        self, found: Compared, edits: Edits, *, dry: bool
    ) -> tuple[tuple[Post, ...], Checked]:
        """Bring the files to it, if all is well with the whole folder then."""
        new = [entry for entry, _ in found.new]
        taken = self._ids() | {record.id for record in self._records}
        fields = [
            {**said, KEY: mark(self._name, prints_of(entry))}
            for said, entry in zip(named(found.new, taken), new, strict=True)
        ]
        made: list[Post | None] = []
        after: list[Checked] = []

        def check(files: Mapping[Path, bytes]) -> list[Problem]:
            after.append(self._check(files))
            data = files.get(self._target, b"")
            placed = Placed(fields, new, str(self._target), str(self._sheet), data)
            made[:] = placed.posts(after[-1].campaigns)
            corrected = ((done.entry, done.post) for done in found.changed)
            late = self._late([*found.new, *corrected])
            return self._news([*placed.moved(after[-1].problems), *late])

        targets = [*edits, *([self._target] if new else [])]
        makers = {path: self._maker(path, edits, fields) for path in dict.fromkeys(targets)}
        change(makers, check, dry=dry)
        return tuple(post for post in made if post), after[-1]

    def _maker(
        self, path: Path, edits: Edits, fields: Sequence[Mapping[str, Any]]
    ) -> Callable[[bytes | None], bytes]:
        """Return what makes the new bytes of a file of its old ones. It raises UserError."""

        def make(old: bytes | None) -> bytes:
            if path in edits and old != self._files[path]:
                message = "The file has just been changed by somebody else."
                raise UserError([Problem(str(path), 0, 0, "Y116", message, "Try again.")])
            data = _title(self._sheet.name).encode() if old is None else old
            data = rewritten(data, edits[path], str(path)) if path in edits else data
            return appended(data, fields, str(path)) if path == self._target and fields else data

        return make

    def _news(self, problems: Iterable[Problem]) -> list[Problem]:
        """Give the errors that were not there before; keep the warnings for the result."""
        news = list(self._before.news(problems))
        self._warnings = tuple(sorted(one for one in news if one.level == "warning"))
        return [one for one in news if one.level == "error"]

    def _late(self, posts: Iterable[tuple[Entry, Post]]) -> Iterator[Problem]:
        for entry, post in posts:
            due = _due(post)
            if due and due < self._now:
                row, column = entry.place("when")
                message = f"The time in {row.name(column)} has passed: it will not be sent."
                where = row.place(column)
                yield Problem(str(self._sheet), *where, "B719", message, level="warning")

    def _changed(self, correction: Correction) -> Problem:
        entry, record = correction.entry, correction.record
        return refusal(str(self._sheet), entry, "B721", record, correction.what)

    def _too_late(self, correction: Correction) -> Problem:
        row = correction.entry.row
        message = (
            f"Row {row.number} has changed, but {correction.record.where} is out or on its way "
        )
        message += "already: it stays as it is."
        hint = f"Not changed: {'; '.join(' '.join(what.split()) for what in correction.what)}."
        where = row.place("text")
        return Problem(str(self._sheet), *where, "B725", message, hint, level="warning")


def _edited(record: Record) -> Problem:
    message = f"The row of {record.id} is gone, but the post has been edited here since its import."
    hint = "Take it out by hand, or its line imported: to keep it."
    return Problem(str(record.path), *record.place, "B722", message, hint)


def _due(post: Post | None) -> datetime | None:
    return post.when.due if post and isinstance(post.when, At | EventRelative) else None


def _free(name: str | None, number: int, taken: set[str]) -> str:
    """Give the row's own id, or one that nothing else has, where it is empty or taken."""
    return name if name and name not in taken else f"row-{number}-of-the-import"


def _no_campaign(path: Path) -> Problem:
    return Problem(str(path), 0, 0, "R308", "There is no campaign yet.", "groundswell init")


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60] or "posts"


def _title(name: str) -> str:
    """Give the first lines of a new file: where its posts came from, and what holds from now on."""
    return (
        f"# Imported from {shown(name, 200)}. From now on this file is what counts: edit it here.\n"
        "# Importing the spreadsheet again adds only what is new in it; with --update, it changes\n"
        "# what was corrected. Leave the lines imported: by them, a row finds its post again.\n\n"
    )
