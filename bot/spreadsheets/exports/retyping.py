"""From a published text that was corrected back to the text in a file, with its templates. Pure."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"(?:\{\{[^{}]*\}\}|@\w[\w.@-]*)+")
"""Templates and mentions, which are filled in."""


class FilledInError(Exception):
    """The corrected words are filled in by a template, or look like such words."""

    def __init__(self, token: str = "") -> None:
        super().__init__(token)
        self.token = token
        """What the file has for the words, such as ``{{ fact.cost.figure }}``; "" if unclear."""


def retype(typed: str, shown: str, corrected: str) -> str:
    """Return a corrected text as it must stand in the file, with the same templates.

    ``typed`` is the old text in the file, and ``shown`` the same with its templates filled in.
    Raises FilledInError if filled-in words are not in the corrected text any more.
    """
    tokens = [*_TOKEN.finditer(typed)]
    spans = _filled_spans(typed, shown, tokens)
    same_start = _same_start(shown, corrected)
    rest = len(min(shown, corrected, key=len)) - same_start
    same_end = min(rest, _same_start(shown[::-1], corrected[::-1]))
    new, done = "", 0
    for token, (start, end) in zip(tokens, spans, strict=True):
        value = shown[start:end]
        if value == token[0]:  # a mention that stands there as it was typed
            continue
        if end <= same_start:
            at = start
        elif start >= len(shown) - same_end:
            at = start + len(corrected) - len(shown)
        else:
            at = corrected.find(value, done)
        if at < done:
            raise FilledInError(token[0])
        new += corrected[done:at] + token[0]
        done = at + len(value)
    return new + corrected[done:]


def _same_start(one: str, other: str) -> int:
    """Return the number of equal characters at the start of both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _filled_spans(typed: str, shown: str, tokens: list[re.Match[str]]) -> list[tuple[int, int]]:
    """Return the span of each token in the shown text. Raises FilledInError if unclear."""
    if not tokens:
        return []
    ends = [token.start() for token in tokens[1:]] + [len(typed)]
    start = tokens[0].start()
    if not shown.startswith(typed[:start]):
        raise FilledInError
    spans = []
    for token, next_start in zip(tokens, ends, strict=True):
        literal = typed[token.end() : next_start]
        last = next_start == len(typed)
        found = shown.rfind(literal) if last else shown.find(literal, start)
        if found < start or (last and found + len(literal) != len(shown)):
            raise FilledInError(token[0])
        spans.append((start, found))
        start = found + len(literal)
    return spans
