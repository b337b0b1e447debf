"""Lay out a row for each post, as wide as the terminal, with the whole day and name.

A reason that several rows share is printed once, below all rows.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING

from bot.cli.output import TEXT_WIDTH, line_width, with_config
from bot.model import State
from bot.model.post_words import state_word
from bot.text import escape_hidden, truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.services.views import PostView

MIN_TEXT_WIDTH = 16
"""A row shows no text if it has less room than these characters."""

_GAP = "  "


@dataclass(frozen=True, slots=True)
class PostRow:
    """The columns and notes of a post, or of one of its deliveries."""

    lead: str
    """The first column, which is its number or the action of a plan."""
    local: str
    """The day, time and zone when it is due, as ``format_local`` writes them."""
    name: str
    """The name that a person types."""
    on: str
    """Its networks, or its account."""
    state: str
    """Its state in one word."""
    why: str = ""
    """The reason for its state."""
    notes: tuple[str, ...] = ()
    """Lines below its row, such as differences between networks."""
    text: str = ""
    """Its text."""


def post_row(post: PostView, *, differences: bool = True) -> PostRow:
    """Return the row of a post, with notes on states that differ between networks.

    With ``differences``, the notes are also about other differences between networks.
    """
    apart = [] if post.why or post.summary == post.word else [post.summary]
    notes = post.notes if differences else ()
    return PostRow(
        str(post.number),
        post.local,
        post.name,
        post.on,
        post.word,
        post.why,
        (*apart, *notes),
        post.text,
    )


def delivery_rows(posts: Iterable[PostView]) -> list[PostRow]:
    """Return a row for each delivery of these posts, the next due first."""
    found = [(delivery, post) for post in posts for delivery in post.deliveries]
    return [
        PostRow(
            str(post.number),
            delivery.local,
            post.name,
            delivery.account,
            state_word(delivery),
            "" if delivery.state is State.PUBLISHED else delivery.why,
            text=delivery.text,
        )
        for delivery, post in sorted(found, key=lambda pair: (pair[0].due, pair[0].number))
    ]


HEADS = PostRow("No.", "Due", "Post", "On", "State", text="Text")


def post_table(
    rows: Sequence[PostRow], heads: PostRow | None = HEADS, width: int | None = None
) -> list[str]:
    """Return the rows as lines, below the column ``heads`` if there are any.

    If a whole row does not fit into ``width``, each day and zone has a line above its rows.
    """
    if not rows:
        return []
    table = _Table(rows, heads, width or line_width())
    return [*table.lines(), *table.reasons()]


class _Table:
    """The rows, and the width of each column."""

    def __init__(self, rows: Sequence[PostRow], heads: PostRow | None, width: int) -> None:
        self.rows, self.heads, self.width = rows, heads, width
        self.marks = _marks(rows)
        every = [*rows, heads] if heads else rows
        self.lead = max(len(row.lead) for row in every)
        self.on = max(len(row.on) for row in every)
        self.state = max(len(self._state(row)) for row in every)
        self.name = max(len(row.name) for row in every)
        self.due = max(len(row.local) for row in every)
        self.by_day = self._rest() < 0
        if self.by_day:
            self.due = len("00:00")
            self.name = max(self.name + min(self._rest(), 0), len("Post"))

    def _rest(self) -> int:
        """Return the number of characters of a line that are left for the text."""
        columns = (self.lead, self.due, self.name, self.on, self.state)
        return self.width - sum(columns) - len(_GAP) * (len(columns) - 1)

    def lines(self) -> Iterator[str]:
        """Yield the heads, and each row with its notes below."""
        if self.heads:
            yield from self._row_lines(self.heads, "Time" if self.by_day else self.heads.local)
        above = ""
        for row in self.rows:
            above_it, time = _split_local(row.local)
            if self.by_day and above != (above := above_it):
                yield above
            yield from self._row_lines(row, time if self.by_day else row.local)
            alone = [row.why] if row.why and row.why not in self.marks else []
            for note in (*alone, *row.notes):
                yield from self._wrap(with_config(note), " " * len(self._begin(row, "")))

    def _begin(self, row: PostRow, due: str) -> str:
        # Numbers are aligned to the right, words to the left.
        lead = row.lead.rjust(self.lead) if row.lead.isdecimal() else row.lead.ljust(self.lead)
        return f"{lead}{_GAP}{due.ljust(self.due)}{_GAP}"

    def _row_lines(self, row: PostRow, due: str) -> Iterator[str]:
        begin, name = self._begin(row, due), row.name.ljust(self.name)
        end = f"{row.on.ljust(self.on)}{_GAP}{self._state(row).ljust(self.state)}"
        if len(name) > self.name:  # the name stays whole, and the rest of the row follows below
            yield begin + row.name
            begin, name = self._begin(PostRow("", "", "", "", ""), ""), " " * self.name
        left = min(self._rest() - len(_GAP), TEXT_WIDTH)
        text = f"{_GAP}{_cut(row.text, left)}" if left >= MIN_TEXT_WIDTH and row.text else ""
        yield f"{begin}{name}{_GAP}{end}{text}".rstrip()

    def _state(self, row: PostRow) -> str:
        mark = self.marks.get(row.why, "")
        return f"{row.state} ({mark})" if mark else row.state

    def reasons(self) -> Iterator[str]:
        """Yield each reason that several rows share, with its mark."""
        for why, mark in self.marks.items():
            yield from self._wrap(f"({mark}) {with_config(why)}", "", indent="    ")

    def _wrap(self, text: str, begin: str, indent: str | None = None) -> list[str]:
        return textwrap.wrap(
            text,
            max(self.width, len(begin) + MIN_TEXT_WIDTH),
            initial_indent=begin,
            subsequent_indent=begin if indent is None else indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _split_local(local: str) -> tuple[str, str]:
    """Return the day with its zone, and the time; ``next slot`` has no time."""
    day, *rest = local.rsplit(" ", 2)
    return (f"{day}, {rest[1]}", rest[0]) if " " in day else (local, "")


def _marks(rows: Iterable[PostRow]) -> dict[str, str]:
    """Return a mark for each reason that several rows share: ``a`` to ``z``, then ``a1``."""
    counts = Counter(row.why for row in rows if row.why)
    several = [why for why, count in counts.items() if count > 1]
    letters = len(ascii_lowercase)
    return {
        why: ascii_lowercase[place % letters] + (str(place // letters) if place >= letters else "")
        for place, why in enumerate(several)
    }


def _cut(text: str, width: int) -> str:
    """Return a text on one line, cut to a number of columns of a terminal."""
    from rich.cells import cell_len, set_cell_size

    line = truncate_line(escape_hidden(text), width)
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"
