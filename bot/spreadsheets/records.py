"""The records that import leaves in the posts it writes, by which a row finds its post again.

A record is the spreadsheet's name and a fingerprint of the row.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.campaigns.editing import parse_or_raise, to_plain
from bot.campaigns.source import posts_of
from bot.yamlsource.folder import yaml_files
from bot.yamlsource.nodes import MAX_BYTES, MappingNode, read_bytes
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.model import Post

RECORD_KEY = "imported"
"""The key of a post that holds its record."""

_TIME_FIELDS = ("when", "accounts")
_ID_FIELDS = ("id", "campaign", RECORD_KEY)
_HASH_LENGTH = 12
_RECORD_PATTERN = re.compile(
    rf"(.*)#([0-9a-f]{{{_HASH_LENGTH}}})([0-9a-f]{{{_HASH_LENGTH}}})", re.DOTALL
)
_MAX_NAME_LENGTH = 200  # characters of a sheet's name

RowFingerprint: TypeAlias = tuple[str, str]
"""Two hashes of a row, one of its time and accounts, and one of all the rest."""

WHEN, REST = 0, 1
"""The indexes of both."""


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """A post that import wrote, with the record of its row."""

    path: Path
    """The file that the post is in."""
    place: tuple[int, int]
    """The line and the column at which it starts."""
    fields: Mapping[str, Any]
    """Its fields in the file."""
    sheet: str
    """The name of the spreadsheet that it came from."""
    fingerprint: RowFingerprint
    """The fingerprint that its row had."""
    posts: tuple[Post, ...]
    """The posts that it became; none if it has a mistake, several if it has several events."""

    @property
    def key(self) -> object:
        """Its file and place, which no other record has."""
        return self.path, self.place

    @property
    def id(self) -> str:
        """The post's id."""
        return str(self.fields.get("id", ""))

    @property
    def campaign(self) -> str:
        """The post's campaign, as far as it is known."""
        return self.posts[0].campaign if self.posts else str(self.fields.get("campaign", ""))

    @property
    def location(self) -> str:
        """The post's id, with its file and line."""
        return f"{self.id} ({self.path}:{self.place[0]})"

    @property
    def edited(self) -> bool:
        """Whether somebody has changed it in its file since it was imported."""
        unsigned = {key: value for key, value in self.fields.items() if key != "author"}
        return self.fingerprint not in {fingerprint_of(self.fields), fingerprint_of(unsigned)}

    @property
    def waits_for_slot(self) -> bool:
        """Whether it takes the next free queue slot."""
        return isinstance(self.fields.get("when"), dict) and "slot" in self.fields["when"]


def fingerprint_of(typed: Mapping[str, Any]) -> RowFingerprint:
    """Return the fingerprint of the fields of a post, as typed in its file or in a row."""
    fields = {str(key): to_plain(value) for key, value in typed.items()}
    others = fields.keys() - {*_TIME_FIELDS, *_ID_FIELDS}
    return (
        _hash({name: fields.get(name) for name in _TIME_FIELDS}),
        _hash({name: fields[name] for name in others}),
    )


def _hash(fields: Mapping[str, Any]) -> str:
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]


def record_field(sheet: str, row: RowFingerprint) -> dict[str, str]:
    """Return the field of a post that holds its record."""
    return {RECORD_KEY: f"{sheet}#{''.join(row)}"}


def sheet_name(path: Path) -> str:
    """Return the name by which a spreadsheet is recognised, whatever folder it is in."""
    name = unicodedata.normalize("NFC", path.name)
    return re.sub(r"[^\w .,()+-]", "_", name)[-_MAX_NAME_LENGTH:].strip()


# --- In the files ---------------------------------------------------------------------------------


def read_files(folder: Path) -> dict[Path, bytes]:
    """Return the files of a campaign folder, with their bytes."""
    # The loader reports their problems.
    read = {path: read_bytes(path, ProblemList(str(path))) for path in yaml_files(folder)}
    return {path: data for path, data in read.items() if data}


def read_records(files: Mapping[Path, bytes], posts: Iterable[Post]) -> list[ImportRecord]:
    """Return the records in these files. Raises UserError for a file that is not valid YAML."""
    made: dict[tuple[str, int, int], list[Post]] = defaultdict(list)
    for post in posts:
        made[post.mark].append(post)
    records = []
    for path, data in files.items():
        # A file that is too large was read in part only, and parsing it says so.
        if f"{RECORD_KEY}:".encode() not in data and len(data) <= MAX_BYTES:
            continue
        root, _ = parse_or_raise(data, str(path))
        for node in posts_of(root):
            fields = to_plain(node)
            if not isinstance(node, MappingNode) or not isinstance(fields, dict):
                continue
            if match := _RECORD_PATTERN.fullmatch(str(fields.get(RECORD_KEY, ""))):
                sheet, fingerprint = match[1], (match[2], match[3])
                became = tuple(made[str(path), *node.place])
                records.append(ImportRecord(path, node.place, fields, sheet, fingerprint, became))
    return records
