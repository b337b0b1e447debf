"""Draw a post that waits for approval, with differences marked in its common version."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.cli import output
from bot.model import ONCE
from bot.model.post_words import join_places
from bot.planning.content_diff import PIECE_FORMATS
from bot.text import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from bot.services.views import MediaView, PartView
    from bot.services.views_approval import AccountApprovalView, ApprovalView, ChangeView

T = TypeVar("T")

MAX_TIMES = 3
"""At most this many due times are listed, unless all are asked for."""

_STYLES = {"kept": "", "out": "red strike", "in": "green bold"}
_LINKS_AND_TAGS = r"https://\S+|(?<!\w)#\w+"


def render_preview(view: ApprovalView, *, everything: bool = False) -> str:
    """Return the post with everything that a person should see before approving."""
    first, *others = _by_text(view)
    bodies: list[RenderableType] = [_whole(first, everything=everything)]
    for group in others:
        rewritten = everything or _is_rewritten(group[0].differs)
        bodies.append(_whole(group, everything=everything) if rewritten else _marked(group, first))
    rows = Table.grid(padding=(0, 2))
    for what, value in _detail_rows(view, everything=everything):
        if value:
            rows.add_row(Text(what, style="bold"), Text(escape_hidden(value)))
    rows.add_row(Text("Changes", style="bold"), Group(*_change_lines(view)))
    sources = Group(*(Text(escape_hidden(line)) for line in _source_lines(view)))
    rows.add_row(Text("Based on", style="bold"), sources)
    notes = [
        Text(escape_hidden(_at(view, group) + note), style="bold yellow")
        for note, group in _groups(view, lambda account: account.notes)
    ]
    return output.render(*bodies, rows, *notes)


# --- Texts ----------------------------------------------------------------------------------------


def _by_text(view: ApprovalView) -> list[list[AccountApprovalView]]:
    """Return the accounts grouped by version, the common version first."""
    groups: dict[str, list[AccountApprovalView]] = defaultdict(list)
    for account in sorted(view.accounts, key=lambda account: bool(account.differs)):
        groups[account.digest].append(account)
    return [*groups.values()]


def _is_rewritten(differs: Sequence[ChangeView]) -> bool:
    """Return whether a text shares too little with the common one for marks to help."""
    return any(
        change.what.startswith(("text", "part")) and "kept" not in dict(change.pieces)
        for change in differs
    )


def _whole(group: Sequence[AccountApprovalView], *, everything: bool) -> Panel:
    parts = group[0].delivery.parts
    bodies: list[RenderableType] = []
    for index, part in enumerate(parts):
        if len(parts) > 1:
            bodies.append(Text(f"Part {index + 1} of {len(parts)}", style="dim"))
        text = Text(escape_hidden(part.text))
        text.highlight_regex(_LINKS_AND_TAGS, "cyan")
        bodies += [text, *_attachments(part, everything=everything)]
        bodies += [Text(f"\n{_lengths(group, index)}", style="dim"), Text("")]
    return _panel(group, bodies[:-1])


def _attachments(part: PartView, *, everything: bool) -> Iterator[Text]:
    if part.card:
        yield Text(escape_hidden(f"\nLink card: {part.card}"), style="magenta")
    for media in part.media:
        words = "on the card" if part.card else f"alt text: {media.alt}"
        line = f"\n{_file(media, everything=everything)}  {words}"
        if media.focus:
            line += f"  focal point: {', '.join(map(str, media.focus))}"
        yield Text(escape_hidden(line), style="magenta")
    if part.poll:
        yield Text(escape_hidden("\n".join(["", *output.poll_lines(part.poll)])))


def _file(media: MediaView, *, everything: bool) -> str:
    size = f", {media.size}" if media.size else ""
    return f"[{media.path if everything else media.file}{size}]"


def _lengths(group: Sequence[AccountApprovalView], index: int) -> str:
    by_length: dict[str, list[AccountApprovalView]] = defaultdict(list)
    for account in group:
        by_length[account.delivery.parts[index].length].append(account)
    if len(by_length) == 1:
        return group[0].delivery.parts[index].length
    return ", ".join(f"{length} on {_join(found)}" for length, found in by_length.items())


def _marked(group: Sequence[AccountApprovalView], common: Sequence[AccountApprovalView]) -> Panel:
    """Return the differences from the common text, with marks."""
    lines = [Text(f"As on {_join(common)}, but:", style="dim")]
    lines += map(_change_line, group[0].differs)
    for index in range(len(group[0].delivery.parts)):
        lines.append(Text(f"\n{_lengths(group, index)}", style="dim"))
    return _panel(group, lines)


def _panel(group: Sequence[AccountApprovalView], bodies: Sequence[RenderableType]) -> Panel:
    first, *others = group
    place = _join(group) if others else f"@{first.handle} on {first.network}"
    due = {account.local[0]: None for account in group}
    subtitle = Text(next(iter(due))) if len(due) == 1 else None
    title = Text(escape_hidden(place))
    return Panel(Group(*bodies), title=title, subtitle=subtitle)


# --- Details --------------------------------------------------------------------------------------


def _detail_rows(view: ApprovalView, *, everything: bool) -> Iterator[tuple[str, str]]:
    """Yield a name and a value for each detail, such as the time, the price and the author."""
    accounts = "accounts" if len(view.accounts) > 1 else "account"
    yield "Post", view.plain_name
    yield (
        accounts.capitalize(),
        ", ".join(
            f"{account.account} (@{account.handle} on {account.network})"
            for account in view.accounts
        ),
    )
    yield "Elsewhere", view.elsewhere
    yield "Wording", _each(view, lambda account: account.delivery.wording)
    yield "Due", _each(view, lambda account: _times(account.local, everything=everything))
    yield "How often", "" if view.frequency == ONCE else view.frequency
    each = " each time" if view.times > 1 else ""
    yield "Price", f"${view.price}{each}" + (" for all accounts" if view.accounts[1:] else "")
    yield "Warning", _each(view, lambda account: account.delivery.warning)
    yield "Labels", _each(view, lambda account: ", ".join(account.delivery.labels))
    yield "Language", _each(view, lambda account: account.delivery.language)
    yield "Replies", _each(view, _replies)
    yield "Author", view.author or ""
    yield "Approval", _each(view, _approval)
    yield "Refused", view.refused
    yield "Typed", _each(view, lambda account: typed_words(account.typed))
    yield "Before", _each(view, lambda account: lapsed_words(account.lapsed))
    yield "Earlier", _each(view, _refused_before)
    yield "Allowed", "\n".join(f"{found.code}: {found.reason}" for found in view.allowed)
    yield "Digest", view.digest if everything else ""


def _times(times: Sequence[str], *, everything: bool) -> str:
    shown = times if everything else times[:MAX_TIMES]
    more = len(times) - len(shown)
    return ", ".join(shown) + (f", and {more} more until {times[-1]}" if more else "")


def _replies(account: AccountApprovalView) -> str:
    return "" if account.may_reply == "everyone" else f"only from {account.may_reply}"


def _approval(account: AccountApprovalView) -> str:
    names = account.approved_by
    given = f", has {len(names)}, from {', '.join(names)}" if names else ""
    return f"needs {account.needed}{given}"


def _refused_before(account: AccountApprovalView) -> str:
    before = account.refused_before
    if before is None:
        return ""
    return f"an earlier version was refused by {before.who}: {before.why}"


def typed_words(names: Sequence[str]) -> str:
    """Return why typed names do not count; "" without names."""
    if not names:
        return ""
    return (
        f"somebody typed {' and '.join(names)}, which does not count since people can sign in. "
        "They are asked again."
    )


def lapsed_words(names: Sequence[str]) -> str:
    """Return why approvals from a restored backup do not count; "" without names."""
    if not names:
        return ""
    return (
        f"{' and '.join(names)} had approved it according to a restored backup. The approval may "
        "have been withdrawn since then, and is needed again."
    )


def _change_lines(view: ApprovalView) -> Iterator[Text]:
    """Yield the changes since the last approval, by account if they differ."""
    for (before, changes), group in _groups(view, lambda found: [(found.before, found.changes)]):
        at = _at(view, group)
        if before is None:
            yield Text(escape_hidden(f"{at}never approved before"))
            continue
        since = f"since {before.who} approved it on {before.at:%Y-%m-%d %H:%M} UTC:"
        yield Text(escape_hidden(at + since))
        yield from map(_change_line, changes)


def _change_line(change: ChangeView) -> Text:
    line = Text(escape_hidden(f"{change.what}: "))
    for kind, words in change.pieces:
        line.append(PIECE_FORMATS[kind].format(escape_hidden(words)), style=_STYLES[kind])
    return line


def _source_lines(view: ApprovalView) -> Iterator[str]:
    for fact in view.facts:
        figure = f" [{fact.figure}]" if fact.figure else ""
        review = f", to be reviewed by {fact.review_by}" if fact.review_by else ""
        yield f"{fact.claim}{figure}. {fact.source}, as of {fact.as_of}{review}"
    for said in view.statements:
        quote = f"“{said.words}”" if said.exact else f"paraphrased: {said.words}"
        yield f"{said.speaker}, {said.role}, {quote}. {said.source}"
    if not view.facts and not view.statements:
        yield "no fact or statement of the campaign"


# --- Accounts that share a value ------------------------------------------------------------------


def _groups(
    view: ApprovalView, values: Callable[[AccountApprovalView], Sequence[T]]
) -> list[tuple[T, list[AccountApprovalView]]]:
    """Return each value once, with the accounts that have it."""
    groups: dict[T, list[AccountApprovalView]] = defaultdict(list)
    for account in view.accounts:
        for value in values(account):
            groups[value].append(account)
    return [*groups.items()]


def _each(view: ApprovalView, value: Callable[[AccountApprovalView], str]) -> str:
    """Return the value on all accounts, or a line for each value with its accounts."""
    groups = _groups(view, lambda account: [value(account)])
    return "\n".join(_at(view, group) + words for words, group in groups if words)


def _at(view: ApprovalView, group: Sequence[AccountApprovalView]) -> str:
    """Return the accounts of a group, or "" if they are all accounts."""
    return "" if len(group) == len(view.accounts) else f"on {_join(group)}: "


def _join(group: Sequence[AccountApprovalView]) -> str:
    return join_places(group, {account.account: account.place for account in group})
