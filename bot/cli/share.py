"""``groundswell share`` builds the share pages, serves them, and shows the marks of links."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli import options, output
from bot.cli.main import command_group, load_config
from bot.cli.serving import explaining_a_taken_port, leave_secrets
from bot.clock import Clock
from bot.schedules.local_time import ScheduleError, parse_zone

group = command_group(needs_command=True)

UTC = ZoneInfo("UTC")


def _parse_zone(typed: str | ZoneInfo) -> ZoneInfo:
    """Return a timezone. Raise BadParameter."""
    try:
        return parse_zone(str(typed))
    except ScheduleError as error:
        raise typer.BadParameter(f"{error.message} {error.hint}") from None


@group.callback()
def share() -> None:
    """The folder holds static files for any web server. Nothing on it posts by itself."""


@group.command("build")
def build(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the pages.")],
    *,
    campaign: options.Campaign = None,
    partner: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Build the pages in the name of this partner."),
    ] = None,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Build a page for each campaign and language, from which supporters post in their own words.

    The pages are plain files for any web server. They load nothing from elsewhere and post nothing.
    Facts that are due for review are left out, with the wordings that rely on them. Files of an
    earlier build are replaced, and those that are not needed any more are removed. A folder with
    pages in another name is refused, and with --campaign also one with pages of other campaigns.

    Example: groundswell share build public
    """
    from bot.cli.share_lines import built_lines
    from bot.services.share_page import build_share_pages

    with output.progress_bar("Building", shown=not as_json) as progress:
        built = build_share_pages(
            load_config(config),
            folder,
            Clock().now(),
            campaign=campaign,
            partner=partner,
            progress=progress,
        )
    output.error_line(*output.problem_lines(built.warnings))
    output.emit(built, lambda: built_lines(built), as_json=as_json)


@group.command("links")
def links(
    *,
    campaign: options.Campaign = None,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show each link of posts and share pages with its marks, or the reason that it has none.

    A campaign asks for marks by links: in its file. A site's statistics tell by them which post or
    which network brought people there.
    """
    from bot.cli.link_lines import link_lines
    from bot.services.marked_links import read_marked_links

    found = read_marked_links(load_config(config), Clock().now(), campaign)
    output.emit(found, lambda: link_lines(found), as_json=as_json)


@group.command("serve")
def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder that share build wrote.")
    ],
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen at.")] = 8090,
    host: Annotated[
        str, typer.Option(help="The address to listen at; a proxy before it provides HTTPS.")
    ] = "127.0.0.1",
    counters: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Count by day how often each link is opened."),
    ] = None,
    timezone: Annotated[
        ZoneInfo,
        typer.Option(metavar="ZONE", parser=_parse_zone, help="The timezone of the days."),
    ] = UTC,
) -> None:
    """Serve a built folder until Ctrl-C, and count by day how often its links are opened.

    It needs no config, and reads no secret. Nothing is kept but these numbers: no address, no
    browser, no time of day. Robots, previewers and HEAD requests are led on, and not counted.

    Example: groundswell share serve public --counters opened.db
    """
    leave_secrets()
    from bot.arrivals.robots import is_robot
    from bot.runtime.systemd import connect
    from bot.share.counters import Counters
    from bot.share.listed import BuiltFolder
    from bot.share.serving import Serving, serve_folder

    built = BuiltFolder(folder, output.error_line)
    if counters is None and built.lists().redirects:
        output.error_line("Openings are not counted, because no --counters FILE is named.")
    elif counters and counters.resolve().is_relative_to(folder.resolve()):
        raise typer.BadParameter("name a file outside the folder, which others may copy whole")
    opened = Counters(counters, output.error_line) if counters else None
    serving = Serving(built, opened, Clock(), timezone, is_robot)
    with explaining_a_taken_port(host, port):
        serve_folder(serving, host, port, output.error_line, connect(os.environ).ready)
