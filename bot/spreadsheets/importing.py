"""Import a spreadsheet of posts as campaign YAML. One problem refuses the whole sheet.

New posts are written to a file of their own, ``posts/imported-NAME.yaml``, and not into
``queue.yaml``. A colleague can then review the change as one file, and revert it as one. Importing
the same spreadsheet again adds its new posts to the same file.

A row that has changed since is refused. With ``update``, its post is changed wherever it is by now,
and nothing else in that file. A post whose row is gone stays, or is removed with ``remove``. Posts
that are published or being sent are never changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.campaigns.editing import (
    change_files,
    parse_or_raise,
    refusal,
    to_plain,
    with_posts_appended,
)
from bot.campaigns.rewriting import rewrite_posts
from bot.campaigns.source import posts_of
from bot.checking import check
from bot.errors import Problem, UserError
from bot.spreadsheets.comparing import SheetComparison
from bot.spreadsheets.entries import assign_ids, typed_posts, with_id
from bot.spreadsheets.existing import ExistingPosts
from bot.spreadsheets.exports.comparing import ExportComparison
from bot.spreadsheets.exports.edits import EditError, apply_edit, refuse_cell
from bot.spreadsheets.exports.effects import find_side_effects
from bot.spreadsheets.exports.planned import PostsByKey
from bot.spreadsheets.import_result import ImportResult
from bot.spreadsheets.records import (
    read_files,
    read_records,
    record_field,
    sheet_name,
)
from bot.spreadsheets.sheet import read_sheet
from bot.spreadsheets.source_map import YamlSourceMap
from bot.text import quote_value
from bot.yamlsource.nodes import MAX_BYTES, read_bytes
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.config import Config
    from bot.model import Post
    from bot.spreadsheets.comparing import Correction, FindDeliveries
    from bot.spreadsheets.entries import TypedPost
    from bot.spreadsheets.exports.comparing import ExportedRow
    from bot.spreadsheets.records import ImportRecord

    Edits = Mapping[Path, dict[tuple[int, int], Mapping[str, Any] | None]]
    """New fields for the posts of each file, by their places; None for a post to remove."""

    Announce = Callable[
        [Sequence[Correction], Sequence[ExportedRow], Sequence[ImportRecord]], object
    ]
    """Called with corrections, with changed rows of an export, and with posts to be removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """A spreadsheet that somebody wants to import, and how."""

    sheet: Path
    author: str
    """The person who imports it."""
    campaign: str | None = None
    """The campaign of rows without one."""
    dry_run: bool = False
    """Whether to write nothing in any case."""
    update: bool = False
    """Whether to change the posts whose rows have changed."""
    remove: bool = False
    """Whether to remove the posts whose rows are gone; with ``update`` only."""


def import_file(
    config: Config,
    request: ImportRequest,
    now: datetime,
    *,
    queued: FindDeliveries = lambda _: (),
    announce: Announce = lambda *_: None,
) -> ImportResult:
    """Import a spreadsheet. Raises UserError with every problem, and then nothing is changed.

    ``queued`` returns the deliveries of posts. ``announce`` is called before any change or removal.
    """
    problems = ProblemList(str(request.sheet))
    data = read_bytes(request.sheet, problems)
    rows = read_sheet(data, problems) if data is not None else []
    work = _Import(config, request, now)
    exported = ExportComparison(str(request.sheet), config, work.before, queued)
    exported.compare(rows, update=request.update, remove=request.remove)
    if (exported.rows or exported.problems) and work.before.errors:
        raise UserError(work.before.errors)
    problems.problems += exported.problems
    defaults = {"author": request.author, "campaign": request.campaign}
    entries, finished = typed_posts(exported.others, problems, defaults)
    found = work.compare(entries, problems, exported)
    removed = found.gone if request.remove else []
    edits = work.edits(found, exported, removed) if request.update else {}
    added: tuple[Post, ...] = ()
    if writes := bool(found.new or edits):
        tell = partial(announce, found.changed, exported.edits, removed)
        added = work.write(found, exported, edits, tell)
    return ImportResult(
        file=work.target,
        added=added,
        known=tuple(sorted((*found.known, *exported.known))),
        changed=tuple(found.changed),
        gone=tuple(found.gone),
        removed=request.remove,
        finished=tuple(sorted((*finished, *exported.finished), key=lambda row: row.number)),
        warnings=(*work.warnings, *found.warnings, *exported.warnings),
        written=writes and not request.dry_run,
        checked=work.after,
        edited=tuple(exported.edits),
        missing=tuple(exported.missing(now)),
    )


