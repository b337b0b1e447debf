"""Builds posts from their forms: their references, their times and their texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot import schedules
from bot.campaigns.content import ContentBuilder
from bot.campaigns.header import known_accounts
from bot.campaigns.names import relied_on
from bot.campaigns.schema.when import (
    AtForm,
    EmbargoEndForm,
    EndForm,
    EventsTimeForm,
    EventTimeForm,
    EveryForm,
    SlotForm,
)
from bot.campaigns.voices import MENTION_CODE
from bot.model import Post
from bot.schedules.local_time import ScheduleError, zone
from bot.text import quote_value
from bot.yamlsource.nodes import place_of
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import TypeAlias

    from bot.campaigns.header import Header
    from bot.campaigns.schema.post import CampaignPostForm, QueuedPostForm
    from bot.campaigns.source import Source
    from bot.campaigns.voices import Speakers, Voice
    from bot.model import Event, Schedule, Wording
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place

    _Voices: TypeAlias = list[tuple[Voice | None, list[str]]]
    """How accounts say a text, each with its accounts."""


@dataclass(slots=True)
class PostBuilder:
    """Builds the posts of one entry of a file."""

    source: Source
    header: Header
    """The header of the post's campaign."""
    speakers: Speakers
    form: CampaignPostForm | QueuedPostForm
    """The entry, validated."""
    node: Node
    """The entry as it stands in the file."""
    _problems_before: int = field(default=0, init=False)

    def build(self) -> list[Post]:
        """Return one post, or one for each event and each platform whose text differs.

        If anything is wrong, note every problem and return no post.
        """
        self._problems_before = len(self.source.problems.problems)
        self._check_known("demand", self.form.demand, "demand")
        self._check_known("event", self.form.event, "event")
        for kind in ("fact", "statement"):
            for index, name in enumerate(getattr(self.form, f"{kind}s")):
                self._check_known(kind, name, f"{kind}s", index)
        name = self.form.id or self._id_from_time()
        by_platform = self._accounts_by_platform()
        posts = [
            post
            for event in self._event_ids()
            for platform, theirs in by_platform
            for post in self._build_posts(event, platform, name, theirs)
        ]
        return [] if self._failed else posts

    def _event_ids(self) -> tuple[str | None, ...]:
        """Return the events that the post is about. Most posts have one or none."""
        if not isinstance(self.form.when, EventsTimeForm):
            return (self.form.event or getattr(self.form.when, "event", None),)
        if self.form.event is not None:
            hint = "Leave out event:, because when: names the events."
            message = "event: cannot stand beside events:"
            self._add("C206", place_of(self.node, "event"), message, hint)
        for index, name in enumerate(self.form.when.events):
            self._check_known("event", name, "when", "events", index)
        for name in self.form.values:
            if name not in self.form.when.events and not self.source.problems.is_full:
                hint = did_you_mean(name, self.form.when.events)
                message = f"The post is not about the event {quote_value(name)}"
                self._add("R305", place_of(self.node, "values", name), message, hint)
        return () if self._failed else tuple(dict.fromkeys(self.form.when.events))

    def _build_posts(
        self, event: str | None, platform: str | None, name: str | None, accounts: tuple[str, ...]
    ) -> list[Post]:
        """Return a post for each group of accounts that have the same wordings."""
        embargo = self._build_embargo()
        when = self._build_schedule(event, embargo)
        expires = self._build_expiry(when, event)
        voices = self._voices(accounts)
        groups, fetched = self._render(event, platform, name or "", voices)
        if self._failed or not (groups and when and name and self.header.form):
            return []
        differ = len(groups) > 1
        dealt_among = _dealt_among(groups, voices, accounts)
        return [
            Post(
                id=name,
                campaign=self.header.form.campaign,
                accounts=tuple(theirs),
                when=when,
                wordings=wordings,
                demand=self.form.demand,
                event=event,
                platform=self.speakers.common_platform(theirs) if differ else platform,
                dealt_among=dealt_among,
                facts=relied_on(self.form.facts, fetched, "fact", self.header.facts),
                statements=relied_on(
                    self.form.statements, fetched, "statement", self.header.statements
                ),
                expires=expires,
                embargo=embargo,
                author=self.form.author,
                suppressions=self.source.suppressions.get(self.node.place, ()),
                mark=self.source.mark(self.node.place),
            )
            for wordings, theirs in groups.items()
        ]

    def _voices(self, accounts: tuple[str, ...]) -> _Voices:
        long = self.form.long or (self.header.form.long if self.header.form else None)
        marks = self.header.link_marks
        apart = marks is not None and marks.content == "account"
        cuts = long == "thread"
        return self.speakers.voices(accounts, self.header.mentions, cuts=cuts, apart=apart)

    def _render(
        self, event: str | None, platform: str | None, name: str, voices: _Voices
    ) -> tuple[dict[tuple[Wording, ...], list[str]], list[tuple[str, str]]]:
        """Return the accounts that say each set of wordings, and the names that these fetch."""
        fetched: list[tuple[str, str]] = []
        groups: dict[tuple[Wording, ...], list[str]] = {}
        alike: dict[str, tuple[Wording, ...]] = {}  # by platform, of posts without marked links
        for voice, theirs in voices:
            network = voice.account.platform if voice else ""
            if network in alike:
                groups[alike[network]].extend(theirs)
                continue
            builder = ContentBuilder(
                self.source, self.header, self.form, self.node, name, event, platform, voice
            )
            if wordings := builder.render():
                groups.setdefault(wordings, []).extend(theirs)
                if voice and not voice.cuts and not any(wording.is_marked for wording in wordings):
                    alike[network] = wordings
            fetched += builder.fetched
            if self._failed and not self._only_mentions_failed:
                break  # the next platform would report the same problems again
        return groups, fetched

    @property
    def _failed(self) -> bool:
        return len(self.source.problems.problems) > self._problems_before

    @property
    def _only_mentions_failed(self) -> bool:
        """Whether mentions are the only problem. They differ from platform to platform."""
        new = self.source.problems.problems[self._problems_before :]
        return all(problem.code == MENTION_CODE for problem in new)

    def _add(self, code: str, place: Place, message: str, hint: str) -> None:
        self.source.problems.add(code, place, message.rstrip("."), hint)

    def _check_known(self, kind: str, name: str | None, *path: str | int) -> None:
        known: Mapping[str, object] = getattr(self.header, f"{kind}s")
        if name is not None and name not in known:
            hint = f"The campaign has no {kind}s yet."
            self.source.note_unknown(place_of(self.node, *path), kind, name, known, hint)

    def _accounts_by_platform(self) -> list[tuple[str | None, tuple[str, ...]]]:
        """Return the accounts for the post's own text (None), and for each platform's text."""
        accounts, named = self.header.accounts, self.form.accounts
        if named is not None:
            accounts = known_accounts(named, self.node, self.speakers.accounts, self.source)
        elif self.header.form:
            named = self.header.form.accounts
        if named == ():
            hint = "Name accounts: in the post or in its campaign."
            place = place_of(self.node, "accounts")
            self._add("R309", place, "The post has no account to be published from", hint)
        if not self.form.on:
            return [(None, accounts)]
        platforms = {name: self.speakers.accounts[name].platform for name in accounts}
        by_platform: list[tuple[str | None, tuple[str, ...]]] = [
            (platform, tuple(name for name in accounts if platforms[name] == platform))
            for platform in self.form.on
        ]
        rest = tuple(name for name in accounts if platforms[name] not in self.form.on)
        if accounts and len(accounts) == len({*(named or ())}):  # all of them are known
            self._check_platform_texts({*platforms.values()}, rest)
        return [(None, rest), *by_platform] if self.form.has_text else by_platform

    def _check_platform_texts(self, platforms: Collection[str], rest: Sequence[str]) -> None:
        for platform in self.form.on:
            if platform not in platforms:
                message = f"The post has no account on {quote_value(platform)}"
                hint = f"{did_you_mean(platform, platforms)} Or add an account there to accounts:."
                self._add("R311", place_of(self.node, "on", platform), message, hint)
        if rest and not self.form.has_text:
            there = quote_value(self.speakers.accounts[rest[0]].platform)
            message = f"The account {quote_value(rest[0])} has no text: {there} is not under on:"
            hint = "Add it there, or add text: beside on:, for all others."
            self._add("C203", place_of(self.node, "on"), message, hint)
        if self.form.has_text and not rest:
            keys = ("text", "thread", "wordings")
            key = next(key for key in keys if getattr(self.form, key) is not None)
            message = "No account posts this: each of the post's platforms has a text of its own"
            hint = f"Leave out {key}:, or one of the platforms under on:."
            self._add("R311", place_of(self.node, key), message, hint)

    # --- when ---

    @property
    def _zone(self) -> str | None:
        """The zone of the post's local times, which is its event's or else the campaign's."""
        event = self.header.events.get(self.form.event) if self.form.event else None
        if event is not None:
            return event.timezone
        return self.header.form.timezone if self.header.form else None

    def _build_embargo(self) -> datetime | None:
        local, zone = self.form.embargo, self._zone
        if local is None or zone is None:
            return None
        return self.source.to_instant(local, zone, place_of(self.node, "embargo"))

    def _build_schedule(  # noqa: PLR0911 - one return for each kind of time
        self, event: str | None, embargo: datetime | None
    ) -> Schedule | None:
        zone = self._zone
        try:
            match self.form.when:
                case EventTimeForm() as when:
                    self._check_known("event", when.event, "when", "event")
                    return _relative_to_event(self.header.events.get(when.event), when)
                case EventsTimeForm() as when:
                    return _relative_to_event(self.header.events.get(event or ""), when)
                case SlotForm():
                    return schedules.NextSlot()
                case EmbargoEndForm() as when if zone:
                    ends = max(filter(None, (embargo, self.header.embargo)), default=None)
                    return self._after_embargo(ends, when.offset, zone)
                case AtForm() as when if zone:
                    return schedules.At(when.at, zone)
                case EveryForm() as when if zone:
                    return schedules.every(
                        when.every[0] if len(when.every) == 1 else when.every,
                        tuple(f"{clock:%H:%M}" for clock in when.at),
                        timezone=when.timezone or zone,
                        start=when.from_,
                        until=when.until,
                    )
        except ScheduleError as error:
            key = "every" if isinstance(self.form.when, EveryForm) else "at"
            self._add(error.code, place_of(self.node, "when", key), error.message, error.hint)
        return None

    def _after_embargo(
        self, ends: datetime | None, offset: timedelta, zone: str
    ) -> schedules.At | None:
        """Return the time at this offset from the embargo's end, or None if there is no embargo."""
        if ends is not None:
            return schedules.At(ends.astimezone(UTC) + offset, zone)
        campaign = self.header.form
        if self.form.embargo is None and (campaign is None or campaign.embargo is None):
            hint = "Add embargo: to the post or to its campaign, or write a time for the post."
            message = "Neither the post nor its campaign has an embargo"
            self._add("C203", place_of(self.node, "when"), message, hint)
        return None

    def _build_expiry(
        self, when: Schedule | None, event: str | None
    ) -> datetime | timedelta | None:
        place, expires, zone = place_of(self.node, "expires"), self.form.expires, self._zone
        try:
            if isinstance(expires, EndForm):
                if expires.event is not None:
                    self._check_known("event", expires.event, "expires", "event")
                elif event is None:
                    hint = "Name one, as { event: …, offset: … }, or write a length of time "
                    hint += "such as 2d."
                    message = "expires: counts from an event, and the post has none"
                    self._add("C203", place, message, hint)
                origin = self.header.events.get(expires.event or event or "")
                schedule = _relative_to_event(origin, expires)
                expires = schedule.due if schedule else None
            elif isinstance(expires, datetime) and expires.tzinfo is None:
                expires = schedules.At(expires, zone).due if zone else None
        except ScheduleError as error:
            self._add(error.code, place, error.message, error.hint)
            return None
        due = when.due if when else None
        if due and isinstance(expires, datetime) and expires <= due:
            message = f"The post expires before it is due, at {due:%Y-%m-%d %H:%M} UTC"
            self._add("S606", place, message, "Correct expires: or when:.")
        return expires

    def _id_from_time(self) -> str | None:
        """Return an id made from the local time, which a correction of the text does not change."""
        if not isinstance(self.form.when, AtForm):
            hint = "Add id: in small letters and hyphens."
            message = "A post that is not for a fixed time needs an id"
            self._add("C203", self.node.place, message, hint)
            return None
        local = self.form.when.at
        if local.tzinfo is not None and self._zone is not None:
            local = local.astimezone(zone(self._zone))
        return f"at-{local:%Y%m%d-%H%M}" + (f"{local:%S}" if local.second else "")


def _dealt_among(
    groups: Mapping[tuple[Wording, ...], object], voices: _Voices, accounts: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the accounts among which several groups deal out their wordings, in this order.

    If only marks of links tell the groups apart, the order is that of the one group without marks.
    So nobody gets another wording if a campaign begins to mark its links, or ceases to.
    """
    if len(groups) <= 1:
        return ()
    typed = {
        tuple((each.name, each.typed_content, each.typed_link) for each in wordings)
        for wordings in groups
    }
    return accounts if len(typed) > 1 else tuple(name for _, theirs in voices for name in theirs)


def _relative_to_event(
    event: Event | None, when: EventsTimeForm | EndForm
) -> schedules.EventRelative | None:
    if event is None:
        return None
    return schedules.EventRelative(event, when.offset, when.at, when.from_)
