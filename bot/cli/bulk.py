"""``groundswell import`` and ``export``: many posts at once, from and for a spreadsheet."""

from __future__ import annotations

import shlex
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.cli.plan import later_lines, prospect_lines
from bot.services.plan import check_or_raise, find_prospects
from bot.text import join_first, truncate_line
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.authoring.comparing import Correction
    from bot.authoring.exports.comparing import ExportedRow
    from bot.authoring.import_result import ImportResult
    from bot.authoring.records import ImportRecord
    from bot.config import Config
    from bot.model import Delivery


MAX_LISTED = 10
"""Known rows that are listed one by one."""

SheetArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The spreadsheet, CSV or XLSX; --columns needs none."),
]
DayOption = options.day("A day on which posts are due.")
FORMS: dict[str, Literal["csv", "xlsx", "ics"]] = {".xlsx": "xlsx", ".ics": "ics"}
"""The form of an export by the ending of its file; any other is CSV."""


def import_(
    sheet: SheetArgument = None,
    *,
    campaign: Annotated[
        str | None, typer.Option(metavar="ID", help="The campaign of rows that name none.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change the posts whose rows have changed since.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="With --update: remove the posts whose rows are gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, and write nothing.")
    ] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Explain the columns.")] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Add the posts of a spreadsheet: all of them, or, if anything is wrong, none.

    They are written into a YAML file of their own in the campaign folder, posts/imported-FILE.yaml,
    for a colleague to review. Importing the same spreadsheet again adds only what is new in it. A
    row that has changed since is refused without `--update`, which changes its post, and nothing
    else in that file; what is published stays as it is. `--columns` lists the columns; text and a
    time are enough.
    """
    if columns:
        from bot.authoring.columns import COLUMNS

        output.line("\n".join(f"{name:<15} {meaning}" for name, meaning in COLUMNS.items()))
        return
    if sheet is None:
        raise typer.BadParameter("name the spreadsheet", param_hint="FILE")
    if remove and not update:
        raise typer.BadParameter("--remove needs --update")
    from bot.authoring.importing import import_file
    from bot.clock import Clock

    settings = load_config(config)
    result = import_file(
        settings,
        sheet,
        Clock().now(),
        author=who,
        campaign=campaign,
        dry_run=dry_run,
        update=update,
        remove=remove,
        queued=partial(_find_deliveries, settings),
        announce=partial(_announce, as_json),
    )
    output.error_line(*output.problem_lines(result.warnings))
    prospects = None
    if result.written and result.posts:
        prospects = find_prospects(settings, result.checked, result.posts)
    lines = [*_import_lines(result, sheet), *(prospect_lines(prospects) if prospects else ())]
    value = {**result.as_json(), "next": prospects and prospects.as_json()}
    output.emit(value, lambda: lines, as_json=as_json)


def _find_deliveries(config: Config, posts: Collection[tuple[str, str]]) -> list[Delivery]:
    """Return what is queued of posts; empty where there is no queue yet."""
    if not posts:
        return []
    with open_app(config, missing_ok=True) as opened_app:
        return opened_app.queue.of_posts(posts)


def _import_lines(result: ImportResult, sheet: Path) -> Iterator[str]:
    added = [
        (
            post["id"],
            post["local"],
            ", ".join(post["accounts"]),
            truncate_line(post["text"], output.TEXT_WIDTH),
        )
        for post in result.as_json()["added"]
    ]
    if added:
        yield from (*output.table_lines(("Post", "When", "Accounts", "Text"), added), "")
    for row, name, edited in sorted(result.known, key=lambda known: not known[2])[:MAX_LISTED]:
        since = ", which has been edited since and stays so" if edited else ""
        yield f"Row {row} is there already, as {name}{since}."
    if len(result.known) > MAX_LISTED:
        yield f"So are {len(result.known) - MAX_LISTED} more rows."
    if result.finished:
        rows = ", ".join(str(row.number) for row in result.finished)
        yield f"Skipped, as their state says that they are over: row {rows}."
    if result.gone and not result.removed:
        names = join_first([record.location for record in result.gone], MAX_LISTED)
        yield f"Without a row now, but still planned: {names}."
        command = f"groundswell import {shlex.quote(str(sheet))} --update --remove"
        yield f"{with_config(command)} removes them."
    if result.missing:
        names = join_first(list(result.missing), MAX_LISTED)
        yield f"Planned on these days, but not in the sheet; nothing becomes of that: {names}."
    yield _import_summary(result)


def _announce(as_json: bool, *changes: Any) -> None:
    lines = [*_change_lines(*changes)]
    if lines and not as_json:
        output.line("\n".join(lines))


def _change_lines(
    changed: Sequence[Correction], edited: Sequence[ExportedRow], removed: Sequence[ImportRecord]
) -> Iterator[str]:
    """Yield what is changed in which post, row by row."""
    named = [(change.record.id, change.entry.row.number, change.what) for change in changed]
    named += [(row.post.id, row.row.number, row.what) for row in edited]
    changes = [
        ("change", name, f"row {number}", output.printable(" ".join(one.split())))
        for name, number, what in named
        for one in what
    ]
    changes += [("remove", record.id, "no row", "") for record in removed]
    if changes:
        yield from (*output.table_lines(("", "Post", "By", "What"), changes), "")


def _import_summary(result: ImportResult) -> str:
    counts = (
        (len(result.changed) + len({row.place for row in result.edited}), "changed"),
        (len(result.gone) if result.removed else 0, "removed"),
        (len(result.added), f"added to {result.file}"),
    )
    would = "" if result.written else "would be "
    parts = [f"{output.pluralize(count, 'post')} {would}{verb}" for count, verb in counts if count]
    if not parts:
        return "Nothing is new: nothing was added."
    return f"{', '.join(parts)}." + ("" if result.written else " Nothing was written.")


def export(
    *,
    form: Annotated[
        Literal["csv", "xlsx", "ics"] | None,
        typer.Option(
            "--format",
            help="csv or xlsx for a spreadsheet, ics for a calendar (default: as the file is "
            "named, or csv).",
        ),
    ] = None,
    target: options.Output = None,
    campaign: options.Campaign = None,
    since: Annotated[datetime | None, DayOption] = None,
    until: Annotated[datetime | None, DayOption] = None,
    config: options.ConfigPath = None,
) -> None:
    """Write what is planned, from now to the horizon, as a spreadsheet or a calendar.

    Without `--output`, it is printed. With `--since`, also what has become of earlier posts.
    `groundswell import` reads the CSV or XLSX, where what looks like a formula begins with an
    apostrophe; with `--update`, cells that were changed there change their posts.
    """
    kind = form or FORMS.get(target.suffix.lower() if target else "", "csv")
    if kind == "xlsx" and target is None:
        raise typer.BadParameter("--format xlsx needs --output FILE")
    from bot.authoring.exporting import ExportSpan
    from bot.clock import Clock
    from bot.services.exporting import export_plan

    settings = load_config(config)
    span = ExportSpan(Clock().now(), since and since.date(), until and until.date(), campaign)
    checked = check_or_raise(settings, span.now)
    if campaign:
        require_name("export", "campaign", campaign, [known.id for known in checked.campaigns])
    with open_app(settings, missing_ok=True) as opened_app:
        exported = export_plan(opened_app, checked, span, kind)
    output.error_line(*later_lines(exported.later, "exported"))
    if target is None:
        output.document(str(exported.content))
        return
    output.write_file(target, exported.content)
    count = output.pluralize(exported.posts, "post")
    if exported.rows != exported.posts:
        count += f" ({output.pluralize(exported.rows, 'row')})"
    output.line(f"Wrote {count} to {target}.")
