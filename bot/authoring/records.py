"""What is in the campaign files already: posts, and the records that import leaves in its own.

Importing a spreadsheet twice must not post anything twice. A post is known again by what it says
(``ExistingPosts``), or by its record: the spreadsheet's name and a fingerprint of its row.
``list_differences`` says in words what a corrected row changes in a post.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from bot.campaigns.editing import parse_or_raise, to_plain
from bot.campaigns.source import posts_of, yaml_files
from bot.planning.content_diff import content_differences
from bot.planning.occurrences import expiry_of
from bot.schedules import NextSlot
from bot.yamlsource.nodes import MAX_BYTES, MappingNode, read_bytes
from bot.yamlsource.problems import ProblemList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from bot.authoring.entries import TypedPost
    from bot.model import Post


ContentKey = tuple[object, ...]


class ExistingPosts:
    """The posts of the campaign files, found by their names and by what they say.

    ``by_id`` has one for each campaign and id, or one for each of its events.
    """

    def __init__(self, posts: Iterable[Post]) -> None:
        self.by_id: dict[tuple[str, str], list[Post]] = defaultdict(list)
        self._by_content: dict[tuple[str, str, ContentKey], list[Post]] = defaultdict(list)
        for post in posts:
            self.add(post)

    def add(self, post: Post) -> None:
        """Add a post to them."""
        for posts in self._indexes(post):
            posts.append(post)

    def remove(self, post: Post) -> None:
        """Remove a post from them."""
        for posts in self._indexes(post):
            posts[:] = [other for other in posts if other is not post]

    def _indexes(self, post: Post) -> Iterator[list[Post]]:
        yield self.by_id[post.campaign, post.id]
        for account in post.accounts:
            for content in _content_keys(post):
                yield self._by_content[post.campaign, account, content]

    def find_same(self, post: Post) -> Post | None:
        """Return the post that says the same at the same time from the same accounts, if any."""
        found = [self._find_same_on(replace(post, accounts=(name,))) for name in post.accounts]
        return found[0] if all(found) else None

    def _find_same_on(self, post: Post) -> Post | None:
        """Return the post that says the same on its only account, if any."""
        content = next(iter(_content_keys(post)))
        similar = self._by_content.get((post.campaign, post.accounts[0], content), ())
        essential = {"text", "time"}
        same = (old for old in similar if not essential & {*find_differences(post, old)})
        return next(same, None)


def find_differences(post: Post, old: Post) -> list[str]:
    """Return in what a post differs from an old one, as ``text`` or ``time``."""
    due, in_slot = post.when.due, isinstance(old.when, NextSlot)
    # What waits for a slot may have been exported with the time that it had.
    same_time = post.when == old.when or (
        due is not None
        and (
            in_slot
            or due == old.when.due
            or any(old.when.occurrences(due, due + timedelta.resolution))
        )
    )
    same_end = (
        post.expires == old.expires
        or in_slot
        or (due is not None and expiry_of(post, due) == expiry_of(old, due))
    )
    found = {
        "text": _content_keys(post) <= _content_keys(old),
        "time": same_time,
        "account": set(post.accounts) <= set(old.accounts),
        "demand": post.demand == old.demand,
        "event": post.event in (None, old.event),
        "end": same_end,
    }
    return [name for name, same in found.items() if not same]


def timezone_of(post: Post) -> str:
    """Return the timezone in which a post has its time, or UTC."""
    return getattr(post.when, "timezone", "UTC")


def local_when(post: Post) -> str:
    """Return when a post is due in its timezone, or ``next slot``."""
    due = post.when.due
    return (
        f"{due.astimezone(ZoneInfo(timezone_of(post))):%a %Y-%m-%d %H:%M}" if due else "next slot"
    )


def _content_keys(post: Post) -> set[ContentKey]:
    """Return all that an audience sees of each wording, without whitespace that it does not see."""
    keys: set[ContentKey] = set()
    for wording in post.wordings:
        parts = [
            (
                "\n".join(line.rstrip() for line in part.text.strip().splitlines()),
                tuple(
                    (media.sha256, " ".join(media.alt.split()), media.focus) for media in part.media
                ),
                part.poll,
                part.card,
            )
            for part in wording.content.parts
        ]
        content = wording.content
        settings = content.reply_settings, content.warning, content.language, content.labels
        keys.add((*settings, *parts))
    return keys


# --- Differences in words -------------------------------------------------------------------------


def list_differences(old: Post, row: TypedPost, new: Post) -> list[str]:
    """Return every difference between a post and what its row says."""
    differences = []
    before, after = (
        {wording.name: wording.content for wording in post.wordings} for post in (old, new)
    )
    for name in {**before, **after}:
        prefix = f"wording {name}, " if name else ""
        if name not in before:
            differences.append(f"{prefix}new: {after[name].text}")
        elif name not in after:
            differences.append(f"{prefix}gone: {before[name].text}")
        else:
            changes = content_differences(before[name], after[name])
            differences += [f"{prefix}{change}" for change in changes]
    values: dict[str, tuple[str, str]] = {}
    from_export = "key" in row.row.cells  # there, what waits for a queue slot has a time
    if not (from_export and isinstance(old.when, NextSlot)):
        values["time"] = _describe_due(old), _describe_due(new)
        values["end"] = _describe_expiry(old), _describe_expiry(new)
    for name in ("accounts", "facts", "statements"):
        values[name] = ", ".join(sorted(getattr(old, name))), ", ".join(sorted(getattr(new, name)))
    for name in ("demand", "event", *(["author"] if row.has_author else [])):
        values[name] = getattr(old, name) or "", getattr(new, name) or ""
    for name, (was, now) in values.items():
        if was != now:
            differences.append(f"{name}: {was or 'none'} -> {now or 'none'}")
    return differences


def _describe_due(post: Post) -> str:
    """Return when a post is due, in its audience's timezone."""
    if isinstance(post.when, NextSlot):
        return "next slot"
    due = post.when.due
    if due is None:
        return "again and again"
    local = due.astimezone(ZoneInfo(timezone_of(post)))
    return f"{local:%a %Y-%m-%d %H:%M:%S %Z}".replace(":00 ", " ", not local.second)


