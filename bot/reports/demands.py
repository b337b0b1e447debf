"""The demands on the first screen."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.model import sum_known
from bot.reports.lines import DEMAND_LENGTH, Line, Section, count_engagements
from bot.reports.table import format_count, format_factor, format_number_of, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.reports.evidence import Evidence
    from bot.reports.moved import MovedDemand, PeriodReview

MAX_DEMANDS = 3
"""Most demands that are listed."""


def demand_sections(
    evidence: Evidence, review: PeriodReview, *, is_decided: bool
) -> Iterator[Section]:
    """Yield the leading demands, and the demands with too few figures to rank them.

    ``is_decided`` says whether "What next" claims that one of them moves more people.
    """
    ranked = [demand for demand in review.demands if demand.is_ranked]
    if ranked:
        lines = tuple(Line(describe_demand(evidence, demand)) for demand in ranked[:MAX_DEMANDS])
        note = " ".join(_notes(evidence, review, ranked, is_decided=is_decided))
        yield Section("demands", "Leading demands", lines, ordered=True, note=note)
    if apart := [demand for demand in review.demands if not demand.is_ranked][:MAX_DEMANDS]:
        lines = tuple(Line(describe_demand(evidence, demand)) for demand in apart)
        yield Section("unranked", "Demands with too few figures", lines)


def _notes(
    evidence: Evidence, review: PeriodReview, ranked: list[MovedDemand], *, is_decided: bool
) -> Iterator[str]:
    first = ranked[0]
    known = ", as far as is known" if any(of.gained.unread for of in review.demands) else ""
    if len(ranked) > 1 and first.gained.engagements:
        had = f"“{demand_name(evidence, first)}” had the most engagements{known}"
        if is_decided:
            yield f"{had}. Which demand moves more people is said under What next."
        else:
            more = "people" if evidence.without_impressions else "of those who see it"
            yield f"{had}. It is not proved that it moves more {more}."
    if (more_demands := len(ranked) - MAX_DEMANDS) > 0:
        yield f"{format_number_of(more_demands, 'demand')} gained less."
    totals = all_time(evidence)
    leader = max(totals, key=lambda key: totals[key], default=None)
    if leader and leader != (first.campaign, first.demand) and totals[leader]:
        name = one_line(evidence.names.demand(*leader), DEMAND_LENGTH)
        yield f"Of all posts up to now, “{name}” has the most ({format_count(totals[leader])})."


def all_time(evidence: Evidence) -> dict[tuple[str, str], int]:
    """Return the engagements of all posts up to now, by campaign and demand."""
    counts: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for post in evidence.publications:
        if post.demand and post.id in evidence.latest:
            counts[post.campaign, post.demand].append(evidence.latest[post.id].counters.engagements)
    return {key: sum_known(found) or 0 for key, found in counts.items()}


def describe_demand(evidence: Evidence, demand: MovedDemand) -> str:
    """Return a line on what a demand's posts gained."""
    campaigns = {publication.campaign for publication in evidence.publications}
    where = f" ({evidence.names.campaign(demand.campaign)})" if len(campaigns) > 1 else ""
    times = f", {format_factor(demand.multiple)} your median" if demand.multiple else ""
    engaged = count_engagements(demand.gained)
    new = format_number_of(demand.new, "new post")
    line = f"“{demand_name(evidence, demand)}”{where}: {engaged}, {new}{times}"
    return "; ".join(filter(None, [line, demand.gained.missing]))


def demand_name(evidence: Evidence, demand: MovedDemand) -> str:
    """Return a demand's words, cut to a length that fits a line."""
    return one_line(evidence.names.demand(demand.campaign, demand.demand), DEMAND_LENGTH)
