"""Evidence of a campaign with invented figures, for the report tests."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.model import (
    Content,
    Counters,
    Delivery,
    Media,
    Part,
    Poll,
    PollVotes,
    Publication,
    Snapshot,
    Spending,
    State,
)
from bot.reports import Evidence, Names, render, tables
from bot.reports.advice import PeriodNotes
from bot.reports.answer import Answer, answer
from bot.reports.catalogue import REPORTS
from bot.reports.period import Period
from bot.reports.period import moments as period_moments
from bot.reports.totals import DAY
from helpers import store
from helpers.store import text_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.reports.table import Table

NOW = datetime(2022, 7, 14, 16, 0, tzinfo=UTC)
CAMPAIGN = "people-over-profit"


def ago(days: float = 0.0, hours: float = 0.0) -> datetime:
    """Return an instant so long before NOW (positive numbers) in the past."""
    return NOW - timedelta(days=days, hours=hours)


def publication(number: int, **changes: object) -> Publication:
    values: dict[str, object] = {
        "id": number,
        "delivery": number,
        "part": 0,
        "campaign": CAMPAIGN,
        "post": f"post-{number}",
        "demand": "hart",
        "event": None,
        "account": "mj",
        "platform": "x",
        "remote_id": f"154{number:05}",
        "url": f"https://x.example/i/status/154{number:05}",
        "text": f"Post number {number}",
        "due": ago(days=3),
        "published": ago(days=3),
    }
    return Publication(**{**values, **changes})  # type: ignore[arg-type]


def snapshot(number: int, read: datetime, **counters: int | None) -> Snapshot:
    return Snapshot(number, read, Counters(**counters))


def evidence(
    *publications: Publication,
    snapshots: Iterable[Snapshot] = (),
    moments: Iterable[datetime] = (),
    **rest: object,
) -> Evidence:
    """Return evidence of these snapshots at each instant that a report uses.

    ``moments`` are further instants.
    """
    histories: dict[int, list[Snapshot]] = {publication.id: [] for publication in publications}
    for reading in sorted(snapshots, key=attrgetter("read")):
        if reading.publication in histories:
            histories[reading.publication].append(reading)
    latest = {id_: Snapshot.summed(history) for id_, history in histories.items()}
    known = {id_: counters for id_, counters in latest.items() if counters}
    zone = ZoneInfo(str(rest.get("timezone", "UTC")))
    instants = {NOW - DAY, *moments}
    instants |= period_moments(Period.last_days(7, NOW, zone), zone)
    return Evidence(
        publications=publications,
        latest=known,
        earlier={moment: _known_at(moment, histories) for moment in instants},
        **rest,  # type: ignore[arg-type]
    )


def evidence_of(rows: Iterable[tuple[Publication, Snapshot]], **rest: Any) -> Evidence:
    """Return evidence of posts with one reading each."""
    posts, reads = zip(*rows, strict=True)
    return evidence(*posts, snapshots=reads, **rest)


def sample_answer(of: Evidence, notes: PeriodNotes | None = None) -> Answer:
    """Return the first screen about the past week."""
    return answer(of, Period.last_days(7, NOW, of.zone), notes or PeriodNotes(), NOW)


def _known_at(moment: datetime, histories: Mapping[int, list[Snapshot]]) -> dict[int, Snapshot]:
    """Return the snapshots known at a moment, of publications that were read again later."""
    known = {
        id_: Snapshot.summed(read for read in history if read.read <= moment)
        for id_, history in histories.items()
        if history and history[-1].read > moment
    }
    return {id_: latest for id_, latest in known.items() if latest}


def delivery(number: int, state: State, **changes: object) -> Delivery:
    values: dict[str, object] = {
        "id": number,
        "key": f"key-{number}",
        "campaign": CAMPAIGN,
        "post": f"post-{number}",
        "demand": "hart",
        "due": ago(days=1),
        "content": text_content(f"Post number {number}"),
        "state": state,
        "not_before": ago(days=1),
    }
    return store.delivery(**{**values, **changes})


# --- A played campaign for looking at the page ----------------------------------------------------

NAMES = Names(
    {CAMPAIGN: "Amazon, put people over profit"},
    {
        (CAMPAIGN, "hart"): "Take HART off AWS",
        (CAMPAIGN, "nimbus"): "Drop Project Nimbus",
        (CAMPAIGN, "ring"): "End Ring's police partnerships",
        (CAMPAIGN, "contracts"): "End the police and military contracts that run on AWS",
    },
    {(CAMPAIGN, "nyc"): "AWS Summit New York", (CAMPAIGN, "chi"): "AWS Summit Chicago"},
    {"mj": "@MediaJustice", "athena": "@AthenaCoalition"},
)


class SamplePost(NamedTuple):
    """A post that went out, with its hours before NOW and its final impressions."""

    account: str
    demand: str | None
    event: str | None
    hours: float
    size: int


SAMPLE_POSTS = {
    SamplePost("mj", "hart", "nyc", 75, 5200): (
        "$6 billion: the price of a system that files away migrants' irises, DNA and voices. "
        "It is hosted by Amazon. Take HART off AWS."
    ),
    SamplePost("athena", "contracts", "nyc", 72, 2100): (
        "Tomorrow the AWS Summit opens at the Javits Center. Here is what the keynote will "
        "leave out. #NoTechForApartheid"
    ),
    SamplePost("mj", "contracts", "nyc", 51, 9800): (
        "Doors open at AWS Summit New York. So do ours: we are outside, and inside, to say "
        "that Amazon must put people over profit."
    ),
    SamplePost("mj", "nimbus", "nyc", 49.5, 7400): (
        "What is Project Nimbus? A short thread on a $1.2 billion contract. 1/4|In June 2021 "
        "Amazon Web Services and Google signed up to supply cloud services to the Israeli "
        "government. 2/4|Workers at both companies have asked that it end. 3/4|Amazon can "
        "still walk away. Drop Project Nimbus. #NoTechForApartheid 4/4"
    ),
    SamplePost("athena", "ring", "nyc", 47, 3900): (
        "Over 2,000 police departments partner with Amazon Ring. Your neighbour's doorbell "
        "is a police camera. End the partnerships."
    ),
    SamplePost("mj", "ring", None, 27, 6100): (
        "This month it became known: Ring footage was handed over without the customer's "
        "consent.\n\nWould you want to be asked?"
    ),
    SamplePost("athena", "hart", None, 23, 2600): (
        "HART gathers iris scans, fingerprints, voice prints and DNA of migrants, on AWS. "
        "Customers of AWS: ask where your bill goes."
    ),
    SamplePost("mj", "contracts", None, 6, 4300): (
        "In New York State, Amazon's technology listens to prison phone calls for words such "
        "as “lawyers”. Police and military contracts must end. ✊🏽"
    ),
    SamplePost("mj", None, "chi", 1.2, 1500): "Chicago, see you soon. (Date illustrative.)",
}
"""Text of each post, with "|" between the parts of a thread."""


SAMPLE_POLL = Poll(("Yes, always", "No"), 1440)


def report(name: str, of: Evidence) -> Table:
    return REPORTS[name](of, NOW)


def render_page(of: Evidence, *, names: Iterable[str] | None = None, **notes: Any) -> str:
    """Return the page with all tables, or the named ones; ``notes`` stand beside the figures."""
    answered = sample_answer(of, PeriodNotes(**notes))
    return render("html", of, tables(of, NOW, names), NOW, answer=answered)


@cache
def sample_page() -> str:
    """Return the page of ``sample_evidence``."""
    return render_page(sample_evidence())


def sample_evidence(folder: Path | None = None) -> Evidence:
    """Return three days of the example campaign; ``folder`` holds picture.png, if any."""
    rows = [
        _sample_rows(index, row, text.split("|"), folder)
        for index, (row, text) in enumerate(SAMPLE_POSTS.items())
    ]
    publications = [publication for published, _ in rows for publication in published]
    snapshots = sample_snapshots(publications)
    return evidence(
        *publications,
        snapshots=snapshots,
        spending=_spending(publications, snapshots),
        prices={publication.id: Decimal("0.015") for publication in publications},
        deliveries=[*(row[1] for row in rows), *_failed_deliveries()],
        votes={50: PollVotes((214, 58), ago(hours=1), closed=True)},
        names=NAMES,
        timezone="America/New_York",
        simulated=True,
    )


def sample_snapshots(publications: Iterable[Publication]) -> list[Snapshot]:
    """Return snapshots of the example campaign's publications."""
    return [
        reading
        for publication in publications
        for reading in _growth_curve(publication, _expected_impressions(publication))
    ]


