"""Whether a text states a fact is decided by the meaning of its figures, not by their letters."""

from __future__ import annotations

import pytest

from bot.model import Fact
from bot.voice.stated import stated_facts


def fact(figure: str | None) -> Fact:
    return Fact("cost", "The contract costs too much", figure, "https://example.org/", "2026")


def states(text: str, figure: str | None, *translated: str) -> bool:
    facts = {"cost": fact(figure)}
    return bool([*stated_facts(text, facts, [{"cost": fact(one)} for one in translated])])


SAME = [
    ("$4 million", "US$4 million"),
    ("$4 million", "$4,000,000"),
    ("$4 million", "4 million dollars"),
    ("$4 million", "Four million dollars"),
    ("$4 million", "four million"),
    ("$4 million", "$4m"),
    ("$4 million", "$4M"),
    ("$4 million", "$4\u00a0million"),
    ("$4 million", "$4\u200b million"),
    ("$4 million", "over $4 million"),
    ("$4 million", "the $4-million contract"),
    ("4 million dollars", "USD 4 million"),
    ("40%", "forty percent"),
    ("40%", "40 per cent"),
    ("over 2,000", "2,000 partnerships"),
    ("over 2,000", "two thousand cameras"),
    ("12 deaths", "12 deaths"),
    ("1 in 4", "1 in 4"),
    ("$1 million", "a million dollars"),
]
OTHERS = [
    ("$4 million", "$5 million"),
    ("$4 million", "5 million"),
    ("$4 million", "$4 billion"),
    ("$4 million", "four billion dollars"),
    ("$4 million", "€4 million"),
    ("$4 million", "$14 million"),
    ("$4 million", "$4"),
    ("$4 million", "2014"),
    ("$4 million", "4 cameras"),
    ("$1 million", "a million reasons"),
    ("2,014 cameras", "in 2014"),
    ("40%", "4%"),
    ("$4 million", "See https://example.org/$4million"),
    (None, "$4 million"),
]


@pytest.mark.parametrize(("figure", "typed"), SAME)
def test_one_figure_in_another_form_is_the_facts(figure: str, typed: str) -> None:
    assert states(f"It is {typed}, they say.", figure)
    assert states(typed, figure)


@pytest.mark.parametrize(("figure", "typed"), OTHERS)
def test_another_figure_is_not(figure: str | None, typed: str) -> None:
    assert not states(f"It is {typed}, they say.", figure)
    assert not states(typed, figure)


def test_a_translated_figure_counts_as_it_stands() -> None:
    spanish = "6000 millones de dólares"
    assert states(f"Cuesta {spanish}.", "$6 billion", spanish)
    assert not states("Cuesta 16000 millones de dólares.", "$6 billion", spanish)
