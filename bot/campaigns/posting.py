"""From a post's form to a Post: what it refers to, when it is due, and what it will say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import schedules
from bot.campaigns import form, when_form
from bot.campaigns.content import Writer
from bot.campaigns.form_errors import place_of
from bot.campaigns.header import known_accounts, place_in
from bot.campaigns.problems import did_you_mean, shown
from bot.model import Post
from bot.schedules import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from bot.campaigns.header import Header
    from bot.campaigns.marks import Node
    from bot.campaigns.source import Source
    from bot.model import Account, Event

Schedule = schedules.At | schedules.EventRelative | schedules.Every | schedules.NextSlot

_UNKNOWN = {"fact": "R303", "demand": "R304", "event": "R305", "statement": "R310"}


@dataclass(slots=True)
class Poster:
    """Makes the posts of one campaign from one file."""

    source: Source
    header: Header
    accounts: Mapping[str, Account]
    root: Path
    _before: int = field(default=0, init=False)

    def posts(self, filled: form.CampaignPostForm | form.QueuedPostForm, node: Node) -> list[Post]:
        """Make one post, or one for each event and each platform with a text of its own.

        None, and every problem noted, if it is wrong.
        """
        self._before = len(self.source.problems.found)
        self._known("demand", filled.demand, node, "demand")
        self._known("event", filled.event, node, "event")
        for kind in ("fact", "statement"):
            for index, name in enumerate(getattr(filled, f"{kind}s")):
                self._known(kind, name, node, f"{kind}s", index)
        name = filled.id or self._own_id(filled, node)
        accounts = self._accounts(filled, node)
        spoken = self._by_platform(filled, node, accounts)
        made = [
            self._post(filled, node, event, platform, name, theirs)
            for event in self._about(filled, node)
            for platform, theirs in spoken
        ]
        return [] if self._failed else [post for post in made if post]

    def _about(self, filled: form.PostForm, node: Node) -> tuple[str | None, ...]:
        """Give the events that it is about, one after the other; most posts have one or none."""
        if not isinstance(filled.when, when_form.EventsTimeForm):
            return (filled.event or getattr(filled.when, "event", None),)
        if filled.event is not None:
            hint = "Leave out event:, as when: names them."
            self._add(
                "C206", place_of(node, "event"), "A post on several events has no other", hint
            )
        for index, name in enumerate(filled.when.events):
            self._known("event", name, node, "when", "events", index)
        for name in filled.values:
            if name not in filled.when.events and not self.source.problems.full:
                hint = did_you_mean(name, filled.when.events)
                message = f"The post is not about the event {shown(name)}"
                self._add("R305", place_of(node, "values", name), message, hint)
        return () if self._failed else tuple(dict.fromkeys(filled.when.events))

    def _post(
        self,
        filled: form.CampaignPostForm | form.QueuedPostForm,
        node: Node,
        event: str | None,
        platform: str | None,
        name: str | None,
        accounts: tuple[str, ...],
    ) -> Post | None:
        when = self._when(filled, node, event)
        expires = self._expires(filled, node, when, event)
        said = Writer(self.source, self.header, self.root).said(filled, node, event, platform)
        if self._failed or when is None or said is None or name is None or not self.header.form:
            return None
        return Post(
            id=name,
            campaign=self.header.form.campaign,
            accounts=accounts,
            when=when,
            wordings=said.wordings,
            demand=filled.demand,
            event=event,
            platform=platform,
            facts=said.facts,
            statements=said.statements,
            expires=expires,
            author=filled.author,
            allowed=self.source.allowed.get(node.place, ()),
            mark=self.source.mark(node.place),
        )

    @property
    def _failed(self) -> bool:
        return len(self.source.problems.found) > self._before

    def _add(self, code: str, where: tuple[int, int], message: str, hint: str) -> None:
        self.source.problems.add(code, where, message.rstrip("."), hint)

    def _known(self, kind: str, name: str | None, node: Node, *path: str | int) -> None:
        """Note a name where the campaign has no fact, statement, demand or event of it."""
        known: Mapping[str, object] = getattr(self.header, f"{kind}s")
        if name is not None and name not in known and not self.source.problems.full:
            hint = did_you_mean(name, known, f"The campaign has no {kind}s yet.")
            where = place_of(node, *path)
            self._add(_UNKNOWN[kind], where, f"The {kind} {shown(name)} is unknown", hint)

    def _event(self, name: str, node: Node, *path: str) -> Event | None:
        self._known("event", name, node, *path)
        return self.header.events.get(name)

    def _accounts(self, filled: form.PostForm, node: Node) -> tuple[str, ...]:
        named = filled.accounts
        if named is None and self.header.form:
            named = self.header.form.accounts
        if named == ():
            hint = "Name accounts: in the post or in its campaign."
            where = place_of(node, "accounts")
            self._add("R309", where, "The post has no account to be published from", hint)
        if filled.accounts is None:
            return self.header.accounts
        return known_accounts(
            filled.accounts, place_in(node, "accounts"), self.accounts, self.source
        )

    def _by_platform(
        self, filled: form.PostForm, node: Node, accounts: tuple[str, ...]
    ) -> list[tuple[str | None, tuple[str, ...]]]:
        """Give who says what: None for the post's own text, or the platform that has another."""
        if not filled.on:
            return [(None, accounts)]
        platforms = {name: self.accounts[name].platform for name in accounts}
        theirs = {
            platform: tuple(name for name in accounts if platforms[name] == platform)
            for platform in filled.on
        }
        rest = tuple(name for name in accounts if platforms[name] not in filled.on)
        if self._are_all(accounts, filled):
            self._refuse_unsaid(filled, node, {*platforms.values()}, rest)
        own = [(None, rest)] if filled.has_text else []
        return [*own, *theirs.items()]

    def _are_all(self, accounts: Sequence[str], filled: form.PostForm) -> bool:
        """Tell whether no account of the post is missing, which has been noted already."""
        of_campaign = self.header.form.accounts if self.header.form else ()
        named = of_campaign if filled.accounts is None else filled.accounts
        return bool(accounts) and len(accounts) == len({*named})

    def _refuse_unsaid(
        self, filled: form.PostForm, node: Node, platforms: Collection[str], rest: Sequence[str]
    ) -> None:
        """Note texts that no account says, and accounts that have none to say."""
        for platform in filled.on:
            if platform not in platforms:
                message = f"None of the post's accounts is on {shown(platform)}"
                hint = f"{did_you_mean(platform, platforms)} Or give the post an account there."
                self._add("R311", place_of(node, "on", platform), message, hint)
        if rest and not filled.has_text:
            there = shown(self.accounts[rest[0]].platform)
            message = f"The account {shown(rest[0])} has no text: {there} is not under on:"
            hint = "Add it there, or add text: beside on:, for all others."
            self._add("C203", place_of(node, "on"), message, hint)
        if filled.has_text and not rest:
            ways = ("text", "thread", "wordings")
            key = next(key for key in ways if getattr(filled, key) is not None)
            message = "No account says this: each of the post's platforms has a text of its own"
            hint = f"Leave out {key}:, or one of the platforms under on:."
            self._add("R311", place_of(node, key), message, hint)

    # --- when ---

    def _zone(self, filled: form.PostForm) -> str | None:
        """Give the zone of the post's local times: its event's, or the campaign's."""
        event = self.header.events.get(filled.event) if filled.event else None
        if event is not None:
            return event.timezone
        return self.header.form.timezone if self.header.form else None

    def _when(self, filled: form.PostForm, node: Node, event: str | None) -> Schedule | None:
        try:
            if isinstance(filled.when, when_form.EventTimeForm):
                return _around(self._event(filled.when.event, node, "when", "event"), filled.when)
            if isinstance(filled.when, when_form.EventsTimeForm):
                return _around(self.header.events.get(event or ""), filled.when)
            if isinstance(filled.when, when_form.SlotForm):
                return schedules.NextSlot()
            return self._by_clock(filled.when, self._zone(filled))
        except ScheduleError as error:
            self._add(_code(error), _when_place(node, filled.when), error.message, error.hint)
            return None

    def _by_clock(
        self, when: when_form.AtForm | when_form.EveryForm, zone: str | None
    ) -> Schedule | None:
        if zone is None:
            return None
        if isinstance(when, when_form.AtForm):
            return schedules.At(when.at, zone)
        return _recurring(when, zone)

    def _expires(
        self,
        filled: form.PostForm,
        node: Node,
        when: Schedule | None,
        event: str | None,
    ) -> datetime | timedelta | None:
        try:
            expires = self._end(filled, node, event)
        except ScheduleError as error:
            self._add(_code(error), place_of(node, "expires"), error.message, error.hint)
            return None
        due = when.due if isinstance(when, schedules.At | schedules.EventRelative) else None
        if due and isinstance(expires, datetime) and expires <= due:
            message = f"The post expires before it is due, at {due:%Y-%m-%d %H:%M} UTC"
            self._add("S606", place_of(node, "expires"), message, "Mend expires: or when:.")
        return expires

    def _end(
        self, filled: form.PostForm, node: Node, event: str | None
    ) -> datetime | timedelta | None:
        if isinstance(filled.expires, when_form.EndForm):
            around = _around(self._ending(filled.expires, node, event), filled.expires)
            return around.due if around else None
        zone = self._zone(filled)
        if isinstance(filled.expires, datetime) and filled.expires.tzinfo is None:
            return schedules.At(filled.expires, zone).due if zone else None
        return filled.expires

    def _ending(self, end: when_form.EndForm, node: Node, event: str | None) -> Event | None:
        """Give the event that the end counts from: the one named, or the post's own."""
        if end.event is None and event is None:
            hint = "Name one, as { event: …, offset: … }, or write a length of time such as 2d."
            where = place_of(node, "expires")
            self._add(
                "C203", where, "The post is about no event that its end could count from", hint
            )
            return None
        if end.event is None:
            return self.header.events.get(event or "")
        return self._event(end.event, node, "expires", "event")

    def _own_id(self, filled: form.PostForm, node: Node) -> str | None:
        """Make an id from the local time, so that mending a text makes no second post."""
        if not isinstance(filled.when, when_form.AtForm):
            hint = "Add id: in small letters and hyphens."
            self._add("C203", node.place, "A post that is not for a fixed time needs an id", hint)
            return None
        zone = self._zone(filled)
        local = filled.when.at
        if local.tzinfo is not None and zone is not None:
            local = local.astimezone(schedules.zone(zone))
        return f"at-{local:%Y%m%d-%H%M}" + (f"{local:%S}" if local.second else "")


def _around(
    event: Event | None,
    when: when_form.EventTimeForm | when_form.EventsTimeForm | when_form.EndForm,
) -> schedules.EventRelative | None:
    if event is None:
        return None
    return schedules.EventRelative(event, when.offset, when.at, when.from_)


def _recurring(when: when_form.EveryForm, zone: str) -> schedules.Every:
    days = when.every[0] if len(when.every) == 1 else when.every
    clocks = tuple(f"{clock:%H:%M}" for clock in when.at)
    return schedules.every(
        days,
        clocks,
        timezone=when.timezone or zone,
        start=when.from_,
        until=when.until,
    )


def _code(error: ScheduleError) -> str:
    return "S603" if "does not exist" in error.message else "S604"


def _when_place(node: Node, when: object) -> tuple[int, int]:
    """Give the place of the telling value of ``when``."""
    key = "every" if isinstance(when, when_form.EveryForm) else "at"
    return place_of(node, "when", key)
