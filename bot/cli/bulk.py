"""``groundswell import`` and ``export`` read posts from a spreadsheet, and write them to one."""

from __future__ import annotations

import shlex
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app
from bot.cli.output import with_config
from bot.cli.plan import later_lines, prospect_lines
from bot.cli.post_table import PostRow, post_table
from bot.services.plan import check_or_raise
from bot.text import join_first
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.services.importing import SheetChange
    from bot.services.views_import import ImportedPost, ImportView


MAX_LISTED = 10
"""At most this many known rows are listed one by one."""

ADDED_HEADS = PostRow("", "When", "Post", "On", "", text="Text")
"""The column heads of the list of added posts."""

SheetArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help="The spreadsheet, as CSV or XLSX. Not needed with --columns."
    ),
]
FORMS: dict[str, Literal["csv", "xlsx", "ics"]] = {".xlsx": "xlsx", ".ics": "ics"}
"""The form of an export by the ending of its file; any other is CSV."""


def import_(
    sheet: SheetArgument = None,
    *,
    campaign: Annotated[
        str | None, typer.Option(metavar="ID", help="The campaign of rows that do not name one.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change the posts whose rows have changed.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="With --update, remove the posts whose rows are gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything without writing.")
    ] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Explain the columns.")] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Add the posts of a spreadsheet, or none of them if there is a mistake.

    The posts are written into a YAML file of their own, posts/imported-FILE.yaml, for a colleague
    to review. A second import of the same spreadsheet adds only its new rows. A row that has
    changed is refused. With `--update`, it changes its post and nothing else in that file.
    Published posts stay as they are. A text and a time are enough; `--columns` explains all
    columns. Example: groundswell import december.xlsx --update
    """
    if columns:
        from bot.spreadsheets.columns import COLUMNS

        output.line("\n".join(f"{name:<15} {meaning}" for name, meaning in COLUMNS.items()))
        return
    if sheet is None:
        raise typer.BadParameter("name the spreadsheet", param_hint="FILE")
    if remove and not update:
        raise typer.BadParameter("--remove needs --update")
    from bot.services.importing import import_sheet
    from bot.spreadsheets.importing import ImportRequest

    request = ImportRequest(
        sheet=sheet,
        author=who,
        campaign=campaign,
        dry_run=dry_run,
        update=update,
        remove=remove,
    )
    result = import_sheet(load_config(config), request, partial(_announce, as_json))
    output.error_line(*output.problem_lines(result.warnings))
    output.emit(result, lambda: _import_lines(result, sheet), as_json=as_json)


def _announce(as_json: bool, changes: Sequence[SheetChange]) -> None:
    if not changes or as_json:
        return
    cells = [
        ("change", change.post, f"row {change.row}", output.printable(" ".join(what.split())))
        for change in changes
        for what in change.what
    ]
    cells += [("remove", change.post, "no row", "") for change in changes if change.row is None]
    output.line("\n".join((*output.table_lines(("", "Post", "By", "What"), cells), "")))


def _import_lines(result: ImportView, sheet: Path) -> Iterator[str]:
    if result.added:
        yield from (*post_table([_added_row(post) for post in result.added], ADDED_HEADS), "")
    for known in sorted(result.already_there, key=lambda known: not known.edited)[:MAX_LISTED]:
        since = ", which was edited in its file and is not changed" if known.edited else ""
        yield f"Row {known.row} is in the files already, as {known.id}{since}."
    if len(result.already_there) > MAX_LISTED:
        yield f"So are {len(result.already_there) - MAX_LISTED} more rows."
    if result.left_out:
        rows = ", ".join(map(str, result.left_out))
        yield f"Skipped because their state says that they are over: row {rows}."
    if result.without_a_row:
        places = [f"{post.id} ({post.file}:{post.line})" for post in result.without_a_row]
        yield f"Without a row now, but still planned: {join_first(places, MAX_LISTED)}."
        command = f"groundswell import {shlex.quote(str(sheet))} --update --remove"
        yield f"{with_config(command)} removes them."
    if result.not_in_the_sheet:
        names = join_first(list(result.not_in_the_sheet), MAX_LISTED)
        yield f"Planned on these days but not in the sheet; these posts stay: {names}."
    yield _import_summary(result)
    if result.next:
        yield from prospect_lines(result.next)


def _added_row(post: ImportedPost) -> PostRow:
    return PostRow("", post.local, f"{post.campaign}/{post.id}", post.on, "", text=post.text)


def _import_summary(result: ImportView) -> str:
    counts = (
        (len({(post.file, post.line) for post in result.changed}), "changed"),
        (len(result.removed), "removed"),
        (len(result.added), f"added to {result.file}"),
    )
    would = "" if result.written else "would be "
    parts = [f"{output.pluralize(count, 'post')} {would}{verb}" for count, verb in counts if count]
    if not parts:
        return "The sheet has no new posts, and nothing was added."
    return f"{', '.join(parts)}." + ("" if result.written else " Nothing was written.")


def export(
    *,
    form: Annotated[
        Literal["csv", "xlsx", "ics"] | None,
        typer.Option(
            "--format",
            help="csv or xlsx for a spreadsheet, ics for a calendar (default: by the ending of "
            "the file, or csv).",
        ),
    ] = None,
    target: options.Output = None,
    campaign: options.Campaign = None,
    since: Annotated[datetime | None, options.day("The first day of the posts.")] = None,
    until: Annotated[datetime | None, options.day("The last day of the posts.")] = None,
    config: options.ConfigPath = None,
) -> None:
    """Write the posts that are planned up to the horizon, as a spreadsheet or a calendar.

    Without `--output`, the file is printed. With `--since`, it also has earlier posts with their
    states. `groundswell import` reads the CSV or XLSX, and changed cells change their posts with
    `--update`. A cell that looks like a formula begins with an apostrophe.
    """
    kind = form or FORMS.get(target.suffix.lower() if target else "", "csv")
    if kind == "xlsx" and target is None:
        raise typer.BadParameter("--format xlsx needs --output FILE")
    from bot.clock import Clock
    from bot.services.exporting import ExportSpan, export_plan

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
