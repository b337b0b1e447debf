"""Lines of ``review``: the list of waiting and refused posts, and the results of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli import output
from bot.cli.output import line_width
from bot.cli.post_table import MIN_TEXT_WIDTH
from bot.cli.review_preview import lapsed_words, typed_words
from bot.errors import UserError
from bot.text import join_first, truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.services.deciding import Decisions
    from bot.services.views_approval import ApprovalView, PostDecision


def list_lines(views: Sequence[ApprovalView]) -> Iterator[str]:
    """Yield a line with each post's number, time and name, then its networks and first words.

    A name with a digest is too long to share a line of 80 characters with more.
    """
    if not views:
        yield "No posts wait for approval."
        return
    refused = sum(bool(view.refused) for view in views)
    waiting = len(views) - refused
    lead = max(len(str(view.number)) for view in views)
    for view in views:
        yield f"{view.number:>{lead}}  {view.local}  {view.name}"
        facts = f"{view.on} · {_approved(view)} · "
        width = min(max(line_width() - lead - 2 - len(facts), MIN_TEXT_WIDTH), output.TEXT_WIDTH)
        begin = " " * (lead + 2)
        yield f"{begin}{facts}{_first_words(view, width)}"
        yield from (f"{begin}{output.printable(line)}" for line in _remarks(view))
    verb = "waits" if waiting == 1 else "wait"
    more = f", {refused} {'is' if refused == 1 else 'are'} refused" if refused else ""
    yield f"{output.pluralize(waiting, 'post')} {verb} for approval{more}."


def _approved(view: ApprovalView) -> str:
    """Return the approvals so far, or the fewest on any account if they differ."""
    if view.refused:
        return "refused"
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
    if view.refused:
        yield view.refused
    elif _is_mixed(view):
        yield f"approved: {view.approved}"
    if view.times > 1:
        yield f"{view.times} times, {view.frequency}"
    if elsewhere := view.elsewhere:
        yield f"elsewhere: {elsewhere}"
    earlier = dict.fromkeys(account.before.who for account in view.accounts if account.before)
    if earlier:
        yield f"changed since {' and '.join(earlier)} approved it"
    before = {account.refused_before: None for account in view.accounts if account.refused_before}
    yield from (f"an earlier version was refused by {of.who}: {of.why}" for of in before)
    places: dict[str, list[str]] = {}
    for account in view.accounts:
        names = ", ".join(dict.fromkeys(change.what for change in account.differs))
        places.setdefault(names, []).append(account.place)
    yield from (f"differs on {join_first(on)}: {names}" for names, on in places.items() if names)
    yield from (f"breaks {found.code}, allowed: {found.reason}" for found in view.allowed)
    for kind, words in (("typed", typed_words), ("lapsed", lapsed_words)):
        found = dict.fromkeys(name for account in view.accounts for name in getattr(account, kind))
        if found:
            yield words([*found])


# --- Decisions ------------------------------------------------------------------------------------


def print_decisions(
    decisions: Decisions, lines: Callable[[PostDecision], Iterator[str]], *, as_json: bool
) -> None:
    """Print the decisions that took effect. Raise UserError afterwards for the others."""
    done = [post for post in decisions.posts if post.done]
    if done or as_json:
        printed = (line for post in done for line in (*lines(post), *_undone_lines(post)))
        output.emit(decisions.posts, lambda: printed, as_json=as_json)
    if decisions.problems:
        raise UserError(decisions.problems)


def approval_lines(post: PostDecision) -> Iterator[str]:
    """Yield the approved texts as the audience will see them."""
    for text in post.texts:
        yield f"{post.who} approved {post.name} on {', '.join(text.accounts)}, which says:"
        for index, part in enumerate(text.parts):
            lines = [""] if index else []
            lines += output.part_lines(part)
            yield from (f"  | {output.printable(line)}" for line in lines)


def withdrawal_lines(post: PostDecision) -> Iterator[str]:
    """Yield the accounts on which an approval was withdrawn."""
    accounts = ", ".join(post.done)
    yield f"{post.who} withdrew the approval of {post.name} on {accounts}. It needs a new one."


def refusal_lines(post: PostDecision) -> Iterator[str]:
    """Yield the accounts on which a post is refused, and how that ends."""
    accounts = ", ".join(post.done)
    yield f"{post.who} refused {post.name} on {accounts}: {' '.join(post.why.split())}"
    yield "  It is not sent until somebody edits it or takes the refusal back."


def taking_back_lines(post: PostDecision) -> Iterator[str]:
    """Yield the accounts on which a post is not refused any more."""
    yield f"{post.who} took the refusal of {post.name} on {', '.join(post.done)} back."


def _undone_lines(post: PostDecision) -> Iterator[str]:
    for account in post.accounts:
        if not account.done:
            yield f"  not on {account.account}: {account.why}"