class _Import:
    """The files before an import, and the steps that depend on them."""

    def __init__(self, config: Config, request: ImportRequest, now: datetime) -> None:
        self._config = config
        self._request = request
        self._sheet = request.sheet
        self._now = now
        slug = re.sub(r"[^a-z0-9]+", "-", self._sheet.stem.lower()).strip("-")[:60] or "posts"
        self.target = config.campaigns / f"imported-{slug}.yaml"
        self._name = sheet_name(self._sheet)
        self._files = read_files(config.campaigns)
        self.before = check(config, now, self._files)
        self.after = self.before
        self._records = read_records(self._files, self.before.posts)
        self._ids = {post.id for post in self.before.posts}
        self.warnings: tuple[Problem, ...] = ()

    def compare(
        self, entries: Sequence[TypedPost], problems: ProblemList, exported: ExportComparison
    ) -> SheetComparison:
        """Compare a person's own rows with the posts of earlier imports. Raises UserError."""
        posts = self._build_posts(entries, problems)
        found = SheetComparison(
            file=str(self._sheet),
            sheet=self._name,
            existing=ExistingPosts(self.before.posts),
            # An exported sheet has no rows of earlier imports.
            records=[] if exported.names else self._records,
            queued=exported.queued,
            now=self._now,
        )
        pairs = list(zip(entries, posts, strict=True))
        found.compare(pairs, update=self._request.update, remove=self._request.remove)
        if found.problems:
            raise UserError(found.problems)
        return found

    def _build_posts(self, entries: Sequence[TypedPost], problems: ProblemList) -> list[Post]:
        """Return the post of each entry, as if the entries were a file. Raises UserError."""
        fields = []
        for number, entry in enumerate(entries):
            name = entry.fields.get("id")
            if not name or name in self._ids:
                name = f"row-{number}-of-the-import"  # unique
            fields.append(with_id(entry.fields, name))
        draft = self._config.campaigns / ".import.yaml"
        source = YamlSourceMap(fields, entries, str(draft), str(self._sheet))
        if len(source.data) > MAX_BYTES:
            message = "The posts are larger than 1 MiB as YAML"
            problems.add("B701", (1, 1), message, "Split the sheet into several files.")
            raise UserError(problems.problems)
        checked = check(self._config, self._now, {draft: source.data} if fields else {})
        errors = list(source.map_problems(checked.errors))
        own_errors = [error for error in errors if error.file == str(self._sheet)]
        if problems.problems or own_errors:
            raise UserError(dict.fromkeys([*problems.problems, *own_errors]))
        posts = source.posts(checked.posts)
        if None in posts:  # a file with mistakes may describe their campaign
            message, hint = "There is no campaign yet.", "groundswell init"
            raise UserError(errors or [Problem(str(self._sheet), 0, 0, "R308", message, hint)])
        return [post for post in posts if post]

    # --- Writing ---

    def edits(
        self, found: SheetComparison, exported: ExportComparison, removed: Iterable[ImportRecord]
    ) -> Edits:
        """Return the new fields of the posts of changed rows, and none for those to remove."""
        edits = self._exported_edits(exported)
        for correction in found.changed:
            # The fields of the row, in the old order and with the old id.
            record, row = correction.record, correction.entry.row_fields
            remaining = {*correction.entry.kept_keys, *row}
            old = {key: value for key, value in record.fields.items() if key in remaining}
            fields = {**old, **row, **record_field(self._name, correction.entry.fingerprint)}
            edits[record.path][record.place] = fields
        for record, entry in found.outdated:
            fields = {**record.fields, **record_field(self._name, entry.fingerprint)}
            edits[record.path][record.place] = fields
        for record in removed:
            edits[record.path][record.place] = None
        return edits

    def _exported_edits(self, exported: ExportComparison) -> Edits:
        """Return the new fields of posts whose exported rows were changed. Raises UserError."""
        edits: Edits = defaultdict(dict)
        problems = ProblemList(str(self._sheet))
        nodes = {
            (path, node.place): node
            for path in {row.path for row in exported.edits}
            for node in posts_of(parse_or_raise(self._files[path], str(path))[0])
        }
        for row in exported.edits:
            node = nodes[row.path, row.place]
            original: Any = to_plain(node)
            fields: Any = edits[row.path].get(row.place) or to_plain(node)
            try:
                campaign = exported.planned.campaign(row.post)
                edits[row.path][row.place] = apply_edit(original, fields, row, campaign, problems)
            except EditError as error:
                problem = refuse_cell(str(self._sheet), row, error.column, error.why)
                problems.problems.append(problem)
        if problems.problems:
            raise UserError(problems.problems)
        return edits

    def write(
        self,
        found: SheetComparison,
        exported: ExportComparison,
        edits: Edits,
        tell: Callable[[], object],
    ) -> tuple[Post, ...]:
        """Change the files, and return the posts that were added.

        ``tell`` is called once nothing stands against the change. Raises UserError if the folder
        would have a new error, and then nothing is changed.
        """
        new = [entry for entry, _ in found.new]
        taken = self._ids | {record.id for record in self._records}
        fields = [
            {**typed, **record_field(self._name, entry.fingerprint)}
            for typed, entry in zip(assign_ids(found.new, taken), new, strict=True)
        ]
        added: list[Post | None] = []

        def find_errors(files: Mapping[Path, bytes]) -> list[Problem]:
            self.after = check(self._config, self._now, files)
            data = files.get(self.target, b"")
            source = YamlSourceMap(fields, new, str(self.target), str(self._sheet), data)
            added[:] = source.posts(self.after.posts)
            corrected = ((correction.entry, correction.post) for correction in found.changed)
            past = self._past_problems([*found.new, *corrected])
            problems = [*source.map_problems(self.after.problems), *past]
            errors, warnings = self.before.new_problems(problems)
            self.warnings = tuple(sorted(warnings))
            for index, error in enumerate(errors):
                if error.file in map(str, edits):
                    message = f"With the changes of the sheet: {error.message}"
                    errors[index] = replace(error, message=message)
            if exported.edits and not errors:
                planned = PostsByKey(self.after, self._config)
                folder = self._config.campaigns.resolve()
                errors = [*dict.fromkeys(find_side_effects(exported, planned, folder))]
            if not errors:
                tell()
            return errors

        targets = dict.fromkeys([*edits, *([self.target] if new else [])])
        rewriters = {path: partial(self._rewrite, path, edits, fields) for path in targets}
        change_files(rewriters, find_errors, dry_run=self._request.dry_run)
        return tuple(post for post in added if post)

    def _rewrite(
        self, path: Path, edits: Edits, new: Sequence[Mapping[str, Any]], old: bytes | None
    ) -> bytes:
        """Return the new bytes of a file. Raises UserError."""
        if path in edits and old != self._files[path]:
            message = "The file has just been changed by somebody else."
            raise refusal(str(path), message, "Try again.")
        data = _HEADER.format(quote_value(self._sheet.name, 200)).encode() if old is None else old
        if path in edits:
            data = rewrite_posts(data, edits[path], str(path))
        if path == self.target and new:
            data = with_posts_appended(data, new, str(path))
        return data

    def _past_problems(self, posts: Iterable[tuple[TypedPost, Post]]) -> Iterator[Problem]:
        for entry, post in posts:
            due = post.when.due
            if due and due < self._now:
                row, column = entry.place("when")
                message = f"The time in {row.name(column)} has passed. The post will not be sent."
                place = row.place(column)
                yield Problem(str(self._sheet), *place, "B719", message, level="warning")


_HEADER = """\
# Imported from {}. From now on, edit the posts here.
# Importing the spreadsheet again adds only its new posts. With --update, it also changes the
# posts whose rows were corrected. Leave the lines `imported`, by which a row finds its post.

"""
"""The first lines of a new file."""
