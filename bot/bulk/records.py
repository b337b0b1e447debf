"""What import has written before: from which row of which spreadsheet a post came, as it was then.

A post that import writes says ``imported: SHEET#PRINTS``: the spreadsheet's name, and two prints of
what its row said, one of its time and accounts and one of all the rest. By them, a row that has
changed since is told from a post that somebody has edited in its file, and both from a new one.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.campaigns.marks import Fields
from bot.campaigns.queue_file import parsed, plain
from bot.campaigns.rewriting import posts_of
from bot.campaigns.source import yaml_files
from bot.schedules import At, EventRelative

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.bulk.entries import Entry
    from bot.model import Campaign, Post

KEY = "imported"
"""The key of a post that holds its record."""

_WHEN = ("when", "accounts")
_NAMES = ("id", "campaign", KEY)
_PRINT = 12
_MARK = re.compile(rf"(.*)#([0-9a-f]{{{_PRINT}}})([0-9a-f]{{{_PRINT}}})", re.DOTALL)
_MOST = 200  # characters of a sheet's name


class Prints(NamedTuple):
    """What a row said: ``when`` and from which accounts, and the ``rest``; equal if the same."""

    when: str
    rest: str


@dataclass(frozen=True, slots=True)
class Record:
    """A post that import wrote: where it stands, what it says there, and what its row said.

    ``posts`` are those made of it: one, none while there is a mistake in it, or several where
    somebody has put it on several events.
    """

    path: Path
    place: tuple[int, int]
    said: Mapping[str, Any]
    sheet: str
    base: Prints
    posts: tuple[Post, ...]

    @property
    def id(self) -> str:
        """The post's id."""
        return str(self.said.get("id", ""))

    @property
    def campaign(self) -> str:
        """The post's campaign, as far as it is known."""
        return self.posts[0].campaign if self.posts else str(self.said.get("campaign", ""))

    @property
    def where(self) -> str:
        """The post's id, with the place where it stands."""
        return f"{self.id} ({self.path}:{self.place[0]})"

    @property
    def edited(self) -> bool:
        """Whether somebody has changed it in its file since it was imported."""
        unsigned = {key: value for key, value in self.said.items() if key != "author"}
        return self.base not in {prints(self.said), prints(unsigned)}

    @property
    def due(self) -> datetime | None:
        """When it is due, where that is a fixed time."""
        whens = [post.when for post in self.posts]
        return max((w.due for w in whens if isinstance(w, At | EventRelative)), default=None)


def prints(said: Mapping[str, Any]) -> Prints:
    """Return the prints of what a post says, as typed in its file or as a row gives it."""
    fields = {str(key): plain(value) for key, value in said.items()}
    when = {name: fields.get(name) for name in _WHEN}
    rest = {name: value for name, value in fields.items() if name not in {*_WHEN, *_NAMES}}
    return Prints(_print(when), _print(rest))


def prints_of(entry: Entry) -> Prints:
    """Return the prints of a row: an author counts only where the row names one."""
    return prints(said_by(entry))


def said_by(entry: Entry) -> dict[str, Any]:
    """Return what a row itself says of a post, but for its id and campaign."""
    aside = {"id", "campaign"} if entry.signed else {"id", "campaign", "author"}
    return {key: value for key, value in entry.fields.items() if key not in aside}


def mark(sheet: str, row: Prints) -> str:
    """Return the record that is written into a post."""
    return f"{sheet}#{row.when}{row.rest}"


def sheet_name(path: Path) -> str:
    """Return the name by which a spreadsheet is known again; its folder does not count."""
    name = unicodedata.normalize("NFC", path.name)
    return re.sub(r"[^\w .,()+-]", "_", name)[-_MOST:].strip()


def _print(value: object) -> str:
    data = json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:_PRINT]


# --- In the files ---------------------------------------------------------------------------------


def recorded(folder: Path) -> dict[Path, bytes]:
    """Return the files of a campaign folder in which there may be records, as they are now."""
    found = {}
    for path in yaml_files(folder):
        try:
            data = path.read_bytes() if path.is_file() else b""
        except OSError:  # the loader says what is wrong with it
            data = b""
        if f"{KEY}:".encode() in data:
            found[path] = data
    return found


def records(files: Mapping[Path, bytes], campaigns: Iterable[Campaign]) -> list[Record]:
    """Return what import has written into these files. Raises UserError for one that is broken."""
    posts: dict[tuple[str, int, int], list[Post]] = {}
    for campaign in campaigns:
        for post in campaign.posts:
            at = post.mark
            posts.setdefault((at.file, at.line, at.column), []).append(post)
    found = []
    for path, data in files.items():
        root, _ = parsed(data, str(path))
        for node in posts_of(root):
            said = plain(node)
            record = _MARK.fullmatch(str(said.get(KEY, ""))) if isinstance(said, dict) else None
            if record and isinstance(node, Fields):
                made = tuple(posts.get((str(path), *node.place), ()))
                base = Prints(record[2], record[3])
                found.append(Record(path, node.place, said, record[1], base, made))  # type: ignore[arg-type]
    return found