def _sample_rows(
    index: int, row: SamplePost, texts: list[str], folder: Path | None
) -> tuple[list[Publication], Delivery]:
    published = ago(hours=row.hours)
    common: dict[str, object] = {
        "delivery": index,
        "account": row.account,
        "demand": row.demand,
        "event": row.event,
        "post": f"post-{index}",
        "due": published,
    }
    publications = [
        publication(
            index * 10 + part,
            part=part,
            text=text,
            published=published + timedelta(seconds=4 * part),
            gone=ago(hours=3) if index == 4 else None,
            poll=SAMPLE_POLL if index == 5 else None,
            **common,
        )
        for part, text in enumerate(texts)
    ]
    del common["delivery"]
    content = Content(tuple(_sample_part(index, text, folder) for text in texts))
    return publications, delivery(index, State.PUBLISHED, content=content, **common)


def _sample_part(index: int, text: str, folder: Path | None) -> Part:
    poll = SAMPLE_POLL if index == 5 else None
    if index == 0 and folder is not None:
        path = folder / "picture.png"
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        alt = "A server rack with an eye on it, and the words: 6 billion dollars"
        return Part(text, (Media(path, alt, digest, "image/png", len(data), 640, 360),))
    return Part(text, poll=poll)


def _expected_impressions(publication: Publication) -> float:
    index, part = divmod(publication.id, 10)
    return float([*SAMPLE_POSTS][index].size * 0.55**part)


