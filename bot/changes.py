"""What differs between two contents, as a person reads it: words, pictures, polls, settings. Pure.

A change has pieces, each kept, taken out or put in; ``str`` marks them as ``[-old-]{+new+}``, so
that no one needs colours to see them.
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

Kind = Literal["kept", "out", "in"]
_Code = tuple[str, int, int, int, int]
Pieces = tuple[tuple[Kind, str], ...]

_WORDS = re.compile(r"\s+|\w+(?:['\u2019]\w+)*|[^\w\s]")
MARKS = {"kept": "{}", "out": "[-{}-]", "in": "{{+{}+}}"}
"""How a piece is written, by its kind."""

_EVERYONE = "everyone"
_ALIKE = 0.4
"""Texts that have less than this in common are two texts, not one that was edited."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; ``what`` names it, as ``text`` or ``alt text of hart.png``."""

    what: str
    pieces: Pieces

    def __str__(self) -> str:
        """Give it with what was taken out and put in marked."""
        return f"{self.what}: {''.join(MARKS[kind].format(text) for kind, text in self.pieces)}"


def since(given: Approval, now: Occurrence) -> tuple[Change, ...]:
    """Return what differs from what was approved: how often it comes, and what is seen of it."""
    pieces = _swapped(given.frequency, now.frequency)
    often = [Change("how often", pieces)] if given.frequency != now.frequency else []
    return (*often, *changes(given.content, now.content))


def changes(before: Content, after: Content) -> tuple[Change, ...]:
    """Give every difference that an audience would see; () where there is none."""
    return (*_parts(before.parts, after.parts), *_replies(before, after))


def words(before: str, after: str) -> Pieces:
    """Give two texts as one, word by word, with what was taken out and what was put in."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new)
    if matcher.ratio() < _ALIKE:
        return _swapped(before, after)
    pieces: list[tuple[Kind, str]] = []
    for tag, a, b, c, d in _joined(matcher.get_opcodes(), old):
        if tag == "equal":
            pieces.append(("kept", "".join(old[a:b])))
        else:
            pieces += _swapped("".join(old[a:b]), "".join(new[c:d]))
    return tuple(pieces)


def _joined(codes: Iterable[_Code], old: Sequence[str]) -> Iterator[_Code]:
    """Join changes that have nothing but blanks between them: a phrase is one change."""
    last: _Code | None = None
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


def _swapped(before: str, after: str) -> Pieces:
    """Give two values as one taken out and one put in, whatever they have in common."""
    pieces: tuple[tuple[Kind, str], ...] = (("out", before), ("in", after))
    return tuple(piece for piece in pieces if piece[1])


# --- Parts of a thread ----------------------------------------------------------------------------


def _parts(before: Sequence[Part], after: Sequence[Part]) -> Iterator[Change]:
    alone = len(before) == len(after) == 1
    for old, new in _aligned(before, after):
        if old is None and new is not None:
            yield Change(f"part {new + 1} is new", _swapped("", after[new].text))
            yield from _shown(None, after[new], f" of part {new + 1}")
        elif new is None and old is not None:
            yield Change(f"part {old + 1} is gone", _swapped(before[old].text, ""))
        elif old is not None and new is not None:
            yield from _part(before[old], after[new], "" if alone else f" of part {new + 1}")


def _aligned(
    before: Sequence[Part], after: Sequence[Part]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair the parts, so that one more in the middle does not make all after it differ."""
    texts = [part.text for part in before], [part.text for part in after]
    if len(before) == len(after) == 1:
        yield 0, 0
        return
    for tag, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(a, b), range(c, d), strict=True)
        else:
            yield from _paired(texts, range(a, b), range(c, d))


def _paired(
    texts: tuple[Sequence[str], Sequence[str]], old: Sequence[int], new: Sequence[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair those that were edited where they stand; what has little in common is gone, and new."""
    for a, b in zip_longest(old, new):
        edited = a is not None and b is not None and _alike(texts[0][a], texts[1][b])
        if edited or a is None or b is None:
            yield a, b
        else:
            yield a, None
            yield None, b


def _alike(one: str, other: str) -> bool:
    old, new = _WORDS.findall(one), _WORDS.findall(other)
    return SequenceMatcher(None, old, new).ratio() >= _ALIKE


def _part(before: Part, after: Part, where: str) -> Iterator[Change]:
    if before.text != after.text:
        yield Change(f"text{where}", words(before.text, after.text))
    yield from _shown(before, after, where)


# --- What is shown beside the text ----------------------------------------------------------------


def _shown(before: Part | None, after: Part, where: str) -> Iterator[Change]:
    yield from _media(before.media if before else (), after.media, where)
    old, new = (poll_line(part.poll) if part and part.poll else "" for part in (before, after))
    if old != new:
        yield Change(f"poll{where}", _swapped(old, new))


def _media(before: Sequence[Media], after: Sequence[Media], where: str) -> Iterator[Change]:
    for old, new in zip_longest(before, after):
        if old is None and new is not None:
            yield Change(f"picture{where}", _swapped("", _named(new)))
        elif new is None and old is not None:
            yield Change(f"picture{where}", _swapped(_named(old), ""))
        elif old is not None and new is not None:
            yield from _picture(old, new, where)


def _picture(old: Media, new: Media, where: str) -> Iterator[Change]:
    if old.sha256 != new.sha256:
        again = old.path.name == new.path.name
        names = (
            f"{one.path.name} ({one.sha256[:8]})" if again else one.path.name for one in (old, new)
        )
        yield Change(f"picture{where}", _swapped(*names))
    if old.alt != new.alt:
        yield Change(f"alt text of {new.path.name}{where}", words(old.alt, new.alt))


def _named(media: Media) -> str:
    return f"{media.path.name}: {media.alt}"


def poll_line(poll: Poll) -> str:
    """Return a poll on one line: ``Yes / No, open for 60 minutes``."""
    return f"{' / '.join(poll.options)}, open for {poll.minutes} minutes"


def _replies(before: Content, after: Content) -> Iterable[Change]:
    old, new = (one.reply_settings or _EVERYONE for one in (before, after))
    return [Change("who may reply", _swapped(old, new))] if old != new else []
