"""The modules that a running loop imports late, imported before it runs.

Most commands do not need them, and start faster without them. A loop must not import one at its
first post, which would be late, or weeks later, when another version may be installed in its place.
"""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Config

LATER_MODULES = (
    *("PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PngImagePlugin"),
    *("PIL.PpmImagePlugin", "PIL.WebPImagePlugin"),
    *("apscheduler.executors.pool", "apscheduler.schedulers.background"),
    *("bot.campaigns.loading", "bot.checking.texts", "bot.evidence", "bot.lint.engine"),
    *("bot.lint.rules", "bot.lint.share_texts", "bot.runtime.sync", "bot.share.buttons"),
    "bot.share.words",
    *("confusable_homoglyphs.utils", "dateutil.rrule", "filelock", "idna", "netrc"),
    "regex",
)
"""``tests/e2e/test_run_imports.py`` finds those that are missing here.

Three are left out, which take 8 MB that most loops do not need. ``emoji`` and ``langcodes`` are
imported when a file that needs them is checked, and so before its posts are planned. ``keyring`` is
imported when an account connects whose secrets are not in the environment.
"""

_ATPROTO = "atproto_client.models"
OF_PLATFORMS = {
    "bluesky": (
        f"{_ATPROTO}.app.bsky.feed.get_posts",
        f"{_ATPROTO}.com.atproto.identity.resolve_handle",
        f"{_ATPROTO}.com.atproto.repo.get_record",
        f"{_ATPROTO}.com.atproto.repo.list_records",
        f"{_ATPROTO}.com.atproto.repo.upload_blob",
        f"{_ATPROTO}.com.atproto.server.create_session",
        f"{_ATPROTO}.com.atproto.server.refresh_session",
    ),
}
"""What a platform's library imports itself when it is first used."""


def import_later_modules(config: Config) -> None:
    """Import them for the platforms of the accounts, and for alerts if there are channels."""
    platforms = {account.platform for account in config.accounts.values()}
    of_platforms = chain.from_iterable(OF_PLATFORMS.get(name, ()) for name in sorted(platforms))
    for name in (*LATER_MODULES, *of_platforms):
        import_module(name)
    if config.alerts.channels:
        from bot.alerts.channels import load_services

        load_services()
