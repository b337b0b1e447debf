"""The card has the campaign's own words, none that its font cannot draw, and all within it."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image, ImageChops

from bot.share import card
from bot.share.card import HEIGHT, WIDTH, CardWords, choose_words, draw_card

CLAIM = "The HART system runs on AWS"
LONG_CLAIM = "The system gathers iris scans, fingerprints and voice prints of migrants. " * 4


def drawn(words: CardWords) -> Image.Image:
    return Image.open(io.BytesIO(draw_card(words)))


def ink_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box around everything that is drawn right of the bar."""
    right = image.convert("RGB").crop((card._BAR, 0, WIDTH, HEIGHT))
    paper = Image.new("RGB", right.size, right.getpixel((right.width - 1, 0)))
    box = ImageChops.difference(right, paper).getbbox()
    assert box
    return box


def test_a_card_is_a_png_of_the_size_that_networks_ask_for() -> None:
    words, left_out = choose_words("Ours", "People over profit", [("$6 billion", CLAIM)])
    image = drawn(words)
    assert (image.format, image.size, left_out) == ("PNG", (1200, 630), ())
    assert image.info == {}


def test_the_alt_text_is_made_of_the_same_words() -> None:
    words, _ = choose_words(" Ours\n", "People over\nprofit?", [("$6 billion", CLAIM)])
    assert words.alt == f"Ours: People over profit? $6 billion: {CLAIM}."
    assert choose_words("Ours", "Title", [("", "Stop it")])[0].alt == "Ours: Title. Stop it."
    assert choose_words("Ours", "Title", [])[0].alt == "Ours: Title."


def test_the_first_line_that_can_be_drawn_is_taken() -> None:
    lines = [("5 \u5104", "\u4ed8\u6b3e"), ("$6 billion", CLAIM), ("", "Stop it")]
    words, left_out = choose_words("Ours", "Title", lines)
    assert (words.figure, words.line) == ("$6 billion", CLAIM)
    assert left_out == ("5 \u5104: \u4ed8\u6b3e",)


@pytest.mark.parametrize(
    "title",
    [
        "\u0627\u0644\u0646\u0627\u0633 \u0623\u0648\u0644\u0627",
        "\u05d0\u05e0\u05e9\u05d9\u05dd",
        "\u4eba\u3005\u3092\u5229\u76ca\u3088\u308a",
        "\u0932\u094b\u0917",
        "q\u0323\u0307 is no letter of its own",
        "People \U0001f44d",
        "hidden \u202e mark",
        "\u1d2c\u2c79",
    ],
    ids=["Arabic", "Hebrew", "Japanese", "Hindi", "marks", "emoji", "direction", "rare"],
)
def test_words_that_cannot_be_drawn_are_left_out(title: str) -> None:
    words, left_out = choose_words("Ours", title, [("", "Stop it")])
    assert (words.title, words.organisation, left_out) == ("", "Ours", (title,))


def test_without_other_fonts_only_pillows_letters_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(card, "_USUAL_FONTS", ("no such font.ttf",))
    words, left_out = choose_words("Ours", "Gerechtigkeit f\u00fcr alle", [("", "Stop \u2013 now")])
    assert (words.title, words.line) == ("", "Stop \u2013 now")
    assert left_out == ("Gerechtigkeit f\u00fcr alle",)


def test_another_font_is_taken_only_for_letters_that_pillows_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, _ = choose_words("Ours", "People over profit", [])
    assert plain.font == ""
    for name in card._USUAL_FONTS:
        if card._font(name, 40):
            words, left_out = choose_words("Ours", "\u00bfQui\u00e9n paga 6 \u20ac?", [])
            assert (words.font, left_out) == (name, ())
            assert ink_box(drawn(words))
            return
    pytest.skip("this machine has none of the usual fonts")


LONG_TITLES = {
    "words": "Amazon, put people over profit " * 9,
    "one word": "Donaudampfschifffahrt" * 12,
    "wide": "W" * 150,
}


@pytest.mark.parametrize("title", LONG_TITLES.values(), ids=LONG_TITLES)
@pytest.mark.parametrize("figure", ["", "over 2,000 partnerships with police departments"])
def test_nothing_runs_out_of_the_picture(title: str, figure: str) -> None:
    words, left_out = choose_words(
        "An organisation with a long name, " * 2, title, [(figure, LONG_CLAIM)]
    )
    assert left_out == ()
    left, top, right, bottom = ink_box(drawn(words))
    assert left >= card._EDGE - 4
    assert top >= card._EDGE - 4
    assert right <= WIDTH - card._BAR - card._EDGE + 4
    assert bottom <= HEIGHT - card._EDGE + 12


def test_blocks_do_not_run_into_each_other() -> None:
    """The largest title ends above the largest figure."""
    most_above = (
        card._EDGE + card._ORGANISATION.height + card._ORGANISATION_GAP + card._TITLE.height
    )
    most_below = card._EDGE + card._FIGURE.height + card._LINE.height
    assert most_above + most_below <= HEIGHT


def test_a_text_without_end_takes_no_time_and_is_left_out() -> None:
    words, left_out = choose_words("Ours", "x" * 1_000_000, [("", "Stop it")])
    assert (words.title, len(left_out)) == ("", 1)


def test_the_same_words_are_the_same_bytes_in_another_process() -> None:
    words, _ = choose_words("Ours", "People over profit", [("$6 billion", CLAIM)])
    code = (
        "import sys; from bot.share.card import *; sys.stdout.buffer.write(draw_card("
        f"choose_words('Ours', 'People over profit', [('$6 billion', {CLAIM!r})])[0]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert ran.stdout == draw_card(words)
