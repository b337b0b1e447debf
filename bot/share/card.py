"""The picture that networks show with a link to the page, drawn from the campaign's own words.

It has no more than the organisation, the title, and one line of the campaign. The font is the one
that Pillow carries, which gives the same picture on every machine. It has hardly more than ASCII.
For other letters, a usual font of this machine is taken if it has them all. Words with a letter
that no font has are left out, because a box in place of a letter is worse. So are words in a script
whose letters join or run from right to left, which Pillow draws wrong without further libraries.
"""

from __future__ import annotations

import io
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from bot.pages import base_style
from bot.text import end_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from bot.share.content import DemandContent

WIDTH, HEIGHT = 1200, 630
"""In pixels, as https://developers.facebook.com/docs/sharing/webmasters/images asks."""

_EDGE, _BAR = 60, 20
_ROOM = WIDTH - 2 * _EDGE - _BAR
"""The width of the lines."""
_COLOURS = 64
"""Enough for the edges of letters. A picture of few colours is less than half as large."""
_LONGEST = 600
"""A text with more characters does not fit at the smallest size."""
_FIRST_SIZE = 40
"""The size at which a font is tried, in pixels."""
_SPACING = 1.2
"""From one line to the next, in sizes of the font."""

_DRAWN_AS = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u201a\u201b\u2032", "'"),
}
"""Signs that a font may lack, and signs that look alike and mean the same."""
_MISSING = "\U000f0000"
"""A character for private use, which no font for texts has."""
_APART = re.compile("[ -\u02ff\u0370-\u052f\u1e00-\u206f\u20a0-\u22ff]+")
"""Latin, Greek and Cyrillic, whose letters stand apart, with signs for money and sentences."""
_PILLOWS_OWN = ""
_USUAL_FONTS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "FreeSans.ttf"),
    *("Arial.ttf", "Arial Unicode.ttf"),
)
"""Fonts of Debian, Fedora and macOS, which Pillow finds by these names."""


class _Style(NamedTuple):
    """How one of the texts of a card is drawn."""

    colour: str
    """The name of the colour in the style of our pages."""
    sizes: tuple[int, ...]
    """The sizes to try, in pixels, the largest first."""
    height: int
    """The most that its lines may take, in pixels."""
    bold: bool = False


class _Fitted(NamedTuple):
    """The lines of a text at a size that fits."""

    size: int
    lines: tuple[str, ...]


_ORGANISATION = _Style("muted", (34, 30, 26, 22, 18), 42)
_TITLE = _Style("ink", (88, 80, 72, 64, 56, 50, 44, 38, 34, 30, 26), 220, bold=True)
_FIGURE = _Style("accent", (88, 76, 64, 54, 46, 38, 32), 106, bold=True)
_LINE = _Style("ink", (38, 35, 32, 29, 26, 24), 122)
_ORGANISATION_GAP = 14


@dataclass(frozen=True, slots=True)
class CardWords:
    """The words of a card. Any of them may be missing."""

    organisation: str
    title: str
    figure: str
    """The figure above the line, or ""."""
    line: str
    """The claim that has the figure, or else a demand."""
    font: str = _PILLOWS_OWN
    """The name of the font that has all of their letters, or "" for that of Pillow."""

    @property
    def alt(self) -> str:
        """The words as a description, for people who cannot see the picture."""
        first = ": ".join(filter(None, (self.organisation, self.title)))
        second = ": ".join(filter(None, (self.figure, self.line)))
        return " ".join(end_sentence(text) for text in (first, second) if text)


def possible_lines(demands: Sequence[DemandContent], language: str) -> list[tuple[str, str]]:
    """Return all figures in a language with their claims, and then its demands, for a card.

    Networks keep a card for long, so that nothing that is due for review some day is among them.
    """
    facts = [
        shown.fact
        for demand in demands
        for shown in demand.facts
        if shown.language == language and not shown.until
    ]
    lines = [(fact.figure, fact.claim) for fact in facts if fact.figure]
    asks = [one.demand.ask for one in demands if one.language == language and not one.until]
    return lines + [("", ask) for ask in asks]


def choose_words(
    organisation: str, title: str, lines: Sequence[tuple[str, str]]
) -> tuple[CardWords, tuple[str, ...]]:
    """Return the words of a card, and the words that it leaves out.

    ``lines`` are figures with their claims, and demands with "" for the figure, the best first. The
    first that can be drawn is taken.
    """
    found = [_choose_for(_PILLOWS_OWN, organisation, title, lines)]
    for name in _USUAL_FONTS:
        if not found[-1][1]:
            break
        if _font(name, _FIRST_SIZE):
            found.append(_choose_for(name, organisation, title, lines))
    return min(found, key=lambda pair: len(pair[1]))


