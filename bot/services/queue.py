"""What is queued, and what of it waits for approval: found by name, described as plain values."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.database.types import batched
from bot.delivery.decide import GiveUp, Wait, decide
from bot.engagement.budget import publishing_cost
from bot.errors import Problem, UserError
from bot.model import State
from bot.planning.content_diff import differences_since_approval
from bot.platforms import load_platform
from bot.schedules.local_time import format_local
from bot.store.queue import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.model import Campaign, Delivery, Occurrence, Post, Situation
    from bot.planning.approval import PendingApproval
    from bot.runtime.app import App

MAX_CANDIDATES = 8
"""Deliveries that are listed where a name can mean several."""

DIGEST_LENGTH = 12
"""Characters of a digest that stand for it in a name: too many for two to agree by chance."""

_FACT_FIELDS = ("id", "claim", "figure", "source", "as_of", "review_by")
_STATEMENT_FIELDS = ("id", "speaker", "role", "words", "exact", "source")


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
    from bot.campaigns.loading import load
    from bot.planning.unplanned import why_not_queued

    deliveries = named_deliveries(app, typed)
    if len(deliveries) == 1:
        return deliveries[0]
    if not deliveries:
        config = app.config
        campaigns = load(config.campaigns, config.accounts).campaigns if "/" in typed else ()
        why = why_not_queued(typed, campaigns, config.accounts, app.clock.now(), config.horizon)
        hint = why or "groundswell queue list --all shows what there is."
        raise UserError([Problem(typed, 0, 0, "Q101", "There is no such post.", hint)])
    deliveries.sort(key=lambda delivery: delivery.state not in UNFINISHED)
    listed = [
        f"{delivery.id} ({delivery.due.astimezone(ZoneInfo(delivery.timezone)):%a %Y-%m-%d %H:%M}, "
        f"{delivery.account}, {delivery.state.value})"
        for delivery in deliveries[:MAX_CANDIDATES]
    ]
    more = f" and {rest} more" if (rest := len(deliveries) - len(listed)) else ""
    message = f"It can mean {len(deliveries)} posts: No. {', '.join(listed)}{more}."
    raise UserError([Problem(typed, 0, 0, "Q102", message, "Name one by its number.")])


# --- Deliveries -----------------------------------------------------------------------------------


def format_due(subject: Delivery | Occurrence) -> str:
    """Return when something is due, where its audience is."""
    return format_local(subject.due, subject.timezone)


class QueueDescriber:
    """Describes deliveries; asks the store once for what concerns them all."""

    def __init__(self, app: App, deliveries: Sequence[Delivery] = ()) -> None:
        """``deliveries`` are those to be described: their situations are read all at once."""
        self._app = app
        self._unread = {found.id: found for found in deliveries if found.state is State.SCHEDULED}
        self._situations: dict[int, Situation] = {}
        self._now = app.clock.now()

    @cached_property
    def _urls(self) -> Mapping[tuple[int, int], str]:
        publications = self._app.metrics.publications()
        return {(published.delivery, published.part): published.url for published in publications}

    def describe(self, delivery: Delivery) -> dict[str, Any]:
        """Return a delivery as plain values: its state and why, what it says, what it costs."""
        platform = load_platform(delivery.platform)
        account = self._app.config.accounts.get(delivery.account)
        parts = []
        for index, part in enumerate(delivery.content.parts):
            used, limit = platform.length(part, account) if account else (0, 0)
            parts.append(
                {
                    "text": part.text,
                    "length": f"{used} of {limit} characters",
                    "media": [{"file": media.path.name, "alt": media.alt} for media in part.media],
                    "poll": asdict(part.poll) if part.poll else None,
                    "url": self._urls.get((delivery.id, index), ""),
                }
            )
        return {
            "number": delivery.id,
            "key": delivery.key,
            "campaign": delivery.campaign,
            "demand": delivery.demand,
            "event": delivery.event,
            "account": delivery.account,
            "wording": delivery.wording,
            "state": delivery.state.value,
            "why": self.why(delivery),
            "due": delivery.due,
            "local": format_due(delivery),
            "price": f"${publishing_cost(platform, delivery.content, delivery.due)}",
            "text": delivery.content.text,
            "parts": parts,
        }

    def why(self, delivery: Delivery) -> str:
        """Return in words why a delivery is in its state, or what it waits for."""
        if delivery.state is not State.SCHEDULED:
            return delivery.reason
        if delivery.id not in self._situations:
            for batch in batched([*{**self._unread, delivery.id: delivery}.values()]):
                with self._app.database.reading() as connection:
                    read = self._app.situations.read(connection, batch, self._now)
                self._situations |= read.by_delivery
            self._unread = {}
        step = decide(delivery, self._situations[delivery.id], self._now)
        return step.why if isinstance(step, Wait | GiveUp) else "goes out now, if the loop runs"

    def history(self, delivery: Delivery) -> list[dict[str, Any]]:
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
                    for probe in self._app.queue.probes(attempt.id)
                ],
            }
            for attempt in self._app.queue.attempts(delivery.id)
        ]


# --- Pending approvals ----------------------------------------------------------------------------


class ReviewDescriber:
    """Describes what waits for approval, with its facts and statements from the campaign files.

    Files with mistakes still contribute theirs.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._queue_describer = QueueDescriber(app)
        self._campaigns: Mapping[str, Campaign] | None = None

    def read_files(self) -> Mapping[str, Campaign]:
        """Read the campaign files, again where they were read before; return the campaigns."""
        from bot.authoring.checking import check

        checked = check(self._app.config, self._app.clock.now())
        self._campaigns = {campaign.id: campaign for campaign in checked.campaigns}
        return self._campaigns

    def describe(self, pending: PendingApproval) -> dict[str, Any]:
        """Return as plain values who says what and when, what changed, and what it is based on.

        The name approves exactly these words: ``campaign/post/account@digest``.
        """
        delivery, previous = pending.next, pending.previous
        described = self._queue_describer.describe(delivery)
        account = self._app.config.accounts.get(pending.subject.account)
        campaign, post = self._find_post(delivery)
        return {
            "name": f"{pending.subject}@{pending.digest[:DIGEST_LENGTH]}",
            **pending.subject._asdict(),
            "platform": delivery.platform,
            "handle": account.handle if account else "",
            "wording": delivery.wording,
            "digest": pending.digest,
            "frequency": delivery.frequency,
            "due": [due.due for due in pending.deliveries],
            "local": list(map(format_due, pending.deliveries)),
            "needed": pending.needed,
            "approved_by": list(pending.approvers),
            "author": delivery.author,
            "price": described["price"],
            "text": described["text"],
            "parts": described["parts"],
            "may_reply": delivery.content.reply_settings or "everyone",
            "before": {"who": previous.who, "at": previous.at} if previous else None,
            "changes": [str(change) for change in differences_since_approval(previous, delivery)]
            if previous
            else [],
            **_based_on(campaign, post),
            "notes": list(_notes(delivery, post)),
        }

    def _find_post(self, delivery: Delivery) -> tuple[Campaign | None, Post | None]:
        """Return the campaign and the post in the files; None for what is not there."""
        campaigns = self.read_files() if self._campaigns is None else self._campaigns
        campaign = campaigns.get(delivery.campaign)
        by_platform = {
            post.platform: post
            for post in (campaign.posts if campaign else ())
            if (post.id, post.event) == (delivery.post, delivery.event)
        }
        return campaign, by_platform.get(delivery.platform, by_platform.get(None))


