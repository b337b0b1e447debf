"""``groundswell check``: every mistake at once, and with ``--explain`` the reason for a code."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.authoring.checking import AnyAccount, Checker, CheckResult, without_gc
from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.clock import Clock
from bot.errors import CODES, StoreError, UserError
from bot.planning import limits, slots, unplanned
from bot.reports.table import platform_name
from bot.schedules.account_times import midnights
from bot.services.plan import planned_occurrences
from bot.text import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.authoring.checking import ProgressCallback
    from bot.config import Config
    from bot.errors import Problem

    Problems = tuple[Problem, ...]


FolderArgument = Annotated[
    Path | None, typer.Argument(help="A folder of campaign files (default: that of the config).")
]

ExplainOption = Annotated[
    str | None, typer.Option("--explain", metavar="CODE", help="Explain a code, with examples.")
]


@without_gc()  # once for all of it: what is read is needed to the end
def check(
    folder: FolderArgument = None,
    *,
    config: options.ConfigPath = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")
    ] = False,
    explain: ExplainOption = None,
    as_json: options.Json = False,
) -> None:
    """Find every mistake in the config and the campaigns, and say how to fix it.

    What comments in the files allow is listed as well, with their reasons. The exit code is 1 if
    there is a mistake. With a FOLDER, no config is needed: then each account is taken to be on the
    platform that its name ends with, as ours-mastodon, and else on X.
    """
    if explain is not None:
        explained = explanation(explain)
        output.emit(explained, lambda: explanation_lines(explained), as_json=as_json)
        return
    with output.progress_bar("Checking", shown=not as_json) as progress:
        report = check_all(folder, config, Clock().now(), progress)
    allowed = [{**asdict(problem), "reason": reason} for problem, reason in report["allowed"]]
    value = {**report, "allowed": allowed}
    nouns = ("post", "event", "account")
    counts = ", ".join(output.pluralize(report[f"{noun}s"], noun) for noun in nouns)
    summary = f"{counts}: {output.count_line(report['problems'])}"
    summary += f", {len(allowed)} allowed" if allowed else ""
    lines = [
        *output.problem_lines(report["problems"]),
        *output.problem_lines(report["notes"], "note: "),
        *output.allowed_lines(report["allowed"]),
        *_assumption_lines(report["assumed"]),
        summary,
    ]
    output.emit(value, lambda: lines, as_json=as_json)
    if report["errors"] or (strict and report["problems"]):
        raise typer.Exit(1)


def _assumption_lines(assumed: dict[str, str]) -> Iterator[str]:
    """Yield where accounts are taken to be that no config names."""
    if assumed:
        places = (f"{name} on {platform_name(platform)}" for name, platform in assumed.items())
        yield f"note: No config says where the accounts are; taken to be: {', '.join(places)}."


def check_all(
    folder: Path | None,
    config_path: Path | None,
    now: datetime,
    progress: ProgressCallback | None = None,
) -> dict[str, Any]:
    """Check the config, and the campaigns even where the config has mistakes; see ``_report``."""
    try:
        config = load_config(config_path)
    except UserError as error:
        return _check_without_config(folder, config_path, error.problems, now)
    checker = Checker(
        folder or config.campaigns,
        config.accounts,
        horizon=config.horizon,
        secrets=config.secrets,
    )
    checked = checker.check(now, progress)
    unsent, notes = _past_problems(config, checked, now)
    unplaced: Sequence[Problem] = ()
    if not checked.errors and slots.slot_keys(checked.campaigns):
        try:
            _, unplaced = planned_occurrences(config, checked.campaigns)
        except StoreError as error:
            why = "Whether each post gets a queue slot could not be checked"
            output.error_line(f"{why}: {error}")
    problems = tuple(sorted((*checked.problems, *unplaced, *unsent)))
    return _report(checked, len(config.accounts), problems, notes)


def _past_problems(
    config: Config, checked: CheckResult, now: datetime
) -> tuple[Problems, Problems]:
    """Return what is past and was never queued, and which days are full by what is out already.

    As problems, or, without a queue that could tell, as notes of what is past.
    """
    campaigns, accounts = checked.campaigns, config.accounts
    past = unplanned.past_posts(campaigns, accounts, now)
    try:
        if config.has_database:
            with open_app(config) as opened_app:
                unsent = unplanned.never_queued(past, opened_app.queue.of_posts)
                begun = opened_app.queue.begun_since(midnights(accounts.values(), now))
            full = limits.over_today(campaigns, accounts, begun, now)
            return (*unplanned.past_post_warnings(unsent, now), *full), ()
    except StoreError as error:
        if past:
            output.error_line(f"Whether each past post was queued could not be checked: {error}")
    return (), unplanned.past_post_warnings(past, now)


def _check_without_config(
    folder: Path | None,
    config_path: Path | None,
    config_problems: tuple[Problem, ...],
    now: datetime,
) -> dict[str, Any]:
    """Check the campaigns where the config is missing or has mistakes."""
    is_missing = all(problem.code == "G101" for problem in config_problems)
    if is_missing and folder and not config_path:
        config_problems = ()  # a folder was named, and nobody claimed that there is a config
    default = (config_path.parent if config_path else Path()) / "posts"
    folder = folder or (default if default.is_dir() else None)
    checked = Checker(folder).check(now) if folder else CheckResult((), (), ())
    names = sorted({name for post in checked.posts for name in post.accounts})
    past = unplanned.past_posts(checked.campaigns, AnyAccount(), now)
    notes = unplanned.past_post_warnings(past, now)
    problems = tuple(sorted((*config_problems, *checked.problems)))
    assumed = {name: AnyAccount()[name].platform for name in names}
    return _report(checked, len(names), problems, notes, assumed)


def _report(
    checked: CheckResult,
    accounts: int,
    problems: Problems,
    notes: Problems,
    assumed: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return what was checked, and what is wrong with it.

    ``notes`` are what may be wrong, where no queue can tell: they do not change the exit code.
    ``assumed`` are the platforms of accounts, by name, that no config names.
    """
    campaigns = checked.campaigns
    posts = {(post.mark, post.event) for campaign in campaigns for post in campaign.posts}
    return {
        "posts": len(posts),
        "events": sum(len(campaign.events) for campaign in campaigns),
        "accounts": accounts,
        "assumed": assumed or {},
        "errors": sum(problem.level == "error" for problem in problems),
        "problems": problems,
        "notes": tuple(sorted((*notes, *checked.notes))),
        "allowed": checked.allowed,
    }


