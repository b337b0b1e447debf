"""What is queued: found by name, described as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.database.types import batched
from bot.database.workers import running_workers
from bot.delivery.decide import NOT_DUE, GiveUp, Wait, decide
from bot.engagement.budget import publishing_cost
from bot.errors import Problem, UserError
from bot.model import State
from bot.platforms import LOADED, load_platform
from bot.schedules.local_time import format_local
from bot.store.queue import UNFINISHED
from bot.store.waiting import read_waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.model import Account, Delivery, Occurrence
    from bot.runtime.app import App
    from bot.store.waiting import Waiting

GOING_OUT = frozenset({State.SCHEDULED, State.SENDING})
"""The states of a delivery that goes out once it is due, if nothing holds it."""

MAX_CANDIDATES = 8
"""Deliveries that are listed where a name can mean several."""

DIGEST_LENGTH = 12
"""Characters of a digest that stand for it in a name: too many for two to agree by chance."""


# --- Names ----------------------------------------------------------------------------------------


def named_deliveries(app: App, typed: str) -> list[Delivery]:
    """Return every delivery with this number, this key, or a key that begins with these parts."""
    if delivery := app.queue.get(typed):
        return [delivery]
    campaign, _, rest = typed.partition("/")
    post = rest.partition("/")[0]
    return [
        delivery
        for delivery in app.queue.of_posts([(campaign, post)])
        if f"{delivery.key}/".startswith(f"{typed.rstrip('/')}/")
    ]


def find_delivery(app: App, typed: str) -> Delivery:
    """Return the one delivery that is meant. Raises UserError where there are none or several."""
    deliveries = named_deliveries(app, typed)
    if len(deliveries) == 1:
        return deliveries[0]
    if not deliveries:
        raise _unknown(app, typed)
    raise _several(typed, deliveries)


def find_posts(app: App, typed: Sequence[str], accounts: Collection[str] = ()) -> list[Delivery]:
    """Return the deliveries that are meant, each once: a name means a post on all its accounts.

    With ``accounts``, it means the post on these only. Raises UserError with every name that means
    none, or several times of a post that is published again and again.
    """
    found: dict[int, Delivery] = {}
    problems: list[Problem] = []
    for name in typed:
        deliveries = named_deliveries(app, name)
        on = [delivery for delivery in deliveries if not accounts or delivery.account in accounts]
        if not deliveries:
            problems += _unknown(app, name).problems
        elif not on:
            names = ", ".join(dict.fromkeys(delivery.account for delivery in deliveries))
            message = f"It is not on {' or '.join(accounts)}."
            problems.append(Problem(name, 0, 0, "Q101", message, f"It is on {names}."))
        elif len({delivery.label for delivery in on}) > 1:
            problems += _several(name, on).problems
        found |= {delivery.id: delivery for delivery in on}
    if problems:
        raise UserError(problems)
    return list(found.values())


def _unknown(app: App, typed: str) -> UserError:
    from bot.campaigns.loading import FolderReader
    from bot.planning.unplanned import why_not_queued

    config = app.config
    campaigns = FolderReader(config.campaigns, config.accounts, LOADED).read().campaigns
    why = why_not_queued(typed, campaigns, config.accounts, app.clock.now(), config.horizon)
    queued = app.queue.in_states(UNFINISHED)
    names = sorted({f"{found.campaign}/{found.post}" for found in queued if found.post == typed})
    known = f"Its name is {' or '.join(names)}." if names else why
    hint = known or "groundswell queue list --all shows what there is."
    return UserError([Problem(typed, 0, 0, "Q101", "There is no such post.", hint)])


def _several(typed: str, deliveries: list[Delivery]) -> UserError:
    deliveries.sort(key=lambda delivery: delivery.state not in UNFINISHED)
    listed = [
        f"{delivery.id} ({delivery.due.astimezone(ZoneInfo(delivery.timezone)):%a %Y-%m-%d %H:%M}, "
        f"{delivery.account}, {delivery.state.value})"
        for delivery in deliveries[:MAX_CANDIDATES]
    ]
    more = f" and {rest} more" if (rest := len(deliveries) - len(listed)) else ""
    message = f"It can mean {len(deliveries)} posts: No. {', '.join(listed)}{more}."
    return UserError([Problem(typed, 0, 0, "Q102", message, "Name one by its number.")])


@dataclass(frozen=True, slots=True)
class DroppedPosts:
    """What became of posts that a person took out of the queue."""

    dropped: tuple[Delivery, ...]
    """The deliveries that will not be sent."""
    problems: tuple[Problem, ...]
    """Why the others cannot be dropped: they are out already, or not sent in any case."""


def drop_posts(app: App, deliveries: Iterable[Delivery], who: str) -> DroppedPosts:
    """Take deliveries out of the queue for good, all of them that still can be."""
    dropped: list[Delivery] = []
    problems: list[Problem] = []
    for delivery in deliveries:
        try:
            app.queue.drop(delivery, who, app.clock.now())
            dropped.append(delivery)
        except UserError as error:
            problems += error.problems
    return DroppedPosts(tuple(dropped), tuple(problems))


# --- Deliveries -----------------------------------------------------------------------------------


def format_due(subject: Delivery | Occurrence) -> str:
    """Return when something is due, where its audience is."""
    return format_local(subject.due, subject.timezone)


def waiting_calls(app: App) -> list[Waiting]:
    """Return the calls of running loops that have waited for a platform for long."""
    workers = [worker.name for worker in running_workers(app.database)]
    return read_waiting(app.database, workers, app.clock.now())


def explain(app: App, deliveries: Sequence[Delivery]) -> dict[int, str]:
    """Return in words, by number, why each is in its state; "" if it just waits for its time."""
    now = app.clock.now()
    reasons = {delivery.id: delivery.reason for delivery in deliveries}
    going = [found for found in deliveries if found.due <= now and found.state in GOING_OUT]
    stuck = {call.account: call.describe(now) for call in waiting_calls(app)} if going else {}
    for delivery in going:
        sending = delivery.state is State.SENDING
        usual = "" if sending else "goes out now, if the loop runs"
        reasons[delivery.id] = stuck.get(delivery.account, usual)
    for batch in batched([found for found in deliveries if found.state is State.SCHEDULED]):
        with app.database.reading() as connection:
            situations = app.situations.read(connection, batch, now).by_delivery
        for delivery in batch:
            step = decide(delivery, situations[delivery.id], now)
            if isinstance(step, Wait | GiveUp):
                reasons[delivery.id] = "" if step.why == NOT_DUE else step.why
    return reasons


def describe_deliveries(app: App, deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Return deliveries as plain values: their states and why, what they say, what they cost."""
    if not deliveries:
        return []
    reasons, accounts = explain(app, deliveries), app.config.accounts
    publications = app.metrics.publications()
    urls = {(published.delivery, published.part): published.url for published in publications}
    return [
        _describe(delivery, accounts.get(delivery.account), reasons[delivery.id], urls)
        for delivery in deliveries
    ]


