"""What waits for approval, as a person reviews it, and carrying out what they say.

They approve what they were shown: everything here goes by the digest of the words, so that an edit
in between is never approved unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot import approval
from bot.campaigns.problems import did_you_mean
from bot.changes import since
from bot.errors import Problem, UserError
from bot.model import State
from bot.showing import LOCAL, Showing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.app import App
    from bot.approval import Waiting
    from bot.model import Approval, Campaign, Delivery, Fact, Post, Statement

SHORT = 12
"""Characters of a digest that stand for it in a name: enough that nobody meets another."""

_LEAST = 6  # characters of a digest that may be typed


def waiting(app: App, campaign: str | None = None) -> list[Waiting]:
    """Give what waits for approval, the next due first. Raises UserError for no such campaign."""
    found = app.approvals.waiting(app.clock.now())
    if campaign and campaign not in (known := {one.subject.campaign for one in found}):
        _refuse_unknown(app, campaign, known)
    return [one for one in found if campaign in (None, one.subject.campaign)]


def _refuse_unknown(app: App, campaign: str, known: set[str]) -> None:
    known = known | {one.campaign for one in app.queue.all()}
    if campaign not in known:
        message = f"There is no campaign {campaign} in the queue."
        raise UserError([Problem("review", 0, 0, "Q509", message, did_you_mean(campaign, known))])


def name(one: Waiting) -> str:
    """Give the name by which these very words can be approved: ``campaign/post/account@digest``."""
    return f"{one.subject}@{one.digest[:SHORT]}"


# --- Telling --------------------------------------------------------------------------------------


class Telling:
    """Describes what waits; the campaigns lend the facts and statements that it stands on."""

    def __init__(self, app: App, campaigns: Iterable[Campaign]) -> None:
        self._app = app
        self._showing = Showing(app)
        self._campaigns = {one.id: one for one in campaigns}

    def describe(self, one: Waiting) -> dict[str, Any]:
        """Give as plain values who says what and when, what changed, on what it stands."""
        shown = self._showing.describe(one.next)
        account = self._app.config.accounts.get(one.subject.account)
        return {
            "name": name(one),
            **one.subject._asdict(),
            "platform": one.next.platform,
            "handle": account.handle if account else "",
            "wording": one.next.wording,
            "digest": one.digest,
            "frequency": one.next.frequency,
            "due": [each.due for each in one.deliveries],
            "local": [_local(each) for each in one.deliveries],
            "needed": one.needed,
            "approved_by": list(one.names),
            "author": one.next.author,
            "price": shown["price"],
            "text": shown["text"],
            "parts": shown["parts"],
            "may_reply": one.next.content.reply_settings or "everyone",
            "before": _before(one),
            "changes": list(map(str, _changes(one))),
            **self._stands_on(one.next),
            "allowed": self._allowed(one.next),
            "notes": [*self._notes(one.next), *_held(one.next)],
        }

    def _stands_on(self, delivery: Delivery) -> dict[str, Any]:
        campaign = self._campaigns.get(delivery.campaign)
        post = _post(campaign, delivery)
        if campaign is None or post is None:
            return {"facts": [], "statements": []}
        return {
            "facts": [_fact(campaign.facts[one]) for one in post.facts],
            "statements": [_statement(campaign.statements[one]) for one in post.statements],
        }

    def _allowed(self, delivery: Delivery) -> list[dict[str, str]]:
        """Return what comments beside the post, or what it stands on, allow, and why."""
        campaign = self._campaigns.get(delivery.campaign)
        post = _post(campaign, delivery)
        if campaign is None or post is None:
            return []
        allowed = [*campaign.allowed, *post.allowed]
        allowed += [one for name in post.facts for one in campaign.facts[name].allowed]
        allowed += [one for name in post.statements for one in campaign.statements[name].allowed]
        return [{"code": one.code, "reason": one.reason} for one in allowed]

    def _notes(self, delivery: Delivery) -> Iterator[str]:
        """Say where the files are no longer what was queued."""
        post = _post(self._campaigns.get(delivery.campaign), delivery)
        if post is None:
            yield "The campaign files do not have this post any more, or not soundly."
        elif post.when.frequency != delivery.frequency or delivery.content.digest not in {
            wording.content.digest for wording in post.wordings
        }:
            yield "The files say something else. This is what is queued until run takes it in."


def _held(delivery: Delivery) -> Iterator[str]:
    """Say what else will hold it back, approved or not."""
    if delivery.embargo and delivery.due < delivery.embargo:
        yield f"Its campaign is under embargo until {_placed(delivery.embargo, delivery)}."
    if delivery.stale_from and delivery.stale_from <= delivery.due:
        since = _placed(delivery.stale_from, delivery)
        yield f"A fact in it is due for review from {since} on, and holds it back then."


def _changes(one: Waiting) -> Sequence[object]:
    return since(one.before, one.next) if one.before else ()


def _before(one: Waiting) -> dict[str, Any] | None:
    return {"who": one.before.who, "at": one.before.at} if one.before else None


def _local(delivery: Delivery) -> str:
    return _placed(delivery.due, delivery)


def _placed(instant: datetime, delivery: Delivery) -> str:
    return f"{instant.astimezone(ZoneInfo(delivery.timezone)):{LOCAL} %Z}"


def _post(campaign: Campaign | None, delivery: Delivery) -> Post | None:
    posts = campaign.posts if campaign else ()
    wanted = (delivery.post, delivery.event)
    found = {post.platform: post for post in posts if (post.id, post.event) == wanted}
    return found.get(delivery.platform, found.get(None))


def _fact(fact: Fact) -> dict[str, Any]:
    names = ("id", "claim", "figure", "source", "as_of", "review_by")
    return {one: getattr(fact, one) for one in names}


def _statement(statement: Statement) -> dict[str, Any]:
    names = ("id", "speaker", "role", "words", "exact", "source")
    return {one: getattr(statement, one) for one in names}


# --- Deciding -------------------------------------------------------------------------------------


def approve(app: App, one: Waiting, who: str) -> Approval:
    """Approve what was shown, and nothing else. Raises UserError where it may not be, any more."""
    return app.approvals.approve(one.subject, one.digest, who, app.clock.now())


def withdraw(app: App, typed: str, who: str) -> list[str]:
    """Take back a person's approvals of what is named; give of what. Raises UserError."""
    subjects = {one.subject: None for one in _deliveries(app, typed) if one.approvals}
    if not subjects:
        raise _refused(typed, "Q506", approval.NONE_NEEDED, "")
    taken: list[str] = []
    problems: list[Problem] = []
    for subject in subjects:
        try:
            app.approvals.withdraw(subject, who, app.clock.now())
            taken.append(str(subject))
        except UserError as error:
            problems += error.problems
    if not taken:
        raise UserError(problems)
    return taken


