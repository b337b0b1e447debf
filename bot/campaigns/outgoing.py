"""From a text as it is typed to the text as an account's platform gets it. Pure.

Names in templates are filled in, mentions become those of the platform, and links to the
organisation's own pages are marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.campaigns.schema.fields import MAX_TEXT_LENGTH
from bot.campaigns.templates import FilledText, TemplateError, fill_template
from bot.link_marks import mark_link, post_values
from bot.model import PostLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.campaigns.templates import TemplateNames
    from bot.campaigns.voices import Voice
    from bot.model.share import LinkMarks

_RUNS_ON = re.compile(r"%|[/?#&=]*+[^\W_]")
"""May follow a link, and it is not clear whether it belongs to the address."""


@dataclass(frozen=True, slots=True)
class LinkMarker:
    """Marks the links of one wording, and remembers them."""

    voice: Voice
    marks: LinkMarks
    values: Mapping[str, str]
    """The marks; see ``bot.link_marks.post_values``."""
    found: dict[str, PostLink] = field(default_factory=dict)
    """The links by the form in which they go out."""

    @classmethod
    def of(cls, voice: Voice, marks: LinkMarks, post: str, wording: str) -> LinkMarker:
        """Return the marker of a wording of a post, as the accounts of a voice say it."""
        content = post
        if marks.content == "account":
            content = voice.account.name
        elif marks.content == "wording" and wording:
            content = f"{post}.{wording}"
        return cls(voice, marks, post_values(voice.platform, marks, content))

    def mark_text(self, text: str) -> str:
        """Return the text with its links marked, each as the platform would find it.

        If the platform would then read the links in another way, none of them is marked.
        """
        if "://" not in text:
            return text
        found: list[PostLink] = []
        marked, done = "", 0
        for start, end in self._places(text):
            link = self._mark(text[start:end], runs_on=bool(_RUNS_ON.match(text, end)))
            found.append(link)
            marked += text[done:start] + link.link
            done = end
        marked += text[done:]
        wanted = [link.link for link in found]
        if marked != text and wanted != [marked[start:end] for start, end in self._places(marked)]:
            reason = "With marks, the network would read another link."
            found = [PostLink(link.typed, link.typed, link.reason or reason) for link in found]
            marked = text
        for link in found:
            self.found.setdefault(link.link, link)
        return marked

    def mark_own_line(self, link: str) -> str:
        """Return the link under ``link:`` marked, which stands on a line of its own."""
        marked = self.mark_text(link)
        if marked == link and not self._places(link):
            reason = "The network does not take it for a link."
            self.found.setdefault(link, PostLink(link, link, reason))
        return marked

    def _places(self, text: str) -> list[tuple[int, int]]:
        entities = self.voice.rules.entities(text)
        return [(entity.start, entity.end) for kind, entity in entities if kind == "link"]

    def _mark(self, typed: str, *, runs_on: bool) -> PostLink:
        marked = mark_link(typed, self.marks, self.values)
        if not marked.reason and runs_on:
            reason = "Letters follow it that the network does not take for a part of it."
            return PostLink(typed, typed, reason)
        return PostLink(typed, marked.link, marked.reason)


@dataclass(frozen=True, slots=True)
class TextFiller:
    """Fills in the texts of one wording."""

    names: TemplateNames
    """The names that the texts can use."""
    voice: Voice | None
    """How the accounts say the texts, or None if their platform is unknown."""
    marker: LinkMarker | None = None
    """Marks the links, if the campaign asks for that."""

    def fill(self, text: str) -> FilledText:
        """Return the text with its names and the platform's mentions filled in, and links marked.

        A text with a marked link has a literal text, without the marks.
        """
        filled = fill_template(text, self.names)
        if filled.rendered is None or self.voice is None:
            return filled
        rendered, flaws = self.voice.fill_mentions(filled.rendered)
        literal_text = filled.literal_text
        if self.marker and not flaws:
            marked = self.marker.mark_text(rendered)
            if literal_text is None and marked != rendered:
                literal_text = rendered
            rendered = marked
        if not flaws and len(rendered) > MAX_TEXT_LENGTH:
            added = "mentions and the marks of its links" if self.marker else "mentions"
            message = f"With its {added}, the text is longer than {MAX_TEXT_LENGTH} characters"
            flaws = [TemplateError(message, "Shorten it.", "T404")]
        if rendered == filled.rendered and not flaws:
            return filled
        rendered_or_none = None if flaws else rendered
        return replace(filled, rendered=rendered_or_none, flaws=flaws, literal_text=literal_text)
