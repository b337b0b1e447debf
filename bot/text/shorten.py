"""Texts cut to fit a line of a message or a table."""

from __future__ import annotations


def truncate(text: str, limit: int) -> str:
    """Return the text, cut to at most ``limit`` characters; a cut one ends in "…"."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def truncate_line(text: str, limit: int) -> str:
    """Return the text on one line, each run of blanks as one space, cut like ``truncate``."""
    return truncate(" ".join(text.split()), limit)


def join_first(words: list[str], limit: int = 3) -> str:
    """Return the first few words in a row, and how many more there are."""
    more = len(words) - limit
    return ", ".join(words[:limit]) + (f" and {more} more" if more > 0 else "")
