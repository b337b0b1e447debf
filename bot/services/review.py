"""What waits for approval, approving it, and withdrawing an approval.

People approve what they were shown: everything here is bound to the digest of the words, so that an
edit made meanwhile is never approved unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State
from bot.planning import approval
from bot.services.describe import named_deliveries
from bot.yamlsource.problems import did_you_mean, unknown_name

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
        if campaign not in known:
            raise UserError([unknown_name("review", "Q509", "campaign", campaign, known)])
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
        hint = "See what it says now: groundswell review."
        raise _refusal(typed, "Q503", approval.EDITED_SINCE, hint)
    if not found:
        reason = _why_none_waits(app, deliveries)
        raise _refusal(typed, "Q502", reason, "See groundswell queue list --all.")
    return found


def _why_none_waits(app: App, deliveries: list[Delivery]) -> str:
    """Return why none of these deliveries waits for approval."""
    if not any(delivery.approvals for delivery in deliveries):
        return approval.NO_APPROVAL_NEEDED
    scheduled = [delivery for delivery in deliveries if delivery.state is State.SCHEDULED]
    if any(app.clock.now() <= delivery.deadline for delivery in scheduled):
        return "It has all the approvals that it needs"
    if scheduled:
        return "Its time has passed"
    late = approval.too_late_reason(delivery.state for delivery in deliveries)
    return late or "It is not in the queue any more"


def _find_deliveries(app: App, typed: str) -> list[Delivery]:
    """Return the deliveries that a name means, with what approvals each needs. Raises UserError."""
    approvals = app.approvals
    deliveries = named_deliveries(app, typed)
    if not deliveries:
        known = {str(delivery.subject) for delivery in approvals.needing_approval()}
        hint = did_you_mean(typed, known, "groundswell review --list shows what waits.")
        raise _refusal(typed, "Q501", "There is no such post in the queue", hint)
    return list(map(approvals.with_account_minimum, deliveries))


def _refusal(typed: str, code: str, why: str, hint: str = "") -> UserError:
    return UserError([Problem(typed or "review", 0, 0, code, f"{why}.", hint)])
