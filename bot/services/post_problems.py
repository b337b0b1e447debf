"""The problems of the campaign files that are about one post. Pure.

A problem has a place in a file. It is about the entry, fact or event that begins at or before that
place, if nothing else begins in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bot.checking import CheckResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bot.errors import Problem
    from bot.model import Campaign, Mark, Post

MAX_FILE_ERRORS = 10
"""At most this many mistakes are listed if the entry of a post is not in the files."""


def post_problems(
    checked: CheckResult, campaign: Campaign, entries: Sequence[Post]
) -> list[Problem]:
    """Return the problems and notes about these entries and the sources that they use."""
    wanted = {(mark.file, mark.line) for mark in _marks_of(campaign, entries)}
    starts = _starts(checked.campaigns, {file for file, _ in wanted})
    only = replace(campaign, posts=tuple(entries))
    found = [*checked.problems, *CheckResult((only,), (), ()).notes]
    return sorted(problem for problem in found if _thing_at(problem, starts) in wanted)


def file_errors(checked: CheckResult, campaign: Campaign | None) -> list[Problem]:
    """Return mistakes that can keep an entry of the campaign from being read.

    They are those in the campaign's own files, and those of files that could not be read.
    """
    read = {mark.file for other in checked.campaigns for mark in _files_of(other)}
    own = {mark.file for mark in _files_of(campaign)} if campaign else set()
    errors = (error for error in checked.errors if error.file in own or error.file not in read)
    return [*islice(errors, MAX_FILE_ERRORS)]


def relative_place(file: str, line: int, folder: Path) -> str:
    """Return a place in a file as ``posts/hart.yaml:12``, below the folder of the config."""
    path = Path(file)
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    return f"{shown}:{line}" if line else str(shown)


def relative_problem(problem: Problem, folder: Path) -> Problem:
    """Return a problem whose file is named below the folder of the config."""
    return replace(problem, file=relative_place(problem.file, 0, folder), level=problem.level)


def _files_of(campaign: Campaign) -> Iterator[Mark]:
    yield campaign.mark
    yield from (post.mark for post in campaign.posts)


def _marks_of(campaign: Campaign, entries: Sequence[Post]) -> Iterator[Mark]:
    """Yield the places of entries, and of all that they name."""
    for entry in entries:
        yield entry.mark
        yield from (campaign.facts[name].mark for name in entry.facts if name in campaign.facts)
        said = campaign.statements
        yield from (said[name].mark for name in entry.statements if name in said)
        about = campaign.events.get(entry.event or ""), campaign.demands.get(entry.demand or "")
        yield from (thing.mark for thing in about if thing)


def _starts(campaigns: Sequence[Campaign], files: Collection[str]) -> Mapping[str, Sequence[int]]:
    """Return the lines of these files at which something begins, in order."""
    lines: dict[str, set[int]] = defaultdict(set)
    for campaign in campaigns:
        things = (campaign.facts, campaign.statements, campaign.events, campaign.demands)
        marks = [campaign.mark, *(of.mark for named in things for of in named.values())]
        for mark in (*marks, *(post.mark for post in campaign.posts)):
            if mark.file in files:
                lines[mark.file].add(mark.line)
    return {file: sorted(found) for file, found in lines.items()}


def _thing_at(problem: Problem, starts: Mapping[str, Sequence[int]]) -> tuple[str, int] | None:
    """Return the place at which the thing begins that a problem is about, or None."""
    lines = starts.get(problem.file, ())
    at = bisect_right(lines, problem.line)
    return (problem.file, lines[at - 1]) if at else None
