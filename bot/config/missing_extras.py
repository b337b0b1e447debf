"""Find the extras that a config needs and that are not installed.

Such a config is refused as a whole. A loop that left out an account would post half a campaign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.config.fields import is_on_server
from bot.config.secrets import DATABASE_VARIABLE
from bot.errors import Problem
from bot.extras import EXTRAS, explain_lack, install_command
from bot.yamlsource.nodes import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.config.schema import ConfigForm
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place


def find_missing_extras(file: str, root: Node, form: ConfigForm, database: str) -> list[Problem]:
    """Return a problem for each missing extra, at the first place that needs it.

    ``root`` is the tree of the form. ``database`` is an address that overrides the form's, or "".
    """
    missing = {}
    for extra, subject, where, place in _needs(file, root, form, database):
        if extra not in missing and (message := explain_lack(subject, extra)):
            missing[extra] = (where, *place, "G115", message)
    hint = f"Run: {install_command(missing)}" if missing else ""
    return [Problem(*problem, hint) for problem in missing.values()]


def _needs(
    file: str, root: Node, form: ConfigForm, database: str
) -> Iterator[tuple[str, str, str, Place]]:
    """Yield each extra that the config needs, with the subject that needs it, and the place."""
    for name, account in form.accounts.items():
        if account.platform in EXTRAS:
            place = place_of(root, "accounts", name, "platform")
            yield account.platform, f"accounts.{name}.platform", file, place
    if form.alerts.channels:
        yield "alerts", "alerts.channels", file, place_of(root, "alerts", "channels", of_key=True)
    if is_on_server(database or form.database):
        place = (0, 0) if database else place_of(root, "database")
        subject = "The database" if database else "database"
        yield "postgresql", subject, DATABASE_VARIABLE if database else file, place
