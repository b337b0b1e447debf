"""Decide about a post on each of its accounts, and report the results as one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.services.views_approval import PostDecision

T = TypeVar("T")

_DONE_ALREADY = frozenset({"Q504", "Q507", "Q514", "Q516"})
"""Codes of problems that leave nothing for this person to do on an account."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The results of a person's decisions."""

    posts: tuple[PostDecision, ...]
    problems: tuple[Problem, ...]
    """Why some decisions had no effect."""


def attempt(act: Callable[[T], object], subject: T) -> UserError | None:
    """Act on a subject; return the error if that was not possible."""
    try:
        act(subject)
    except UserError as error:
        return error
    return None


def why_not(error: UserError | None) -> str:
    """Return the messages of an error on one line; "" without one."""
    return " ".join(problem.message for problem in error.problems) if error else ""


def decisions(post: PostDecision, errors: Sequence[UserError | None]) -> Decisions:
    """Return the result; decisions made before count as problems only if nothing else was done."""
    problems = [problem for error in errors if error for problem in error.problems]
    if post.done:
        problems = [problem for problem in problems if problem.code not in _DONE_ALREADY]
    return Decisions((post,), tuple(_said_once(post, problems)))


def _said_once(post: PostDecision, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield a problem on several accounts once, for the post or with the accounts' names."""
    groups: dict[Problem, list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[replace(problem, file=post.name)].append(problem)
    for said, group in groups.items():
        if len(group) == 1:
            yield group[0]
        elif len(group) == len(post.accounts):
            yield said
        else:
            accounts = (problem.file.rpartition("/")[2] for problem in group)
            yield replace(said, file=f"{post.name} on {', '.join(accounts)}")


def for_each(typed: Sequence[str], act: Callable[[str], Sequence[Decisions]]) -> Decisions:
    """Act on every name; a wrong name does not stop the others."""
    posts: list[PostDecision] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(typed):
        try:
            for found in act(name):
                posts += found.posts
                problems += found.problems
        except UserError as error:
            problems += error.problems
    return Decisions(tuple(posts), tuple(problems))
