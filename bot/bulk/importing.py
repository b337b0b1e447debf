"""A spreadsheet of posts becomes campaign YAML: all of it, or, if anything is wrong, nothing.

What is new is written to a file of its own, ``posts/imported-NAME.yaml``, and not into
``queue.yaml``: the change that a colleague reviews is then one whole file, which can be taken back
as one, and no comment of theirs stands in between. The same spreadsheet again adds to the same
file what is new in it: a row whose post is there already adds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.bulk.already import Standing, differing
from bot.bulk.entries import entries
from bot.bulk.naming import named, with_id
from bot.bulk.placing import Placed
from bot.bulk.sheet import read_sheet
from bot.campaigns.encoding import MOST_BYTES, read
from bot.campaigns.problems import ProblemList, shown
from bot.campaigns.queue_file import append, appended
from bot.checking import Checker, check_folder
from bot.errors import Problem, UserError
from bot.schedules import At, EventRelative

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.bulk.entries import Entry
    from bot.bulk.sheet import Row
    from bot.checking import Checked
    from bot.config import Config
    from bot.model import Post


_SPLIT = "Split it into several files."


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do: posts that are new and that were there, rows left out."""

    file: Path
    added: tuple[Post, ...]
    already: tuple[tuple[Row, Post], ...]
    over: tuple[Row, ...]
    warnings: tuple[Problem, ...]
    written: bool

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "file": str(self.file),
            "written": self.written,
            "added": [_told(post) for post in self.added],
            "already_there": [{"row": row.number, "id": post.id} for row, post in self.already],
            "left_out": [row.number for row in self.over],
            "warnings": [str(problem) for problem in self.warnings],
        }


def _told(post: Post) -> dict[str, Any]:
    due = post.when.due if isinstance(post.when, At | EventRelative) else None
    zone = _zone(post)
    return {
        "id": post.id,
        "campaign": post.campaign,
        "accounts": list(post.accounts),
        "due": due,
        "local": f"{due.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" if due else "next slot",
        "timezone": zone,
        "text": post.wordings[0].content.text,
    }


def _zone(post: Post) -> str:
    if isinstance(post.when, EventRelative):
        return post.when.event.timezone
    return post.when.timezone if isinstance(post.when, At) else "UTC"


def import_file(
    config: Config,
    path: Path,
    now: datetime,
    *,
    author: str | None = None,
    campaign: str | None = None,
    dry: bool = False,
) -> Imported:
    """Take in a spreadsheet; raises UserError with every problem, and then nothing is changed.

    ``campaign`` is that of rows which name none. With ``dry``, nothing is written either way.
    """
    problems = ProblemList(str(path))
    data = read(path, problems)
    rows = read_sheet(data, problems) if data is not None else []
    made, over = entries(rows, problems, author)
    if campaign:
        made = [replace(one, fields={"campaign": campaign, **one.fields}) for one in made]
    return _Import(config, path, now, made, problems).run(tuple(over), dry=dry)


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
        self._before = check_folder(config.campaigns, now, config.accounts)
        self._warnings: tuple[Problem, ...] = ()

    def run(self, over: tuple[Row, ...], *, dry: bool) -> Imported:
        """Check, tell new from old, write. Raises UserError."""
        new, already = self._told_apart(self._posts())
        if not new:
            return Imported(self._target, (), already, over, (), written=False)
        fields = named(new, self._ids())
        placed = self._add(fields, [entry for entry, _ in new], dry=dry)
        added = tuple(post for post in placed if post)
        return Imported(self._target, added, already, over, self._warnings, written=not dry)

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
        folder, accounts = self._config.campaigns, self._config.accounts
        return Checker(folder, accounts, replaced, errors_only=errors_only).look(self._now)

    # --- What is new ---

    def _told_apart(
        self, posts: Sequence[Post]
    ) -> tuple[list[tuple[Entry, Post]], tuple[tuple[Row, Post], ...]]:
        """Tell the new from what is there already. Raises UserError where an id is taken."""
        standing = Standing(self._before.campaigns)
        new, already, problems = [], [], []
        for entry, post in zip(self._entries, posts, strict=True):
            own = standing.named(post.campaign, entry.fields.get("id"))
            if same := standing.same(post, own):
                already.append((entry.row, same))
            elif own:
                problems.append(self._taken(entry, post, own))
            else:
                new.append((entry, post))
                standing.add(post)
        if problems:
            raise UserError(problems)
        return new, tuple(already)

    def _taken(self, entry: Entry, post: Post, own: Sequence[Post]) -> Problem:
        row, mark = entry.row, own[0].mark
        message = f"The id {shown(own[0].id)} stands in {mark.file}:{mark.line}, with another "
        message += f"{differing(post, own)} ({row.name('id')})."
        hint = "Change it there, or give the row an id of its own."
        return Problem(str(self._sheet), *row.place("id"), "B718", message, hint)

    # --- Writing ---

    def _add(
        self, fields: Sequence[Mapping[str, Any]], new: Sequence[Entry], *, dry: bool
    ) -> list[Post | None]:
        """Write the posts, if all is well with the whole folder then, and give them."""
        found: list[Post | None] = []

        def check(data: bytes) -> list[Problem]:
            checked = self._check({self._target: data})
            placed = Placed(fields, new, str(self._target), str(self._sheet), data)
            found[:] = placed.posts(checked.campaigns)
            late = self._late(zip(new, found, strict=True))
            return self._news([*placed.moved(checked.problems), *late])

        title = _title(self._sheet.name)
        if not dry:
            append(self._target, *fields, check=check, title=title)
            return found
        old = self._target.read_bytes() if self._target.is_file() else title.encode()
        if errors := check(appended(old, fields, str(self._target))):
            raise UserError(errors)
        return found

    def _news(self, problems: Iterable[Problem]) -> list[Problem]:
        """Give the errors that were not there before; keep the warnings for the result."""
        news = list(self._before.news(problems))
        self._warnings = tuple(sorted(one for one in news if one.level == "warning"))
        return [one for one in news if one.level == "error"]

    def _late(self, posts: Iterable[tuple[Entry, Post | None]]) -> Iterator[Problem]:
        for entry, post in posts:
            due = _due(post)
            if due and due < self._now:
                row, column = entry.place("when")
                message = f"The time in {row.name(column)} has passed: it will not be sent."
                where = row.place(column)
                yield Problem(str(self._sheet), *where, "B719", message, level="warning")


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
        "# Importing the spreadsheet again adds only what is new in it.\n\n"
    )
