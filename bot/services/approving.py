"""Approving posts, withdrawing an approval, and letting a campaign need fewer.

People approve what they were shown: an approval is bound to the digest of the words, so that an
edit made meanwhile is never approved unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import Problem, UserError
from bot.planning import approval
from bot.services.queue import named_deliveries
from bot.yamlsource.problems import did_you_mean, require_name

if TYPE_CHECKING:
    from bot.model import Approval, Delivery
    from bot.planning.approval import PendingApproval
    from bot.runtime.app import App

_MIN_DIGEST_LENGTH = 6  # characters of a digest that may be typed


def waiting(app: App, campaign: str | None = None) -> list[PendingApproval]:
    """Return what waits for approval, the next due first. Raises UserError for no such campaign."""
    pending = app.approvals.waiting(app.clock.now())
    if campaign is None:
        return pending
    found = [item for item in pending if item.subject.campaign == campaign]
    if not found:
        known = {delivery.campaign for delivery in app.queue.all()}
        require_name("review", "campaign", campaign, known)
    return found


def find_waiting(app: App, typed: str) -> list[PendingApproval]:
    """Return what waits under a number, a key, ``campaign/post`` or ``campaign/post/account``.

    A name that ends in ``@`` and a digest means only these words. Raises UserError where nothing
    waits.
    """
    name, _, digest = typed.partition("@")
    deliveries = _find_deliveries(app, name)
    ids = {delivery.id for delivery in deliveries}
    pending = [item for item in waiting(app) if ids & {delivery.id for delivery in item.deliveries}]
    if digest and len(digest) < _MIN_DIGEST_LENGTH:
        raise _refusal(typed, "Q501", f"A digest has at least {_MIN_DIGEST_LENGTH} characters")
    found = [item for item in pending if item.digest.startswith(digest)]
    if pending and not found:
        raise _refusal(typed, "Q503", approval.EDITED_SINCE, approval.READ_AGAIN)
    if not found:
        reason = approval.why_none_waits(deliveries, app.clock.now())
        raise _refusal(typed, "Q502", reason, "See groundswell queue list --all.")
    return found


def approve(app: App, pending: PendingApproval, who: str) -> Approval:
    """Approve exactly what was shown. Raises UserError where that is not possible any more."""
    return app.approvals.approve(pending.subject, pending.digest, who, app.clock.now())


def withdraw(app: App, typed: str, who: str) -> list[str]:
    """Withdraw a person's approvals of the named posts; return their names. Raises UserError."""
    deliveries = _find_deliveries(app, typed)
    subjects = {delivery.subject: None for delivery in deliveries if delivery.approvals}
    if not subjects:
        raise _refusal(typed, "Q506", approval.NO_APPROVAL_NEEDED)
    withdrawn: list[str] = []
    problems: list[Problem] = []
    for subject in subjects:
        try:
            app.approvals.withdraw(subject, who, app.clock.now())
            withdrawn.append(str(subject))
        except UserError as error:
            problems += error.problems
    if not withdrawn:
        raise UserError(problems)
    return withdrawn


def held_floors(app: App) -> list[dict[str, Any]]:
    """Return the campaigns whose files ask for fewer approvals than are still needed."""
    return [
        {"campaign": name, "needed": floor.needed, "asked": floor.asked, "place": floor.place}
        for name, floor in sorted(app.queue_sync.floors.read().items())
        if floor.is_held
    ]


def lower_floor(app: App, name: str, who: str) -> dict[str, Any]:
    """Let a campaign need as many approvals as its file asks for. Raises UserError."""
    now = app.clock.now()
    campaigns = {campaign.id: campaign for campaign in app.queue_sync.files.check(now).campaigns}
    require_name("review", "campaign", name, campaigns)
    campaign, floors = campaigns[name], app.queue_sync.floors
    floor = floors.read().get(name)
    if max(floors.most_needed(name), floor.needed if floor else 0) <= campaign.require_approval:
        why = "Its posts need no more approvals than its file asks for"
        raise _refusal(name, "Q512", why)
    before = floors.lower(campaign, [*app.config.accounts.values()], who, now)
    return {"campaign": name, "from": before, "to": campaign.require_approval, "who": who}


def _find_deliveries(app: App, typed: str) -> list[Delivery]:
    """Return the deliveries that a name means, with what approvals each needs. Raises UserError."""
    deliveries = named_deliveries(app, typed)
    if not deliveries:
        known = {str(delivery.subject) for delivery in app.approvals.needing_approval()}
        hint = did_you_mean(typed, known, "groundswell review --list shows what waits.")
        raise _refusal(typed, "Q501", "There is no such post in the queue", hint)
    return list(map(app.approvals.with_account_minimum, deliveries))


def _refusal(typed: str, code: str, why: str, hint: str = "") -> UserError:
    return UserError([Problem(typed or "review", 0, 0, code, f"{why}.", hint)])
