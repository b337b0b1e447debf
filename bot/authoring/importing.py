"""Import a spreadsheet of posts as campaign YAML: all of it, or nothing if anything is wrong.

What is new is written to a file of its own, ``posts/imported-NAME.yaml``, and not into
``queue.yaml``: the change that a colleague reviews is then one whole file, which can be reverted as
one, without comments of theirs in between. The same spreadsheet again adds to the same file what is
new in it: a row whose post exists already adds nothing.

A row that has changed since is refused, unless ``update`` is asked for: then its post is changed
wherever it is by now, and nothing else in that file. A post whose row is gone stays, unless
``remove`` is asked for. What is published or being sent is never changed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.authoring.checking import Checker, check
from bot.authoring.comparing import SheetComparer, refusal
from bot.authoring.entries import assign_ids, typed_posts, with_id
from bot.authoring.records import (
    RECORD_KEY,
    ExistingPosts,
    due_of,
    files_with_records,
    format_record,
    kept_keys,
    read_records,
    row_fields,
    row_fingerprint,
    sheet_name,
)
from bot.authoring.results import ImportResult
from bot.authoring.sheet import YamlSourceMap, read_sheet
from bot.campaigns.editing import change_files, rewrite_posts, with_posts_appended
from bot.errors import Problem, UserError
from bot.yamlsource.nodes import MAX_BYTES, read_bytes
from bot.yamlsource.problems import ProblemList, quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.authoring.checking import CheckResult
    from bot.authoring.comparing import Correction, FindDeliveries, SheetComparison
    from bot.authoring.entries import TypedPost
    from bot.authoring.records import ImportRecord
    from bot.authoring.sheet import Row
    from bot.config import Config
    from bot.model import Post

    Edits = Mapping[Path, dict[tuple[int, int], Mapping[str, Any] | None]]
    """New fields for the posts of each file, by their places; None for a post to remove."""


def import_file(
    config: Config,
    path: Path,
    now: datetime,
    *,
    author: str | None = None,
    campaign: str | None = None,
    dry_run: bool = False,
    update: bool = False,
    remove: bool = False,
    queued: FindDeliveries = lambda _: (),
) -> ImportResult:
    """Import a spreadsheet. Raises UserError with every problem, and then nothing is changed.

    ``campaign`` is that of rows which name none. ``dry_run`` writes nothing in any case. ``update``
    changes the posts whose rows have changed; ``remove``, with it, removes those whose rows are
    gone. ``queued`` returns the deliveries of posts.
    """
    problems = ProblemList(str(path))
    data = read_bytes(path, problems)
    rows = read_sheet(data, problems) if data is not None else []
    entries, finished = typed_posts(rows, problems, author)
    if campaign:
        entries = [
            replace(entry, fields={"campaign": campaign, **entry.fields}) for entry in entries
        ]
    work = _Import(config, path, now, entries, problems)
    comparison = work.compare(queued, update=update, remove=remove)
    return work.apply(comparison, tuple(finished), update=update, remove=remove, dry_run=dry_run)


class _Import:
    """One import, step by step."""

    def __init__(
        self,
        config: Config,
        path: Path,
        now: datetime,
        entries: Sequence[TypedPost],
        problems: ProblemList,
    ) -> None:
        self._config = config
        self._sheet = path
        self._now = now
        self._entries = entries
        self._problems = problems
        slug = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "posts"
        self._target = config.campaigns / f"imported-{slug}.yaml"
        self._name = sheet_name(path)
        self._files = files_with_records(config.campaigns)
        self._before = check(config, now, self._files)
        self._records = read_records(self._files, self._before.campaigns)
        self._ids = {post.id for campaign in self._before.campaigns for post in campaign.posts}
        self._warnings: tuple[Problem, ...] = ()

    def compare(self, queued: FindDeliveries, *, update: bool, remove: bool) -> SheetComparison:
        """Return what each row is. Raises UserError for mistakes, or changes without ``update``."""
        posts = self._build_posts()
        sheet = str(self._sheet), self._name
        existing = ExistingPosts(self._before.campaigns)
        comparer = SheetComparer(sheet, existing, self._records, queued, self._now)
        found = comparer.compare(list(zip(self._entries, posts, strict=True)), remove=remove)
        problems = [*found.problems]
        if not update:
            problems += [
                refusal(sheet[0], change.entry, "B721", change.record, change.what)
                for change in found.changed
            ]
        if remove:
            problems += [_edited_problem(record) for record in found.gone if record.edited]
        if problems:
            raise UserError(problems)
        return found

    def apply(
        self,
        found: SheetComparison,
        finished: tuple[Row, ...],
        *,
        update: bool,
        remove: bool,
        dry_run: bool,
    ) -> ImportResult:
        """Write what is new, and with ``update`` what has changed. Raises UserError."""
        edits = self._edits(found, remove=remove) if update else {}
        late = tuple(map(self._too_late_warning, found.too_late))
        added: tuple[Post, ...] = ()
        checked = self._before
        if found.new or edits:
            added, checked = self._write(found, edits, dry_run=dry_run)
        return ImportResult(
            file=self._target,
            added=added,
            known=tuple(found.known),
            changed=tuple(found.changed),
            gone=tuple(found.gone),
            removed=remove,
            finished=finished,
            warnings=(*self._warnings, *late),
            written=not dry_run and bool(found.new or edits),
            checked=checked,
        )

    def _build_posts(self) -> list[Post]:
        """Return the post of each entry, as if they were a file of their own. Raises UserError."""
        fields = []
        for number, entry in enumerate(self._entries):
            name = entry.fields.get("id")
            if not name or name in self._ids:
                name = f"row-{number}-of-the-import"  # unique
            fields.append(with_id(entry.fields, name))
        draft = self._config.campaigns / ".import.yaml"
        source = YamlSourceMap(fields, self._entries, str(draft), str(self._sheet))
        if len(source.data) > MAX_BYTES:
            message = "As YAML, its posts are larger than 1 MiB"
            self._problems.add("B701", (1, 1), message, "Split it into several files.")
            raise UserError(self._problems.problems)
        checked = self._check({draft: source.data} if fields else {}, errors_only=True)
        errors = list(source.map_problems(checked.problems))
        own_errors = [error for error in errors if error.file == str(self._sheet)]
        if self._problems.problems or own_errors:
            raise UserError(dict.fromkeys([*self._problems.problems, *own_errors]))
        posts = source.posts(checked.campaigns)
        if None in posts:  # a file with mistakes may describe their campaign
            raise UserError(errors or [_no_campaign(self._sheet)])
        return [post for post in posts if post]

    def _check(self, overrides: Mapping[Path, bytes], *, errors_only: bool = False) -> CheckResult:
        config = self._config
        checker = Checker(
            config.campaigns,
            config.accounts,
            overrides,
            errors_only=errors_only,
            horizon=config.horizon,
        )
        return checker.check(self._now)

    # --- Writing ---

    def _edits(self, found: SheetComparison, *, remove: bool) -> Edits:
        """Return the new fields of the posts that import wrote before."""
        edits: dict[Path, dict[tuple[int, int], Mapping[str, Any] | None]] = {}
        for correction in found.changed:
            record = correction.record
            edits.setdefault(record.path, {})[record.place] = self._corrected_fields(correction)
        for record, entry in filter(None, (known.outdated for known in found.known)):
            fields = {**record.fields, **self._record_field(entry)}
            edits.setdefault(record.path, {})[record.place] = fields
        for record in found.gone if remove else ():
            edits.setdefault(record.path, {})[record.place] = None
        return edits

    def _record_field(self, entry: TypedPost) -> dict[str, str]:
        return {RECORD_KEY: format_record(self._name, row_fingerprint(entry))}

    def _corrected_fields(self, correction: Correction) -> dict[str, Any]:
        """Return the new fields of a post: those of its row, in the old order and with its id."""
        entry, old = correction.entry, correction.record.fields
        row = row_fields(entry)
        remaining = {*kept_keys(entry), *row}
        fields = {key: row.get(key, value) for key, value in old.items() if key in remaining}
        return {**fields, **row, **self._record_field(entry)}

    def _write(
        self, found: SheetComparison, edits: Edits, *, dry_run: bool
    ) -> tuple[tuple[Post, ...], CheckResult]:
        """Change the files, unless the folder has a new error then. Raises UserError."""
        new = [entry for entry, _ in found.new]
        taken = self._ids | {record.id for record in self._records}
        fields = [
            {**typed, **self._record_field(entry)}
            for typed, entry in zip(assign_ids(found.new, taken), new, strict=True)
        ]
        added: list[Post | None] = []
        after: list[CheckResult] = []

        def find_errors(files: Mapping[Path, bytes]) -> list[Problem]:
            after.append(self._check(files))
            data = files.get(self._target, b"")
            source = YamlSourceMap(fields, new, str(self._target), str(self._sheet), data)
            added[:] = source.posts(after[-1].campaigns)
            corrected = ((correction.entry, correction.post) for correction in found.changed)
            late = self._past_problems([*found.new, *corrected])
            return self._new_errors([*source.map_problems(after[-1].problems), *late])

        targets = [*edits, *([self._target] if new else [])]
        rewriters = {path: self._rewriter(path, edits, fields) for path in dict.fromkeys(targets)}
        change_files(rewriters, find_errors, dry_run=dry_run)
        return tuple(post for post in added if post), after[-1]

    def _rewriter(
        self, path: Path, edits: Edits, fields: Sequence[Mapping[str, Any]]
    ) -> Callable[[bytes | None], bytes]:
        """Return a function from a file's old bytes to its new ones, which raises UserError."""

        def rewrite(old: bytes | None) -> bytes:
            if path in edits and old != self._files[path]:
                message = "The file has just been changed by somebody else."
                raise UserError([Problem(str(path), 0, 0, "Y116", message, "Try again.")])
            data = _file_header(self._sheet.name).encode() if old is None else old
            if path in edits:
                data = rewrite_posts(data, edits[path], str(path))
            if path == self._target and fields:
                data = with_posts_appended(data, fields, str(path))
            return data

        return rewrite

    def _new_errors(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the errors that were not there before; keep the warnings for the result."""
        new = list(self._before.new_problems(problems))
        self._warnings = tuple(sorted(item for item in new if item.level == "warning"))
        return [item for item in new if item.level == "error"]

    def _past_problems(self, posts: Iterable[tuple[TypedPost, Post]]) -> Iterator[Problem]:
        for entry, post in posts:
            due = due_of(post)
            if due and due < self._now:
                row, column = entry.place("when")
                message = f"The time in {row.name(column)} has passed: it will not be sent."
                place = row.place(column)
                yield Problem(str(self._sheet), *place, "B719", message, level="warning")

    def _too_late_warning(self, correction: Correction) -> Problem:
        row = correction.entry.row
        message = (
            f"Row {row.number} has changed, but {correction.record.location} is published or being "
            "sent already: it stays as it is."
        )
        hint = f"Not changed: {'; '.join(' '.join(what.split()) for what in correction.what)}."
        place = row.place("text")
        return Problem(str(self._sheet), *place, "B725", message, hint, level="warning")


def _edited_problem(record: ImportRecord) -> Problem:
    message = f"The row of {record.id} is gone, but the post has been edited here since its import."
    hint = "Remove it by hand, or remove its line imported: to keep it."
    return Problem(str(record.path), *record.place, "B722", message, hint)


def _no_campaign(path: Path) -> Problem:
    return Problem(str(path), 0, 0, "R308", "There is no campaign yet.", "groundswell init")


def _file_header(name: str) -> str:
    """Return the first lines of a new file: where its posts came from, and what to know."""
    return (
        f"# Imported from {quote_value(name, 200)}. From now on this file is what counts: edit it"
        " here.\n"
        "# Importing the spreadsheet again adds only what is new in it; with --update, it changes\n"
        "# what was corrected. Leave the lines imported: by them, a row finds its post again.\n\n"
    )
