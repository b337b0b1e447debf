"""The tags of languages."""

from __future__ import annotations

from itertools import product
from string import ascii_lowercase

from langcodes import tag_is_valid

from bot.yamlsource.languages import language_hint


def test_short_tags_pass_as_in_the_registry_of_languages() -> None:
    tags = map("".join, product(ascii_lowercase, repeat=2))
    assert [tag for tag in tags if (language_hint(tag) is None) is not tag_is_valid(tag)] == []
