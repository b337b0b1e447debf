"""Write the pages of campaigns into a folder, which a web server or a disk can show as it is.

The same pages give the same bytes. The folder may hold other files. A list in it names the files of
the last build with their digests, and no other file is replaced or removed. Nothing below the
folder is reached through a symbolic link.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot import files
from bot.errors import Problem, UserError
from bot.media.reading import clean_chunks
from bot.share.card import draw_card
from bot.share.listed import (
    DAMAGE,
    INDEX,
    LIST,
    REDIRECTS,
    FileList,
    ListedLink,
    read_file_list,
    read_links,
)
from bot.share.overview import render_overview
from bot.share.page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bot.model import Media
    from bot.share.filled import FilledCampaign

PUBLIC_MODE = 0o644
"""Permissions of new files, which a web server has to read."""

_ELSEWHERE = "Name another folder, or move that file away."
_WRITE_SHARE = 0.5
"""The share of the work that is done once all files are made, as the progress shows it."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build has written and removed."""

    sizes: Mapping[str, int]
    """The bytes of each file by its path in the folder, in the order of their paths."""
    removed: tuple[str, ...]
    """The files of an earlier build that are gone now."""
    kept: tuple[str, ...]
    """Files of an earlier build that nobody needs now. They were changed, so that they stay."""


class _File(NamedTuple):
    """A file to be written."""

    sha256: str
    """The digest of its bytes, in hex."""
    size: int
    content: bytes | Media
    """Its bytes, or a picture that is read when it is written."""


def build_folder(
    out: Path,
    campaigns: Sequence[FilledCampaign],
    progress: Callable[[float], None] | None = None,
    former: Mapping[str, str] | None = None,
) -> BuildResult:
    """Write the pages, and remove the files of the build before that are not needed any more.

    All campaigns are in the same name, which is that of the build before. ``former`` are
    redirects of earlier builds that are kept, as those of ``campaigns`` are given. Each file is
    whole at any time, and the list names them all even if the build breaks off. Raise UserError
    before anything is written if a page must not be built, if the folder has pages in another name
    or if a file of somebody else is in the way, or later if the folder cannot be written.
    """
    if refusals := [problem for campaign in campaigns for problem in campaign.refusals]:
        raise UserError(refusals)
    progress = progress or (lambda _share: None)
    made = _make_files(campaigns, former or {}, progress)
    name = f"partner {campaigns[0].partner}" if campaigns[0].partner else "own"
    try:
        out.mkdir(parents=True, exist_ok=True)
        listed = _listed(out)
        _require_name(out, name, listed.name)
        before = listed.files
        _require_own(out, made, before)
        _write_list(out, name, [*before, *((path, file.sha256) for path, file in made.items())])
        for number, (path, file) in enumerate(made.items(), start=1):
            _write(out, path, file)
            progress(1 - _WRITE_SHARE + _WRITE_SHARE * number / len(made))
        removed, kept = _remove_old(out, made, before)
        _write_list(out, name, [(path, file.sha256) for path, file in made.items()])
    except OSError as error:
        raise _cannot_write(out, error) from error
    return BuildResult({path: file.size for path, file in made.items()}, removed, kept)


def _cannot_write(out: Path, error: OSError) -> UserError:
    message = f"The folder cannot be written: {error.strerror or error}."
    hint = "Name a folder that you may write to, on a disk with room."
    return UserError([_problem(error.filename or out, "H103", message, hint)])


# --- Making the files -----------------------------------------------------------------------------


def _make_files(
    campaigns: Sequence[FilledCampaign],
    former: Mapping[str, str],
    progress: Callable[[float], None],
) -> dict[str, _File]:
    """Return the files by path, in the order of their paths."""
    made = {INDEX: _text(render_overview(campaigns))}
    redirects = dict(former)
    for number, campaign in enumerate(campaigns, start=1):
        root = f"{campaign.id}/"
        for page in campaign.pages:
            made[f"{root}{page.folder}{INDEX}"] = _text(render_page(page.content))
        for path, words in campaign.drawn_cards.items():
            made[root + path] = _data(draw_card(words))
        for path, media in campaign.pictures.items():
            made[root + path] = _File(media.sha256, media.size, media)
        redirects |= campaign.redirects
        progress((1 - _WRITE_SHARE) * number / len(campaigns))
    if redirects:
        text = json.dumps(redirects, ensure_ascii=False, indent=1, sort_keys=True)
        made[REDIRECTS] = _text(f"{text}\n")
    return dict(sorted(made.items()))


def _text(text: str) -> _File:
    return _data(text.encode())


def _data(data: bytes) -> _File:
    return _File(hashlib.sha256(data).hexdigest(), len(data), data)


# --- The folder -----------------------------------------------------------------------------------


