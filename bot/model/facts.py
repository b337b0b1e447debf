"""The facts, statements and demands of a campaign, and the comments that allow a finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.content import NOWHERE, Mark

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment in a file that allows what a rule finds there."""

    code: str
    """The rule's code."""
    reason: str
    """Why, in the words of the comment."""
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """A claim that supports a demand, with the source that a hostile reader will ask for."""

    id: str
    claim: str
    figure: str | None
    """The figure that texts quote, if it has one."""
    source: str
    as_of: str
    """The day, month or year that it describes, such as ``2026-03-18``, ``2026-03`` or ``2026``."""
    review_by: date | None = None
    """The last day on which posts may use it without a new review."""
    counts: str = ""
    """What the figure counts, in a few words for the share page, or ""."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """Words of a named person that posts may quote."""

    id: str
    speaker: str
    role: str
    """The speaker's function, as posts name it."""
    source: str
    words: str
    exact: bool
    """Whether the words are verbatim; otherwise they are a paraphrase."""
    as_of: str | None = None
    """The day, month or year in which they were said."""
    excerpts: tuple[str, ...] = ()
    """Shortened or explained forms of the words that may be quoted as they stand."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand of the campaign."""

    id: str
    ask: str
    target: str
    """The person or body that can meet it."""
    facts: tuple[str, ...] = ()
    """The ids of the facts that support it."""
    mark: Mark = field(default=NOWHERE, compare=False)
