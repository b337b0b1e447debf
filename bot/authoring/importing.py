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
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.authoring.checking import check
from bot.authoring.comparing import SheetComparison
from bot.authoring.entries import assign_ids, typed_posts, with_id
from bot.authoring.records import (
    ExistingPosts,
    describe_post,
    files_with_records,
    read_records,
    record_field,
    sheet_name,
)
from bot.authoring.sheet import YamlSourceMap, read_sheet
from bot.campaigns.editing import change_files, refusal, with_posts_appended
from bot.campaigns.rewriting import rewrite_posts
from bot.errors import Problem, UserError
from bot.text import quote_value
from bot.yamlsource.nodes import MAX_BYTES, read_bytes
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.authoring.checking import CheckResult
    from bot.authoring.comparing import Correction, FindDeliveries, KnownRow
    from bot.authoring.entries import TypedPost
    from bot.authoring.records import ImportRecord
    from bot.authoring.sheet import Row
    from bot.config import Config
    from bot.model import Post

    Edits = Mapping[Path, dict[tuple[int, int], Mapping[str, Any] | None]]
    """New fields for the posts of each file, by their places; None for a post to remove."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or would do.

    ``gone`` are posts whose row no longer exists; they are removed if ``removed``. ``finished`` are
    rows that were skipped as over. ``checked`` is the folder as it is afterwards.
    """

    file: Path
    added: tuple[Post, ...]
    known: tuple[KnownRow, ...]
    changed: tuple[Correction, ...]
    gone: tuple[ImportRecord, ...]
    removed: bool
    finished: tuple[Row, ...]
    warnings: tuple[Problem, ...]
    written: bool
    checked: CheckResult

    @property
    def posts(self) -> list[Post]:
        """The posts that were added or changed, as they are afterwards."""
        names = {(change.record.campaign, change.record.id) for change in self.changed}
        names |= {(post.campaign, post.id) for post in self.added}
        return [post for post in self.checked.posts if (post.campaign, post.id) in names]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        rowless = [_record_location(record) for record in self.gone]
        return {
            "file": str(self.file),
            "written": self.written,
            "added": [
                {**describe_post(post), "text": post.wordings[0].content.text}
                for post in self.added
            ],
            "changed": [
                {
                    **_record_location(change.record),
                    "row": change.entry.row.number,
                    "what": list(change.what),
                }
                for change in self.changed
            ],
            "removed": rowless if self.removed else [],
            "without_a_row": [] if self.removed else rowless,
            "already_there": [
                {"row": row, "id": name, "edited": edited} for row, name, edited in self.known
            ],
            "left_out": [row.number for row in self.finished],
            "warnings": [str(problem) for problem in self.warnings],
        }


def _record_location(record: ImportRecord) -> dict[str, Any]:
    return {"id": record.id, "file": str(record.path), "line": record.place[0]}


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
    work = _Import(config, path, now, entries)
    posts = work.build_posts(problems)
    existing = ExistingPosts(work.before.posts)
    found = SheetComparison(str(path), work.name, existing, work.records, queued, now)
    found.compare(list(zip(entries, posts, strict=True)), update=update, remove=remove)
    if found.problems:
        raise UserError(found.problems)
    edits = work.edits(found, remove=remove) if update else {}
    writes = bool(found.new or edits)
    added, checked = work.write(found, edits, dry_run=dry_run) if writes else ((), work.before)
    return ImportResult(
        file=work.target,
        added=added,
        known=tuple(found.known),
        changed=tuple(found.changed),
        gone=tuple(found.gone),
        removed=remove,
        finished=tuple(finished),
        warnings=(*work.warnings, *found.warnings),
        written=writes and not dry_run,
        checked=checked,
    )


class _Import:
    """What is in the files before an import, and the steps that depend on it."""

    def __init__(
        self, config: Config, path: Path, now: datetime, entries: Sequence[TypedPost]
    ) -> None:
        self._config = config
        self._sheet = path
        self._now = now
        self._entries = entries
        slug = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "posts"
        self.target = config.campaigns / f"imported-{slug}.yaml"
        self.name = sheet_name(path)
        self._files = files_with_records(config.campaigns)
        self.before = check(config, now, self._files)
        self.records = read_records(self._files, self.before.posts)
        self._ids = {post.id for post in self.before.posts}
        self.warnings: tuple[Problem, ...] = ()

    def build_posts(self, problems: ProblemList) -> list[Post]:
        """Return the post of each entry, as if they were a file of their own. Raises UserError.

        ``problems`` are those of the sheet so far.
        """
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
            problems.add("B701", (1, 1), message, "Split it into several files.")
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

    def edits(self, found: SheetComparison, *, remove: bool) -> Edits:
        """Return the new fields of the posts that import wrote before."""
        edits: Edits = defaultdict(dict)
        for correction in found.changed:
            # The fields of the row, in the old order and with the old id.
            record, row = correction.record, correction.entry.row_fields
            remaining = {*correction.entry.kept_keys, *row}
            old = {key: value for key, value in record.fields.items() if key in remaining}
            fields = {**old, **row, **record_field(self.name, correction.entry.fingerprint)}
            edits[record.path][record.place] = fields
        for record, entry in found.outdated:
            fields = {**record.fields, **record_field(self.name, entry.fingerprint)}
            edits[record.path][record.place] = fields
        for record in found.gone if remove else ():
            edits[record.path][record.place] = None
        return edits

    def write(
        self, found: SheetComparison, edits: Edits, *, dry_run: bool
    ) -> tuple[tuple[Post, ...], CheckResult]:
        """Change the files, unless the folder has a new error then. Raises UserError."""
        new = [entry for entry, _ in found.new]
        taken = self._ids | {record.id for record in self.records}
        fields = [
            {**typed, **record_field(self.name, entry.fingerprint)}
            for typed, entry in zip(assign_ids(found.new, taken), new, strict=True)
        ]
        added: list[Post | None] = []
        after: list[CheckResult] = []

        def find_errors(files: Mapping[Path, bytes]) -> list[Problem]:
            """Return the errors that were not there before; keep the warnings for the result."""
            after.append(check(self._config, self._now, files))
            data = files.get(self.target, b"")
            source = YamlSourceMap(fields, new, str(self.target), str(self._sheet), data)
            added[:] = source.posts(after[-1].posts)
            corrected = ((correction.entry, correction.post) for correction in found.changed)
            past = self._past_problems([*found.new, *corrected])
            problems = [*source.map_problems(after[-1].problems), *past]
            errors, warnings = self.before.new_problems(problems)
            self.warnings = tuple(sorted(warnings))
            return errors

        targets = dict.fromkeys([*edits, *([self.target] if new else [])])
        rewriters = {path: partial(self._rewrite, path, edits, fields) for path in targets}
        change_files(rewriters, find_errors, dry_run=dry_run)
        return tuple(post for post in added if post), after[-1]

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
                message = f"The time in {row.name(column)} has passed: it will not be sent."
                place = row.place(column)
                yield Problem(str(self._sheet), *place, "B719", message, level="warning")


_HEADER = """\
# Imported from {}. From now on this file is what counts: edit it here.
# Importing the spreadsheet again adds only what is new in it; with --update, it changes
# what was corrected. Leave the lines imported: by them, a row finds its post again.

"""
"""The first lines of a new file: where its posts came from, and what to know."""
