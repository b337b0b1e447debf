"""The part of a campaign file that its posts stand on: facts, demands, events and defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.campaigns import form
from bot.campaigns.form_errors import fill_in, place_of
from bot.campaigns.marks import Fields, Text
from bot.campaigns.problems import did_you_mean, shown
from bot.campaigns.templates import Absent
from bot.campaigns.when_form import Form
from bot.model import Campaign, Demand, Event, Fact, Statement
from bot.schedules import ScheduleError, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.campaigns.marks import Node
    from bot.campaigns.source import Source
    from bot.campaigns.templates import Names
    from bot.model import Account, Allowance, Mark, Post

T = TypeVar("T")
F = TypeVar("F", bound=Form)

MOST_ENTRIES = 1000
"""Facts, statements, demands or events of one campaign."""

_SECTIONS = ("facts", "statements", "demands", "events", "posts")
UNTOLD = Absent()
"""Stands for what has a problem of its own: nothing more is said about it."""


@dataclass(frozen=True, slots=True)
class Header:
    """A campaign without its posts. None is what is there but cannot be used as it is written."""

    mark: Mark
    id: str | None
    form: form.HeaderForm | None
    accounts: tuple[str, ...]
    facts: Mapping[str, Fact | None]
    demands: Mapping[str, Demand | None]
    events: Mapping[str, Event | None]
    statements: Mapping[str, Statement | None]
    embargo: datetime | None
    names: Names
    allowed: tuple[Allowance, ...] = ()

    def campaign(self, posts: tuple[Post, ...]) -> Campaign | None:
        """Give the campaign with these posts, leaving out what cannot be used."""
        if self.form is None:
            return None
        return Campaign(
            id=self.form.campaign,
            title=self.form.title,
            timezone=self.form.timezone,
            accounts=self.accounts,
            hashtags=self.form.hashtags,
            facts=_sound(self.facts),
            demands=_sound(self.demands),
            events=_sound(self.events),
            posts=posts,
            statements=_sound(self.statements),
            partners=self.form.partners,
            embargo=self.embargo,
            require_approval=self.form.require_approval,
            allowed=self.allowed,
            mark=self.mark,
        )


def _sound(known: Mapping[str, T | None]) -> dict[str, T]:
    return {name: item for name, item in known.items() if item is not None}


def read_header(source: Source, root: Fields, accounts: Mapping[str, Account]) -> Header:
    """Read everything of a campaign file but its posts, noting every problem."""
    only = Fields({key: value for key, value in root.items() if key not in _SECTIONS})
    only.line, only.column = root.place
    head = fill_in(form.HeaderForm, only, source.problems, _SECTIONS)
    facts = _section(source, root, "facts", form.FactForm, _allowing(source, _fact))
    said = _section(source, root, "statements", form.StatementForm, _allowing(source, _statement))
    demands = _section(source, root, "demands", form.DemandForm, _demand)
    zone = head.timezone if head else None
    events = _section(
        source,
        root,
        "events",
        form.EventForm,
        lambda *given: _event(*given, source=source, zone=zone),
    )
    _check_facts_of(demands, root, facts, source)
    known = (
        known_accounts(head.accounts, place_in(root, "accounts"), accounts, source) if head else ()
    )
    return Header(
        mark=source.mark(root.key_place("campaign")),
        id=_own_id(root),
        form=head,
        accounts=known,
        facts=facts,
        demands=demands,
        events=events,
        statements=said,
        embargo=_embargo(head, root, source),
        names=_names(head, facts, said),
        allowed=source.allowed.get(None, ()),
    )


def _embargo(head: form.HeaderForm | None, root: Fields, source: Source) -> datetime | None:
    if head is None or head.embargo is None:
        return None
    return _instant(head.embargo, head.timezone, place_of(root, "embargo"), source)


def _own_id(root: Fields) -> str | None:
    """Give the campaign's id even where other lines of the header are wrong."""
    name = root.get(Text("campaign"))
    return str(name) if isinstance(name, Text) and name else None


def place_in(node: Node, key: str) -> Callable[[int], tuple[int, int]]:
    """Give a function that places the entries of the list under a key."""
    return lambda index: place_of(node, key, index)


def known_accounts(
    names: tuple[str, ...],
    where: Callable[[int], tuple[int, int]],
    accounts: Mapping[str, Account],
    source: Source,
) -> tuple[str, ...]:
    """Give the names that the configuration knows, each once, and note the others."""
    for index, name in enumerate(names):
        if name not in accounts and not source.problems.full:
            hint = did_you_mean(name, accounts, "No account is configured yet: see config.yaml.")
            source.problems.add("R302", where(index), f"The account {shown(name)} is unknown", hint)
    return tuple(dict.fromkeys(name for name in names if name in accounts))


def _section(
    source: Source,
    root: Fields,
    name: str,
    model: type[F],
    make: Callable[[str, F, Node, Mark], T | None],
) -> dict[str, T | None]:
    node = root.get(Text(name), Fields())
    if not isinstance(node, Fields):
        hint = "Write each as its id, a colon, and indented lines; or leave the key out."
        source.problems.add("C201", node.place, f'"{name}": ids and what they mean go here', hint)
        return _Unclear()
    if len(node) > MOST_ENTRIES:
        message = f'"{name}" has {len(node)} entries, more than {MOST_ENTRIES}'
        source.problems.add("Y114", node.place, message, "Split the campaign into several.")
        return _Unclear()
    made: dict[str, T | None] = {}
    for key, value in node.items():
        made[str(key)] = None
        if source.problems.full or not _is_slug(key, source):
            continue
        filled = fill_in(model, value, source.problems)
        if filled is not None:
            made[str(key)] = make(str(key), filled, value, source.mark(key.place))
    return made


