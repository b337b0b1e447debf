"""Names of one person, and names of two."""

from __future__ import annotations

import pytest

from bot.planning.people import MAX_NAME_LENGTH, invalid_name, same_person

ONE = (
    ("Ana", "Ana"),
    ("Ana", "Ana."),
    ("Ana", "Ana "),
    ("Ana", " Ana"),
    ("Ana", "ana"),
    ("Ana", "ANA"),
    ("Ana", "A n a"),
    ("Ana", "A.n.a."),
    ("Ana", "Ana (2)"),
    ("Ana", "Ana 2"),
    ("Ana", "Ana2"),
    ("Ana", "Ana-2"),
    ("Ana", "Ana\u00b2"),
    ("Ana", "Ana \u2460"),
    ("Ana", "Ana \u2777"),
    ("Ana", "An4"),
    ("Ana", "4na"),
    ("Ana", "Ana!"),
    ("Ana", "\u201cAna\u201d"),
    ("Ana", "(Ana)"),
    ("Ana", "Ana,"),
    ("Ana", "Ana-"),
    ("Ana", "_Ana_"),
    ("Ana", "Ana \U0001f642"),
    ("Ana", "An\u0430"),
    ("Ana", "\u0410n\u0430"),
    ("Ana", "\u0391na"),
    ("Ana", "\uff21\uff4e\uff41"),
    ("Ana", "An\u0251"),
    ("Ana", "\U0001d400\U0001d427\U0001d41a"),
    ("Ana", "\u24b6\u24dd\u24d0"),
    ("Ana", "\U0001f150na"),
    ("Ana", "A\u0274a"),
    ("Ana", "\u00c1na"),
    ("Ana", "A\u0301na"),
    ("Ana", "An\u00e4"),
    ("Ana", "An\u0332a"),
    ("Ana Smith", "Smith, Ana"),
    ("Ana Smith", "Smith Ana"),
    ("Ana Smith", "ana.smith"),
    ("Ana Smith", "ana_smith"),
    ("Ana Smith", "AnaSmith"),
    ("Ana Smith", "Ana-Smith"),
    ("Ana-Maria", "Ana Maria"),
    ("Ana O'Neill", "Ana O\u2019Neill"),
    ("Ana O'Neill", "Ana ONeill"),
    ("Ana O'Neill", "Ana O`Neill"),
    ("Jos\u00e9", "Jose"),
    ("Ian", "lan"),
    ("Paul", "Pau1"),
    ("Bob", "B0b"),
    ("\u5f20\u4f1f", "\u5f20 \u4f1f"),
    ("\u0410\u043d\u043d\u0430", "\u0430\u043d\u043d\u0430."),
)
TWO = (
    ("Ana", "Anna"),
    ("Ana", "Ann"),
    ("Ana", "Hana"),
    ("Ana", "Ben"),
    ("Jo", "Joe"),
    ("Jo", "John"),
    ("Ana M.", "Ana R."),
    ("Ana Morales", "Ana Ruiz"),
    ("Ana Smith", "Ben Smith"),
    ("Ana", "Ana Smith"),
    ("Ian", "Lan"),
    ("Lia", "Ila"),
    ("Kai", "Kal"),
    ("Dan", "Dana"),
    ("Mia", "Mai"),
    ("Sam", "Max"),
    ("Maria", "Mario"),
    ("user 1000", "user 1001"),
    ("\u5f20\u4f1f", "\u674e\u4f1f"),
    ("\u0410\u043d\u043d\u0430", "\u0410\u043b\u043b\u0430"),
    ("\u0645\u0631\u064a\u0645", "\u0633\u0627\u0631\u0629"),
    ("Jos\u00e9", "Josefa"),
)


@pytest.mark.parametrize(("name", "other"), ONE)
def test_one_person_under_two_spellings_is_one(name: str, other: str) -> None:
    assert same_person(name, other)
    assert same_person(other, name)


@pytest.mark.parametrize(("name", "other"), TWO)
def test_two_people_are_two(name: str, other: str) -> None:
    assert not same_person(name, other)
    assert not same_person(other, name)


@pytest.mark.parametrize(
    "name", ["An\u200ba", "\u2800", ".", "\U0001f642", "12", "2026", "", "a" * 201]
)
def test_what_stands_for_nobody_is_refused(name: str) -> None:
    assert invalid_name(name)


@pytest.mark.parametrize("name", ["Ana", "user 1000", "\u5f20\u4f1f", "a" * MAX_NAME_LENGTH])
def test_a_name_is_a_name(name: str) -> None:
    assert invalid_name(name) is None
