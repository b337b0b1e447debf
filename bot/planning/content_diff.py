"""What differs between two contents, as a person reads it: words, media, polls, settings. Pure.

A difference consists of pieces, each kept, removed or added; ``str`` marks them as
``[-old-]{+new+}``, so that nobody needs colours to see them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.model import Approval, Content, Media, Occurrence, Part, Poll

PieceKind = Literal["kept", "out", "in"]
_Opcode = tuple[str, int, int, int, int]
Pieces = tuple[tuple[PieceKind, str], ...]

_TOKEN = re.compile(r"\s+|\w+(?:['\u2019]\w+)*|[^\w\s]")
PIECE_FORMATS = {"kept": "{}", "out": "[-{}-]", "in": "{{+{}+}}"}
"""How a piece is written, by its kind."""

_EVERYONE = "everyone"
_MIN_SIMILARITY = 0.4
"""Texts that have less than this in common are two texts, not one edited text."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; ``what`` names it, as ``text`` or ``alt text of hart.png``."""

    what: str
    pieces: Pieces

    def __str__(self) -> str:
        """Return it with what was removed and added marked."""
        pieces = (PIECE_FORMATS[kind].format(text) for kind, text in self.pieces)
        return f"{self.what}: {''.join(pieces)}"


def differences_since_approval(given: Approval, now: Occurrence) -> tuple[Difference, ...]:
    """Return what differs from what was approved: the frequency, and what an audience sees."""
    content = content_differences(given.content, now.content)
    if given.frequency == now.frequency:
        return content
    return (Difference("how often", _replacement(given.frequency, now.frequency)), *content)


def content_differences(before: Content, after: Content) -> tuple[Difference, ...]:
    """Return every difference that an audience would see; () where there is none."""
    found = [*_part_list_differences(before.parts, after.parts)]
    old, new = (content.reply_settings or _EVERYONE for content in (before, after))
    if old != new:
        found.append(Difference("who may reply", _replacement(old, new)))
    return tuple(found)


def word_diff(before: str, after: str) -> Pieces:
    """Return two texts as one, word by word, with what was removed and what was added."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = SequenceMatcher(None, old, new)
    if matcher.ratio() < _MIN_SIMILARITY:
        return _replacement(before, after)
    pieces: list[tuple[PieceKind, str]] = []
    for tag, a, b, c, d in _merge_adjacent(matcher.get_opcodes(), old):
        if tag == "equal":
            pieces.append(("kept", "".join(old[a:b])))
        else:
            pieces += _replacement("".join(old[a:b]), "".join(new[c:d]))
    return tuple(pieces)


def _merge_adjacent(codes: Iterable[_Opcode], old: Sequence[str]) -> Iterator[_Opcode]:
    """Join changes that are separated only by blanks: a phrase is one change."""
    last: _Opcode | None = None
    for tag, a, b, c, d in codes:
        kept = tag == "equal"
        if last and last[0] != "equal" and not (kept and "".join(old[a:b]).strip()):
            last = ("replace", last[1], b, last[3], d)
            continue
        if last:
            yield last
        last = (tag, a, b, c, d)
    if last:
        yield last


def _replacement(before: str, after: str) -> Pieces:
    """Return one value as removed and the other as added, whatever they have in common."""
    pieces: tuple[tuple[PieceKind, str], ...] = (("out", before), ("in", after))
    return tuple(piece for piece in pieces if piece[1])


# --- Parts of a thread ----------------------------------------------------------------------------


def _part_list_differences(before: Sequence[Part], after: Sequence[Part]) -> Iterator[Difference]:
    alone = len(before) == len(after) == 1
    for old, new in _align_parts(before, after):
        if old is None and new is not None:
            yield Difference(f"part {new + 1} is new", _replacement("", after[new].text))
            yield from _attachment_differences(None, after[new], f" of part {new + 1}")
        elif new is None and old is not None:
            yield Difference(f"part {old + 1} is gone", _replacement(before[old].text, ""))
        elif old is not None and new is not None:
            where = "" if alone else f" of part {new + 1}"
            if before[old].text != after[new].text:
                yield Difference(f"text{where}", word_diff(before[old].text, after[new].text))
            yield from _attachment_differences(before[old], after[new], where)


def _align_parts(
    before: Sequence[Part], after: Sequence[Part]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair the parts, so that a new one in the middle does not make all after it differ."""
    texts = [part.text for part in before], [part.text for part in after]
    if len(before) == len(after) == 1:
        yield 0, 0
        return
    for tag, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(a, b), range(c, d), strict=True)
        else:
            yield from _pair_edited(texts, range(a, b), range(c, d))


def _pair_edited(
    texts: tuple[Sequence[str], Sequence[str]], old: Sequence[int], new: Sequence[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair those that were edited in place; parts with little in common are removed and new."""
    for a, b in zip_longest(old, new):
        edited = a is not None and b is not None and _is_edit_of(texts[0][a], texts[1][b])
        if edited or a is None or b is None:
            yield a, b
        else:
            yield a, None
            yield None, b


def _is_edit_of(before: str, after: str) -> bool:
    matcher = SequenceMatcher(None, _TOKEN.findall(before), _TOKEN.findall(after))
    return matcher.ratio() >= _MIN_SIMILARITY


# --- What is shown beside the text ----------------------------------------------------------------


def _attachment_differences(before: Part | None, after: Part, where: str) -> Iterator[Difference]:
    yield from _media_differences(before.media if before else (), after.media, where)
    old, new = (poll_line(part.poll) if part and part.poll else "" for part in (before, after))
    if old != new:
        yield Difference(f"poll{where}", _replacement(old, new))


def _media_differences(
    before: Sequence[Media], after: Sequence[Media], where: str
) -> Iterator[Difference]:
    for old, new in zip_longest(before, after):
        if old is None and new is not None:
            yield Difference(f"picture{where}", _replacement("", _describe_media(new)))
        elif new is None and old is not None:
            yield Difference(f"picture{where}", _replacement(_describe_media(old), ""))
        elif old is not None and new is not None:
            if old.sha256 != new.sha256:
                names = [old.path.name, new.path.name]
                if names[0] == names[1]:
                    names = [f"{names[0]} ({media.sha256[:8]})" for media in (old, new)]
                yield Difference(f"picture{where}", _replacement(*names))
            if old.alt != new.alt:
                yield Difference(f"alt text of {new.path.name}{where}", word_diff(old.alt, new.alt))


def _describe_media(media: Media) -> str:
    return f"{media.path.name}: {media.alt}"


def poll_line(poll: Poll) -> str:
    """Return a poll on one line: ``Yes / No, open for 60 minutes``."""
    return f"{' / '.join(poll.options)}, open for {poll.minutes} minutes"
