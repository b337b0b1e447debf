"""``groundswell review`` shows posts that wait for approval, and records approvals."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import line_width, with_config
from bot.cli.post_table import MIN_TEXT_WIDTH
from bot.cli.review_preview import lapsed_words, render_preview
from bot.errors import UserError
from bot.services import approving
from bot.services.approval_views import approval_views, read_campaigns
from bot.text import join_first, truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from bot.model import Campaign, Subject
    from bot.planning.approval import PendingPost
    from bot.runtime.app import App
    from bot.services.approving import Decisions
    from bot.services.views_approval import ApprovalView, PostDecision

QUESTION = "[a]pprove, [s]kip, show [m]ore, [q]uit? "
ANSWERS = {
    **{key: key for key in "asmq"},
    "approve": "a",
    "skip": "s",
    "more": "m",
    "show more": "m",
    "quit": "q",
}
"""The answers that may be typed, with their keys."""

NO_TERMINAL = "Without a terminal, approve a post with: groundswell review --approve NAME"


def review(
    *,
    approve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="POST",
            help="Approve this post on all its accounts without being asked; may be repeated. Type "
            "its name or number in the list. A name with a digest approves only that version.",
        ),
    ] = None,
    withdraw: Annotated[
        list[str] | None,
        typer.Option(metavar="POST", help="Withdraw your approval; may be repeated."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="NAME", help="Only on this account; may be repeated."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="Only list the posts that wait.")] = False,
    lower: Annotated[
        str | None,
        typer.Option(
            metavar="CAMPAIGN",
            help="Confirm that the campaign needs only as many approvals as its file asks for now.",
        ),
    ] = None,
    campaign: options.Campaign = None,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show each post that waits for approval as it will look, and ask whether to approve it.

    An approval covers exactly these words, pictures and settings, on these accounts, this often. If
    one of them changes on an account, the approval lapses there. A new time does not matter. If two
    people must approve, the author cannot be one of them.

    Example: groundswell review --approve our-campaign/opening --as Ana
    """
    if bool(approve) + bool(withdraw) + bool(lower) + listing > 1:
        raise typer.BadParameter("use only one of --list, --approve, --withdraw and --lower")
    accounts = account or ()
    with open_app(load_config(config)) as opened_app:
        if lower:
            done = approving.lower_floor(opened_app, lower, who)
            numbers = f"{done.needed} instead of {done.before}"
            words = f"{who} confirmed that posts of {lower} need fewer approvals: {numbers}."
            output.emit(done, lambda: [words], as_json=as_json)
        elif approve:
            decisions = approving.approve_named(opened_app, approve, who, accounts)
            _print_decisions(decisions, _approval_lines, as_json=as_json)
        elif withdraw:
            decisions = approving.withdraw_named(opened_app, withdraw, who, accounts)
            _print_decisions(decisions, _withdrawal_lines, as_json=as_json)
        elif listing or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            waiting = approving.waiting(opened_app, campaign, accounts)
            campaigns = read_campaigns(opened_app) if waiting else {}
            views = approval_views(opened_app, waiting, campaigns)
            output.emit(views, lambda: _list_lines(views), as_json=as_json)
            output.error_line(*map(with_config, _floor_lines(opened_app)))
            if not listing and not as_json:
                output.error_line(with_config(NO_TERMINAL))
        else:
            review_each(opened_app, campaign, who, _ask, accounts)


# --- The list -------------------------------------------------------------------------------------


def _list_lines(views: Sequence[ApprovalView]) -> Iterator[str]:
    """Yield a line with each post's number, time and name, then its networks and first words.

    A name with a digest is too long to share a line of 80 characters with more.
    """
    if not views:
        yield "No posts wait for approval."
        return
    lead = max(len(str(view.number)) for view in views)
    for view in views:
        yield f"{view.number:>{lead}}  {view.local}  {view.name}"
        facts = f"{view.on} · {_approved(view)} · "
        width = min(max(line_width() - lead - 2 - len(facts), MIN_TEXT_WIDTH), output.TEXT_WIDTH)
        begin = " " * (lead + 2)
        yield f"{begin}{facts}{_first_words(view, width)}"
        yield from (f"{begin}{output.printable(line)}" for line in _remarks(view))
    verb = "waits" if len(views) == 1 else "wait"
    yield f"{output.pluralize(len(views), 'post')} {verb} for approval."


def _approved(view: ApprovalView) -> str:
    """Return the approvals so far, or the fewest on any account if they differ."""
    if not _is_mixed(view):
        return view.approved
    least = min(view.accounts, key=lambda account: len(account.approved_by) - account.needed)
    return f"{len(least.approved_by)} of {least.needed}"


def _is_mixed(view: ApprovalView) -> bool:
    return len({(account.needed, account.approved_by) for account in view.accounts}) > 1


def _first_words(view: ApprovalView, width: int) -> str:
    common = next(account for account in view.accounts if not account.differs).delivery
    poll = " [poll]" if any(part.poll for part in common.parts) else ""
    return truncate(output.printable(" ".join(common.text.split())), width - len(poll)) + poll


