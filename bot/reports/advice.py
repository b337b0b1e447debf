"""What the figures carry as advice: which posts move more people, where that can be claimed. Pure.

Posts differ in when they went out, in the demand that they carry, in their pictures, links and
parts. Each of these traits sorts an account's posts into kinds, and the kinds of a trait are
compared as demands and wordings are (``bot.reports.comparing``): all claims of all traits and
accounts together, so that of many questions none is answered by chance alone. Where nothing can be
claimed, that is said, with how many posts there are to go by.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.comparing import Trial, Verdict, posterior_if_enough, verdicts
from bot.reports.table import DAYS, format_rate, one_line
from bot.reports.totals import post_trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.model import Publication
    from bot.reports.evidence import Evidence

_PARTS_OF_DAY = ("nights", "mornings", "afternoons", "evenings")
"""Six hours each, from midnight."""

MAX_UNDECIDED = 3
"""At most so many kinds are named of which nothing can be said yet, those of most posts."""

_DEMAND_LENGTH = 60


Post = tuple["Publication", ...]
"""A post as its traits are told from: its parts, in their order."""

Trait = tuple[str, "Callable[[Evidence, Post], str | None]"]
"""A name, and the kind that a post is of by it: plural, as at the head of a sentence."""


def _when(evidence: Evidence, post: Post) -> str:
    local = post[0].published.astimezone(evidence.zone)
    return f"{DAYS[local.weekday()]} {_PARTS_OF_DAY[local.hour // 6]}"


def _demand(evidence: Evidence, post: Post) -> str | None:
    first = post[0]
    if not first.demand:
        return None
    demand = evidence.names.demand(first.campaign, first.demand)
    return f"Posts for “{one_line(demand, _DEMAND_LENGTH)}”"


def _media(evidence: Evidence, post: Post) -> str:
    shown = any(part.id in evidence.with_media for part in post)
    return "Posts with a picture or video" if shown else "Posts without a picture"


def _link(_: Evidence, post: Post) -> str:
    linked = any("://" in part.text for part in post)
    return "Posts with a link" if linked else "Posts without a link"


def _thread(_: Evidence, post: Post) -> str:
    return "Threads" if len(post) > 1 else "Single posts"


TRAITS: tuple[Trait, ...] = (
    ("when", _when),
    ("demand", _demand),
    ("media", _media),
    ("link", _link),
    ("thread", _thread),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence on which kind of posts moves more people, and the trait that it goes by."""

    trait: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What can be claimed; and the kinds of which nothing can be said yet, with their posts."""

    claims: tuple[Claim, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Key:
    trait: str
    account: str
    kind: str


def advise(evidence: Evidence) -> Advice:
    """Compare the posts of each account by each trait."""
    families: dict[tuple[str, str], dict[_Key, list[Trial]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for delivery, trial in post_trials(evidence).items():
        post = tuple(evidence.parts[delivery])
        for trait, kind_of in TRAITS:
            account = post[0].account
            if kind := kind_of(evidence, post):
                families[trait, account][_Key(trait, account, kind)].append(trial)
    compared = [kinds for kinds in families.values() if len(kinds) > 1]
    found = verdicts(
        {key: posterior_if_enough(trials) for key, trials in kinds.items()} for kinds in compared
    )
    several = len({account for _, account in families}) > 1
    claims = [
        _claim(evidence, key, kinds, found[key], several=several)
        for kinds in compared
        for key in kinds
        if found[key] in _CLAIMED and not _says_the_same(key, kinds, found)
    ]
    return Advice(tuple(claims), () if claims else tuple(_undecided(compared)))


_CLAIMED = {
    Verdict.BETTER: ("more", "surely"),
    Verdict.PROBABLY_BETTER: ("more", "probably"),
    Verdict.WORSE: ("fewer", "surely"),
    Verdict.PROBABLY_WORSE: ("fewer", "probably"),
}


def _says_the_same(
    key: _Key, kinds: Mapping[_Key, Sequence[Trial]], found: Mapping[_Key, Verdict]
) -> bool:
    """Return whether it is the worse of two, of which the better is claimed already."""
    return len(kinds) == 2 and _CLAIMED[found[key]][0] == "fewer"  # noqa: PLR2004 - of two


def _claim(
    evidence: Evidence,
    key: _Key,
    kinds: Mapping[_Key, Sequence[Trial]],
    verdict: Verdict,
    *,
    several: bool,
) -> Claim:
    own = kinds[key]
    others = [trial for kind, trials in kinds.items() if kind != key for trial in trials]
    how_many, how_sure = _CLAIMED[verdict]
    on = f" on {evidence.names.account(key.account)}" if several else ""
    return Claim(
        key.trait,
        f"{key.kind} move {how_many} people{on}: {format_rate(_rate(own))} of those who see them, "
        f"{format_rate(_rate(others))} otherwise ({how_sure}; {len(own)} and {len(others)} posts).",
    )


def _rate(trials: Sequence[Trial]) -> Decimal:
    shown = sum(trial.impressions for trial in trials)
    return Decimal(sum(trial.engagements for trial in trials)) / shown


def _undecided(compared: Sequence[Mapping[_Key, Sequence[Trial]]]) -> Iterator[str]:
    """Yield the largest kind of each trait, those of most posts first."""
    largest: dict[str, tuple[str, int]] = {}
    for kinds in compared:
        key = max(kinds, key=lambda kind: len(kinds[kind]))
        if len(kinds[key]) > largest.get(key.trait, ("", 0))[1]:
            largest[key.trait] = (key.kind, len(kinds[key]))
    for kind, posts in sorted(largest.values(), key=lambda pair: -pair[1])[:MAX_UNDECIDED]:
        yield f"{kind} ({posts} post{'s' * (posts != 1)})"
