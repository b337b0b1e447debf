"""What a post will say: templates filled in, media found, hashtags and link added.

Images and videos are in the folder of the posts, complete, and measured. A path is followed folder
by folder without following any symbolic link, so that a slip or a trick cannot publish a private
file. Images are recognised by their first bytes and measured by Pillow from their headers, never
decoded; videos only by their first bytes.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import IO, TYPE_CHECKING, TypeAlias

from bot import files
from bot.campaigns.templates import (
    ALREADY_REPORTED,
    TemplateError,
    fill_template,
    with_underscores,
)
from bot.model import Content, Media, Part, Poll, Wording
from bot.schedules.local_time import zone
from bot.schedules.phrases import MONTHS
from bot.text import quote_value
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of
from bot.yamlsource.problems import FormError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.campaigns import schema
    from bot.campaigns.header import Header
    from bot.campaigns.source import Source
    from bot.campaigns.templates import TemplateNames
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place


_Forms: TypeAlias = "list[tuple[schema.PostForm | schema.WordingForm, Node]]"
"""A text and what it stands in, up to the post: a link or media that it lacks are of the next."""


@dataclass(frozen=True, slots=True)
class ContentBuilder:
    """Renders a post; ``fetched`` are then the facts and statements that its texts name.

    ``event`` is the one of its events that it is rendered for, ``platform`` one with a text of its
    own, or None for the post's own text.
    """

    source: Source
    header: Header
    root: Path
    form: schema.PostForm
    node: Node
    event: str | None
    platform: str | None
    fetched: list[tuple[str, str]] = field(default_factory=list)

    def render(self) -> tuple[Wording, ...] | None:
        """Return all that the audience will see; None, with every problem noted, if it is wrong.

        A wording has no name where there are no others.
        """
        forms: _Forms = [(self.form, self.node)]
        first: schema.PostForm | schema.OnForm = self.form
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
        rendered = self._render_parts(forms, names)
        sound = [part for part in rendered if part]
        if len(sound) < len(rendered) or not self.header.form:
            return None
        literal_texts = tuple(
            part.text if literal_text is None else literal_text for part, literal_text in sound
        )
        if all(literal_text is None for _, literal_text in sound):
            literal_texts = ()
        tags = self.header.form.hashtags if self.form.hashtags is None else self.form.hashtags
        parts = [part for part, _ in sound]
        link = next((form.link for form, _ in forms if form.link is not None), None)
        if link:
            parts[-1] = replace(parts[-1], text=f"{parts[-1].text}\n{link}")
        if tags:
            line = " ".join(f"#{tag}" for tag in tags)
            parts[0] = replace(parts[0], text=f"{parts[0].text}\n\n{line}")
        place = parts[0].mark.line, parts[0].mark.column
        self.source.count_characters(sum(len(part.text) for part in parts), place)
        everyone = self.form.reply_settings in (None, "everyone")
        content = Content(tuple(parts), None if everyone else self.form.reply_settings)
        return Wording(name, content, link, literal_texts)

    def _render_parts(
        self, forms: _Forms, names: TemplateNames
    ) -> list[tuple[Part, str | None] | None]:
        form, node = forms[0]
        if form.thread is None:
            media, media_node = next(
                (outer.media, outer_node) for outer, outer_node in forms if outer.media is not None
            )
            return [self._render_part(node, media, media_node, self.form.poll, names)]
        nodes = _child_node(node, "thread")
        assert isinstance(nodes, SequenceNode)
        return [
            self._render_part(part_node, part.media, part_node, part.poll, names)
            for part, part_node in zip(form.thread, nodes, strict=True)
        ]

    def _render_part(
        self,
        node: Node,
        media_forms: tuple[schema.MediaForm, ...],
        media_node: Node,
        poll_form: schema.PollForm | None,
        names: TemplateNames,
    ) -> tuple[Part, str | None] | None:
        """Return the part, and its text without what was fetched if something was."""
        if self.source.problems.is_full:
            return None
        text = _child_node(node, "text") if isinstance(node, MappingNode) else node
        assert isinstance(text, ScalarNode)
        filled = fill_template(str(text), names)
        for flaw in filled.flaws:
            assert self.source.document is not None
            place = self.source.document.find_word(flaw.word, text, flaw.line)
            self.source.problems.add(flaw.code, place, flaw.message, flaw.hint)
        self.fetched.extend(filled.references)
        media = [
            self._find_media(item, place_of(media_node, "media", index, "file"))
            for index, item in enumerate(media_forms)
        ]
        found = tuple(item for item in media if item is not None)
        if filled.rendered is None or len(found) < len(media):
            return None
        poll = None
        if poll_form:
            poll = Poll(poll_form.options, poll_form.minutes or (poll_form.hours or 0) * 60)
        part = Part(filled.rendered, found, poll, self.source.mark(text.place))
        return part, filled.literal_text

    def _find_media(self, item: schema.MediaForm, place: Place) -> Media | None:
        base = self.source.path.parent.resolve()
        self.source.media_paths.add(_relative_to_root(self.root, base, item.file))
        try:
            found = find_media(self.root, base, item.file)
        except FormError as error:
            self.source.problems.note(error, place)
            return None
        return replace(found, alt=item.alt, mark=self.source.mark(place))

    def _template_names(self) -> TemplateNames:
        """Return what this post's texts can name."""
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


