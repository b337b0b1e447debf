"""Advice on which kinds of posts move more people, and the matters that need a person.

Posts differ in their time, demand, pictures, links and parts. Each of these traits sorts an
account's posts into kinds, which are compared as demands and wordings are
(``bot.reports.comparing``). The claims of all traits and accounts are judged together, because one
of many would otherwise be true by chance. Settled posts of an account without impressions are
compared by engagements per post. If nothing can be claimed, the advice says so, and how many posts
of each kind there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from bot.clock import utc_month
from bot.model.web_addresses import TODAY
from bot.reports.comparing import MIN_POSTS, Trial, Verdict, verdicts
from bot.reports.per_post import log_count, posterior_of, typical_count
from bot.reports.table import (
    DAYS,
    describe_last_read,
    format_count,
    format_number,
    format_rate,
    format_weekday,
    one_line,
)
from bot.reports.totals import DAY, post_trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import BudgetStatus, Publication
    from bot.reports.evidence import Evidence

_PARTS_OF_DAY = ("nights", "mornings", "afternoons", "evenings")
"""Six hours each, from midnight."""

MAX_UNDECIDED = 3
"""Most kinds that are named as not decided yet. Those of most posts are."""

_DEMAND_LENGTH = 60


def kinds_of(evidence: Evidence, post: Sequence[Publication]) -> dict[str, str]:
    """Return a post's kind by each trait, as the plural that begins a sentence.

    ``post`` holds its parts in their order.
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

    Return sentences with the claims, by trait, and if there are none, sentences on the comparisons.
    """
    families: dict[tuple[str, str], dict[str, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for delivery, trial in post_trials(evidence).items():
        parts = evidence.parts[delivery]
        for trait, kind in kinds_of(evidence, parts).items():
            families[trait, parts[0].account][kind].append(trial)
    compared = {family: kinds for family, kinds in families.items() if len(kinds) > 1}
    found = verdicts(
        {(*family, kind): posterior_of(trials) for kind, trials in kinds.items()}
        for family, kinds in compared.items()
    )
    several = len({account for _, account in families}) > 1
    claims: dict[str, list[str]] = defaultdict(list)
    for (trait, account), kinds in compared.items():
        on = f" on {evidence.names.account(account)}" if several else ""
        for kind in kinds:
            how_many, how_sure = _CLAIMED.get(found[trait, account, kind], ("", ""))
            # If one of two kinds is better, the other is worse, and need not be named.
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
    amount, amount_of_others = map(_amount, (own, others))
    over = f"typically {amount} engagements per post"
    if own[0].impressions:
        over = f"{amount} of those who see them"
    return (
        f"{kind} move {how_many} people{on}: {over}, {amount_of_others} "
        f"otherwise ({how_sure}; {len(own)} and {len(others)} posts)."
    )


def _amount(trials: Sequence[Trial]) -> str:
    """Return the rate of these posts, or the geometric mean of their engagements."""
    if any(trial.impressions for trial in trials):
        return format_rate(Trial(*map(sum, zip(*trials, strict=True))).rate)
    typical = typical_count(fmean(log_count(trial.engagements) for trial in trials))
    return format_number(Decimal(typical))


def _undecided(compared: Mapping[tuple[str, str], Mapping[str, Sequence[Trial]]]) -> list[str]:
    """Return sentences on kinds that are too rare to compare and kinds without a difference.

    They describe each trait by the account with most posts, the trait of most posts first.
    """
    found: dict[str, tuple[int, bool, str]] = {}
    for (trait, _), kinds in compared.items():
        rarest, most = (pick(kinds, key=lambda name: len(kinds[name])) for pick in (min, max))
        is_rare = len(kinds) == 2 and len(kinds[rarest]) < MIN_POSTS  # noqa: PLR2004 - this or that
        kind, total = rarest if is_rare else most, sum(map(len, kinds.values()))
        # A weekday keeps its capital in the middle of a sentence.
        name = kind if trait == "when" else kind[0].lower() + kind[1:]
        if total > found.get(trait, (0,))[0]:
            found[trait] = (total, is_rare, f"{name} ({len(kinds[kind])} of {total} posts)")
    ordered = sorted(found.values(), key=lambda entry: -entry[0])
    rare, alike = (
        ", ".join([words for _, is_rare, words in ordered if is_rare == wanted][:MAX_UNDECIDED])
        for wanted in (True, False)
    )
    sentences = []
    if rare:
        learn = "Post more of them to learn whether they move more people."
        sentences.append(f"Too rare to compare: {rare}. {learn}")
    if alike:
        sentences.append(f"No difference yet: {alike}.")
    return sentences


# --- What needs a person, and what next ---------------------------------------------------------

FOR_TECHNICIAN = "For your technician:"
"""Begins the part of a line that a person forwards, with the command that settles the matter."""

NO_ACCOUNT = "config.yaml has no such account any more"
"""The reason why the figures of an account that was renamed or taken out are not read."""

MAX_ATTENTION = 8
"""Most matters that are listed for a person."""


class Matter(NamedTuple):
    """A matter that needs a person."""

    text: str
    """The decision, then the command behind ``FOR_TECHNICIAN``."""
    page: str = ""
    """The path of the page of the control room that settles it, or shows it; "" without one."""


@dataclass(frozen=True, slots=True)
class PeriodNotes:
    """The matters of the first screen that are not figures of posts."""

    attention: tuple[Matter, ...] = ()
    """The matters that need a person now."""
    scheduled_ahead: int | None = None
    """The number of posts that are scheduled for the next seven days, or None if not known."""
    spent: tuple[Decimal, Decimal] | None = None
    """The dollars booked in the period and in the one before, or None if not asked for."""
    budgets: tuple[BudgetStatus, ...] = ()
    """The budgets of the month."""
    hint: Callable[[str], str] = str
    """Completes the commands that a line names."""
    web_origin: str = ""
    """The origin of the control room, to whose pages lines link; "" without one."""


def what_needs_person(evidence: Evidence, notes: PeriodNotes, now: datetime) -> Iterator[Matter]:
    """Yield the matters that need a person.

    Figures that are not read because a budget is spent share a line with that budget.
    """
    yield from notes.attention[:MAX_ATTENTION]
    if (more := len(notes.attention) - MAX_ATTENTION) > 0:
        yield Matter(f"and {more} more. {FOR_TECHNICIAN} groundswell inbox", TODAY)
    late: dict[str, list[Publication]] = defaultdict(list)
    for post in evidence.publications:
        is_paused = post.account in evidence.paused_accounts
        if post.next_read and (post.next_read < now - DAY or is_paused):
            late[post.account].append(post)
    new_budget = f"a new budget begins on {format_weekday(utc_month(now)[1], evidence.zone)}"
    raise_it = f"{FOR_TECHNICIAN} raise budget in config.yaml; groundswell plan --cost"
    for account, posts in sorted(late.items()):
        when = describe_last_read(evidence, posts)
        unread = f"{evidence.names.account(account)} has no new figures {when}"
        if (why := evidence.paused_accounts.get(account)) == NO_ACCOUNT:
            give = f"{FOR_TECHNICIAN} give it its old name back in config.yaml"
            yield Matter(f"{unread}, as {why}. {give}")
        elif why:
            decide = f"Decide whether to spend more or to wait, as {new_budget}"
            judged = "Its posts cannot be judged meanwhile"
            yield Matter(f"{unread}, as {why}. {judged}. {decide}. {raise_it}", TODAY)
        else:
            running = f"Is Groundswell running? {FOR_TECHNICIAN} groundswell status"
            yield Matter(f"{unread}. {running}", TODAY)
    for budget in notes.budgets:
        if budget.threshold and not late.keys() & {budget.account} & {*evidence.paused_accounts}:
            spent = f"{evidence.names.account(budget.account)} has spent {budget}"
            then = f"Once all is spent, figures are not read until {new_budget}"
            yield Matter(f"{spent}. Decide whether it may spend more. {then}. {raise_it}", TODAY)


def what_next(claims: Mapping[str, Sequence[str]], scheduled_ahead: int | None) -> Iterator[str]:
    """Yield how many posts are scheduled for the week ahead, then the claims of ``advise``."""
    if scheduled_ahead == 0:
        add = f"{FOR_TECHNICIAN} groundswell queue add"
        yield f"No post is scheduled for the seven days ahead. Write some. {add}"
    if count := scheduled_ahead:
        posts = "1 post is" if count == 1 else f"{format_count(count)} posts are"
        yield f"{posts} scheduled for the seven days ahead."
    yield from chain.from_iterable(claims.values())
    if not claims:
        yield "The figures carry no advice yet. No kind of post surely moves more people."
