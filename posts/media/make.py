# ruff: noqa: INP001 - a script beside its pictures, not a package
"""Draw the two pictures of the example campaign: ``python posts/media/make.py``.

The figures are read from the campaign's facts and noted in each PNG, so that a picture can be held
against its fact. Drawn at twice the size and scaled down, with the font that Pillow brings along.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import yaml
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

HERE = Path(__file__).parent
CAMPAIGN = HERE.parent / "people-over-profit.yaml"
WIDTH, HEIGHT = 1200, 675
SCALE = 2
NIGHT, PAPER, ASH = "#15171c", "#f7f2e8", "#b9bcc6"
GOLD, CORAL, SLATE = "#ffc53d", "#ff7a5c", "#6b7080"  # on NIGHT: 11:1, 7:1, and 3.6:1 for lines
SOURCE = "Source: MediaJustice, July 2022"


class Card:
    """A dark card; places and sizes are pixels of the finished picture."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), NIGHT)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, at: tuple[float, float], words: str, size: float, ink: str, bold: float) -> None:
        """Write from the left end of the baseline; ``bold`` thickens by that share of the size."""
        font = ImageFont.load_default(size * SCALE)
        x, y = at[0] * SCALE, at[1] * SCALE
        stroke = size * SCALE * bold
        for before, letter in zip(" " + words, words, strict=False):
            # What a thicker letter gains on both sides, it is moved away from the one before it.
            x += font.getlength(before + letter) - font.getlength(before) - font.getlength(letter)
            self.draw.text((x, y), letter, ink, font, anchor="ls", stroke_width=stroke)
            x += font.getlength(letter) + 1.4 * stroke

    def dot(self, x: float, y: float, radius: float, ink: str) -> None:
        """Fill a circle."""
        box = [
            (x - radius) * SCALE,
            (y - radius) * SCALE,
            (x + radius) * SCALE,
            (y + radius) * SCALE,
        ]
        self.draw.ellipse(box, ink)

    def arc(self, x: float, y: float, radius: float, ends: tuple[float, float], ink: str) -> None:
        """Draw a thick piece of a circle, with round ends; angles in degrees."""
        box = [
            (x - radius) * SCALE,
            (y - radius) * SCALE,
            (x + radius) * SCALE,
            (y + radius) * SCALE,
        ]
        self.draw.arc(box, *ends, ink, width=7 * SCALE)
        middle = radius - 3.5
        for end in ends:
            turn = math.radians(end)
            self.dot(x + middle * math.cos(turn), y + middle * math.sin(turn), 3.5, ink)

    def bar(self, box: tuple[float, float, float, float], ink: str) -> None:
        """Fill a rectangle."""
        self.draw.rectangle([side * SCALE for side in box], ink)

    def save(self, name: str, figure: str) -> None:
        """Write it as a small PNG that says which figure it shows."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        note = PngInfo()
        note.add_text("Figure", figure)
        few = small.quantize(96, dither=Image.Dither.NONE)
        few.save(HERE / name, optimize=True, pnginfo=note)


def hart(figure: str) -> Card:
    """Draw the figure beside an eye that is also a fingerprint."""
    card = Card()
    _iris(card, 922, 337)
    card.bar((72, 76, 132, 84), GOLD)
    card.text((72, 144), "Homeland Security's HART is a", 34, PAPER, 0.014)
    card.text((68, 276), figure, 122, GOLD, 0.028)
    for row, words in enumerate(_HART):
        card.text((72, 338 + row * 44), words, 33, PAPER, 0.008)
    card.text((72, 540), "Take HART off AWS.", 54, PAPER, 0.028)
    card.text((72, 606), SOURCE, 22, ASH, 0.006)
    return card


_HART = (
    "system. It gathers migrants' iris scans,",
    "fingerprints, voice prints and DNA.",
    "It runs on Amazon Web Services.",
)
_RING = (
    "partnerships with police departments,",
    "giving police access to footage",
    "from doorbell cameras.",
)


def _iris(card: Card, x: float, y: float) -> None:
    for number in range(11):
        start = (number * 67) % 360
        spans = _ODD if number % 2 else _EVEN
        ink = GOLD if number in {0, 4, 8} else CORAL if number in {2, 6} else SLATE
        for begin, end in spans:
            card.arc(x, y, 56 + number * 18, (start + begin, start + end), ink)
    card.dot(x, y, 29, GOLD)


_ODD = ((0, 96), (112, 208), (226, 340))
_EVEN = ((0, 150), (168, 246), (262, 344))


def ring(figure: str) -> Card:
    """Draw as many dots as there are partnerships, at least."""
    card = Card()
    count = int(re.sub(r"\D", "", figure))
    for index in range(count):
        row, column = divmod(index, 40)
        card.dot(714 + column * 10.4, 62 + row * 10.4, 3.6, CORAL)
    card.bar((72, 76, 132, 84), CORAL)
    card.text((72, 144), "Amazon Ring has", 34, PAPER, 0.014)
    card.text((68, 254), figure, 92, CORAL, 0.028)
    for row, words in enumerate(_RING):
        card.text((72, 318 + row * 44), words, 33, PAPER, 0.008)
    card.text((72, 486), "End Ring's police", 54, PAPER, 0.028)
    card.text((72, 546), "partnerships.", 54, PAPER, 0.028)
    card.text((72, 606), SOURCE, 22, ASH, 0.006)
    card.text((710, 606), f"{count:,} dots, one for each; there are more.", 22, ASH, 0.006)
    return card


def main() -> None:
    """Draw both."""
    facts = yaml.safe_load(CAMPAIGN.read_text(encoding="utf-8"))["facts"]
    for name, draw in (("hart", hart), ("ring", ring)):
        figure = facts[name]["figure"]
        draw(figure).save(f"{name}.png", figure)


if __name__ == "__main__":
    main()
