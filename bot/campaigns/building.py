"""From a post's form to a Post: what it refers to, when it is due, and what it will say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import schedules
from bot.campaigns import schema, when_schema
from bot.campaigns.content import ContentBuilder, PartSource
from bot.campaigns.header import known_accounts
from bot.model import Post
from bot.schedules import NonexistentTimeError, ScheduleError
from bot.text import quote_value
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.campaigns.content import WordingSource
    from bot.campaigns.header import Header
    from bot.campaigns.source import Source
    from bot.model import Account, Event
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place

_TextForm = schema.PostForm | schema.WordingForm
Schedule = schedules.At | schedules.EventRelative | schedules.Every | schedules.NextSlot

_UNKNOWN_CODES = {"fact": "R303", "demand": "R304", "event": "R305", "statement": "R310"}


@dataclass(slots=True)
class PostBuilder:
    """Builds the posts of one campaign from one file."""

    source: Source
    header: Header
    accounts: Mapping[str, Account]
    root: Path
    _problems_before: int = field(default=0, init=False)

    def build(
        self, form: schema.CampaignPostForm | schema.QueuedPostForm, node: Node
    ) -> list[Post]:
        """Return one post, or one for each event and each platform with a text of its own.

        None of them, and every problem noted, if something is wrong.
        """
        self._problems_before = len(self.source.problems.problems)
        self._check_known("demand", form.demand, node, "demand")
        self._check_known("event", form.event, node, "event")
        for kind in ("fact", "statement"):
            for index, name in enumerate(getattr(form, f"{kind}s")):
                self._check_known(kind, name, node, f"{kind}s", index)
        name = form.id or self._id_from_time(form, node)
        accounts = self._check_accounts(form, node)
        by_platform = self._accounts_by_platform(form, node, accounts)
        posts = [
            self._build_post(form, node, event, platform, name, theirs)
            for event in self._event_ids(form, node)
            for platform, theirs in by_platform
        ]
        return [] if self._failed else [post for post in posts if post]

    def _event_ids(self, form: schema.PostForm, node: Node) -> tuple[str | None, ...]:
        """Return the events that a post is about; most posts have one or none."""
        if not isinstance(form.when, when_schema.EventsTimeForm):
            return (form.event or getattr(form.when, "event", None),)
        if form.event is not None:
            hint = "Leave out event:, as when: names them."
            message = "A post on several events has no other"
            self._add("C206", place_of(node, "event"), message, hint)
        for index, name in enumerate(form.when.events):
            self._check_known("event", name, node, "when", "events", index)
        for name in form.values:
            if name not in form.when.events and not self.source.problems.is_full:
                hint = did_you_mean(name, form.when.events)
                message = f"The post is not about the event {quote_value(name)}"
                self._add("R305", place_of(node, "values", name), message, hint)
        return () if self._failed else tuple(dict.fromkeys(form.when.events))

    def _build_post(
        self,
        form: schema.CampaignPostForm | schema.QueuedPostForm,
        node: Node,
        event: str | None,
        platform: str | None,
        name: str | None,
        accounts: tuple[str, ...],
    ) -> Post | None:
        when = self._build_schedule(form, node, event)
        expires = self._build_expiry(form, node, when, event)
        builder = ContentBuilder(self.source, self.header, self.root)
        sources = [*_wording_sources(form, node, platform)]
        wordings = builder.render(form, sources, event)
        if self._failed or not (when and wordings and name and self.header.form):
            return None
        facts, statements = builder.references(form, sources)
        return Post(
            id=name,
            campaign=self.header.form.campaign,
            accounts=accounts,
            when=when,
            wordings=wordings,
            demand=form.demand,
            event=event,
            platform=platform,
            facts=facts,
            statements=statements,
            expires=expires,
            author=form.author,
            suppressions=self.source.suppressions.get(node.place, ()),
            mark=self.source.mark(node.place),
        )

    @property
    def _failed(self) -> bool:
        return len(self.source.problems.problems) > self._problems_before

    def _add(self, code: str, place: Place, message: str, hint: str) -> None:
        self.source.problems.add(code, place, message.rstrip("."), hint)

    def _check_known(self, kind: str, name: str | None, node: Node, *path: str | int) -> None:
        """Note a name that no fact, statement, demand or event of the campaign has."""
        known: Mapping[str, object] = getattr(self.header, f"{kind}s")
        if name is not None and name not in known:
            hint = f"The campaign has no {kind}s yet."
            place = place_of(node, *path)
            self.source.note_unknown(_UNKNOWN_CODES[kind], place, kind, name, known, hint)

    def _check_accounts(self, form: schema.PostForm, node: Node) -> tuple[str, ...]:
        named = form.accounts
        if named is None and self.header.form:
            named = self.header.form.accounts
        if named == ():
            hint = "Name accounts: in the post or in its campaign."
            place = place_of(node, "accounts")
            self._add("R309", place, "The post has no account to be published from", hint)
        if form.accounts is None:
            return self.header.accounts
        return known_accounts(form.accounts, node, self.accounts, self.source)

    def _accounts_by_platform(
        self, form: schema.PostForm, node: Node, accounts: tuple[str, ...]
    ) -> list[tuple[str | None, tuple[str, ...]]]:
        """Return which accounts post which text: None for the post's own, or a platform's."""
        if not form.on:
            return [(None, accounts)]
        platforms = {name: self.accounts[name].platform for name in accounts}
        by_platform: list[tuple[str | None, tuple[str, ...]]] = [
            (platform, tuple(name for name in accounts if platforms[name] == platform))
            for platform in form.on
        ]
        rest = tuple(name for name in accounts if platforms[name] not in form.on)
        of_campaign = self.header.form.accounts if self.header.form else ()
        named = of_campaign if form.accounts is None else form.accounts
        if accounts and len(accounts) == len({*named}):  # unknown ones have been noted already
            self._check_platform_texts(form, node, {*platforms.values()}, rest)
        return [(None, rest), *by_platform] if form.has_text else by_platform

    def _check_platform_texts(
        self, form: schema.PostForm, node: Node, platforms: Collection[str], rest: Sequence[str]
    ) -> None:
        """Note texts that no account posts, and accounts without a text."""
        for platform in form.on:
            if platform not in platforms:
                message = f"None of the post's accounts is on {quote_value(platform)}"
                hint = f"{did_you_mean(platform, platforms)} Or give the post an account there."
                self._add("R311", place_of(node, "on", platform), message, hint)
        if rest and not form.has_text:
            there = quote_value(self.accounts[rest[0]].platform)
            message = f"The account {quote_value(rest[0])} has no text: {there} is not under on:"
            hint = "Add it there, or add text: beside on:, for all others."
            self._add("C203", place_of(node, "on"), message, hint)
        if form.has_text and not rest:
            keys = ("text", "thread", "wordings")
            key = next(key for key in keys if getattr(form, key) is not None)
            message = "No account posts this: each of the post's platforms has a text of its own"
            hint = f"Leave out {key}:, or one of the platforms under on:."
            self._add("R311", place_of(node, key), message, hint)

    # --- when ---

    def _zone(self, form: schema.PostForm) -> str | None:
        """Return the zone of the post's local times: its event's, or the campaign's."""
        event = self.header.events.get(form.event) if form.event else None
        if event is not None:
            return event.timezone
        return self.header.form.timezone if self.header.form else None

    def _build_schedule(
        self, form: schema.PostForm, node: Node, event: str | None
    ) -> Schedule | None:
        zone = self._zone(form)
        try:
            match form.when:
                case when_schema.EventTimeForm() as when:
                    self._check_known("event", when.event, node, "when", "event")
                    return _relative_to_event(self.header.events.get(when.event), when)
                case when_schema.EventsTimeForm() as when:
                    return _relative_to_event(self.header.events.get(event or ""), when)
                case when_schema.SlotForm():
                    return schedules.NextSlot()
                case when_schema.AtForm() as when if zone:
                    return schedules.At(when.at, zone)
                case when_schema.EveryForm() as when if zone:
                    return schedules.every(
                        when.every[0] if len(when.every) == 1 else when.every,
                        tuple(f"{clock:%H:%M}" for clock in when.at),
                        timezone=when.timezone or zone,
                        start=when.from_,
                        until=when.until,
                    )
        except ScheduleError as error:
            key = "every" if isinstance(form.when, when_schema.EveryForm) else "at"
            self._add_schedule_error(error, place_of(node, "when", key))
        return None

    def _build_expiry(
        self, form: schema.PostForm, node: Node, when: Schedule | None, event: str | None
    ) -> datetime | timedelta | None:
        place, expires, zone = place_of(node, "expires"), form.expires, self._zone(form)
        try:
            if isinstance(expires, when_schema.EndForm):
                if expires.event is not None:
                    self._check_known("event", expires.event, node, "expires", "event")
                elif event is None:
                    hint = "Name one, as { event: …, offset: … }, or write a length of time "
                    hint += "such as 2d."
                    message = "The post is about no event that its end could count from"
                    self._add("C203", place, message, hint)
                # Without one of its own, it counts from the event that the post is about.
                origin = self.header.events.get(expires.event or event or "")
                schedule = _relative_to_event(origin, expires)
                expires = schedule.due if schedule else None
            elif isinstance(expires, datetime) and expires.tzinfo is None:
                expires = schedules.At(expires, zone).due if zone else None
        except ScheduleError as error:
            self._add_schedule_error(error, place)
            return None
        due = when.due if isinstance(when, schedules.At | schedules.EventRelative) else None
        if due and isinstance(expires, datetime) and expires <= due:
            message = f"The post expires before it is due, at {due:%Y-%m-%d %H:%M} UTC"
            self._add("S606", place, message, "Correct expires: or when:.")
        return expires

    def _add_schedule_error(self, error: ScheduleError, place: Place) -> None:
        code = "S603" if isinstance(error, NonexistentTimeError) else "S604"
        self._add(code, place, error.message, error.hint)

    def _id_from_time(self, form: schema.PostForm, node: Node) -> str | None:
        """Return an id made from the local time: correcting a text then makes no second post."""
        if not isinstance(form.when, when_schema.AtForm):
            hint = "Add id: in small letters and hyphens."
            self._add("C203", node.place, "A post that is not for a fixed time needs an id", hint)
            return None
        zone = self._zone(form)
        local = form.when.at
        if local.tzinfo is not None and zone is not None:
            local = local.astimezone(schedules.zone(zone))
        return f"at-{local:%Y%m%d-%H%M}" + (f"{local:%S}" if local.second else "")