def named(app: App, typed: str) -> list[Waiting]:
    """Give what waits under a number, a key, ``campaign/post`` or ``campaign/post/account``.

    ``@`` and a digest after it mean these words alone. Raises UserError where nothing waits.
    """
    place, _, digest = typed.partition("@")
    numbers = {one.id for one in _deliveries(app, place)}
    found = [one for one in waiting(app) if numbers & {each.id for each in one.deliveries}]
    these = [one for one in found if one.digest.startswith(digest)]
    if digest and len(digest) < _LEAST:
        raise _refused(typed, "Q501", f"A digest has at least {_LEAST} characters", "")
    if found and not these:
        raise _refused(typed, "Q503", approval.EDITED, "Look at it anew: groundswell review.")
    if not these:
        raise _refused(typed, "Q502", _why_not(app, place), "See groundswell queue list --all.")
    return these


def _why_not(app: App, place: str) -> str:
    """Say why none of these wait for approval."""
    found = _deliveries(app, place)
    if not any(one.approvals for one in found):
        return approval.NONE_NEEDED
    scheduled = [one for one in found if one.state is State.SCHEDULED]
    if any(app.clock.now() <= one.deadline for one in scheduled):
        return "It has all the approvals that it needs"
    if scheduled:
        return "Its time has passed"
    return approval.too_late(one.state for one in found) or "It is not in the queue any more"


def _deliveries(app: App, typed: str) -> list[Delivery]:
    """Give the deliveries that a name means. Raises UserError."""
    approvals = app.approvals
    one = app.queue.get(typed)
    if one:
        return [approvals.raised(one)]
    campaign, _, rest = typed.partition("/")
    posts = app.queue.of_posts([(campaign, rest.partition("/")[0])])
    found = [approvals.raised(each) for each in posts if typed in _names(each)]
    if not found:
        known = {str(each.subject) for each in approvals.pending()}
        hint = did_you_mean(typed, known, "groundswell review --list shows what waits.")
        raise _refused(typed, "Q501", "There is no such post in the queue", hint)
    return found


def _names(delivery: Delivery) -> tuple[str, ...]:
    return f"{delivery.campaign}/{delivery.post}", str(delivery.subject)


def _refused(typed: str, code: str, why: str, hint: str) -> UserError:
    return UserError([Problem(typed or "review", 0, 0, code, f"{why}.", hint)])
