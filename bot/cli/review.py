"""``groundswell review`` shows posts that wait for approval, and records decisions about them."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.dialogue import TerminalDialogue
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.cli.review_list import (
    approval_lines,
    list_lines,
    print_decisions,
    refusal_lines,
    taking_back_lines,
    withdrawal_lines,
)
from bot.cli.review_preview import render_preview
from bot.errors import UserError
from bot.services import approving, people, refusing
from bot.services.approval_views import approval_views, read_campaigns
from bot.services.deciding import Decider

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from bot.config.secrets import Redactor
    from bot.model import Campaign, Subject, User
    from bot.planning.pending import PendingPost
    from bot.runtime.app import App
    from bot.services.deciding import Decisions

QUESTION = "[a]pprove, [r]efuse, [s]kip, show [m]ore, [q]uit? "
WHY = "Why? (its author reads this; nothing: do not refuse it) "
ANSWERS = {
    **{key: key for key in "arsmq"},
    "approve": "a",
    "refuse": "r",
    "skip": "s",
    "more": "m",
    "show more": "m",
    "quit": "q",
}
"""The answers that may be typed, with their keys."""

NO_TERMINAL = "Without a terminal, approve a post with: groundswell review --approve NAME"


def review(
    ctx: typer.Context,
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
    refuse: Annotated[
        list[str] | None,
        typer.Option(
            metavar="POST",
            help="Refuse this version of a post, with --because; may be repeated. It is not sent, "
            "even if it has its approvals or needs none.",
        ),
    ] = None,
    because: Annotated[
        str, typer.Option(metavar="TEXT", help="Why you refuse it, for its author.")
    ] = "",
    take_back: Annotated[
        list[str] | None,
        typer.Option(
            metavar="POST",
            help="Take back your refusal or a colleague's; may be repeated. Your approval is "
            "withdrawn with --withdraw.",
        ),
    ] = None,
    account: options.Accounts = None,
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

    A refusal covers the same. It holds the post until it is taken back or the words are edited.

    Example: groundswell review --approve our-campaign/opening --as Ana
    """
    if sum(map(bool, (approve, withdraw, refuse, take_back, lower, listing))) > 1:
        options_ = "--list, --approve, --withdraw, --refuse, --take-back and --lower"
        raise typer.BadParameter(f"use only one of {options_}")
    if bool(refuse) != bool(because):
        raise typer.BadParameter('use --refuse POST --because "TEXT" together')
    accounts = account or ()
    with open_app(load_config(config)) as opened_app:
        sign_in = _signing_in(opened_app, who, ctx.obj.redactor)
        if lower:
            done = approving.lower_floor(opened_app, lower, who, sign_in)
            numbers = f"{done.needed} instead of {done.before}"
            words = f"{who} confirmed that posts of {lower} need fewer approvals: {numbers}."
            output.emit(done, lambda: [words], as_json=as_json)
        elif approve or withdraw or refuse or take_back:
            for names, act, lines in (
                (approve, partial(approving.approve_named, sign_in=sign_in), approval_lines),
                (withdraw, approving.withdraw_named, withdrawal_lines),
                (refuse, partial(refusing.refuse_named, why=because), refusal_lines),
                (take_back, partial(refusing.take_back_named, sign_in=sign_in), taking_back_lines),
            ):
                if names:
                    decisions = act(opened_app, names, who, accounts=accounts)
                    print_decisions(decisions, lines, as_json=as_json)
        elif listing or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            _print_list(opened_app, campaign, accounts, as_json=as_json)
            if not listing and not as_json:
                output.error_line(with_config(NO_TERMINAL))
        else:
            review_each(opened_app, campaign, who, _ask, accounts, sign_in=sign_in)


def _signing_in(opened_app: App, who: str, redactor: Redactor) -> Callable[[], User] | None:
    """Return what asks for the password of a typed name, once; None without a terminal."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return None

    def sign_in() -> User:
        name = people.find_user(opened_app, who).name
        dialogue = TerminalDialogue("review", redactor)
        dialogue.say("It needs two people, and people can sign in. A typed name does not count.")
        password = dialogue.ask_password(f"Password of {name}")
        return people.require_sign_in(opened_app, name, password, "groundswell review")

    return sign_in


def _print_list(
    opened_app: App, campaign: str | None, accounts: Collection[str], *, as_json: bool
) -> None:
    posts = approving.waiting(opened_app, campaign, accounts)
    posts += refusing.refused(opened_app, campaign, accounts)
    campaigns = read_campaigns(opened_app) if posts else {}
    views = approval_views(opened_app, posts, campaigns)
    output.emit(views, lambda: list_lines(views), as_json=as_json)
    output.error_line(*map(with_config, _floor_lines(opened_app)))


def _floor_lines(opened_app: App) -> Iterator[str]:
    for held in approving.held_floors(opened_app):
        yield (
            f"{held.place} asks for fewer approvals of {held.campaign}, {held.asked} instead of "
            f"{held.needed}. Its posts still need {held.needed} until somebody confirms it: "
            f"groundswell review --lower {held.campaign}"
        )


# --- One after the other --------------------------------------------------------------------------


def review_each(
    opened_app: App,
    campaign: str | None,
    who: str,
    ask: Callable[[], str],
    accounts: Collection[str] = (),
    ask_why: Callable[[], str] = lambda: _ask_line(WHY),
    sign_in: Callable[[], User] | None = None,
) -> None:
    """Show one post after the other and act on the answers; ``ask`` returns a key of ``ANSWERS``.

    The waiting posts are read again after each answer, because a post may be edited or approved
    meanwhile.
    """
    seen: set[tuple[Subject, str]] = set()
    decider = Decider(opened_app, who, sign_in)
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
        if answer == "a":
            try:
                by = decider.known_for(text.needed for text in post.texts)
            except UserError as error:  # a wrong password, after which the same post is asked about
                output.error_line(*output.problem_lines(error.problems))
                continue
            decisions = approving.approve(opened_app, post, by)
            count += any(decided.done for decided in decisions.posts)
            _print_answer(decisions, "Approved")
        elif answer == "r" and (why := ask_why()):
            _print_answer(refusing.refuse(opened_app, post, who, why), "Refused")
        seen.update((text.subject, text.digest) for text in post.texts)
    _end(approving.waiting(opened_app, campaign, accounts), who, count)


def _print_answer(decisions: Decisions, done: str) -> None:
    for post in decisions.posts:
        if post.done:
            output.line(f"{done} by {post.who} on {', '.join(post.done)}.\n")
    for line in output.problem_lines(decisions.problems):
        output.line(line)


def _end(unapproved: Sequence[PendingPost], who: str, count: int) -> None:
    others = sum(post.left_for(who) is None for post in unapproved)
    posts, rest = output.pluralize(count, "post"), len(unapproved) or "none"
    end = f", {others} of them by somebody other than {who}." if others else "."
    output.line(f"{posts} approved, {rest} left to approve{end}")


def _ask() -> str:
    """Ask until a valid answer is typed, because nothing else may count as an approval."""
    while True:
        typed = _ask_line(QUESTION, at_end="q").casefold()
        if typed in ANSWERS:
            return ANSWERS[typed]


def _ask_line(question: str, at_end: str = "") -> str:
    """Return a typed line, or ``at_end`` if there is no more input."""
    sys.stdout.flush()
    try:
        return input(question).strip()
    except EOFError:
        output.line()
        return at_end
