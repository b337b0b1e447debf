"""Faults on demand, and their effects on requests.

A fault is set by ``POST /sandbox/faults`` or ``world.faults.add``. The body
``{"method": "POST", "path": "/2/tweets", "effect": "commit_then_drop"}`` is one.

``path`` is a prefix, or a regular expression for the whole path. ``method`` ``*`` means any. The
first ``skip`` matching requests pass, and the next ``count`` are hit. Effects, by ``type``:

``status``            answer ``status`` and store nothing. ``problem`` names a documented body
                      (a key of the world's ``PROBLEMS``), or ``body`` is the body. ``reset`` adds
                      rate-limit headers whose window closes in so many seconds
``commit_then_503``   store, then answer 503, or ``status``
``commit_then_drop``  store, then close the connection without an answer
``drop_before``       close the connection, store nothing
``stall``             wait ``seconds`` of real time. ``commit`` says when to store: ``first``
                      (before the wait, by default), ``late`` (after it) or ``never``
``garbage``           store, then answer as usual with a body that is not JSON
``truncate``          store, then break off in the middle of the body
``redirect``          answer ``status`` (307) with ``location``, store nothing
``errors_only``       answer 200 with only ``errors``, as if the path's user did not exist, and
                      store nothing

Short forms are ``"commit_then_503"``, ``{"status": 503}`` and ``{"stall": 2}``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

if TYPE_CHECKING:
    from collections.abc import Collection

EffectType = Literal[
    "status",
    "commit_then_503",
    "commit_then_drop",
    "drop_before",
    "stall",
    "garbage",
    "truncate",
    "redirect",
    "errors_only",
]
_YEAR = 365 * 24 * 3600
_SHORT_FORM_FIELD = {"status": "status", "stall": "seconds", "redirect": "location"}


def _check_problem(problem: str, info: ValidationInfo) -> str:
    known: Collection[str] = info.context or ()
    if problem not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return problem


def _check_pattern(path: str) -> str:
    try:
        re.compile(path)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return path


class Effect(BaseModel):
    """The effect of a fault. The module's docstring explains the fields."""

    model_config = ConfigDict(extra="forbid")

    type: EffectType
    status: int | None = Field(default=None, ge=200, le=599)
    problem: Annotated[str, AfterValidator(_check_problem)] | None = None
    body: Any = None
    reset: int | None = Field(default=None, ge=-_YEAR, le=_YEAR)
    seconds: float = Field(default=1.0, ge=0, le=600)
    commit: Literal["first", "late", "never"] = "first"
    location: str = Field(default="https://example.org/", pattern=r"^[\x20-\x7e]{0,2000}$")


def _expand_short_form(effect: Any) -> Any:
    if isinstance(effect, str):
        return {"type": effect}
    if not isinstance(effect, dict) or "type" in effect:
        return effect
    for name in EffectType.__args__:  # type: ignore[attr-defined]  # typing's own attribute of Literal
        if name in effect:
            rest = {key: value for key, value in effect.items() if key != name}
            value = {_SHORT_FORM_FIELD[name]: effect[name]} if name in _SHORT_FORM_FIELD else {}
            return {"type": name, **rest, **value}
    return effect


class Fault(BaseModel):
    """A fault that was set. Its ``count`` and ``skip`` fall with each request."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, AfterValidator(_check_pattern)]
    effect: Annotated[Effect, BeforeValidator(_expand_short_form)]
    method: str = "*"
    count: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)

    def matches(self, method: str, path: str) -> bool:
        """Return whether it is about a request."""
        if self.method not in {"*", method}:
            return False
        return path.startswith(self.path) or re.fullmatch(self.path, path) is not None


class Faults:
    """The pending faults, in the order in which they were set."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = problems
        """The names of the platform's documented refusals."""
        self.pending: list[Fault] = []
        self.hits: list[dict[str, str]] = []
        """The requests that faults have hit."""

    def add(
        self,
        method: str,
        path: str,
        effect: dict[str, Any] | str,
        *,
        count: int = 1,
        skip: int = 0,
    ) -> None:
        """Set a fault. Raise pydantic.ValidationError for an invalid one."""
        fault = {"method": method, "path": path, "effect": effect, "count": count, "skip": skip}
        self.pending.append(Fault.model_validate(fault, context=self.problems))

    def next_effect(self, method: str, path: str) -> Effect | None:
        """Return the effect on a request, if a fault hits it, and count the hit."""
        for fault in self.pending:
            if not fault.matches(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.count -= 1
            if not fault.count:
                self.pending.remove(fault)
            self.hits.append({"method": method, "path": path, "effect": fault.effect.type})
            return fault.effect
        return None
