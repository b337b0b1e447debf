"""What the figures carry as advice: which posts move more people, where that can be claimed. Pure.

Posts differ in when they went out, in the demand that they carry, in their pictures, links and
parts. Each of these traits sorts an account's posts into kinds, and the kinds of a trait are
compared as demands and wordings are (``bot.reports.comparing``): all claims of all traits and
accounts together, so that of many questions none is answered by chance alone. Where nothing can be
claimed, that is said, with how many posts there are to go by.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.reports.comparing import Trial, Verdict, posterior_if_enough, verdicts
from bot.reports.table import DAYS, format_rate, one_line
from bot.reports.totals import post_trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.model import Publication
    from bot.reports.evidence import Evidence

_PARTS_OF_DAY = ("nights", "mornings", "afternoons", "evenings")
"""Six hours each, from midnight."""

MAX_UNDECIDED = 3
"""At most so many kinds are named of which nothing can be said yet, those of most posts."""

_DEMAND_LENGTH = 60


def kinds_of(evidence: Evidence, post: Sequence[Publication]) -> dict[str, str]:
    """Return the kind that a post is of by each trait: plural, as at the head of a sentence.

    ``post`` are its parts, in their order.
    """
    first, local = post[0], post[0].published.astimezone(evidence.zone)
    kinds = {"when": f"{DAYS[local.weekday()]} {_PARTS_OF_DAY[local.hour // 6]}"}
    if first.demand:
        demand = evidence.names.demand(first.campaign, first.demand)
        kinds["demand"] = f"Posts for “{one_line(demand, _DEMAND_LENGTH)}”"
    pictured = any(part.id in evidence.with_media for part in post)
    kinds["media"] = "Posts with a picture or video" if pictured else "Posts without a picture"
    linked = any("://" in part.text for part in post)
    kinds["link"] = "Posts with a link" if linked else "Posts without a link"
    kinds["thread"] = "Threads" if len(post) > 1 else "Single posts"
    return kinds


def advise(evidence: Evidence) -> tuple[dict[str, list[str]], list[str]]:
    """Compare the posts of each account by each trait.

    Return by trait what can be claimed, in sentences; or, where nothing can, the largest kinds with
    their number of posts.
    """
    families: dict[tuple[str, str], dict[str, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for delivery, trial in post_trials(evidence).items():
        parts = evidence.parts[delivery]
        for trait, kind in kinds_of(evidence, parts).items():
            families[trait, parts[0].account][kind].append(trial)
    compared = {family: kinds for family, kinds in families.items() if len(kinds) > 1}
    found = verdicts(
        {(*family, kind): posterior_if_enough(trials) for kind, trials in kinds.items()}
        for family, kinds in compared.items()
    )
    several = len({account for _, account in families}) > 1
    claims: dict[str, list[str]] = defaultdict(list)
    for (trait, account), kinds in compared.items():
        on = f" on {evidence.names.account(account)}" if several else ""
        for kind in kinds:
            how_many, how_sure = _CLAIMED.get(found[trait, account, kind], ("", ""))
            # Of two kinds, that one is better says already that the other is worse.
            if how_many and (how_many == "more" or len(kinds) > 2):  # noqa: PLR2004 - of two
                claims[trait].append(_claim(kinds, kind, how_many, how_sure, on))
    return claims, [] if claims else _undecided(compared)


_CLAIMED = {
    Verdict.BETTER: ("more", "surely"),
    Verdict.PROBABLY_BETTER: ("more", "probably"),
    Verdict.WORSE: ("fewer", "surely"),
    Verdict.PROBABLY_WORSE: ("fewer", "probably"),
}


def _claim(
    kinds: Mapping[str, Sequence[Trial]], kind: str, how_many: str, how_sure: str, on: str
) -> str:
    own = kinds[kind]
    others = [trial for other, trials in kinds.items() if other != kind for trial in trials]
    rate, rate_of_others = (
        format_rate(Trial(*map(sum, zip(*trials, strict=True))).rate) for trials in (own, others)
    )
    return (
        f"{kind} move {how_many} people{on}: {rate} of those who see them, {rate_of_others} "
        f"otherwise ({how_sure}; {len(own)} and {len(others)} posts)."
    )


def _undecided(compared: Mapping[tuple[str, str], Mapping[str, Sequence[Trial]]]) -> list[str]:
    """Return the largest kind of each trait, those of most posts first."""
    largest: dict[str, tuple[int, str]] = {}
    for (trait, _), kinds in compared.items():
        kind = max(kinds, key=lambda name: len(kinds[name]))
        if len(kinds[kind]) > largest.get(trait, (0, ""))[0]:
            largest[trait] = (len(kinds[kind]), kind)
    ordered = sorted(largest.values(), key=lambda pair: -pair[0])[:MAX_UNDECIDED]
    return [f"{kind} ({posts} post{'s' * (posts != 1)})" for posts, kind in ordered]
