"""Check the config and the campaigns, also against the queue; explain a code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.checking import AnyAccount, Checker, CheckResult
from bot.errors import Problem, StoreError
from bot.planning import limits, slots, unplanned
from bot.schedules.account_times import midnights
from bot.services.plan import planned_occurrences
from bot.services.views_checking import AllowedProblem, CheckView, CodeView
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.checking import ProgressCallback
    from bot.config import Config

    Problems = tuple[Problem, ...]
    Say = Callable[[str], object]


def check_campaigns(
    config: Config,
    folder: Path | None,
    environ: Mapping[str, str],
    now: datetime,
    say: Say,
    progress: ProgressCallback | None,
    config_problems: Problems,
) -> CheckView:
    """Check the campaigns in a folder, or in the folder of the config.

    ``say`` gets a note on each check that needs the database if it cannot be used. The problems of
    the config are those with which it could be read.
    """
    checked = Checker.of(config, folder=folder).check(now, progress)
    unsent, notes = _past_problems(config, checked, environ, now, say)
    unplaced: Sequence[Problem] = ()
    if not checked.errors and slots.slot_keys(checked.campaigns):
        try:
            _, unplaced = planned_occurrences(config, checked.campaigns)
        except StoreError as error:
            say(f"note: the queue slots could not be checked: {error}")
    problems = tuple(sorted((*config_problems, *checked.problems, *unplaced, *unsent)))
    return _view(checked, len(config.accounts), problems, notes)


def _past_problems(
    config: Config, checked: CheckResult, environ: Mapping[str, str], now: datetime, say: Say
) -> tuple[Problems, Problems]:
    """Return problems and notes about posts in the past and about full days.

    Past posts that were never queued are problems, and so are days that posts which are out have
    filled. Without a queue nobody knows, and all past posts are notes.
    """
    from bot.runtime.app import create_app

    campaigns, accounts = checked.campaigns, config.accounts
    past = unplanned.past_posts(campaigns, accounts, now)
    try:
        if config.has_database:
            with create_app(config, environ) as app:
                unsent = unplanned.never_queued(past, app.queue.of_posts)
                begun = app.queue.begun_since(midnights(accounts.values(), now))
            full = limits.over_today(campaigns, accounts, begun, now)
            return (*unplanned.past_post_warnings(unsent, now), *full), ()
    except StoreError as error:
        if past:
            say(f"note: posts in the past could not be checked: {error}")
    return (), unplanned.past_post_warnings(past, now)


def check_without_config(
    folder: Path | None, config_path: Path | None, config_problems: Problems, now: datetime
) -> CheckView:
    """Check the campaigns although the config is missing or has these problems."""
    is_missing = all(problem.code == "G101" for problem in config_problems)
    if is_missing and folder and not config_path:
        config_problems = ()  # only a folder was named, which needs no config
    default = (config_path.parent if config_path else Path()) / "posts"
    folder = folder or (default if default.is_dir() else None)
    checked = Checker(folder).check(now) if folder else CheckResult((), (), ())
    names = sorted({name for post in checked.posts for name in post.accounts})
    past = unplanned.past_posts(checked.campaigns, AnyAccount(), now)
    notes = unplanned.past_post_warnings(past, now)
    problems = tuple(sorted((*config_problems, *checked.problems)))
    assumed = {name: AnyAccount()[name].platform for name in names}
    return _view(checked, len(names), problems, notes, assumed)


def _view(
    checked: CheckResult,
    accounts: int,
    problems: Problems,
    notes: Problems,
    assumed: Mapping[str, str] | None = None,
) -> CheckView:
    campaigns = checked.campaigns
    posts = {(post.mark, post.event) for campaign in campaigns for post in campaign.posts}
    return CheckView(
        posts=len(posts),
        events=sum(len(campaign.events) for campaign in campaigns),
        accounts=accounts,
        assumed=assumed or {},
        errors=sum(problem.level == "error" for problem in problems),
        problems=problems,
        notes=tuple(sorted((*notes, *checked.notes))),
        allowed=tuple(AllowedProblem(*found) for found in checked.allowed),
    )


def all_codes() -> dict[str, str]:
    """Return every code with its reason, but for those of lint rules and platforms."""
    from bot import arrivals, campaigns, config, database, extras, lint, planning, services, share
    from bot import spreadsheets, store, yamlsource  # isort: skip

    packages = (
        *(yamlsource, campaigns, lint, planning, share, spreadsheets, config, database, store),
        *(arrivals, extras, services),
    )
    return {code: why for package in packages for code, why in package.CODES.items()}


def explain_code(code: str) -> CodeView:
    """Return the reason for a code. Raise ValueError, with a similar code, if it is unknown."""
    from bot.lint.rules import RULES
    from bot.platforms import PLATFORMS, load_platform

    code = code.strip().upper()
    for rule in RULES:
        if rule.code == code:
            return CodeView(
                code=rule.code,
                level=rule.level,
                liftable=rule.suppressible,
                why=rule.why,
                bad=rule.bad,
                good=rule.good,
            )
    reasons = all_codes()
    for name in PLATFORMS:
        reasons |= {rule: f"{why.rstrip('.')}." for rule, why in load_platform(name).RULES.items()}
    if code not in reasons:
        known = {*reasons, *(rule.code for rule in RULES)}
        message = f"there is no code {code}. {did_you_mean(code, known)}"
        raise ValueError(message)
    return CodeView(code=code, why=reasons[code])