def _child_node(node: Node, *keys: str) -> Node:
    for key in keys:
        assert isinstance(node, MappingNode)
        node = node[ScalarNode(key)]
    return node


# --- Media ----------------------------------------------------------------------------------------

MAX_IMAGE_BYTES = 16 * 1024 * 1024
"""Mastodon's default for images, the largest of the platforms."""
MAX_VIDEO_BYTES = 512 * 1024 * 1024
"""X's limit for video without long-video rights."""
MAX_PIXELS = 8192 * 8192
"""X's largest image side, squared; a header that claims more is a trap or a mistake."""

# The first bytes of images, Pillow's name for their kind, and the media type.
_IMAGE_TYPES = {
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"GIF87a": ("GIF", "image/gif"),
    b"GIF89a": ("GIF", "image/gif"),
}


def find_media(root: Path, base: Path, file: str) -> Media:
    """Find a file named in a YAML file of the folder ``base``, inside of ``root``.

    Both are absolute; the result lacks its alt text and place. Raises FormError. What was measured
    once is kept for as long as the file's size and times stay the same.
    """
    relative = _relative_to_root(root, base, file)
    if os.path.isabs(relative) or relative.split(os.sep)[0] == "..":  # noqa: PTH117, PTH206 - lexical
        hint = "Copy it into a folder media/ beside the posts."
        raise FormError("M502", f"{quote_value(file)} is outside the folder of the posts", hint)
    with _open_media(root, relative) as (_, state):
        if not state.st_size:
            raise FormError("M504", f"{quote_value(relative)} is empty", "Copy it again.")
        same = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return _measure(root, relative, same)


def _relative_to_root(root: Path, base: Path, file: str) -> str:
    """Return the path, relative to ``root``, of a file named in a YAML file in ``base``."""
    return os.path.normpath(os.path.join(base.relative_to(root), file))  # noqa: PTH118 - lexical


@lru_cache(maxsize=1024)
def _measure(root: Path, relative: str, same: tuple[int, ...]) -> Media:  # noqa: ARG001 - the cache's key
    with _open_media(root, relative) as (file, state):
        head = file.read(16)
        form, mime = next(
            (kind for start, kind in _IMAGE_TYPES.items() if head.startswith(start)), ("", "")
        )
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            form, mime = "WEBP", "image/webp"
        elif head[4:8] == b"ftyp":
            mime = "video/mp4"
        if not mime:
            hint = "Platforms take JPEG, PNG, GIF, WebP and MP4."
            raise FormError("M505", f"{quote_value(relative)} is not an image or video", hint)
        limit = MAX_IMAGE_BYTES if form else MAX_VIDEO_BYTES
        if state.st_size > limit:
            message = f"{quote_value(relative)} is larger than {limit // 1024**2} MiB"
            raise FormError("M506", message, "Make it smaller.")
        width, height = _dimensions(file, form, relative) if form else (0, 0)
        file.seek(0)
        digest = files.sha256(file, state.st_size)
    return Media(root / relative, "", digest, mime, state.st_size, width, height)


@contextmanager
def _open_media(root: Path, relative: str) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a plain file below ``root``, following no symbolic link."""
    name = quote_value(relative)
    try:
        with files.open_below(root, relative) as (file, state):
            yield file, state
    except FormError:
        raise
    except FileNotFoundError:
        raise FormError("M501", f"There is no file {name}", "Check its name and folder.") from None
    except PermissionError:
        raise FormError("M503", f"{name} may not be read", "Check its permissions.") from None
    except files.SymlinkError as error:
        message = f"{name} is {error.what}"
        raise FormError("M502", message, "Put the file itself there.") from None
    except files.WrongFileError as error:
        message = f"{name} is {error.what}, not a plain file"
        raise FormError("M503", message, "Name a file.") from None
    except (OSError, ValueError):
        raise FormError("M503", f"{name} cannot be opened", "Check its name.") from None


def _dimensions(file: IO[bytes], form: str, relative: str) -> tuple[int, int]:
    from PIL import Image

    if form == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401 - registers itself; loading all is slow
    file.seek(0)
    try:
        with warnings.catch_warnings(action="error"), Image.open(file, formats=[form]) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        width = height = MAX_PIXELS  # as far as Pillow reads such a header
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever its bytes lead to
        message = f"{quote_value(relative)} is damaged ({type(error).__name__})"
        raise FormError("M505", message, "Save it again.") from None
    if width * height > MAX_PIXELS:
        message = f"{quote_value(relative)} claims to have more pixels than any platform takes"
        raise FormError("M506", message, "Make it smaller.")
    file.seek(0)
    if not _is_whole(file.read(MAX_IMAGE_BYTES), form):
        raise FormError(
            "M505", f"{quote_value(relative)} breaks off before its end", "Copy it again."
        )
    return width, height


def _is_whole(data: bytes, form: str) -> bool:
    """Return whether an image is complete: one that is still being copied is not.

    Something may follow its end, such as the film of a motion photo. A GIF has no mark at its end.
    """
    if form == "PNG":
        return b"IEND\xaeB`\x82" in data
    if form == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    if form != "JPEG":
        return True
    start = 2  # of the scan: the segments before it may have a preview image with its own end
    while data[start : start + 1] == b"\xff" and data[start + 1 : start + 2] != b"\xda":
        start += 2 + max(2, int.from_bytes(data[start + 2 : start + 4], "big"))
    return data.find(b"\xff\xd9", start) > 0