def _remarks(view: ApprovalView) -> Iterator[str]:
    """Yield differences between its accounts, and other remarks to read before approving."""
    if _is_mixed(view):
        yield f"approved: {view.approved}"
    if view.times > 1:
        yield f"{view.times} times, {view.frequency}"
    if elsewhere := view.elsewhere:
        yield f"elsewhere: {elsewhere}"
    earlier = dict.fromkeys(account.before.who for account in view.accounts if account.before)
    if earlier:
        yield f"changed since {' and '.join(earlier)} approved it"
    places: dict[str, list[str]] = {}
    for account in view.accounts:
        names = ", ".join(dict.fromkeys(change.what for change in account.differs))
        places.setdefault(names, []).append(account.place)
    yield from (f"differs on {join_first(on)}: {names}" for names, on in places.items() if names)
    yield from (f"breaks {found.code}, allowed: {found.reason}" for found in view.allowed)
    lapsed = dict.fromkeys(name for account in view.accounts for name in account.lapsed)
    if lapsed:
        yield lapsed_words([*lapsed])


def _floor_lines(opened_app: App) -> Iterator[str]:
    for held in approving.held_floors(opened_app):
        yield (
            f"{held.place} asks for fewer approvals of {held.campaign}, {held.asked} instead of "
            f"{held.needed}. Its posts still need {held.needed} until somebody confirms it: "
            f"groundswell review --lower {held.campaign}"
        )


# --- Decisions ------------------------------------------------------------------------------------


def _print_decisions(
    decisions: Decisions, lines: Callable[[PostDecision], Iterator[str]], *, as_json: bool
) -> None:
    """Print the decisions that took effect. Raise UserError afterwards for the others."""
    done = [post for post in decisions.posts if post.done]
    if done or as_json:
        printed = (line for post in done for line in lines(post))
        output.emit(decisions.posts, lambda: printed, as_json=as_json)
    if decisions.problems:
        raise UserError(decisions.problems)


def _approval_lines(post: PostDecision) -> Iterator[str]:
    """Yield the approved texts as the audience will see them, and the accounts without approval."""
    for text in post.texts:
        yield f"{post.who} approved {post.name} on {', '.join(text.accounts)}, which says:"
        for index, part in enumerate(text.parts):
            lines = [""] if index else []
            lines += output.part_lines(part)
            yield from (f"  | {output.printable(line)}" for line in lines)
    yield from _undone_lines(post)


def _withdrawal_lines(post: PostDecision) -> Iterator[str]:
    accounts = ", ".join(post.done)
    yield f"{post.who} withdrew the approval of {post.name} on {accounts}. It needs a new one."
    yield from _undone_lines(post)


def _undone_lines(post: PostDecision) -> Iterator[str]:
    for account in post.accounts:
        if not account.done:
            yield f"  not on {account.account}: {account.why}"


# --- One after the other --------------------------------------------------------------------------


def review_each(
    opened_app: App,
    campaign: str | None,
    who: str,
    ask: Callable[[], str],
    accounts: Collection[str] = (),
) -> None:
    """Show one post after the other and act on the answers; ``ask`` returns a key of ``ANSWERS``.

    The waiting posts are read again after each answer, because a post may be edited or approved
    meanwhile.
    """
    seen: set[tuple[Subject, str]] = set()
    answer, count = "", 0
    campaigns: Mapping[str, Campaign] = {}
    while answer != "q":
        waiting = approving.waiting(opened_app, campaign, accounts)
        left = approving.left_for(waiting, who, seen)
        if not left:
            break
        post = left[0]
        [view] = approval_views(opened_app, [post], campaigns)
        # The files are not read yet, or may have changed since.
        if any(account.notes for account in view.accounts):
            campaigns = read_campaigns(opened_app)
            [view] = approval_views(opened_app, [post], campaigns)
        output.line(render_preview(view))
        output.line(f"\n{len(left)} to review.")
        while (answer := ask()) == "m":
            output.line(render_preview(view, everything=True))
        seen.update((text.subject, text.digest) for text in post.texts)
        if answer == "a":
            decisions = approving.approve(opened_app, post, who)
            count += any(decided.done for decided in decisions.posts)
            for line in _answer_lines(decisions):
                output.line(line)
    _end(approving.waiting(opened_app, campaign, accounts), who, count)


def _answer_lines(decisions: Decisions) -> Iterator[str]:
    for post in decisions.posts:
        if post.done:
            yield f"Approved by {post.who} on {', '.join(post.done)}.\n"
    yield from output.problem_lines(decisions.problems)


def _end(unapproved: Sequence[PendingPost], who: str, count: int) -> None:
    others = sum(post.left_for(who) is None for post in unapproved)
    posts, rest = output.pluralize(count, "post"), len(unapproved) or "none"
    end = f", {others} of them by somebody other than {who}." if others else "."
    output.line(f"{posts} approved, {rest} left to approve{end}")


def _ask() -> str:
    """Ask until a valid answer is typed, because nothing else may count as an approval."""
    while True:
        sys.stdout.flush()
        try:
            typed = input(QUESTION).strip().casefold()
        except EOFError:
            output.line()
            return "q"
        if typed in ANSWERS:
            return ANSWERS[typed]