def _relative_to_event(
    event: Event | None,
    when: when_schema.EventsTimeForm | when_schema.EndForm,
) -> schedules.EventRelative | None:
    if event is None:
        return None
    return schedules.EventRelative(event, when.offset, when.at, when.from_)


# --- Where a post's texts are ---------------------------------------------------------------------


def _wording_sources(
    form: schema.PostForm, node: Node, platform: str | None
) -> Iterator[WordingSource]:
    """Yield each wording; one without a name where there are no others."""
    forms: list[tuple[schema.PostForm | schema.OnForm, Node]] = [(form, node)]
    if platform is not None:
        forms.insert(0, (form.on[platform], _child_node(node, "on", platform)))
    first, first_node = forms[0]
    if first.wordings is None:
        yield _wording_source("", forms, form.poll)
        return
    for name, wording in first.wordings.items():
        own = wording, _child_node(first_node, "wordings", name)
        yield _wording_source(name, [own, *forms], form.poll)


def _wording_source(
    name: str,
    forms: Sequence[tuple[_TextForm, Node]],
    poll: schema.PollForm | None,
) -> WordingSource:
    """Return the text of the first form; a link or media that it lacks are the next one's."""
    first, node = forms[0]
    link = next((form.link for form, _ in forms if form.link is not None), None)
    if first.thread is None:
        media, media_node = next(
            (form.media, form_node) for form, form_node in forms if form.media is not None
        )
        return name, link, [PartSource(_text_node(node), media, media_node, poll)]
    nodes = _child_node(node, "thread")
    assert isinstance(nodes, SequenceNode)
    parts = [
        PartSource(_text_node(part_node), part.media, part_node, part.poll)
        for part, part_node in zip(first.thread, nodes, strict=True)
    ]
    return name, link, parts


def _child_node(node: Node, *keys: str) -> Node:
    for key in keys:
        assert isinstance(node, MappingNode)
        node = node[ScalarNode(key)]
    return node


def _text_node(node: Node) -> ScalarNode:
    text = node[ScalarNode("text")] if isinstance(node, MappingNode) else node
    assert isinstance(text, ScalarNode)
    return text
