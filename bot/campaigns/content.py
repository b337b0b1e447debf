"""What a post will say: templates filled in, media found, hashtags and link added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.campaigns import media
from bot.campaigns.form_errors import place_of
from bot.campaigns.header import UNTOLD
from bot.campaigns.marks import Fields, Items, Text
from bot.campaigns.templates import Absent, fill
from bot.model import Content, Media, Part, Poll
from bot.schedules import zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.campaigns import form
    from bot.campaigns.header import Header
    from bot.campaigns.marks import Node
    from bot.campaigns.source import Source
    from bot.campaigns.templates import Names
    from bot.model import Event

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the content of the posts of one campaign in one file."""

    source: Source
    header: Header
    root: Path

    def content(self, filled: form.PostForm, node: Node) -> Content | None:
        """Give all that the audience will see; None, with every problem noted, if it cannot be."""
        names = self._names(filled)
        parts = [self._part(one, inner, text, names) for one, inner, text in _written(filled, node)]
        if any(part is None for part in parts) or not self.header.form:
            return None
        tags = self.header.form.hashtags if filled.hashtags is None else filled.hashtags
        sound = _with_extras([part for part in parts if part is not None], filled.link, tags)
        everyone = filled.reply_settings in (None, "everyone")
        return Content(tuple(sound), None if everyone else filled.reply_settings)

    def _part(
        self,
        one: form.PostForm | form.PartForm,
        node: Node,
        text: Text,
        names: Names,
    ) -> Part | None:
        said, flaws = fill(str(text), names)
        for flaw in flaws:
            assert self.source.document is not None
            where = self.source.document.place_of(flaw.word, text, flaw.line)
            self.source.problems.add(flaw.code, where, flaw.message, flaw.hint)
        shown_media = [
            self._media(item, place_of(node, "media", index, "file"))
            for index, item in enumerate(one.media)
        ]
        if said is None or None in shown_media:
            return None
        found = tuple(item for item in shown_media if item is not None)
        return Part(said, found, _poll(one.poll), self.source.mark(text.place))

    def _media(self, item: form.MediaForm, where: tuple[int, int]) -> Media | None:
        try:
            found = media.find(self.root, self.root / self._folder, item.file)
        except media.MediaError as error:
            self.source.problems.add(error.code, where, error.message, error.hint)
            return None
        return Media(
            path=found.path,
            alt=item.alt,
            sha256=found.sha256,
            mime=found.mime,
            size=found.size,
            width=found.width,
            height=found.height,
            mark=self.source.mark(where),
        )

    @property
    def _folder(self) -> Path:
        return self.source.path.parent.absolute().resolve().relative_to(self.root)

    def _names(self, filled: form.PostForm) -> Names:
        """Give what this post's texts can name."""
        event = filled.event or getattr(filled.when, "event", None)
        return {
            **self.header.names,
            "demand": self._demand_names(filled.demand),
            "event": self._event_names(event),
        }

    def _demand_names(self, name: str | None) -> Names | Absent:
        if name is None:
            hint = "Add demand: with its id to the post."
            return Absent("The post does not say which demand it speaks for", hint)
        demand = self.header.demands.get(name)
        return {"ask": demand.ask, "target": demand.target} if demand else UNTOLD

    def _event_names(self, name: str | None) -> Names | Absent:
        if name is None:
            hint = "Add event: with its id to the post."
            return Absent("The post does not say which event it is about", hint)
        event = self.header.events.get(name)
        return _event_names(event) if event else UNTOLD


def _event_names(event: Event) -> Names:
    local = event.starts.astimezone(zone(event.timezone))
    return {
        "name": event.name,
        "place": event.place,
        "date": f"{local.day} {_MONTHS[local.month - 1]} {local.year}",
        "time": f"{local:%H:%M}",
    }


def _written(
    filled: form.PostForm,
    node: Node,
) -> Iterator[tuple[form.PostForm | form.PartForm, Node, Text]]:
    """Yield what holds each part's media, its node, and its text as it was typed."""
    assert isinstance(node, Fields)
    if filled.thread is None:
        yield filled, node, _text_in(node)
        return
    parts = node[Text("thread")]
    assert isinstance(parts, Items)
    for part, inner in zip(filled.thread, parts, strict=True):
        yield part, inner, _text_in(inner)


def _text_in(node: Node) -> Text:
    text = node[Text("text")] if isinstance(node, Fields) else node
    assert isinstance(text, Text)
    return text


def _poll(filled: form.PollForm | None) -> Poll | None:
    if filled is None:
        return None
    return Poll(filled.options, filled.minutes or (filled.hours or 0) * 60)


def _with_extras(parts: list[Part], link: str | None, tags: Sequence[str]) -> list[Part]:
    """Add the link to the last part, and the hashtags to the first."""
    if link:
        parts[-1] = _longer(parts[-1], f"\n{link}")
    if tags:
        parts[0] = _longer(parts[0], "\n\n" + " ".join(f"#{tag}" for tag in tags))
    return parts


def _longer(part: Part, more: str) -> Part:
    return Part(part.text + more, part.media, part.poll, part.mark)
