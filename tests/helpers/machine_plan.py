"""Campaign files in memory, which a state machine edits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.checking import CheckResult
from bot.model import Campaign, Content, Event, Media, Part, Post, Wording
from bot.schedules import At, EventRelative, NextSlot, every
from helpers.clock import NOW

if TYPE_CHECKING:
    from bot.model import Schedule

PICTURE = Media(Path("camera.png"), "A camera above a door", "0b" * 32, "image/png", 99, 8, 6)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A post in the files; ``kind`` is once, event, every or slot, and ``texts`` are its parts."""

    name: str
    campaign: str
    accounts: tuple[str, ...]
    kind: str
    due: datetime
    texts: tuple[str, ...]
    lasts: timedelta | None = None
    picture: bool = False

    def post(self, event: Event) -> Post:
        media = (PICTURE,) if self.picture else ()
        parts = tuple(
            Part(text, media if not index else ()) for index, text in enumerate(self.texts)
        )
        named = "summit" if self.kind == "event" else None
        return Post(
            self.name,
            self.campaign,
            self.accounts,
            self._when(event),
            (Wording("", Content(parts)),),
            event=named,
            expires=self.lasts,
        )

    def _when(self, event: Event) -> Schedule:
        if self.kind == "event":
            return EventRelative(event, self.due - START)
        if self.kind == "every":
            return every("day", f"{self.due:%H:%M}", timezone="UTC")
        if self.kind == "slot":
            return NextSlot()
        return At(self.due, "UTC")


START = NOW
EVENT = Event("summit", "Summit", "New York", "America/New_York", START, START + timedelta(hours=9))


@dataclass(slots=True)
class ModelFiles:
    """The posts in the files; every edit makes a new ``version``."""

    version: int = 0
    entries: dict[str, ModelEntry] = field(default_factory=dict)
    removed: dict[str, ModelEntry] = field(default_factory=dict)
    event: Event = EVENT

    def put(self, entry: ModelEntry) -> None:
        self.version += 1
        self.entries[entry.name] = entry

    def reword(self, name: str) -> None:
        old = self.entries[name]
        words = (f"{old.texts[0].split(' v')[0]} v{self.version}", *old.texts[1:])
        self.put(replace(old, texts=words))

    def move(self, name: str, by: timedelta) -> None:
        """Make a post due later, or move it before the other posts in slots."""
        entry = self.entries[name]
        if entry.kind == "slot":
            self.entries = {name: self.entries.pop(name), **self.entries}
        self.put(replace(entry, due=entry.due + by))

    def remove(self, name: str) -> None:
        self.version += 1
        self.removed[name] = self.entries.pop(name)

    def restore(self, name: str) -> None:
        self.put(self.removed.pop(name))

    def rename(self, name: str) -> None:
        entry = self.entries[name]
        self.remove(name)
        self.put(replace(entry, name=f"{name}x"))

    def change_event(self, *, cancelled: bool, by: timedelta) -> None:
        self.version += 1
        self.event = replace(self.event, cancelled=cancelled, starts=self.event.starts + by)

    def campaigns(self) -> tuple[Campaign, ...]:
        posts = [entry.post(self.event) for entry in self.entries.values()]
        names = sorted({post.campaign for post in posts})
        return tuple(_campaign(name, posts) for name in names)

    def in_slots(self) -> dict[str, str]:
        """Return the keys of the posts in slots and their content as JSON, in the files' order."""
        return {
            f"{post.campaign}/{post.id}/{account}/slot": post.wordings[0].content.to_json()
            for campaign in self.campaigns()
            for post in campaign.posts
            if isinstance(post.when, NextSlot)
            for account in post.accounts
        }

    def check(self, _now: datetime) -> CheckResult:
        return CheckResult(self.campaigns(), (), ())

    def fingerprint(self) -> str:
        return str(self.version)


def _campaign(name: str, posts: list[Post]) -> Campaign:
    mine = tuple(post for post in posts if post.campaign == name)
    return Campaign(name, name, "UTC", (), (), {}, {}, {}, mine)
