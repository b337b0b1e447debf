"""What a post will say: templates filled in, media found, hashtags and link added."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from bot.campaigns import media
from bot.campaigns.fields import FormError
from bot.campaigns.header import ALREADY_REPORTED
from bot.campaigns.templates import MissingValue, fill_template, with_underscores
from bot.model import Content, Part, Poll, Wording
from bot.schedules import zone
from bot.schedules.phrases import MONTHS
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of
from bot.yamlsource.problems import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.campaigns import schema
    from bot.campaigns.header import Header
    from bot.campaigns.source import Source
    from bot.campaigns.templates import TemplateNames
    from bot.model import Media
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place

    _TextForms = schema.PostForm | schema.OnForm


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """What a post says about one event or none.

    ``facts`` and ``statements`` are the ids of those that it names or its texts fetch, each once.
    """

    wordings: tuple[Wording, ...]
    facts: tuple[str, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContentBuilder:
    """Renders the posts of one campaign in one file."""

    source: Source
    header: Header
    root: Path

    def render(
        self, form: schema.PostForm, node: Node, event: str | None, platform: str | None
    ) -> RenderedPost | None:
        """Return all that the audience will see; None, with every problem noted, if it is wrong.

        With ``platform``, it is the text of its own that the post has there.
        """
        names = self._template_names(form, event)
        sources = [*_wording_sources(form, node, platform)]
        wordings = [
            self._render_wording(form, name, link, parts, names) for name, link, parts in sources
        ]
        sound = tuple(wording for wording in wordings if wording)
        if len(sound) < len(wordings) or not self.header.form:
            return None
        ids = {"fact": [*form.facts], "statement": [*form.statements]}
        known = {"fact": self.header.facts, "statement": self.header.statements}
        for _, _, parts in sources:
            for kind, name in [found for part in parts for found in _find_references(part.text)]:
                # A name may have underscores for the id's hyphens.
                ids[kind].append(name if name in known[kind] else name.replace("_", "-"))
        facts, statements = (tuple(dict.fromkeys(ids[kind])) for kind in ("fact", "statement"))
        return RenderedPost(sound, facts, statements)

    def _render_wording(
        self,
        form: schema.PostForm,
        name: str,
        link: str | None,
        sources: Sequence[_PartSource],
        names: TemplateNames,
    ) -> Wording | None:
        if self.source.is_given_up:
            return None
        rendered = [self._render_part(part, names) for part in sources]
        sound = [part for part in rendered if part]
        if len(sound) < len(rendered) or not self.header.form:
            return None
        literal_texts = tuple(
            part.text if literal_text is None else literal_text for part, literal_text in sound
        )
        if all(literal_text is None for _, literal_text in sound):
            literal_texts = ()
        tags = self.header.form.hashtags if form.hashtags is None else form.hashtags
        parts = [part for part, _ in sound]
        if link:
            parts[-1] = replace(parts[-1], text=f"{parts[-1].text}\n{link}")
        if tags:
            line = " ".join(f"#{tag}" for tag in tags)
            parts[0] = replace(parts[0], text=f"{parts[0].text}\n\n{line}")
        self.source.count_characters(sum(len(part.text) for part in parts), sources[0].text.place)
        everyone = form.reply_settings in (None, "everyone")
        content = Content(tuple(parts), None if everyone else form.reply_settings)
        return Wording(name, content, link, literal_texts)

    def _render_part(
        self, source: _PartSource, names: TemplateNames
    ) -> tuple[Part, str | None] | None:
        """Return the part, and its text without what was fetched if something was."""
        if self.source.problems.is_full:
            return None
        filled = fill_template(str(source.text), names)
        for flaw in filled.flaws:
            assert self.source.document is not None
            place = self.source.document.find_word(flaw.word, source.text, flaw.line)
            self.source.problems.add(flaw.code, place, flaw.message, flaw.hint)
        media = [
            self._find_media(item, place_of(source.media_node, "media", index, "file"))
            for index, item in enumerate(source.media)
        ]
        found = tuple(item for item in media if item is not None)
        if filled.rendered is None or len(found) < len(media):
            return None
        poll = None
        if source.poll:
            minutes = source.poll.minutes or (source.poll.hours or 0) * 60
            poll = Poll(source.poll.options, minutes)
        part = Part(filled.rendered, found, poll, self.source.mark(source.text.place))
        return part, filled.literal_text

    def _find_media(self, item: schema.MediaForm, place: Place) -> Media | None:
        folder = self.source.path.parent.absolute().resolve().relative_to(self.root)
        base = self.root / folder
        self.source.media_paths.add(media.relative_to_root(self.root, base, item.file))
        try:
            found = media.find(self.root, base, item.file)
        except FormError as error:
            self.source.problems.add(error.code, place, error.message, error.hint)
            return None
        return replace(found, alt=item.alt, mark=self.source.mark(place))

    def _template_names(self, form: schema.PostForm, event: str | None) -> TemplateNames:
        """Return what this post's texts can name."""
        demand: TemplateNames | MissingValue = ALREADY_REPORTED
        if form.demand is None:
            message = "The post does not say which demand it speaks for"
            demand = MissingValue(message, "Add demand: with its id to the post.")
        elif asked := self.header.demands.get(form.demand):
            demand = {"ask": asked.ask, "target": asked.target}
        about: TemplateNames | MissingValue = ALREADY_REPORTED
        if event is None:
            message = "The post does not say which event it is about"
            about = MissingValue(message, "Add event: with its id to the post.")
        elif known := self.header.events.get(event):
            local = known.starts.astimezone(zone(known.timezone))
            about = {
                "name": known.name,
                "place": known.place,
                "date": f"{local.day} {MONTHS[local.month - 1]} {local.year}",
                "time": f"{local:%H:%M}",
            }
        own = {"demand": demand, "event": about, "value": _value_names(form, event)}
        return {**self.header.names, **own}