def _listed(out: Path) -> FileList:
    """Return the list of the build before, or an empty one if there was none. Raise UserError."""
    try:
        (out / LIST).lstat()
    except FileNotFoundError:
        return FileList("", [])
    except OSError as error:  # it is a file, for instance
        raise _cannot_write(out, error) from error
    return read_file_list(out)


def built_campaigns(out: Path) -> set[str]:
    """Return the ids of the campaigns of which the build before has a page in the folder.

    Raise UserError if its list is damaged.
    """
    pages = (path.rpartition("/") for path, _ in _listed(out).files if (out / path).is_file())
    return {folder for folder, _, file in pages if file == INDEX and folder and "/" not in folder}


def read_former_links(out: Path) -> list[ListedLink]:
    """Return the links through counters of the build before, or none if it had none.

    Raise UserError if their list is damaged.
    """
    if not any(path == REDIRECTS for path, _ in _listed(out).files):
        return []
    try:
        return read_links(out)
    except FileNotFoundError:
        return []
    except DAMAGE as error:
        message = f"The links of the build before cannot be read: {error}."
        hint = "Supporters may have posted them. Put this file back as it was built. If you delete "
        hint += "it, these links lead nowhere."
        raise UserError([_problem(out / REDIRECTS, "H107", message, hint)]) from error


def _require_name(out: Path, name: str, before: str) -> None:
    """Raise UserError if the pages of the build before are in another name, if that is known."""
    if before in ("", name):
        return
    partner = before.removeprefix("partner ")
    whose = "the organisation's name" if before == "own" else f"the name of {partner}"
    message = f"The pages here are in {whose}, and supporters may have posted their links."
    hint = "Give the pages in another name a folder of their own."
    raise UserError([_problem(out, "H109", message, hint)])


def _require_own(out: Path, made: Mapping[str, _File], before: Sequence[tuple[str, str]]) -> None:
    """Raise UserError with every file in the way that the build before did not write."""
    known = {*before, *((path, file.sha256) for path, file in made.items())}
    problems = []
    for path in made:
        try:
            found = _digest(out, path)
        except files.WrongFileError as error:
            message = f"A file of the share page belongs here, and there is {error.what}."
            problems.append(_problem(out / path, "H102", message, _ELSEWHERE))
            continue
        if found and (path, found) not in known:
            by_us = any(path == listed for listed, _ in before)
            message = "This file was changed since it was built." if by_us else ""
            message = message or "There is a file here that is not one of a share page."
            problems.append(_problem(out / path, "H102", message, _ELSEWHERE))
    if problems:
        raise UserError(problems)


def _digest(out: Path, path: str) -> str | None:
    """Return the sha256 of a file below the folder, or None if there is none.

    Raise WrongFileError if something else is there, or a symbolic link is on the way.
    """
    try:
        with files.open_below(out, path) as (file, state):
            return files.sha256(file, state.st_size)
    except FileNotFoundError:
        return None


def _write(out: Path, path: str, file: _File) -> None:
    """Write a file, unless it is there already."""
    if _digest(out, path) == file.sha256:
        return
    (out / path).parent.mkdir(parents=True, exist_ok=True)
    content = file.content
    data = content if isinstance(content, bytes) else read_picture(content)
    files.write_atomically(out / path, data, mode=PUBLIC_MODE)


def read_picture(media: Media) -> bytes:
    """Return the bytes of a picture without its hidden data, as they were checked.

    Raise UserError if they have changed since, or OSError.
    """
    with files.open_found(media.path) as (file, state):
        data = b"".join(clean_chunks(file, state.st_size))
    if hashlib.sha256(data).hexdigest() != media.sha256:
        message = "The picture has changed since it was checked."
        raise UserError([_problem(media.path, "H104", message, "Build the page again.")])
    return data


def _remove_old(
    out: Path, made: Mapping[str, _File], before: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove the files that are not needed any more, and folders that this empties.

    Return those that were removed, and those that stay because somebody has changed them.
    """
    removed, kept = [], []
    for path in sorted({path for path, _ in before} - {*made}):
        try:
            found = _digest(out, path)
        except files.WrongFileError:
            found = "of something else"
        if found is None:
            continue
        if (path, found) not in before:
            kept.append(path)
            continue
        (out / path).unlink()
        removed.append(path)
        for folder in [*(out / path).parents][: path.count("/")]:
            with suppress(OSError):  # it holds other files
                folder.rmdir()
    return tuple(removed), tuple(kept)


def _write_list(out: Path, name: str, listed: Sequence[tuple[str, str]]) -> None:
    lines = sorted({f"{sha256}  {path}\n" for path, sha256 in listed}, key=lambda line: line[66:])
    text = "".join([f"{name}\n", *lines])
    if _digest(out, LIST) != hashlib.sha256(text.encode()).hexdigest():
        files.write_atomically(out / LIST, text, mode=PUBLIC_MODE)


def _problem(path: Path | str, code: str, message: str, hint: str) -> Problem:
    return Problem(str(path), 0, 0, code, message, hint)
