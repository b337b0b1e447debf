"""Renders posts: fills in templates and mentions, finds media, adds hashtags and the link."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.campaigns.outgoing import LinkMarker, TextFiller
from bot.campaigns.schema.fields import NO_POLL, NO_WARNING
from bot.campaigns.templates import ALREADY_REPORTED, TemplateError, with_underscores
from bot.model import Content, Part, Poll, Wording
from bot.schedules.local_time import zone
from bot.schedules.written_dates import MONTHS
from bot.text import quote_value
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of

if TYPE_CHECKING:
    from bot.campaigns.header import Header
    from bot.campaigns.schema.fields import MediaForm, PollForm
    from bot.campaigns.schema.post import OnForm, PostForm, WordingForm
    from bot.campaigns.source import Source
    from bot.campaigns.templates import TemplateNames
    from bot.campaigns.voices import Voice
    from bot.model import Media
    from bot.yamlsource.nodes import Node


_Forms: TypeAlias = "list[tuple[PostForm | WordingForm, Node]]"
"""A text's form and the forms around it, up to the post's; the first one with a setting counts."""


@dataclass(frozen=True, slots=True)
class ContentBuilder:
    """Renders the texts of a post."""

    source: Source
    header: Header
    form: PostForm
    node: Node
    post: str
    """The post's id."""
    event: str | None
    """The one of the post's events that it is rendered for."""
    platform: str | None
    """The platform under ``on`` whose text is rendered, or None for the post's own text."""
    voice: Voice | None
    """How the accounts say the text, or None if their platform is unknown."""
    fetched: list[tuple[str, str]] = field(default_factory=list)
    """The facts, statements and events that the texts name, as ``("fact", "hart")``."""

    def render(self) -> tuple[Wording, ...] | None:
        """Return the post's wordings. If anything is wrong, note every problem and return None.

        The only wording of a post has no name.
        """
        forms: _Forms = [(self.form, self.node)]
        first: PostForm | OnForm = self.form
        if self.platform is not None:
            first = self.form.on[self.platform]
            forms.insert(0, (first, _child_node(self.node, "on", self.platform)))
        by_name = {"": forms}
        if first.wordings is not None:
            by_name = {
                name: [(wording, _child_node(forms[0][1], "wordings", name)), *forms]
                for name, wording in first.wordings.items()
            }
        names = self._template_names()
        wordings = [self._render_wording(name, forms, names) for name, forms in by_name.items()]
        sound = tuple(wording for wording in wordings if wording)
        return sound if len(sound) == len(wordings) else None

    def _render_wording(self, name: str, forms: _Forms, names: TemplateNames) -> Wording | None:
        if self.source.is_given_up:
            return None
        voice, marks = self.voice, self.header.link_marks
        marker = LinkMarker.of(voice, marks, self.post, name) if voice and marks else None
        filler = TextFiller(names, voice, marker)
        rendered = self._render_parts(forms, filler)
        sound = [part for part in rendered if part]
        if len(sound) < len(rendered) or not self.header.form:
            return None
        tags = self.header.form.hashtags if self.form.hashtags is None else self.form.hashtags
        link = _setting(forms, "link")
        if link and marker:
            link = marker.mark_own_line(link)
        links = tuple(marker.found.values()) if marker else ()
        marked = tuple(each.link for each in links if not each.reason)
        warning = _setting(forms, "warning")
        warning = None if warning and warning.lower() == NO_WARNING else warning
        hashtags = "\n\n" + " ".join(f"#{tag}" for tag in tags) if tags else ""
        pairs = self._add_hashtags_and_link(
            sound, hashtags, f"\n{link}" if link else "", warning or "", marked
        )
        parts = [part for part, _ in pairs]
        fetches = any(literal_text is not None for _, literal_text in sound)
        literal_texts = tuple(literal_text for _, literal_text in pairs) if fetches else ()
        place = parts[0].mark.line, parts[0].mark.column
        self.source.count_characters(sum(len(part.text) for part in parts), place)
        replies = None if self.form.reply_settings == "everyone" else self.form.reply_settings
        language = _setting(forms, "language") or self.header.form.language
        labels = _setting(forms, "labels") or ()
        if voice:
            typed = {each.link: each.typed for each in links}
            parts = [voice.add_card(part, self.header.cards, typed) for part in parts]
        if marked:
            parts = [
                replace(part, marked=tuple(each for each in marked if each in part.text))
                for part in parts
            ]
        content = Content(tuple(parts), replies, warning, language, labels)
        cut = len(parts) > len(sound)
        return Wording(name, content, link, literal_texts, cut=cut, links=links)

    def _add_hashtags_and_link(
        self,
        typed: list[tuple[Part, str | None]],
        hashtags: str,
        link: str,
        warning: str,
        marked: tuple[str, ...],
    ) -> list[tuple[Part, str]]:
        """Return the parts with the hashtags, the link and any cuts, and their literal texts.

        Hashtags belong to the first part, and the link to the last. If a typed part is cut, its
        first piece has the media and the literal text, which is thus judged once, and its last
        piece asks the poll.
        """
        pairs: list[tuple[Part, str]] = []
        for index, (part, literal_text) in enumerate(typed):
            literal = part.text if literal_text is None else literal_text
            own_hashtags = hashtags if index == 0 else ""
            own_link = link if index == len(typed) - 1 else ""
            texts = self.voice and self.voice.cut(
                part.text, own_hashtags, own_link, reserved=warning, marked=marked
            )
            if not texts:
                pairs.append((replace(part, text=f"{part.text}{own_link}{own_hashtags}"), literal))
                continue
            pieces = [replace(part, text=text, media=(), poll=None) for text in texts]
            pieces[0] = replace(pieces[0], media=part.media)
            pieces[-1] = replace(pieces[-1], poll=part.poll)
            pairs += [(piece, "" if number else literal) for number, piece in enumerate(pieces)]
        return pairs

    def _render_parts(
        self, forms: _Forms, filler: TextFiller
    ) -> list[tuple[Part, str | None] | None]:
        form, node = forms[0]
        if form.thread is None:
            media, media_node = next(
                (outer.media, outer_node) for outer, outer_node in forms if outer.media is not None
            )
            drops_poll = any(getattr(outer, "poll", None) == NO_POLL for outer, _ in forms)
            poll = None if drops_poll else self.form.poll
            return [self._render_part(node, media, media_node, poll, filler)]
        nodes = _child_node(node, "thread")
        assert isinstance(nodes, SequenceNode)
        return [
            self._render_part(part_node, part.media, part_node, part.poll, filler)
            for part, part_node in zip(form.thread, nodes, strict=True)
        ]

    def _render_part(
        self,
        node: Node,
        media_forms: tuple[MediaForm, ...],
        media_node: Node,
        poll_form: PollForm | None,
        filler: TextFiller,
    ) -> tuple[Part, str | None] | None:
        """Return the part, and its literal text if a template fetched a value into it."""
        if self.source.problems.is_full:
            return None
        text = _child_node(node, "text") if isinstance(node, MappingNode) else node
        assert isinstance(text, ScalarNode)
        filled = filler.fill(str(text))
        for flaw in filled.flaws:
            place = self.source.find_word(flaw.word, text, flaw.line)
            self.source.problems.add(flaw.code, place, flaw.message, flaw.hint)
        self.fetched.extend(filled.references)
        media = [
            self.source.find_shown(form, place_of(media_node, "media", index, "file"))
            for index, form in enumerate(media_forms)
        ]
        found = tuple(item for item in media if item)
        if filled.rendered is None or len(found) < len(media):
            return None
        self._refuse_repeated(found, media_node)
        poll = None
        if poll_form:
            poll = Poll(poll_form.options, poll_form.minutes or (poll_form.hours or 0) * 60)
        part = Part(filled.rendered, found, poll, mark=self.source.mark(text.place))
        return part, filled.literal_text

    def _refuse_repeated(self, media: tuple[Media, ...], node: Node) -> None:
        shown: set[tuple[str, str]] = set()
        for index, item in enumerate(media):
            if (item.sha256, item.uploaded_with) in shown:
                place = place_of(node, "media", index, "file")
                message = f"{quote_value(item.path.name)} is in this post twice"
                hint = "Mastodon would show it once: name another file, or take one of them out."
                self.source.problems.add("M507", place, message, hint)
            shown.add((item.sha256, item.uploaded_with))

    def _template_names(self) -> TemplateNames:
        demand: TemplateNames | TemplateError = ALREADY_REPORTED
        if self.form.demand is None:
            message = "The post does not say which demand it speaks for"
            demand = TemplateError(message, "Add demand: with its id to the post.")
        elif asked := self.header.demands.get(self.form.demand):
            demand = {"ask": asked.ask, "target": asked.target}
        about: TemplateNames | TemplateError = ALREADY_REPORTED
        if self.event is None:
            message = "The post does not say which event it is about"
            about = TemplateError(message, "Add event: with its id to the post.")
        elif known := self.header.events.get(self.event):
            local = known.starts.astimezone(zone(known.timezone))
            about = {
                "name": known.name,
                "place": known.place,
                "date": f"{local.day} {MONTHS[local.month - 1]} {local.year}",
                "time": f"{local:%H:%M}",
            }
        values: TemplateNames | TemplateError
        own = self.form.values.get(self.event or "")
        if not self.form.values:
            hint = "Add values: with one for each of its events."
            values = TemplateError("The post has no values", hint)
        elif own is None:
            hint = f"Add it under values:, as {self.event or 'EVENT'}: {{NAME: …}}."
            message = f"The post has no values for the event {quote_value(self.event or '')}"
            values = TemplateError(message, hint)
        else:
            values = with_underscores(own)
        return {**self.header.names, "demand": demand, "event": about, "value": values}


def _setting(forms: _Forms, name: str) -> Any:
    """Return a setting from the innermost form that has it, or None."""
    values = (getattr(form, name, None) for form, _ in forms)
    return next((value for value in values if value is not None), None)


def _child_node(node: Node, *keys: str) -> Node:
    for key in keys:
        assert isinstance(node, MappingNode)
        node = node[ScalarNode(key)]
    return node
