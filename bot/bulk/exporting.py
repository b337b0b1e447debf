"""What is planned as CSV: for a person's spreadsheet, and for ``import`` to read back.

A row is what one post says at one time, from one account or several that say the same. Texts stand
as they will be read, filled in, with their link and hashtags. Times are local, with their offset
from UTC: that is one instant wherever it is read, and no spreadsheet takes it for a date to be
written its own way. UTF-8 with a byte-order mark, without which Excel guesses another encoding.

What a spreadsheet would take for a formula gets an apostrophe before it (see ``escaped``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from typing import TYPE_CHECKING

from bot.bulk.entries import NONE
from bot.model import ScheduleKind
from bot.reports.csv import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.bulk.planned import Planned
    from bot.model import Campaign, Content, Poll, Post

HEADINGS = (
    *("id", "campaign", "when", "accounts", "text", "demand", "event", "facts", "statements"),
    *("media", "alt", "poll", "poll_for", "hashtags", "expires", "reply_settings", "author"),
    *("state", "local", "key"),
)
_BOM = "\ufeff"
_MOST = 64  # characters of an id
_BETWEEN = "\n---\n"


def as_csv(rows: Iterable[Planned], campaigns: Sequence[Campaign], folder: Path) -> str:
    """Write the rows, with a line of headings; ``folder`` is that of the campaign files."""
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.DictWriter(out, HEADINGS)
    writer.writeheader()
    names = _Names(campaigns)
    for group in _grouped(rows):
        cells = _cells(group, names, folder.resolve())
        writer.writerow({key: escaped(cell) for key, cell in cells.items()})
    return out.getvalue()


def _grouped(rows: Iterable[Planned]) -> list[list[Planned]]:
    """Put together what is one row: the same, at the same time, from several accounts."""
    groups: dict[tuple[object, ...], list[Planned]] = {}
    for one in rows:
        said = one.subject
        what = (said.campaign, said.post, said.label, said.due, said.expires, one.state)
        groups.setdefault((*what, said.wording, said.content.digest), []).append(one)
    return list(groups.values())


class _Names:
    """Tells what the campaigns know of a post, and gives each row an id of its own."""

    def __init__(self, campaigns: Iterable[Campaign]) -> None:
        posts = [post for campaign in campaigns for post in campaign.posts]
        self._posts = {(post.campaign, post.id, post.platform): post for post in posts}
        events = {(post.campaign, post.id, post.event) for post in posts}
        self._events = Counter((campaign, name) for campaign, name, _ in events)

    def post(self, one: Planned) -> Post | None:
        """Give the post that it comes of, as the campaigns have it now."""
        said = one.subject
        own = self._posts.get((said.campaign, said.post, said.platform))
        return own or self._posts.get((said.campaign, said.post, None))

    def of(self, one: Planned) -> str:
        """Give the post's id, with what tells its rows apart where it stands in several.

        That is the time, the event, the platform or the wording.
        """
        said, post = one.subject, self.post(one)
        pieces = [said.post]
        if said.kind is ScheduleKind.EVERY:
            pieces.append(re.sub(r"[^0-9]", "", said.label))
        elif self._events[said.campaign, said.post] > 1:
            pieces.append(said.label)
        pieces.append((post and post.platform) or "")
        if post and len(post.wordings) > 1:
            pieces.append(said.wording)
        return _short("-".join(piece for piece in pieces if piece))


def _short(name: str) -> str:
    """Keep a long id within what an id may have, and different from others."""
    if len(name) <= _MOST:
        return name
    return f"{name[: _MOST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _cells(group: Sequence[Planned], names: _Names, folder: Path) -> dict[str, str]:
    one = group[0]
    said = one.subject
    post = names.post(one)
    return {
        "id": names.of(one),
        "campaign": said.campaign,
        "when": _instant(one.local),
        "accounts": ", ".join(each.subject.account for each in group),
        "demand": said.demand or "",
        "event": said.event or "",
        "facts": ", ".join(post.facts if post else ()),
        "statements": ", ".join(post.statements if post else ()),
        **_content(said.content, folder),
        "hashtags": NONE,
        "expires": _instant(said.expires.astimezone(one.local.tzinfo)) if said.expires else "",
        "author": said.author or "",
        "state": one.state,
        "local": f"{one.local:%a %d %b %Y, %H:%M %Z}",
        "key": "\n".join(each.subject.key for each in group),
    }


def _instant(local: datetime) -> str:
    return local.isoformat(sep=" ", timespec="seconds" if local.second else "minutes")


def _content(content: Content, folder: Path) -> dict[str, str]:
    """Give what is said: the parts of a thread, and what each shows, with ``---`` between."""
    parts = content.parts
    polls = [part.poll for part in parts if part.poll]
    return {
        "text": _BETWEEN.join(_literal(part.text) for part in parts),
        "media": _lines([[_file(one.path, folder) for one in part.media] for part in parts]),
        "alt": _lines([[" ".join(one.alt.split()) for one in part.media] for part in parts]),
        "poll": _lines([_options(part.poll) for part in parts]),
        "poll_for": f"{polls[0].minutes}m" if polls else "",
        "reply_settings": content.reply_settings or "",
    }


def _lines(parts: Sequence[Sequence[str]]) -> str:
    return _BETWEEN.join("\n".join(part) for part in parts) if any(parts) else ""


def _options(poll: Poll | None) -> Sequence[str]:
    return poll.options if poll else ()


def _file(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


_MEANS_MORE = re.compile(r"\{\{|\{%|\{#|\}\}|\{\s*(fact|statement|demand|event|value|campaign)\b")
_BRACE = re.compile(r"[{}]")
_LONE_DASHES = re.compile(r"^([ \t]*)---([ \t]*)$", re.MULTILINE)


def _literal(text: str) -> str:
    """Give what has to be typed for a text: braces and lines of ``---`` stand for themselves."""
    if _MEANS_MORE.search(text):
        text = _BRACE.sub(lambda found: f'{{{{ "{found[0]}" }}}}', text)
    return _LONE_DASHES.sub(r'\1{{ "---" }}\2', text)
