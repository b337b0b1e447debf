"""Reads a campaign file except its posts: facts, statements, demands, events and defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.campaigns.names import UnreadableSection, section_names
from bot.campaigns.schema.campaign import (
    CampaignForm,
    DemandForm,
    EventForm,
    FactForm,
    StatementForm,
)
from bot.campaigns.schema.fields import SLUG_HINT, SLUG_PATTERN
from bot.campaigns.sharing import SharePageBuilder
from bot.campaigns.templates import ALREADY_REPORTED
from bot.campaigns.validation import validate
from bot.model import Campaign, Demand, Event, Fact, LinkCard, Statement
from bot.model.share import LinkMarks
from bot.text import quote_value
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.nodes import MappingNode, ScalarNode, place_of
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.campaigns.source import Source
    from bot.campaigns.templates import TemplateNames
    from bot.campaigns.voices import Speakers, VoiceRules
    from bot.model import Account, Mark, Media, Post, Suppression
    from bot.model.share import SharePage
    from bot.yamlsource.nodes import Node

T = TypeVar("T")
F = TypeVar("F", bound=StrictForm)

MAX_ENTRIES = 1000
"""Most facts, statements, demands or events of one campaign."""

_SECTIONS = ("facts", "statements", "demands", "events", "share", "posts")


@dataclass(frozen=True, slots=True)
class Header:
    """A campaign without its posts. An entry with a mistake is None."""

    id: str | None
    """The campaign's id. It may be known although ``form`` is None."""
    form: CampaignForm | None
    """The keys other than the sections."""
    accounts: tuple[str, ...]
    """The campaign's accounts that the configuration has."""
    facts: Mapping[str, Fact | None]
    demands: Mapping[str, Demand | None]
    events: Mapping[str, Event | None]
    statements: Mapping[str, Statement | None]
    mentions: Mapping[str, Mapping[str, str]]
    """How each platform mentions a name of the campaign's, by name and platform."""
    cards: Mapping[str, tuple[LinkCard, tuple[Media, ...]]]
    """The cards by their links, each with its picture, if it has one."""
    embargo: datetime | None
    link_marks: LinkMarks | None
    """How links to the organisation's own pages are marked, or None if they are not."""
    share: SharePage | None = field(compare=False)  # no post depends on it
    names: TemplateNames
    """The names that every text of the campaign can use."""
    suppressions: tuple[Suppression, ...]
    mark: Mark = field(compare=False)
    """The place of ``campaign``."""
    approval_mark: Mark = field(compare=False)
    """The place of ``require_approval``."""

    def build_campaign(self, posts: tuple[Post, ...]) -> Campaign | None:
        """Return the campaign with these posts, without the entries that have mistakes."""
        if self.form is None:
            return None
        return Campaign(
            id=self.form.campaign,
            title=self.form.title,
            timezone=self.form.timezone,
            accounts=self.accounts,
            hashtags=self.form.hashtags,
            facts=_without_none(self.facts),
            demands=_without_none(self.demands),
            events=_without_none(self.events),
            posts=posts,
            statements=_without_none(self.statements),
            partners=self.form.partners,
            mentions=self.mentions,
            embargo=self.embargo,
            require_approval=self.form.require_approval,
            approval_mark=self.approval_mark,
            link_marks=self.link_marks,
            share=self.share,
            suppressions=self.suppressions,
            mark=self.mark,
        )


def _without_none(known: Mapping[str, T | None]) -> dict[str, T]:
    return {name: item for name, item in known.items() if item is not None}


def read_header(source: Source, root: MappingNode, speakers: Speakers) -> Header:
    """Read everything in a campaign file except its posts, and note every problem."""
    only = MappingNode({key: value for key, value in root.items() if key not in _SECTIONS})
    only.place = root.place
    head = validate(CampaignForm, only, source.problems)
    facts = _read_section(source, root, "facts", FactForm, _build_fact)
    statements = _read_section(source, root, "statements", StatementForm, _build_statement)
    build_demand = partial(_build_demand, root=root, facts=facts)
    demands = _read_section(source, root, "demands", DemandForm, build_demand)
    build_event = partial(_build_event, root=root, zone=head.timezone if head else None)
    events = _read_section(source, root, "events", EventForm, build_event)
    embargo = None
    if head and head.embargo is not None:
        embargo = source.to_instant(head.embargo, head.timezone, place_of(root, "embargo"))
    name = root.get(ScalarNode("campaign"))
    return Header(
        # The id may be sound although other lines of the header are wrong.
        id=str(name) if isinstance(name, ScalarNode) and name else None,
        form=head,
        accounts=known_accounts(head.accounts, root, speakers.accounts, source) if head else (),
        facts=facts,
        demands=demands,
        events=events,
        statements=statements,
        mentions=_build_mentions(head, root, speakers.platforms, source) if head else {},
        cards=_build_cards(head, root, source) if head else {},
        embargo=embargo,
        link_marks=_build_link_marks(head, root, source) if head else None,
        share=SharePageBuilder(source, root, head, facts, demands, statements).build()
        if head
        else None,
        names=_template_names(head, facts, statements),
        suppressions=source.suppressions.get(None, ()),
        mark=source.mark(root.key_place("campaign")),
        approval_mark=source.mark(root.key_place("require_approval")),
    )


def known_accounts(
    names: tuple[str, ...], node: Node, accounts: Mapping[str, Account], source: Source
) -> tuple[str, ...]:
    """Return the names that the configuration has, each once; note the others as problems.

    The names stand under ``accounts`` of the node.
    """
    for index, name in enumerate(names):
        if name not in accounts:
            hint = "No account is configured yet: see config.yaml."
            place = place_of(node, "accounts", index)
            source.note_unknown(place, "account", name, accounts, hint)
    return tuple(dict.fromkeys(name for name in names if name in accounts))


