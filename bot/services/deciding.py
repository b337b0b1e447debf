"""Who decides about a post, and the results on each of its accounts, reported as one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Problem, UserError
from bot.model import Role
from bot.planning.approval import HOW_TO_SIGN_IN, SIGN_IN, must_sign_in
from bot.services.views_approval import AccountDecision, PostDecision
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.model import Subject, User
    from bot.planning.pending import PendingApproval, PendingPost
    from bot.runtime.app import App
    from bot.services.posts import NamedPost

    SignIn = Callable[[], User]
    """Has the person who typed a name sign in. Raises UserError."""

T = TypeVar("T")

_DONE_ALREADY = frozenset({"Q504", "Q507", "Q514", "Q516"})
"""Codes of problems that leave nothing for this person to do on an account."""


class Decider:
    """A person who decides, by a typed name until they have to sign in."""

    def __init__(self, app: App, by: str | User, sign_in: SignIn | None = None) -> None:
        self._app = app
        self._by = by
        self._sign_in = sign_in

    @property
    def name(self) -> str:
        """The person's name."""
        return self._by if isinstance(self._by, str) else self._by.name

    @property
    def user_id(self) -> int | None:
        """The id of a person who has signed in; None for a typed name."""
        return None if isinstance(self._by, str) else self._by.id

    def known_for(self, needed: Iterable[int]) -> str | User:
        """Return the person, who signs in first if one of these numbers of approvals asks for it.

        Without a way to sign in, the typed name stays, and is refused where it does not count.
        """
        if self._sign_in and isinstance(self._by, str) and self._must_sign_in(needed):
            self._by = self._sign_in()
        return self._by

    def require_known(self, place: str, needed: Iterable[int]) -> None:
        """Have the person sign in if these numbers of approvals ask for it. Raise UserError."""
        if isinstance(self.known_for(needed := [*needed]), str) and self._must_sign_in(needed):
            raise UserError([Problem(place, 0, 0, "Q517", f"{SIGN_IN}.", HOW_TO_SIGN_IN)])

    def require_right(self, place: str, subjects: Iterable[Subject]) -> None:
        """Raise UserError for a person who has signed in and may not decide about all of these."""
        if isinstance(self._by, str):
            return
        role, scope = self._by.role, self._by.scope
        hidden = [of.account for of in subjects if not scope.sees(of.campaign, of.account)]
        if not role.may(Role.APPROVE):
            why = f"{self.name} may see posts, and not decide about them"
        elif hidden:
            why = f"{self.name} may not decide about it on {join_first(hidden, 3)}"
        else:
            return
        hint = "Ask a colleague, or an administrator for the right."
        raise UserError([Problem(place, 0, 0, "Q518", f"{why}.", hint)])

    def _must_sign_in(self, needed: Iterable[int]) -> bool:
        known = self._app.people.any_known()
        return must_sign_in(max(needed, default=0), people_sign_in=known)


@dataclass(frozen=True, slots=True)
class Decisions:
    """The results of a person's decisions."""

    posts: tuple[PostDecision, ...]
    problems: tuple[Problem, ...]
    """Why some decisions had no effect."""


def decide_texts(
    act: Callable[[PendingApproval], object], post: PendingPost
) -> tuple[tuple[AccountDecision, ...], list[Problem]]:
    """Act on each text of a post; return the results in the texts' order, and the problems."""
    return _decide(act, [(text, text.subject.account, text.digest) for text in post.texts])


def decide_subjects(
    act: Callable[[Subject], object],
    subjects: Collection[Subject],
    named: Sequence[NamedPost],
    who: str,
    now: datetime,
) -> Decisions:
    """Act on each account of the posts that a name means, and return the result."""
    accounts, problems = _decide(act, [(subject, subject.account, "") for subject in subjects])
    key = named[0].post.key
    name = named[0].post.name if len(named) == 1 else f"{key.campaign}/{key.post}"
    return decisions(PostDecision(name, who, now, accounts, ()), problems)


def _decide(
    act: Callable[[T], object], of_accounts: Iterable[tuple[T, str, str]]
) -> tuple[tuple[AccountDecision, ...], list[Problem]]:
    """Act on the text or the subject of each account, which comes with a digest."""
    accounts: list[AccountDecision] = []
    problems: list[Problem] = []
    for of, account, digest in of_accounts:
        try:
            act(of)
        except UserError as error:
            why = " ".join(problem.message for problem in error.problems)
            accounts.append(AccountDecision(account, digest, False, why))
            problems += error.problems
        else:
            accounts.append(AccountDecision(account, digest, True, ""))
    return tuple(accounts), problems


def decisions(post: PostDecision, problems: Sequence[Problem]) -> Decisions:
    """Return the result; decisions made before count as problems only if nothing else was done."""
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
