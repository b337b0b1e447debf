"""The names that the texts of a campaign can use, and the values that they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bot.campaigns.templates import ALREADY_REPORTED, TemplateError, with_underscores
from bot.model import Fact, Statement
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.campaigns.templates import TemplateNames

T = TypeVar("T")


class UnreadableSection(dict[str, T | None]):
    """A section that cannot be read. It claims to have every name, to avoid false alarms."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> None:
        return None


def section_names(
    entries: Mapping[str, Fact | None] | Mapping[str, Statement | None],
) -> TemplateNames | TemplateError:
    """Return the names of all facts, or of all statements, of a campaign."""
    if isinstance(entries, UnreadableSection):
        return ALREADY_REPORTED
    return with_underscores({name: _names_of(entry) for name, entry in entries.items()})


def _names_of(entry: Fact | Statement | None) -> TemplateNames | TemplateError:
    if entry is None:
        return ALREADY_REPORTED
    if isinstance(entry, Fact):
        hint = "Add figure: to it, or say it in your own words."
        missing = TemplateError(f"The fact {quote_value(entry.id)} has no figure", hint)
        return {
            "claim": entry.claim,
            "figure": entry.figure or missing,
            "source": entry.source,
            "as_of": entry.as_of,
        }
    kind, key = ("quotation", "quote") if entry.exact else ("paraphrase", "paraphrase")
    other = TemplateError(f"The statement {quote_value(entry.id)} is a {kind}", f"Write .{key}.")
    return {
        "words": entry.words,
        "quote": entry.words if entry.exact else other,
        "paraphrase": other if entry.exact else entry.words,
        "speaker": entry.speaker,
        "role": entry.role,
        "source": entry.source,
    }


def relied_on(
    named: tuple[str, ...], fetched: list[tuple[str, str]], kind: str, known: Mapping[str, object]
) -> tuple[str, ...]:
    """Return the ids of the facts or statements that a text names, and of those it fetches.

    ``kind`` is ``fact`` or ``statement``, and ``fetched`` are pairs of a kind and a name.
    """
    # A name may have underscores for the id's hyphens.
    ids = (
        name if name in known else name.replace("_", "-")
        for name_kind, name in fetched
        if name_kind == kind
    )
    return tuple(dict.fromkeys((*named, *ids)))