def _growth_curve(publication: Publication, size: float) -> list[Snapshot]:
    """Return fixed snapshots that grow fast, then slower, at growing intervals."""
    hours = [0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72]
    end = publication.gone or NOW
    reads = [publication.published + timedelta(hours=age) for age in hours]
    return [_snapshot_at_age(publication, size, read) for read in reads if read <= end]


def _snapshot_at_age(publication: Publication, size: float, read: datetime) -> Snapshot:
    age = (read - publication.published).total_seconds() / 3600
    seen = round(size * (1 - math.exp(-age / 9)))
    wobble = 1 + publication.id % 7 / 10
    return snapshot(
        publication.id,
        read,
        impressions=seen,
        likes=round(seen * 0.021 * wobble),
        reposts=round(seen * 0.008 * wobble),
        quotes=round(seen * 0.0012),
        replies=round(seen * 0.002 * wobble),
        bookmarks=round(seen * 0.0016),
    )


def _spending(publications: list[Publication], snapshots: list[Snapshot]) -> list[Spending]:
    sends = [
        Spending(publication.published, publication.account, CAMPAIGN, "post", 1, Decimal("0.015"))
        for publication in publications
    ]
    accounts = {publication.id: publication.account for publication in publications}
    reads = [
        Spending(
            reading.read,
            accounts[reading.publication],
            CAMPAIGN,
            "own timeline read",
            1,
            Decimal("0.001"),
        )
        for reading in snapshots[::5]
    ]
    return sends + reads


def _failed_deliveries() -> list[Delivery]:
    lost = "The connection broke after sending; the timeline shows no copy. Look, then settle it."
    late = "The machine was off; the grace of 15 minutes had passed."
    return [
        delivery(90, State.NEEDS_HUMAN, due=ago(hours=5), reason=lost),
        delivery(91, State.MISSED, due=ago(hours=30), reason=late, account="athena"),
    ]
