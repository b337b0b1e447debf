"""``groundswell check`` lists every mistake, or explains a code with ``--explain``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.checking import without_gc
from bot.cli import options, output
from bot.cli.main import load_config
from bot.clock import Clock
from bot.errors import UserError
from bot.model.post_words import platform_name
from bot.text import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.checking import ProgressCallback
    from bot.services.views_checking import CheckView, CodeView


FolderArgument = Annotated[
    Path | None, typer.Argument(help="A folder of campaign files (default: that of the config).")
]

ExplainOption = Annotated[
    str | None, typer.Option("--explain", metavar="CODE", help="Explain a code, with examples.")
]


@without_gc()  # for the whole command, which needs the campaigns to its end
def check(
    folder: FolderArgument = None,
    *,
    config: options.ConfigPath = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also if there are only warnings.")
    ] = False,
    explain: ExplainOption = None,
    as_json: options.Json = False,
) -> None:
    """Find every mistake in the config and the campaigns, and say how to fix it.

    Problems that a comment in a file allows are listed too, with the reason. The exit code is 1 if
    there is a mistake. A FOLDER can be checked without a config. Each account is then assumed to be
    on the platform at the end of its name, such as ours-mastodon, or else on X.
    """
    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    with output.progress_bar("Checking", shown=not as_json) as progress:
        found = _check(folder, config, progress)
    counts = ", ".join(
        output.pluralize(count, noun)
        for count, noun in (
            (found.posts, "post"),
            (found.events, "event"),
            (found.accounts, "account"),
        )
    )
    summary = f"{counts}: {output.count_line(found.problems)}"
    summary += f", {len(found.allowed)} allowed" if found.allowed else ""
    lines = [
        *output.problem_lines(found.problems),
        *output.problem_lines(found.notes, "note: "),
        *output.allowed_lines(found.allowed),
        *_assumption_lines(found.assumed),
        summary,
    ]
    output.emit(found, lambda: lines, as_json=as_json)
    if found.errors or (strict and found.problems):
        raise typer.Exit(1)


def _check(
    folder: Path | None, config_path: Path | None, progress: ProgressCallback | None
) -> CheckView:
    from bot.services.checking import check_campaigns, check_without_config

    now = Clock().now()
    try:
        config = load_config(config_path)
    except UserError as error:
        found = error.problems
        if any(problem.code != "G115" for problem in found):
            return check_without_config(folder, config_path, found, now)
        config = load_config(config_path, without_extras=True)  # only extras are missing
    else:
        found = ()
    say = output.error_line
    return check_campaigns(config, folder, os.environ, now, say, progress, found)


def _assumption_lines(assumed: Mapping[str, str]) -> Iterator[str]:
    """Yield a note on the assumed platforms of accounts that no config names."""
    if assumed:
        places = (f"{name} on {platform_name(platform)}" for name, platform in assumed.items())
        yield f"note: No config names these accounts. Assumed: {', '.join(places)}."


def _explain(code: str, *, as_json: bool) -> None:
    from bot.services.checking import explain_code

    try:
        explained = explain_code(code)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--explain") from None
    output.emit(explained, lambda: _code_lines(explained), as_json=as_json)


def _code_lines(explained: CodeView) -> Iterator[str]:
    level = f" ({explained.level})" if explained.level else ""
    yield f"{explained.code}{level}: {explained.why}"
    for name, example in (("Bad", explained.bad), ("Good", explained.good)):
        if example is not None:
            yield from ("", f"{name}:", "")
            yield from (f"    {escape_hidden(line)}" for line in example.split("\n")[:-1])
    if explained.liftable is False:
        yield from ("", "No comment in a campaign file can allow it.")
    elif explained.liftable:
        yield from (
            "",
            "If it is intended, write the reason on a line of the post, or right above the post:",
            "",
        )
        yield f"    # groundswell: allow {explained.code} because …"
