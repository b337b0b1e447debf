"""Turn the errors of a pydantic model about a YAML tree into problems with places.

This holds for campaign files and the config. Errors that only follow from others are left out. A
subclass of ``FormReader`` finds the words for one kind of file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.yamlsource.nodes import place_of
from bot.yamlsource.problems import MAX_PROBLEMS, closest
from bot.yamlsource.syntax import find_slip

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import FormError, ProblemList

Loc: TypeAlias = tuple[int | str, ...]

OneOrMany = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
"""Annotation of a list that may be a single text."""

_OF_KEY = "[key]"
"""The last step of pydantic's path to a key that cannot be one."""

UNKNOWN_KEY, MISSING_KEY = "extra_forbidden", "missing"


class StrictForm(BaseModel):
    """A mapping with these keys and no others. Its errors show no values, which may be secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FormReader:
    """Explains the errors of ``model`` about a tree."""

    missing_at_key: ClassVar[bool] = False
    """Whether a missing key is reported at the key of its mapping, not at the mapping's start."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    def form_at(self, loc: Loc) -> type[BaseModel]:
        """Return the form of the mapping in which ``loc`` ends."""
        raise NotImplementedError

    def known_keys(self, loc: Loc) -> Collection[str]:
        """Return the keys that the mapping in which ``loc`` ends may have."""
        return self.form_at(loc).model_fields

    def closest_key(self, name: str, known: Collection[str]) -> str:
        """Return the known key that an unknown one most resembles, or ""."""
        return closest(name, known)

    def explain_unknown(self, loc: Loc, known: Collection[str]) -> FormError:
        """Explain a key that the form does not have."""
        raise NotImplementedError

    def explain_missing(self, loc: Loc, description: str) -> FormError:
        """Explain a missing key. ``description`` is its meaning."""
        raise NotImplementedError

    def explain(self, error: ErrorDetails, node: Node) -> FormError:
        """Explain any other error."""
        raise NotImplementedError

    def note_errors(
        self,
        error: ValidationError,
        node: Node,
        problems: ProblemList,
        skip: Callable[[Loc], bool] = lambda _loc: False,
    ) -> None:
        """Add pydantic's errors about a tree as problems, except those that ``skip`` accepts."""
        errors = [item for item in error.errors(include_url=False) if not skip(item["loc"])]
        errors = errors[: 2 * MAX_PROBLEMS]
        for item in errors:
            if self._follows(item, errors):
                continue
            loc = item["loc"]
            if item["type"] == UNKNOWN_KEY:
                wrong = self.explain_unknown(loc, self.known_keys(loc))
                place = place_of(node, *loc, of_key=True)
            elif item["type"] == MISSING_KEY:
                field = self.form_at(loc).model_fields.get(str(loc[-1]))
                wrong = self.explain_missing(loc, (field and field.description) or "")
                place = place_of(node, *loc[:-1], of_key=self.missing_at_key)
            else:
                wrong = self.explain(item, node)
                place = place_of(node, *loc, of_key=loc[-1:] == (_OF_KEY,))
            problems.note(_explain_slip(wrong, item), place)

    def _follows(self, error: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
        """Return whether an error only follows from another one in the list."""
        loc, kind = error["loc"], error["type"]
        if kind in ("too_short", "too_long"):  # pydantic counts only entries without an error
            return any(
                len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in errors
            )
        return kind == MISSING_KEY and any(
            other["type"] == UNKNOWN_KEY
            and other["loc"][:-1] == loc[:-1]
            and self.closest_key(str(other["loc"][-1]), self.known_keys(loc)) == loc[-1]
            for other in errors
        )


def _explain_slip(wrong: FormError, item: ErrorDetails) -> FormError:
    """Return the error, with a better hint if a word processor's sign has caused it."""
    typed = item["loc"][-1] if item["type"] == UNKNOWN_KEY and item["loc"] else item["input"]
    slip = find_slip(typed) if isinstance(typed, str) else None
    return replace(wrong, hint=f"{slip[1]}. {slip[2]}") if slip else wrong
