"""From changed cells of an export to the fields of the posts in their files. Pure.

A cell shows a post as it goes out. In its file, a text may be one of several, and have templates
and hashtags that are filled in. The text in the file is changed, and keeps these. Links are shown
as they are typed, without the marks that they get.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.schedules import Every
from bot.schedules.local_time import ScheduleError, parse_local, to_utc, zone
from bot.spreadsheets.columns import LIST_COLUMNS, read_when
from bot.spreadsheets.comparing import row_problem
from bot.spreadsheets.entries import content_fields, split_list, with_id
from bot.spreadsheets.exports.retyping import FilledInError, retype
from bot.spreadsheets.exports.rows import EDITABLE, escape_template
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.errors import Problem
    from bot.model import Campaign, Occurrence, Post
    from bot.spreadsheets.exports.comparing import ExportedRow
    from bot.yamlsource.problems import ProblemList

Fields = dict[str, Any]

_CONTENT = {"text", "media", "alt", "focus", "poll", "poll_for"}
_OF_PLATFORM = {"warning", "language", "labels"}
"""Settings that a text under ``on:`` may have of its own."""


class EditError(Exception):
    """The cell in a column cannot be carried into the file, and why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column, self.why = column, why


def apply_edit(
    original: Fields, fields: Fields, edit: ExportedRow, campaign: Campaign, problems: ProblemList
) -> Fields:
    """Return the fields of an entry with the changed cells of a row. Raises EditError.

    ``original`` are the fields in the file, and ``fields`` the same with the changes of other rows.
    Cells that cannot be read become ``problems``.
    """
    changed = edit.changed
    if "when" in changed:
        fields = _with_when(fields, edit, problems)
    if "accounts" in changed:
        fields = _with_accounts(fields, edit)
    when = fields.get("when")
    for name in EDITABLE:
        if name not in changed or name in {*_CONTENT, "when", "accounts"}:
            continue
        if name == "event" and isinstance(when, dict) and {"event", "events"} & set(when):
            raise EditError(name, "the post is timed by its event")
        value: Any = changed[name]
        if name in LIST_COLUMNS:
            value = split_list(value, ",; \n")
        for post in edit.posts:
            _set(_owner(fields, post, name), name, value)
    for post, occurrence in edit.variants if _CONTENT & set(changed) else ():
        _edit_content(original, fields, edit, (post, occurrence), campaign, problems)
    return fields


def _set(owner: Fields, name: str, value: Any) -> None:
    if value:
        owner[name] = value
    else:
        owner.pop(name, None)


def _owner(fields: Fields, post: Post, name: str) -> Fields:
    """Return the fields that have a setting, which are of the platform's text or the whole post."""
    own = fields.get("on", {}).get(post.platform) if post.platform else None
    return own if name in _OF_PLATFORM and isinstance(own, dict) and name in own else fields


def _with_when(fields: Fields, edit: ExportedRow, problems: ProblemList) -> Fields:
    """Return the fields with the row's time, under the same id.

    Raises EditError for a recurrence, and for a post on several events. Cells that contradict each
    other become ``problems``. Whether the time exists is only known once the file is checked.
    """
    post, old = edit.post, fields.get("when")
    if isinstance(post.when, Every):
        raise EditError("when", "the post comes again and again")
    if isinstance(old, dict) and "events" in old:
        raise EditError("when", "the post runs once for each of several events")
    when = read_when(edit.row, problems)
    if isinstance(when, str):
        when = _local_form(when, edit.occurrences[0].timezone)
        if isinstance(old, dict) and "event" in old and "event" not in fields:
            fields = {**fields, "event": old["event"]}
    return with_id({**fields, "when": when}, post.id)


def _local_form(text: str, timezone: str) -> str:
    """Return a time as campaign files have it, which is local and without its own offset."""
    try:
        at = parse_local(text)
        if at.tzinfo is None:
            return text
        local = at.astimezone(zone(timezone)).replace(tzinfo=None)
        if to_utc(local, timezone, one_off=True) != at:
            return text
    except ScheduleError:
        return text
    return f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def _with_accounts(fields: Fields, edit: ExportedRow) -> Fields:
    names = split_list(edit.changed["accounts"], ",;\n")
    if not names:
        raise EditError("accounts", "a row needs an account")
    if fields.get("on") or fields.get("wordings"):
        raise EditError("accounts", "the post says different texts on its accounts")
    # Accounts with other words or with other marks in their links are posts of their own.
    if {*(edit.post.dealt_among or edit.post.accounts)} != {
        occurrence.account for occurrence in edit.occurrences
    }:
        raise EditError("accounts", "the post has other accounts, which are in other rows")
    return {**fields, "accounts": names}


# --- Texts, media and polls -----------------------------------------------------------------------


class _Text:
    """The part of an entry that has a text, such as the post, a platform's text or a wording."""

    def __init__(self, fields: Fields, post: Post, wording: str) -> None:
        self.node = fields
        self._expanded: list[tuple[Fields, str]] = []
        for key, name in (("on", post.platform), ("wordings", wording)):
            texts = self.node.get(key, {})
            if name and name in texts:
                if isinstance(texts[name], str):
                    texts[name] = {"text": texts[name]}
                    self._expanded.append((texts, name))
                self.node = texts[name]
        self.is_post = self.node is fields

    def close(self) -> None:
        """Write a text without other fields as short as it was."""
        for texts, name in self._expanded:
            texts[name] = _short(texts[name])

    def parts(self) -> list[Fields]:
        """Return the parts as they were typed, each with its text."""
        if "thread" not in self.node:
            return [self.node]
        return [{"text": part} if isinstance(part, str) else part for part in self.node["thread"]]


