from __future__ import annotations

import pytest

from bot.web.visit import short_digests, without_commands


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


def test_digest_is_shown_by_its_beginning() -> None:
    digest = "0123456789abcdef" * 4
    assert (
        short_digests(f"digest: {digest}, frequency: once") == "digest: 01234567…, frequency: once"
    )
    assert short_digests(digest[:40]) == digest[:40]