def _based_on(campaign: Campaign | None, post: Post | None) -> dict[str, Any]:
    """Return the facts and statements that a post uses, and what comments there allow."""
    if campaign is None or post is None:
        return {"facts": [], "statements": [], "allowed": []}
    facts = [campaign.facts[name] for name in post.facts]
    statements = [campaign.statements[name] for name in post.statements]
    suppressions = [*campaign.suppressions, *post.suppressions]
    suppressions += [found for fact in facts for found in fact.suppressions]
    suppressions += [found for statement in statements for found in statement.suppressions]
    return {
        "facts": [{name: getattr(fact, name) for name in _FACT_FIELDS} for fact in facts],
        "statements": [
            {name: getattr(statement, name) for name in _STATEMENT_FIELDS}
            for statement in statements
        ],
        "allowed": [{"code": item.code, "reason": item.reason} for item in suppressions],
    }


def _notes(delivery: Delivery, post: Post | None) -> Iterator[str]:
    """Yield how the files differ from what is queued, and what holds it back, approved or not."""
    if post is None:
        yield "The campaign files do not have this post any more, or there is a mistake in it."
    elif post.when.frequency != delivery.frequency or delivery.content.digest not in {
        wording.content.digest for wording in post.wordings
    }:
        yield "The files say something else: this is what stays queued until run reads them."
    if delivery.embargo and delivery.due < delivery.embargo:
        until = format_local(delivery.embargo, delivery.timezone)
        yield f"Its campaign is under embargo until {until}."
    if delivery.stale_from and delivery.stale_from <= delivery.due:
        since = format_local(delivery.stale_from, delivery.timezone)
        yield f"A fact in it is due for review from {since} on, and holds it back then."