def _short(part: Fields) -> Any:
    return part["text"] if set(part) == {"text"} else part


def _edit_content(
    original: Fields,
    fields: Fields,
    edit: ExportedRow,
    variant: tuple[Post, Occurrence],
    campaign: Campaign,
    problems: ProblemList,
) -> None:
    """Change a text that a row shows, with its media and poll. Raises EditError."""
    post, occurrence = variant
    wording = next(item for item in post.wordings if item.name == occurrence.wording)
    if wording.cut:
        raise EditError("text", "its text is cut into a thread by long: thread")
    text = _Text(fields, post, occurrence.wording)
    row = replace(edit.row, cells={**edit.cells, **edit.row.cells})
    wanted = content_fields(row, problems)
    new = wanted.get("thread", [wanted])
    old = _Text(original, post, occurrence.wording).parts()
    if any("text" not in part for part in old):
        raise EditError("text", "its text cannot be found in the file")
    texts = [str(part["text"]) for part in old]
    if "text" in edit.changed:
        own = _Text(original, post, occurrence.wording).node
        added = _added_texts(original, own, campaign)
        typed = [part["text"] for part in new]
        shown = [escape_template(part.text) for part in wording.typed_content.parts]
        texts = _retyped(fields, text, texts, typed, shown, added)
    columns = _CONTENT & set(edit.changed) if len(new) == len(old) else _CONTENT
    parts = [
        _with_attachments(old[index] if index < len(old) else {}, part, texts[index], columns)
        for index, part in enumerate(new)
    ]
    _write_parts(fields, text, parts, columns)
    text.close()


def _with_attachments(old: Fields, new: Fields, text: str, columns: set[str]) -> Fields:
    part: Fields = {name: old[name] for name in ("text", "media", "poll") if name in old}
    part["text"] = text
    if columns & {"media", "alt", "focus"}:
        _set(part, "media", new.get("media"))
    if columns & {"poll", "poll_for"}:
        _set(part, "poll", new.get("poll"))
    return part


def _write_parts(fields: Fields, text: _Text, parts: list[Fields], columns: set[str]) -> None:
    node = text.node
    if len(parts) > 1:
        for name in ("text", "media"):
            node.pop(name, None)
        if text.is_post:
            node.pop("poll", None)
        node["thread"] = [_short(part) for part in parts]
        return
    [part] = parts
    node.pop("thread", None)
    node["text"] = part["text"]
    if columns & {"media", "alt", "focus"}:
        _set(node, "media", part.get("media"))
    if columns & {"poll", "poll_for"}:
        if not text.is_post and part.get("poll") != fields.get("poll"):
            raise EditError("poll", "the poll is that of all its texts")
        _set(node, "poll", part.get("poll"))


def _added_texts(original: Fields, own: Fields, campaign: Campaign) -> tuple[str, str]:
    """Return the hashtags that are added to the first part, and the link to the last."""
    typed = original.get("hashtags")
    tags = campaign.hashtags if typed is None else typed
    head = "\n\n" + " ".join(f"#{str(tag).removeprefix('#')}" for tag in tags) if tags else ""
    link = own.get("link", original.get("link"))
    return head, f"\n{link}" if link else ""


def _retyped(
    fields: Fields,
    text: _Text,
    old: Sequence[str],
    new: Sequence[str],
    shown: Sequence[str],
    added: tuple[str, str],
) -> list[str]:
    """Return the text of each part as it must stand in the file, without ``added`` texts."""
    head, tail = added
    texts = []
    for index, corrected in enumerate(new):
        if index >= len(old):
            texts.append(corrected)
            continue
        before = _added(index, len(old), head, tail)
        after = _added(index, len(new), head, tail)
        if not shown[index].endswith(before):
            raise EditError("text", "its text cannot be found in the file")
        body = shown[index].removesuffix(before)
        if after and not corrected.endswith(after):
            _drop_added(fields, text, index, len(new), added)
            after = ""
        typed = "\n".join(line.rstrip() for line in old[index].strip().splitlines())
        try:
            texts.append(retype(typed, body, corrected.removesuffix(after)))
        except FilledInError as error:
            why = "something in it is filled in"
            if error.token:
                why = f"{quote_value(error.token)} is filled in, and was changed"
            raise EditError("text", why) from None
    return texts


def _added(index: int, count: int, head: str, tail: str) -> str:
    """Return the texts added to a part, the hashtags to the first and the link to the last."""
    return (tail if index == count - 1 else "") + (head if index == 0 else "")


def _drop_added(
    fields: Fields, text: _Text, index: int, count: int, added: tuple[str, str]
) -> None:
    """Make hashtags and link part of the text, as the sheet has them changed."""
    head, tail = added
    if not text.is_post or fields.get("on") or fields.get("wordings"):
        raise EditError("text", "its hashtags or its link belong to all its texts")
    if index == 0 and head:
        fields["hashtags"] = []
    if index == count - 1 and tail:
        fields.pop("link", None)


def refuse_cell(file: str, row: ExportedRow, column: str, why: str, hint: str = "") -> Problem:
    """Return the problem of a cell that cannot be carried into the file, and why."""
    message = f"{row.row.title(column)} cannot be carried into {row.location}, because {why}."
    hint = f"{hint or 'Put the cell back, and'} change it in the file."
    return row_problem(file, row.row, "B726", message, hint, column)