def _value_names(form: schema.PostForm, event: str | None) -> TemplateNames | MissingValue:
    """Return the post's own values for the event."""
    if not form.values:
        return MissingValue(
            "The post has no values", "Add values: with one for each of its events."
        )
    values = form.values.get(event or "")
    if values is None:
        hint = f"Add it under values:, as {event or 'EVENT'}: {{NAME: …}}."
        return MissingValue(
            f"The post has no values for the event {quote_value(event or '')}", hint
        )
    return with_underscores(values)


def _find_references(text: str) -> list[tuple[str, str]]:
    """Return the facts and statements that a sound template fetches, as ``("fact", "hart")``."""
    places = [piece.partition("}}")[0] for piece in text.split("{{")[1:]]
    references = [match for place in places for match in _REFERENCE.findall(place)]
    return [(kind, name or quoted) for kind, name, quoted in references]


_REFERENCE = re.compile(
    r"""(?<![\w.])(fact|statement)\s*(?:\.\s*(\w+)|\[\s*['"]([^'"]+)['"]\s*\])"""
)


# --- Where a post's texts are ---------------------------------------------------------------------


_WordingSource: TypeAlias = "tuple[str, str | None, list[_PartSource]]"
"""A wording as it was typed: its name, its link, and its parts."""


@dataclass(frozen=True, slots=True)
class _PartSource:
    """A part as it was typed; ``media_node`` is the mapping that has its media."""

    text: ScalarNode
    media: tuple[schema.MediaForm, ...]
    media_node: Node
    poll: schema.PollForm | None


def _wording_sources(
    form: schema.PostForm, node: Node, platform: str | None
) -> Iterator[_WordingSource]:
    """Yield each wording; one without a name where there are no others."""
    forms: list[tuple[_TextForms, Node]] = [(form, node)]
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
    forms: Sequence[tuple[_TextForms | schema.WordingForm, Node]],
    poll: schema.PollForm | None,
) -> _WordingSource:
    """Return the text of the first form; a link or media that it lacks are the next one's."""
    first, node = forms[0]
    link = next((form.link for form, _ in forms if form.link is not None), None)
    if first.thread is None:
        media, media_node = next(
            (form.media, form_node) for form, form_node in forms if form.media is not None
        )
        return name, link, [_PartSource(_text_node(node), media, media_node, poll)]
    nodes = _child_node(node, "thread")
    assert isinstance(nodes, SequenceNode)
    parts = [
        _PartSource(_text_node(part_node), part.media, part_node, part.poll)
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
