from __future__ import annotations

import pytest

from bot.lint.translations import surely_differ

MAY_BE_ONE = [
    ("$6 billion", "6000 millones de dólares", "es"),
    ("$6 billion", "6.000 millones de dólares", "es"),
    ("$6 billion", "6 mil millones de dólares", "es-MX"),
    ("$6 billion", "US$ 6 bilhões", "pt-BR"),
    ("$6 billion", "6 Milliarden Dollar", "de"),
    ("$6 billion", "6 Mrd. US-Dollar", "de"),
    ("$6 billion", "6 milliards de dollars", "fr"),
    ("$6bn", "6.000 Mio. $", "de"),
    ("$6 billion", "60億ドル", "ja"),
    ("$6 billion", "٦ مليارات دولار", "ar"),
    ("$6 billion", "seis mil millones de dólares", "es"),
    ("$1 billion", "1 Milliarde Dollar", "de"),
    ("$1 trillion", "1 Billion Dollar", "de"),
    ("$1 trillion", "un billón de dólares", "es"),
    ("1 million", "1 milione", "it"),
    ("2 million", "2 miljoen", "nl"),
    ("$1.2 billion", "1.200 millones de dólares", "es"),
    ("$1.2 billion", "1,2 Milliarden Dollar", "de"),
    ("over 2,000", "más de 2.000", "es"),
    ("over 2,000", "plus de 2 000", "fr"),
    ("over 2,000", "über 2000", "de"),
    ("over 2,000", "más de 2 mil", "es"),
    ("2,345,000", "2.345.000", "de"),
    ("2,345.5", "2.345,5", "de"),
    ("40%", "40 por ciento", "es"),
    ("40%", "40 %", "fr"),
    ("0.5%", "0,5 %", "de"),
    ("25%", "una de cada 4", "es"),
    ("1 in 4", "1 de cada 4", "es"),
    ("9 of 10", "10 人中 9 人", "ja"),
    ("$6 billion", "6.000 M$", "es"),
    ("$6 billion", "6 milliarder dollar", "sv"),
    ("one in four", "25 %", "de"),
    ("6 hundred", "600", "es"),
    ("600", "6 hundert", "de"),
    ("5 hundred thousand", "500.000", "es"),
    ("3 lakh", "300.000", "es"),
    ("6 crore", "60 millones", "es"),
    ("15 dozen", "180", "de"),
    ("24", "2 docenas", "es"),
    ("1.5 miles", "2,4 km", "es"),
    ("$6 billion", "6 miles de millones de dólares", "es"),
]

SURELY_TWO = [
    ("$6 billion", "6 Milliarden Euro", "de"),
    ("$6 billion", "7000 millones de dólares", "es"),
    ("$6 billion", "6 millones de dólares", "es"),
    ("$6 billion", "6 billones de dólares", "es"),
    ("$6 billion", "6 Billionen Dollar", "de"),
    ("$6 billion", "6 millions de dollars", "fr"),
    ("$6 billion", "60 milliards de dollars", "fr"),
    ("$6 billion", "70億ドル", "ja"),
    ("$6 billion", "\u0667 مليارات دولار", "ar"),
    ("$1.2 billion", "12 Milliarden Dollar", "de"),
    ("$1.2 billion", "1,3 Milliarden Dollar", "de"),
    ("over 2,000", "más de 3.000", "es"),
    ("over 2,000", "más de 20.000", "es"),
    ("over 2,000", "über 200.000", "de"),
    ("40%", "4 por ciento", "es"),
    ("40%", "45 %", "fr"),
    ("1 in 4", "1 de cada 5", "es"),
    ("9 of 10", "9 von 11", "de"),
    ("6 hundred", "700", "es"),
    ("6 hundred", "6.000", "es"),
    ("3 lakh", "3 millones", "es"),
    ("15 dozen", "16 Dutzend", "de"),
    ("60 miles", "70 millas", "es"),
]


@pytest.mark.parametrize(("figure", "translated", "language"), MAY_BE_ONE)
def test_figures_that_may_be_one_number(figure: str, translated: str, language: str) -> None:
    assert not surely_differ(figure, "en", translated, language)
    assert not surely_differ(translated, language, figure, "en")


@pytest.mark.parametrize(("figure", "translated", "language"), SURELY_TWO)
def test_figures_that_are_surely_two_numbers(figure: str, translated: str, language: str) -> None:
    assert surely_differ(figure, "en", translated, language)
    assert surely_differ(translated, language, figure, "en")
