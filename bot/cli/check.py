"""``groundswell check``: every mistake in the config and in the campaigns, at once."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import past
from bot.checking import AnyAccount, Checked, check_folder
from bot.cli import output, progress
from bot.cli.explain import explanation, explanation_lines
from bot.cli.frame import ConfigPath, Json, commands, configured
from bot.clock import SystemClock
from bot.errors import StoreError, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.checking import Progress
    from bot.config import Config
    from bot.errors import Problem

    Problems = tuple[Problem, ...]

app = commands()

Folder = Annotated[
    Path | None,
    typer.Argument(help="A folder of campaign files; the config's own if not given."),
]

Explain = Annotated[
    str | None,
    typer.Option("--explain", metavar="CODE", help="Say what a code means, with examples."),
]


@app.command()
def check(
    folder: Folder = None,
    *,
    config: ConfigPath = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail, too.")] = False,
    explain: Explain = None,
    as_json: Json = False,
) -> None:
    """Find every mistake in the config and the campaigns, and say how to mend it.

    What comments in the files allow is listed as well, with the reason that each gives. Ends with 1
    where there is a mistake. With a FOLDER, no config is needed: then every account is taken for
    one on X.
    """
    if explain is not None:
        found = explanation(explain)
        output.emit(found, lambda: explanation_lines(found), as_json=as_json)
        return
    with progress.bar("Checking", shown=not as_json) as told:
        result = examine(folder, config, SystemClock().now(), told)
    output.emit(result.as_json(), result.lines, as_json=as_json)
    if result.errors or (strict and result.problems):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Result:
    """What was checked, and what is wrong with it."""

    checked: Checked
    accounts: int
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    """What may be wrong, where no queue can tell; it fails nothing."""

    @property
    def errors(self) -> int:
        """How many problems are not just warnings."""
        return sum(problem.level == "error" for problem in self.problems)

    def counts(self) -> dict[str, int]:
        """Count what was checked."""
        campaigns = self.checked.campaigns
        return {
            "posts": len({(one.mark, one.event) for each in campaigns for one in each.posts}),
            "events": sum(len(campaign.events) for campaign in campaigns),
            "accounts": self.accounts,
        }

    def lines(self) -> list[str]:
        """Give each problem a line, and a summary at the end."""
        counts = ", ".join(output.count(n, noun[:-1]) for noun, n in self.counts().items())
        allowed = self.checked.allowed
        summary = f"{counts}: {output.count_line(self.problems)}"
        summary += f", {len(allowed)} allowed" if allowed else ""
        problems = output.problem_lines(self.problems)
        notes = output.note_lines(self.notes)
        return [*problems, *notes, *output.allowed_lines(allowed), summary]

    def as_json(self) -> dict[str, Any]:
        """Give the same for programs."""
        problems = [asdict(problem) for problem in self.problems]
        allowed = [{**asdict(one.problem), "reason": one.reason} for one in self.checked.allowed]
        notes = [asdict(problem) for problem in self.notes]
        told = {"errors": self.errors, "problems": problems, "notes": notes, "allowed": allowed}
        return {**self.counts(), **told}


def examine(
    folder: Path | None, path: Path | None, now: datetime, told: Progress | None = None
) -> Result:
    """Check the config, and the campaigns even where the config is broken."""
    try:
        config = configured(path)
    except UserError as error:
        return _without(folder, path, error.problems, now)
    campaigns, horizon = folder or config.campaigns, config.horizon
    checked = check_folder(campaigns, now, config.accounts, progress=told, horizon=horizon)
    unsent, notes = _past(config, checked, now)
    problems = sorted((*checked.problems, *_without_slot(config, checked), *unsent))
    return Result(checked, len(config.accounts), tuple(problems), notes)


def _past(config: Config, checked: Checked, now: datetime) -> tuple[Problems, Problems]:
    """Return what is past and was never queued; as notes, the second, if no queue can tell that."""
    found = past.past(checked.campaigns, config.accounts, now)
    if found and config.has_database:
        from bot.app import opened

        try:
            with opened(config, os.environ) as opened_app:
                queued = opened_app.queue.of_posts({one.name for one in found})
            return past.problems(past.never_queued(found, queued), now), ()
        except StoreError as error:
            output.error_line(f"Whether each post of the past was queued was not checked: {error}")
    return (), past.problems(found, now)


def _without_slot(config: Config, checked: Checked) -> Sequence[Problem]:
    """Return the posts that find no queue slot, by what the queue knows to be out already."""
    from bot import slots
    from bot.cli.plan import plan_of

    broken = any(problem.level == "error" for problem in checked.problems)
    if broken or not slots.keys(checked.campaigns):
        return ()
    try:
        return plan_of(config, checked, None).unsuited
    except StoreError as error:
        output.error_line(f"Whether each post finds a queue slot was not checked: {error}")
        return ()


def _without(
    folder: Path | None, path: Path | None, faults: tuple[Problem, ...], now: datetime
) -> Result:
    missing = all(problem.code == "G101" for problem in faults)
    if missing and folder and not path:
        faults = ()  # nobody said that there is a config
    beside = (path.parent if path else Path()) / "posts"
    folder = folder or (beside if beside.is_dir() else None)
    checked = check_folder(folder, now) if folder else Checked((), (), ())
    names = {name for one in checked.campaigns for post in one.posts for name in post.accounts}
    notes = past.problems(past.past(checked.campaigns, AnyAccount(), now), now)
    return Result(checked, len(names), tuple(sorted((*faults, *checked.problems))), notes)
