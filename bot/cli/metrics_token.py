"""``groundswell web token`` makes the token with which a monitoring system reads the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import load_config, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.views_people import MetricsToken


def make_token(
    *,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="End the token instead, and make no other.")
    ] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Make the token with which a monitoring system reads /metrics of the control room.

    It is shown once, and may read these figures and nothing else. A new token ends the one before.
    """
    from bot.services import monitoring

    with open_app(load_config(config)) as opened_app:
        if revoke:
            result = monitoring.revoke_token(opened_app, who)
        else:
            result = monitoring.create_token(opened_app, who)
    output.emit(result, lambda: _token_lines(result), as_json=as_json)


def _token_lines(result: MetricsToken) -> Iterator[str]:
    if result.token is None:
        ended = "The token has ended. Nobody can read the metrics."
        yield ended if result.replaced else "There was no token, so nothing was changed."
        return
    if result.replaced:
        yield "The earlier token has ended. Give this one to the monitoring system."
    yield "The token, which is not shown again:"
    yield f"  {result.token}"
