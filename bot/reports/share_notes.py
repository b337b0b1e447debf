"""The sentences of the report on share pages, on what its counts are and what they leave out."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from bot.link_marks import reason_to_leave
from bot.model.share import NETWORK_NAMES, PAGE_NETWORKS, UNSEEN_NETWORKS
from bot.reports.arrivals import is_whole, page_links
from bot.reports.medians import MIN_ENGAGEMENTS
from bot.reports.share_rows import SHARED
from bot.reports.table import format_count, format_number_of, one_line
from bot.reports.verdict import are_alike
from bot.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from bot.model.arrivals import ArrivalReading
    from bot.reports.arrivals import Arrivals
    from bot.reports.evidence import Evidence

NO_FILES = "No web log was given."
"""The note of the table without a reading."""

NO_SHARE_PAGE = "None of these campaigns has a share page."

NOT_MARKED = (
    "The links of these campaigns have no marks, and nobody is counted who arrives by them. Set "
    "links: in a campaign."
)

PAGE_ALONE = (
    f"{join_words([NETWORK_NAMES[id_] for id_ in PAGE_NETWORKS])} take only the address of the "
    "share page itself. They may link to the address by which the page names itself, which has no "
    "marks and no counter. Whoever comes from there is then not counted. Without a count, these "
    "rows therefore have no data."
)

NOT_THE_SAME = (
    "Opened and arrived count different things, and no rate is made of them. Opened counts links "
    "that were followed. Arrived counts pages that the web log or the analytics saw, and some "
    "people leave before a page has loaded."
)

UNSEEN_PLACES = (
    "It is not known where people posted by their device's share sheet, or pasted a copied text."
)

NOBODY = "Nobody arrived by a marked link of the share page or of our own posts on these days."

OPENED_DAYS = (
    "The days of opened links are those of UTC, or of the --timezone of groundswell share serve."
)

MIN_COUNT = MIN_ENGAGEMENTS
"""Smaller counts are not compared."""

SMALL = f"A count below {MIN_COUNT} is a small number. The order of such rows may be chance."


def describe_arrivals(arrivals: Arrivals) -> str:
    """Return a sentence on the arrivals from share pages beside those from our own posts."""
    shared, posted = arrivals.total("arrived"), arrivals.total("arrived_from_posts")
    if shared is None or posted is None:
        opened = arrivals.total("opened")
        times = format_number_of(opened or 0, "time")
        return "" if opened is None else f"Links of the share page were opened {times}."
    if not shared + posted:
        return NOBODY
    ours, theirs = format_count(posted), format_count(shared)
    if max(shared, posted) < MIN_COUNT:
        return f"{theirs} arrived from the share page, and {ours} from our own posts."
    if are_alike(shared, posted):
        return (
            f"About as many arrived from the share page ({theirs}) as from our own posts ({ours})."
        )
    more = "More" if shared > posted else "Fewer"
    return f"{more} arrived from the share page ({theirs}) than from our own posts ({ours})."


def first_notes(evidence: Evidence, arrivals: Arrivals) -> Iterator[str]:
    """Yield the sentences that stand under the first table."""
    has_page = any(campaign.share for campaign in evidence.campaigns)
    yield PAGE_ALONE if has_page else NO_SHARE_PAGE
    counts = arrivals.by(lambda of: of.network, SHARED).values()
    if any(found[id_] for found in counts if found for id_ in UNSEEN_NETWORKS):
        yield UNSEEN_PLACES


def caveats(evidence: Evidence, reading: ArrivalReading, arrivals: Arrivals) -> Iterator[str]:
    """Yield what a reader must know of the counts, the days first."""
    yield _covered_days(reading, arrivals)
    if cut := _cut_day(evidence, reading):
        yield cut
    if clocks := _clocks(evidence, reading, arrivals):
        yield clocks
    if arrivals.counted:
        yield OPENED_DAYS
    yield from _unmarked(evidence)
    if arrivals.total("opened") is not None and arrivals.total("arrived") is not None:
        yield NOT_THE_SAME
    if left_out := _left_out(reading):
        yield left_out
    yield from reading.notes


def _unmarked(evidence: Evidence) -> Iterator[str]:
    """Yield sentences on links that have no marks, so that nobody is counted who follows them."""
    if not any(campaign.link_marks for campaign in evidence.campaigns):
        yield NOT_MARKED
        return
    for campaign in evidence.campaigns:
        partners = campaign.share.partners if campaign.share else {}
        links = dict[str, str]()
        for id_, link in page_links(campaign).items():
            links.setdefault(link, partners[id_].name if id_ else campaign.title)
        for link, whose in links.items():
            if reason := reason_to_leave(link, campaign.link_marks):
                page = f"The share page of {one_line(whose)} links to {link}"
                yield f"{page} without marks. {reason}"


def _covered_days(reading: ArrivalReading, arrivals: Arrivals) -> str:
    days = arrivals.covered
    if not days:
        known = reading.days | reading.opened_days
        span = f"cover {_span(known)}" if known else "have no day that can be counted"
        return f"The files {span}." + (" The report is about other days." if known else "")
    gaps = len(arrivals.days) - len(days.intersection(arrivals.days))
    without = f" No file covers {format_number_of(gaps, 'day')} between these." if gaps else ""
    part = "the first and the last day perhaps only in part" if len(days) > 1 else "perhaps in part"
    return f"The files cover {_span(days)}, {part}. There is no data for other days.{without}"


def _cut_day(evidence: Evidence, reading: ArrivalReading) -> str:
    """Return a sentence if the report begins within a day of the files."""
    if evidence.since is None:
        return ""
    begin = evidence.since.astimezone(evidence.zone)
    day = begin.date()
    if is_whole(evidence, day) or day not in reading.days | reading.opened_days:
        return ""
    return (
        f"{day} is left out, because the report begins on that day at {begin:%H:%M}, and files are "
        "counted by whole days."
    )


def _span(days: Iterable[date]) -> str:
    first, last = min(days), max(days)
    return f"{first}" if first == last else f"{first} to {last}"


def _clocks(evidence: Evidence, reading: ArrivalReading, arrivals: Arrivals) -> str:
    """Return a sentence if the days begin at another moment than those of the report."""
    noon = (datetime.combine(day, time(12), evidence.zone) for day in arrivals.logged)
    if not arrivals.logged or {*reading.clocks} <= {f"{at:%z}" for at in noon}:
        return ""
    offsets = join_words(reading.clocks)
    return f"Days are those of the files' clock (UTC {offsets}), not of {evidence.timezone}."


def _left_out(reading: ArrivalReading) -> str:
    """Return how many lines of all files were left out, and why, or "" without any."""
    kinds = (
        (reading.robots, "by robots or previewers"),
        (reading.redirected, "answered with a redirect"),
        (reading.refused, "answered with an error"),
    )
    found = [f"{format_count(count)} {words}" for count, words in kinds if count]
    sentences = [f"Of the marked requests in all files, {join_words(found)} are left out."]
    if reading.unreadable:
        lines = format_count(reading.unreadable)
        sentences.append(f"{lines} of {format_number_of(reading.lines, 'line')} cannot be read.")
    return " ".join(sentences if found else sentences[1:])
