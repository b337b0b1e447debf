"""Taking away what a person has allowed, and telling what is wrong with how they allowed it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.campaigns.problems import did_you_mean, shown
from bot.lint.rule import Finding

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from bot.lint.rule import Level
    from bot.model import Allowance, Campaign, Mark, Post

CODES = {
    "L890": "A year later nobody knows why a rule was broken, unless the reason stands beside it.",
    "L891": "A code that there is not allows nothing, and looks as if it did.",
    "L892": "What allows nothing any more would hide the next mistake of its kind.",
    "L893": "No comment can allow what deceives, or what the format or a platform refuses.",
}
"""What can be wrong with a comment that allows something, and the reason."""

_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is left of some findings, and by which allowance each of the others was taken away."""

    left: list[Finding]
    lifted: list[tuple[Finding, Allowance]]
    used: frozenset[Mark]


def sift(
    found: Iterable[Finding],
    allowed: Mapping[Mark, tuple[Allowance, ...]],
    fixed: Container[str],
) -> Sifted:
    """Take away what is allowed beside it; ``fixed`` are the codes that nobody can allow."""
    left: list[Finding] = []
    lifted: list[tuple[Finding, Allowance]] = []
    used: set[Mark] = set()
    for finding in found:
        by = [one for one in allowed.get(finding.beside, ()) if _allows(one, finding.code)]
        if by and finding.code not in fixed:
            lifted.append((finding, by[0]))
            used.update(one.mark for one in by)
        else:
            left.append(finding)
    return Sifted(left, lifted, frozenset(used))


def _allows(by: Allowance, code: str) -> bool:
    return by.code == code and _WORD.search(by.reason) is not None


def of_post(post: Post) -> Mapping[Mark, tuple[Allowance, ...]]:
    """Give what a post allows, by its mark."""
    return {post.mark: post.allowed} if post.allowed else {}


def of_header(campaign: Campaign) -> Mapping[Mark, tuple[Allowance, ...]]:
    """Give what the campaign, its facts and its statements allow, by the mark of each."""
    found = {campaign.mark: campaign.allowed} if campaign.allowed else {}
    found |= {fact.mark: fact.allowed for fact in campaign.facts.values() if fact.allowed}
    return found | {one.mark: one.allowed for one in campaign.statements.values() if one.allowed}


def flaws(
    allowed: Mapping[Mark, tuple[Allowance, ...]],
    known: Container[str],
    fixed: Iterable[str],
    rules: Iterable[str],
) -> Iterator[Finding]:
    """Find what is wrong with allowances themselves; ``rules`` are the codes to suggest."""
    unallowed = frozenset(fixed)
    for beside, ones in allowed.items():
        for one in ones:
            if one.code not in known:
                message = f"{shown(one.code)} is the code of no rule." if one.code else _NO_CODE
                yield _flaw("L891", one, beside, message, did_you_mean(one.code.upper(), rules))
            elif one.code in unallowed:
                hint = f"Take the comment away, and mend what {one.code} tells."
                yield _flaw("L893", one, beside, f"{one.code} cannot be allowed.", hint)
            elif not _WORD.search(one.reason):
                hint = f"Write it behind: # groundswell: allow {one.code} because …"
                yield _flaw("L890", one, beside, f"{one.code} is allowed without a reason.", hint)


_NO_CODE = "The comment does not say which rule it allows to be broken."


def unused(
    allowed: Mapping[Mark, tuple[Allowance, ...]],
    used: Container[Mark],
    known: Container[str],
    fixed: Container[str],
) -> Iterator[Finding]:
    """Find allowances that took nothing away and have no flaw of their own."""
    for beside, ones in allowed.items():
        for one in ones:
            sound = one.code in known and one.code not in fixed and _WORD.search(one.reason)
            if sound and one.mark not in used:
                message = f"Nothing here breaks {one.code} any more."
                yield _flaw("L892", one, beside, message, "Take the comment away.")


def _flaw(code: str, one: Allowance, beside: Mark, message: str, hint: str) -> Finding:
    level: Level = "warning" if code == "L892" else "error"
    return Finding(message, hint, one.mark, beside, code, level)