def explanation(code: str) -> dict[str, Any]:
    """Return a code's reason; for a rule, also level and examples. Raises typer.BadParameter."""
    from bot.lint.rules import RULES
    from bot.platforms import PLATFORMS, load_platform
    from bot.yamlsource.problems import did_you_mean

    code = code.strip().upper()
    for rule in RULES:
        if rule.code == code:
            return {
                "code": rule.code,
                "level": rule.level,
                "liftable": rule.suppressible,
                "why": rule.why,
                "bad": rule.bad,
                "good": rule.good,
            }
    reasons = dict(CODES)
    for name in PLATFORMS:
        reasons |= {rule: f"{why.rstrip('.')}." for rule, why in load_platform(name).RULES.items()}
    if code not in reasons:
        known = {*reasons, *(rule.code for rule in RULES)}
        message = f"there is no code {code}. {did_you_mean(code, known)}"
        raise typer.BadParameter(message, param_hint="--explain")
    return {"code": code, "why": reasons[code]}


def explanation_lines(explained: dict[str, Any]) -> Iterator[str]:
    """Yield the explanation in words."""
    level = f" ({explained['level']})" if "level" in explained else ""
    yield f"{explained['code']}{level}: {explained['why']}"
    for name in ("bad", "good"):
        if name in explained:
            yield from ("", f"{name.capitalize()}:", "")
            yield from (f"    {escape_hidden(line)}" for line in explained[name].split("\n")[:-1])
    if not explained.get("liftable", True):
        yield from ("", "No comment in a campaign file can allow it.")
    elif "level" in explained:
        yield from (
            "",
            "Where it is intended, write the reason on a line of the post, or right above it:",
            "",
        )
        yield f"    # groundswell: allow {explained['code']} because …"