def _build_mentions(
    head: CampaignForm,
    root: MappingNode,
    platforms: Mapping[str, VoiceRules],
    source: Source,
) -> dict[str, dict[str, str]]:
    built: dict[str, dict[str, str]] = {}
    for name, by_platform in head.mentions.items():
        built[name] = {}
        for platform, handle in by_platform.items():
            path, rules = ("mentions", name, platform), platforms.get(platform)
            if rules is None:
                message = f"There is no platform {quote_value(platform)}"
                place = place_of(root, *path, of_key=True)
                source.problems.add("R312", place, message, did_you_mean(platform, platforms))
                continue
            try:
                built[name][platform] = rules.mention(handle)
            except ValueError as error:
                message = f"{quote_value(handle)} {error}"
                hint = "Write it as the account's page there shows it."
                source.problems.add("R312", place_of(root, *path), message, hint)
    return built


def _build_cards(
    head: CampaignForm, root: MappingNode, source: Source
) -> dict[str, tuple[LinkCard, tuple[Media, ...]]]:
    built: dict[str, tuple[LinkCard, tuple[Media, ...]]] = {}
    for link, form in head.cards.items():
        place = place_of(root, "cards", link, "picture")
        picture = source.find_media(form.picture, place) if form.picture is not None else None
        card = LinkCard(link, form.title, form.description)
        built[link] = card, (picture,) if picture else ()
    return built


def _build_link_marks(head: CampaignForm, root: MappingNode, source: Source) -> LinkMarks | None:
    if (form := head.links) is None:
        return None
    place = root.key_place("links")
    return LinkMarks(
        pages=form.pages,
        leave=form.leave,
        campaign=form.campaign or head.campaign,
        content=form.content,
        mark=source.mark(place),
        suppressions=source.suppressions.get(place, ()),
    )


def _read_section(
    source: Source,
    root: MappingNode,
    name: str,
    model: type[F],
    build: Callable[[F, ScalarNode, Source], T | None],
) -> dict[str, T | None]:
    node = root.get(ScalarNode(name), MappingNode())
    if not isinstance(node, MappingNode):
        hint = "Write each entry as its id, a colon, and indented lines; or leave the key out."
        source.problems.add(
            "C201", node.place, f'"{name}" is not a list of ids and their keys', hint
        )
        return UnreadableSection()
    if len(node) > MAX_ENTRIES:
        message = f'"{name}" has {len(node)} entries, more than {MAX_ENTRIES}'
        source.problems.add("Y114", node.place, message, "Split the campaign into several.")
        return UnreadableSection()
    entries: dict[str, T | None] = {}
    for key, value in node.items():
        entries[str(key)] = None
        if source.problems.is_full:
            continue
        if not re.fullmatch(SLUG_PATTERN, key):
            message = f"{quote_value(key)} cannot be an id"
            source.problems.add("C204", key.place, message, SLUG_HINT)
            continue
        form = validate(model, value, source.problems)
        if form is not None:
            entries[str(key)] = build(form, key, source)
    return entries


def _build_fact(form: FactForm, key: ScalarNode, source: Source) -> Fact:
    return Fact(
        id=str(key),
        claim=form.claim,
        figure=form.figure,
        source=form.source,
        as_of=form.as_of,
        review_by=form.review_by,
        counts=form.counts or "",
        mark=source.mark(key.place),
        suppressions=source.suppressions.get(key.place, ()),
    )


def _build_statement(form: StatementForm, key: ScalarNode, source: Source) -> Statement:
    return Statement(
        id=str(key),
        speaker=form.speaker,
        role=form.role,
        source=form.source,
        words=form.quote if form.quote is not None else form.paraphrase or "",
        exact=form.quote is not None,
        as_of=form.as_of,
        excerpts=form.excerpts,
        mark=source.mark(key.place),
        suppressions=source.suppressions.get(key.place, ()),
    )


def _build_demand(
    form: DemandForm,
    key: ScalarNode,
    source: Source,
    root: MappingNode,
    facts: Mapping[str, Fact | None],
) -> Demand:
    for index, name in enumerate(form.facts):
        if name not in facts:
            place = place_of(root, "demands", key, "facts", index)
            source.note_unknown(place, "fact", name, facts)
    return Demand(str(key), form.ask, form.target, form.facts, source.mark(key.place))


def _build_event(
    form: EventForm, key: ScalarNode, source: Source, root: MappingNode, zone: str | None
) -> Event | None:
    timezone = form.timezone or zone
    if timezone is None:
        return None
    starts = source.to_instant(form.starts, timezone, place_of(root, "events", key, "starts"))
    ends_place = place_of(root, "events", key, "ends")
    ends = source.to_instant(form.ends, timezone, ends_place)
    if starts is None or ends is None:
        return None
    if ends <= starts:
        hint = "Correct starts: or ends:."
        source.problems.add("S605", ends_place, "The event ends before it starts", hint)
        return None
    return Event(
        id=str(key),
        name=form.name,
        place=form.place,
        timezone=timezone,
        starts=starts,
        ends=ends,
        cancelled=form.cancelled,
        illustrative=form.illustrative,
        mark=source.mark(key.place),
    )


def _template_names(
    head: CampaignForm | None,
    facts: Mapping[str, Fact | None],
    statements: Mapping[str, Statement | None],
) -> TemplateNames:
    return {
        "campaign": {"id": head.campaign, "title": head.title} if head else ALREADY_REPORTED,
        "fact": section_names(facts),
        "statement": section_names(statements),
    }