def _describe_expiry(post: Post) -> str:
    """Return when a post expires as an instant, whether it is given as one or as a duration."""
    if post.expires is None:
        return ""
    due = post.when.due
    if due is None and isinstance(post.expires, timedelta):
        return f"{post.expires} after it was due"
    return f"{expiry_of(post, due) if due else post.expires:%Y-%m-%d %H:%M} UTC"


# --- Records --------------------------------------------------------------------------------------

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
"""Hashes of what a row said: when and from which accounts, and the rest."""

WHEN, REST = 0, 1
"""The places of both."""


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """A post that import wrote: its place, what it says there, and what its row said.

    ``posts`` are the posts that it became: one, none while there is a mistake in it, or several if
    somebody has assigned it to several events.
    """

    path: Path
    place: tuple[int, int]
    fields: Mapping[str, Any]
    sheet: str
    fingerprint: RowFingerprint
    posts: tuple[Post, ...]

    @property
    def key(self) -> object:
        """What no other record has: its place."""
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
    when = {name: fields.get(name) for name in _TIME_FIELDS}
    rest = {
        name: value for name, value in fields.items() if name not in {*_TIME_FIELDS, *_ID_FIELDS}
    }
    texts = (json.dumps(value, sort_keys=True, ensure_ascii=False) for value in (when, rest))
    hashes = (hashlib.sha256(text.encode("utf-8", "surrogatepass")) for text in texts)
    when_hash, rest_hash = (digest.hexdigest()[:_HASH_LENGTH] for digest in hashes)
    return when_hash, rest_hash


def record_field(sheet: str, row: RowFingerprint) -> dict[str, str]:
    """Return the field of a post that holds its record."""
    return {RECORD_KEY: f"{sheet}#{''.join(row)}"}


def sheet_name(path: Path) -> str:
    """Return the name by which a spreadsheet is recognised; its folder does not count."""
    name = unicodedata.normalize("NFC", path.name)
    return re.sub(r"[^\w .,()+-]", "_", name)[-_MAX_NAME_LENGTH:].strip()


# --- In the files ---------------------------------------------------------------------------------


def read_files(folder: Path) -> dict[Path, bytes]:
    """Return the files of a campaign folder, with their bytes."""
    # The loader reports what is wrong with them.
    read = {path: read_bytes(path, ProblemList(str(path))) for path in yaml_files(folder)}
    return {path: data for path, data in read.items() if data}


def read_records(files: Mapping[Path, bytes], posts: Iterable[Post]) -> list[ImportRecord]:
    """Return the records in these files. Raises UserError for a file that is not valid YAML."""
    made: dict[tuple[str, int, int], list[Post]] = defaultdict(list)
    for post in posts:
        made[post.mark].append(post)
    records = []
    for path, data in files.items():
        # What is too large was read in part only: reading records from it says so.
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
