"""What a post will say: templates filled in, media found, hashtags and link added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.campaigns import media
from bot.campaigns.form_errors import place_of
from bot.campaigns.header import UNTOLD
from bot.campaigns.marks import Fields, Items, Text
from bot.campaigns.problems import shown
from bot.campaigns.templates import Absent, fetched, fill_apart
from bot.model import Content, Media, Part, Poll, Wording
from bot.schedules import zone
from bot.schedules.phrases import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.campaigns import form
    from bot.campaigns.header import Header
    from bot.campaigns.marks import Node
    from bot.campaigns.source import Source
    from bot.campaigns.templates import Names
    from bot.model import Event

    _Ways = form.PostForm | form.OnForm


@dataclass(frozen=True, slots=True)
class Said:
    """What a post says about one event or none, and the ids of the facts and statements in it."""

    wordings: tuple[Wording, ...]
    facts: tuple[str, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes what the posts of one campaign in one file say."""

    source: Source
    header: Header
    root: Path

    def said(
        self, filled: form.PostForm, node: Node, event: str | None, platform: str | None
    ) -> Said | None:
        """Give all that the audience will see; None, with every problem noted, if it cannot be.

        With ``platform``, what it says there, by a text of its own.
        """
        names = self._names(filled, event)
        ways = [*_wordings(filled, node, platform)]
        wordings = [self._wording(filled, name, written, names) for name, written in ways]
        sound = tuple(one for one in wordings if one)
        if len(sound) < len(wordings) or not self.header.form:
            return None
        facts, statements = self._fetched(filled, [one for _, one in ways])
        return Said(sound, facts, statements)

    def _wording(
        self, filled: form.PostForm, name: str, written: _Written, names: Names
    ) -> Wording | None:
        if self.source.is_given_up:
            return None
        made = [self._part(one, inner, text, names) for one, inner, text in written.parts]
        sound = [one for one in made if one]
        if len(sound) < len(made) or not self.header.form:
            return None
        parts = [part for part, _ in sound]
        fetched_none = all(typed is None for _, typed in sound)
        tags = self.header.form.hashtags if filled.hashtags is None else filled.hashtags
        everyone = filled.reply_settings in (None, "everyone")
        texts = [part.text if one is None else one for part, one in sound]
        shown = tuple(_with_extras(parts, written.link, tags))
        self.source.wrote(sum(len(part.text) for part in shown), written.parts[0][2].place)
        content = Content(shown, None if everyone else filled.reply_settings)
        return Wording(name, content, written.link, () if fetched_none else tuple(texts))

    def _fetched(
        self, filled: form.PostForm, ways: Iterable[_Written]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the facts and statements that it names or its texts fetch, each once."""
        texts = (text for one in ways for *_, text in one.parts)
        found = [path for text in texts for path in fetched(text)]
        facts = [_as_known(name, self.header.facts) for kind, name in found if kind == "fact"]
        said = [
            _as_known(name, self.header.statements) for kind, name in found if kind == "statement"
        ]
        return (
            tuple(dict.fromkeys((*filled.facts, *facts))),
            tuple(dict.fromkeys((*filled.statements, *said))),
        )

    def _part(
        self,
        one: _Shown,
        node: Node,
        text: Text,
        names: Names,
    ) -> tuple[Part, str | None] | None:
        """Give the part, and what was typed of its text where something was fetched into it."""
        if self.source.problems.full:
            return None
        whole = fill_apart(str(text), names)
        for flaw in whole.flaws:
            assert self.source.document is not None
            where = self.source.document.place_of(flaw.word, text, flaw.line)
            self.source.problems.add(flaw.code, where, flaw.message, flaw.hint)
        shown_media = [
            self._media(item, place_of(node, "media", index, "file"))
            for index, item in enumerate(one.media)
        ]
        if whole.said is None or None in shown_media:
            return None
        found = tuple(item for item in shown_media if item is not None)
        part = Part(whole.said, found, _poll(one.poll), self.source.mark(text.place))
        return part, whole.typed

    def _media(self, item: form.MediaForm, where: tuple[int, int]) -> Media | None:
        base = self.root / self._folder
        self.source.shown.add(media.relative_to_root(self.root, base, item.file))
        try:
            found = media.find(self.root, base, item.file)
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

    def _names(self, filled: form.PostForm, event: str | None) -> Names:
        """Give what this post's texts can name."""
        return {
            **self.header.names,
            "demand": self._demand_names(filled.demand),
            "event": self._event_names(event),
            "value": _value_names(filled, event),
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
        "date": f"{local.day} {MONTHS[local.month - 1]} {local.year}",
        "time": f"{local:%H:%M}",
    }


def _value_names(filled: form.PostForm, event: str | None) -> Names | Absent:
    """Give the post's own values for the event, with underscores too."""
    if not filled.values:
        return Absent("The post has no values", "Add values: with one for each of its events.")
    values = filled.values.get(event or "")
    if values is None:
        hint = f"Add it under values:, as {event or 'EVENT'}: {{NAME: …}}."
        return Absent(f"The post has no values for the event {shown(event or '')}", hint)
    return {**{name.replace("-", "_"): value for name, value in values.items()}, **values}


def _as_known(name: str, known: Mapping[str, object]) -> str:
    """Give the id that a name in a template stands for: it may have underscores for hyphens."""
    return name if name in known else name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown beside a text, and the node that holds the media."""

    media: tuple[form.MediaForm, ...]
    poll: form.PollForm | None


@dataclass(frozen=True, slots=True)
class _Written:
    """A wording as it was typed: what each part shows, its node and text, and the link."""

    parts: list[tuple[_Shown, Node, Text]]
    link: str | None


def _wordings(
    filled: form.PostForm, node: Node, platform: str | None
) -> Iterator[tuple[str, _Written]]:
    """Yield each wording with its name; one without a name where there are no others."""
    own: list[tuple[_Ways, Node]] = [(filled, node)]
    if platform is not None:
        own.insert(0, (filled.on[platform], _below(node, "on", platform)))
    ways, here = own[0]
    if ways.wordings is None:
        yield "", _written(own, filled.poll)
        return
    for name, wording in ways.wordings.items():
        yield name, _written([(wording, _below(here, "wordings", name)), *own], filled.poll)


def _written(
    own: Sequence[tuple[_Ways | form.WordingForm, Node]], poll: form.PollForm | None
) -> _Written:
    """Give what the first of these says; what it does not name is the next one's."""
    filled, node = own[0]
    shown, holder = next((one.media, at) for one, at in own if one.media is not None)
    link = next((one.link for one, _ in own if one.link is not None), None)
    if filled.thread is None:
        return _Written([(_Shown(shown, poll), holder, _text_in(node))], link)
    parts = _below(node, "thread")
    assert isinstance(parts, Items)
    return _Written(
        [
            (_Shown(part.media, part.poll), inner, _text_in(inner))
            for part, inner in zip(filled.thread, parts, strict=True)
        ],
        link,
    )


def _below(node: Node, *keys: str) -> Node:
    for key in keys:
        assert isinstance(node, Fields)
        node = node[Text(key)]
    return node


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