class _Unclear(dict[str, "T | None"]):
    """A section whose names nobody can tell: it claims to know them all, to spare false alarms."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> None:
        return None


def _is_slug(key: Text, source: Source) -> bool:
    sound = re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", key) is not None
    if not sound:
        hint = "Use small letters, digits and hyphens, as in prison-calls."
        source.problems.add("C204", key.place, f"{shown(key)} cannot be an id", hint)
    return sound


A = TypeVar("A", Fact, Statement)


def _allowing(
    source: Source, make: Callable[[str, F, Node, Mark], A]
) -> Callable[[str, F, Node, Mark], A]:
    """Let what is made know what the comments beside it allow."""

    def made(name: str, filled: F, node: Node, mark: Mark) -> A:
        item = make(name, filled, node, mark)
        allowed = source.allowed.get((mark.line, mark.column), ())
        return replace(item, allowed=allowed) if allowed else item

    return made


def _fact(name: str, filled: form.FactForm, node: Node, mark: Mark) -> Fact:  # noqa: ARG001 - one of several makers
    return Fact(
        name, filled.claim, filled.figure, filled.source, filled.as_of, filled.review_by, mark
    )


def _statement(name: str, filled: form.StatementForm, node: Node, mark: Mark) -> Statement:  # noqa: ARG001 - one of several makers
    words = filled.quote if filled.quote is not None else filled.paraphrase or ""
    exact = filled.quote is not None
    who = (filled.speaker, filled.role, filled.source)
    return Statement(name, *who, words, exact, filled.as_of, mark)


def _demand(name: str, filled: form.DemandForm, node: Node, mark: Mark) -> Demand:  # noqa: ARG001 - one of several makers
    return Demand(name, filled.ask, filled.target, filled.facts, mark)


def _event(
    name: str,
    filled: form.EventForm,
    node: Node,
    mark: Mark,
    *,
    source: Source,
    zone: str | None,
) -> Event | None:
    timezone = filled.timezone or zone
    if timezone is None:
        return None
    starts = _instant(filled.starts, timezone, place_of(node, "starts"), source)
    ends = _instant(filled.ends, timezone, place_of(node, "ends"), source)
    if starts is None or ends is None:
        return None
    if ends <= starts:
        message = "The event ends before it starts"
        source.problems.add("S605", place_of(node, "ends"), message, "Mend starts: or ends:.")
        return None
    return Event(
        id=name,
        name=filled.name,
        place=filled.place,
        timezone=timezone,
        starts=starts,
        ends=ends,
        cancelled=filled.cancelled,
        illustrative=filled.illustrative,
        mark=mark,
    )


def _instant(
    local: datetime,
    timezone: str,
    where: tuple[int, int],
    source: Source,
) -> datetime | None:
    if local.tzinfo is not None:
        return local
    try:
        return place(local, timezone, one_off=True)
    except ScheduleError as error:
        source.problems.add("S603", where, error.message.rstrip("."), error.hint)
        return None


def _check_facts_of(
    demands: Mapping[str, Demand | None],
    root: Fields,
    facts: Mapping[str, Fact | None],
    source: Source,
) -> None:
    for demand in _sound(demands).values():
        for index, name in enumerate(demand.facts):
            if name not in facts and not source.problems.full:
                where = place_of(root, "demands", demand.id, "facts", index)
                message = f"The fact {shown(name)} is unknown"
                source.problems.add("R303", where, message, did_you_mean(name, facts))


def _names(
    head: form.HeaderForm | None,
    facts: Mapping[str, Fact | None],
    statements: Mapping[str, Statement | None],
) -> Names:
    """Give what every text of the campaign can name."""
    own: Names | Absent = {"id": head.campaign, "title": head.title} if head else UNTOLD
    return {
        "fact": _spelled(facts, _fact_names),
        "statement": _spelled(statements, _statement_names),
        "campaign": own,
    }


def _spelled(
    known: Mapping[str, T | None], names: Callable[[T | None], Names | Absent]
) -> Names | Absent:
    """Give the names of each; with underscores too, as a hyphen is a minus in a template."""
    if isinstance(known, _Unclear):
        return UNTOLD
    spelled = {name: names(item) for name, item in known.items()}
    return {**{name.replace("-", "_"): item for name, item in spelled.items()}, **spelled}


_OF = {"quotation": "quote", "paraphrase": "paraphrase"}


def _statement_names(statement: Statement | None) -> Names | Absent:
    if statement is None:
        return UNTOLD
    kind = "quotation" if statement.exact else "paraphrase"
    other = Absent(f"The statement {shown(statement.id)} is a {kind}", f"Write .{_OF[kind]}.")
    return {
        "words": statement.words,
        "quote": statement.words if statement.exact else other,
        "paraphrase": other if statement.exact else statement.words,
        "speaker": statement.speaker,
        "role": statement.role,
        "source": statement.source,
    }


def _fact_names(fact: Fact | None) -> Names | Absent:
    if fact is None:
        return UNTOLD
    hint = "Add figure: to it, or say it in your own words."
    figure = fact.figure or Absent(f"The fact {shown(fact.id)} has no figure", hint)
    return {
        "claim": fact.claim,
        "figure": figure,
        "source": fact.source,
        "as_of": fact.as_of,
    }
