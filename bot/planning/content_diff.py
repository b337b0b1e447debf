"""Differences between two contents in words, media, polls and settings, for a person. Pure.

A difference consists of pieces, each kept, removed or added. ``str`` marks them as
``[-old-]{+new+}``, because not everybody sees colours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from bot.link_marks import without_post_marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.model import Approval, Content, Occurrence, Part, Poll

PieceKind = Literal["kept", "out", "in"]
Pieces = tuple[tuple[PieceKind, str], ...]

_TOKEN = re.compile(r"\s+|\w+(?:['\u2019]\w+)*|[^\w\s]")
PIECE_FORMATS = {"kept": "{}", "out": "[-{}-]", "in": "{{+{}+}}"}
"""The form of a piece in a text, by its kind."""

_SETTINGS = (
    ("content warning", "warning", ""),
    ("language", "language", ""),
    ("labels", "labels", ()),
    ("who may reply", "reply_settings", "everyone"),
)
"""A name for people, the field of a content, and the field's value if it is None."""

_MIN_SIMILARITY = 0.4
"""Texts that have less in common than this are two texts, not one edited text."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs."""

    what: str
    """Its name, such as ``text`` or ``alt text of hart.png``."""
    pieces: Pieces

    def __str__(self) -> str:
        """Return it on one line, with marks at removed and added words."""
        pieces = (PIECE_FORMATS[kind].format(text) for kind, text in self.pieces)
        return f"{self.what}: {''.join(pieces)}"


def differences_since_approval(given: Approval, now: Occurrence) -> tuple[Difference, ...]:
    """Return the differences from the approved post, in frequency and content."""
    content = content_differences(given.content, now.content)
    if given.frequency == now.frequency:
        return content
    return (Difference("how often", _replacement(given.frequency, now.frequency)), *content)


def content_differences(before: Content, after: Content) -> tuple[Difference, ...]:
    """Return every difference that an audience would see, and the marks of links."""
    found: list[Difference] = []
    alone = len(before.parts) == len(after.parts) == 1
    for old, new, number in _align_parts(before.parts, after.parts):
        where = "" if alone else f" of part {number}"
        if old is None and new is not None:
            found.append(Difference(f"part {number} is new", _replacement("", new.text)))
        elif new is None and old is not None:
            found.append(Difference(f"part {number} is gone", _replacement(old.text, "")))
        elif old and new and old.text != new.text:
            same = without_post_marks(old.text) == without_post_marks(new.text)
            what = "marks of links" if same else "text"
            found.append(Difference(f"{what}{where}", word_diff(old.text, new.text)))
        if new:
            found += _attachment_differences(old, new, where)
    for what, name, default in _SETTINGS:
        earlier, now = (getattr(content, name) or default for content in (before, after))
        if earlier != now:
            found.append(Difference(what, _replacement(_words(earlier), _words(now))))
    return tuple(found)


def _words(setting: str | tuple[str, ...]) -> str:
    return setting if isinstance(setting, str) else ", ".join(setting)


def word_diff(before: str, after: str) -> Pieces:
    """Return two texts as one, word by word, with the removed and the added words."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = SequenceMatcher(None, old, new)
    if matcher.ratio() < _MIN_SIMILARITY:
        return _replacement(before, after)
    pieces: list[tuple[PieceKind, str]] = []
    removed = added = ""
    for tag, a, b, c, d in matcher.get_opcodes():
        words, others = "".join(old[a:b]), "".join(new[c:d])
        # Changes that are separated only by blanks are one change of a phrase.
        if tag == "equal" and (words.strip() or not (removed or added)):
            pieces += [*_replacement(removed, added), ("kept", words)]
            removed = added = ""
        else:
            removed, added = removed + words, added + others
    return (*pieces, *_replacement(removed, added))


def _replacement(before: str, after: str) -> Pieces:
    """Return one value as removed and the other as added; an empty one is left out."""
    pieces: tuple[tuple[PieceKind, str], ...] = (("out", before), ("in", after))
    return tuple(piece for piece in pieces if piece[1])


# --- Parts of a thread ----------------------------------------------------------------------------


def _align_parts(
    before: Sequence[Part], after: Sequence[Part]
) -> Iterator[tuple[Part | None, Part | None, int]]:
    """Yield pairs of parts with their number.

    A part that is new or gone has no partner, and does not make all parts after it differ.
    """
    if len(before) == len(after) == 1:
        yield before[0], after[0], 1
        return
    texts = [part.text for part in before], [part.text for part in after]
    for _, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        for old, new in zip_longest(range(a, b), range(c, d)):
            if old is not None and new is not None:
                words = _TOKEN.findall(texts[0][old]), _TOKEN.findall(texts[1][new])
                if SequenceMatcher(None, *words).ratio() >= _MIN_SIMILARITY:  # it was edited
                    yield before[old], after[new], new + 1
                    continue
            if old is not None:
                yield before[old], None, old + 1
            if new is not None:
                yield None, after[new], new + 1


def _attachment_differences(before: Part | None, after: Part, where: str) -> Iterator[Difference]:
    """Yield the differences in pictures, link card and poll."""
    for old, new in zip_longest(before.media if before else (), after.media):
        if old is None or new is None:
            texts = (f"{media.path.name}: {media.alt}" if media else "" for media in (old, new))
            yield Difference(f"picture{where}", _replacement(*texts))
            continue
        if new.original_sha256 and old.sha256 == new.original_sha256:
            words = f"{new.path.name}, the same file without its hidden data"
            yield Difference(f"picture{where}", _replacement(old.path.name, words))
        elif old.sha256 != new.sha256:
            names = [old.path.name, new.path.name]
            if names[0] == names[1]:
                names = [f"{names[0]} ({media.sha256[:8]})" for media in (old, new)]
            yield Difference(f"picture{where}", _replacement(*names))
        if old.alt != new.alt:
            yield Difference(f"alt text of {new.path.name}{where}", word_diff(old.alt, new.alt))
        if old.focus != new.focus:
            points = _replacement(old.focal_point, new.focal_point)
            yield Difference(f"focal point of {new.path.name}{where}", points)
    cards = [str(part.card) if part and part.card else "" for part in (before, after)]
    # A card opens the link in the text, and the difference in marks was shown there.
    shown = before is not None and before.text != after.text
    if cards[0] != cards[1] and not (shown and len({*map(without_post_marks, cards)}) == 1):
        yield Difference(f"link card{where}", word_diff(*cards))
    polls = [poll_line(part.poll) if part and part.poll else "" for part in (before, after)]
    if polls[0] != polls[1]:
        yield Difference(f"poll{where}", _replacement(*polls))


def poll_line(poll: Poll) -> str:
    """Return a poll on one line, such as ``Yes / No, open for 60 minutes``."""
    return f"{' / '.join(poll.options)}, open for {poll.minutes} minutes"