def _choose_for(
    font: str, organisation: str, title: str, lines: Sequence[tuple[str, str]]
) -> tuple[CardWords, tuple[str, ...]]:
    """Return the words that a font can draw, and those that it cannot."""
    organisation, title = _on_one_line(organisation), _on_one_line(title)
    left_out = [
        text
        for text, style in ((organisation, _ORGANISATION), (title, _TITLE))
        if not _fit(font, text, style)
    ]
    organisation, title = ("" if text in left_out else text for text in (organisation, title))
    for pair in lines:
        figure, line = map(_on_one_line, pair)
        if (not figure or _fit(font, figure, _FIGURE)) and _fit(font, line, _LINE):
            return CardWords(organisation, title, figure, line, font), tuple(left_out)
        left_out.append(": ".join(filter(None, (figure, line))))
    return CardWords(organisation, title, "", "", font), tuple(left_out)


def draw_card(words: CardWords) -> bytes:
    """Return the card as a PNG of ``WIDTH`` to ``HEIGHT`` pixels."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), _colour("paper"))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, _BAR - 1, HEIGHT), fill=_colour("accent"))
    at = _draw_text(draw, words.font, words.organisation, _ORGANISATION, _EDGE)
    _draw_text(draw, words.font, words.title, _TITLE, at + _ORGANISATION_GAP)
    below = ((words.figure, _FIGURE), (words.line, _LINE))
    at = HEIGHT - _EDGE - sum(_height(words.font, text, style) for text, style in below)
    for text, style in below:
        at = _draw_text(draw, words.font, text, style, at)
    file = io.BytesIO()
    few = image.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
    few.save(file, "PNG")
    return file.getvalue()


def _draw_text(draw: ImageDraw.ImageDraw, font: str, text: str, style: _Style, top: float) -> float:
    """Draw a text from this height on, and return the height below it."""
    fitted = _fit(font, text, style)
    if not fitted:
        return top
    for line in fitted.lines:
        draw.text(
            (_BAR + _EDGE, top),
            line,
            fill=_colour(style.colour),
            font=_font(font, fitted.size),
            stroke_width=_stroke(fitted.size, style),
        )
        top += fitted.size * _SPACING
    return top


def _height(font: str, text: str, style: _Style) -> float:
    fitted = _fit(font, text, style)
    return len(fitted.lines) * fitted.size * _SPACING if fitted else 0


# --- Fitting --------------------------------------------------------------------------------------


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=64)  # a text is chosen first, and drawn later
def _fit(font: str, text: str, style: _Style) -> _Fitted | None:
    """Return the lines at the largest size that fits, or None if the text cannot be drawn."""
    if len(text) > _LONGEST:
        return None
    letters = unicodedata.normalize("NFC", text)
    drawn = "".join(
        letter if _has_glyph(font, letter) else _DRAWN_AS.get(letter, letter) for letter in letters
    )
    if not _APART.fullmatch(drawn) or not all(_has_glyph(font, letter) for letter in drawn):
        return None
    for size in style.sizes:
        opened = _font(font, size)
        assert opened, "it has all letters"
        lines = tuple(_wrap(drawn, opened, _ROOM - 2 * _stroke(size, style)))
        if len(lines) * size * _SPACING <= style.height:
            return _Fitted(size, lines)
    return None


def _wrap(text: str, font: FreeTypeFont, room: float) -> Iterator[str]:
    """Yield the lines of a text. A word that is wider than a line is broken."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= room:
            line = longer
            continue
        if line:
            yield line
        line = word
        while font.getlength(line) > room:
            end = _count_fitting(line, font, room)
            yield line[:end]
            line = line[end:]
    yield line


def _count_fitting(word: str, font: FreeTypeFont, room: float) -> int:
    """Return how many letters of a word fit in a line, at least one."""
    return max(
        1, bisect_right(range(1, len(word) + 1), room, key=lambda n: font.getlength(word[:n]))
    )


def _stroke(size: int, style: _Style) -> int:
    """Return by how many pixels the letters are thicker than those of the font."""
    return round(size / 40) if style.bold else 0


@cache
def _font(name: str, size: int) -> FreeTypeFont | None:
    """Return a font by its name, or None if this machine does not have it."""
    from PIL import ImageFont

    if name == _PILLOWS_OWN:
        own = ImageFont.load_default(size)
        assert isinstance(own, ImageFont.FreeTypeFont), "Pillow is built without FreeType"
        return own
    try:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return None


@cache
def _has_glyph(font: str, letter: str) -> bool:
    """Return whether a font has a letter, and does not show a box in its place."""
    opened = _font(font, _FIRST_SIZE)
    if not opened:
        return False
    shown, box = (bytes(opened.getmask(one)) for one in (letter, _MISSING))
    return letter == " " or (bool(shown) and shown != box)


@cache
def _colour(name: str) -> str:
    """Return a colour of our pages by its name, as it is in daylight."""
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}});", base_style())
    assert found, f"no colour {name}"
    return found[1]