def _describe(
    delivery: Delivery, account: Account | None, why: str, urls: Mapping[tuple[int, int], str]
) -> dict[str, Any]:
    platform = load_platform(delivery.platform)
    parts = []
    for index, part in enumerate(delivery.content.parts):
        used, limit = platform.length(part, account) if account else (0, 0)
        parts.append(
            {
                "text": part.text,
                "length": f"{used} of {limit} characters",
                "media": [
                    {"file": media.path.name, "alt": media.alt, "focus": media.focus}
                    for media in part.media
                ],
                "poll": asdict(part.poll) if part.poll else None,
                "card": asdict(part.card) if part.card else None,
                "url": urls.get((delivery.id, index), ""),
            }
        )
    names = ("key", "campaign", "demand", "event", "account", "wording", "due")
    return {
        "number": delivery.id,
        **{name: getattr(delivery, name) for name in names},
        "state": delivery.state.value,
        "why": why,
        "local": format_due(delivery),
        "price": f"${publishing_cost(platform, delivery.content, delivery.due)}",
        "warning": delivery.content.warning or "",
        "language": delivery.content.language or "",
        "labels": list(delivery.content.labels),
        "text": delivery.content.text,
        "parts": parts,
    }


def describe_attempts(app: App, delivery: Delivery) -> list[dict[str, Any]]:
    """Return every attempt to send it, with every look at the timeline that followed."""
    return [
        {
            "part": attempt.part + 1,
            "opened": f"{attempt.opened:%Y-%m-%d %H:%M:%SZ}",
            "outcome": attempt.outcome,
            "detail": attempt.detail,
            "status": attempt.status,
            "sent": attempt.payload,
            "looks": [
                {
                    "at": f"{probe.at:%Y-%m-%d %H:%M:%SZ}",
                    "readable": probe.readable,
                    "matches": [match.url for match in probe.matches],
                    "evidence": probe.evidence,
                }
                for probe in app.queue.probes(attempt.id)
            ],
        }
        for attempt in app.queue.attempts(delivery.id)
    ]
