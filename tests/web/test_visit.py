from __future__ import annotations

import pytest

from bot.web.visit import without_commands


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("waits for approval (0 of 1): groundswell review", "waits for approval (0 of 1)"),
        (
            "its account is paused by Kim: a funeral; end it: groundswell resume --account mj",
            "its account is paused by Kim: a funeral; end it",
        ),
        ("scheduled", "scheduled"),
        ("we run groundswell", "we run groundswell"),
        ("", ""),
    ],
)
def test_reason_is_shown_without_the_command(words: str, left: str) -> None:
    assert without_commands(words) == left
