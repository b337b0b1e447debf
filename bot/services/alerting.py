"""Send messages to a team's channels, write the digest, and store a channel's URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.platforms.login import Dialogue
    from bot.runtime.loop_app import LoopApp


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The result of sending a message to a channel."""

    channel: str
    why_not: str
    """Why it was not sent; "" if it was."""


def channel_names(config: Config) -> list[str]:
    """Return the channels of the config. Raise UserError if there are none."""
    if not config.alerts.channels:
        raise UserError([_no_channel(config, "The config names no channel for alerts.")])
    return list(config.alerts.channels)


def digest_channels(config: Config) -> list[str]:
    """Return the channels that get the digest. Raise UserError if there are none."""
    wanting = [name for name, kinds in config.alerts.channels.items() if "digest" in kinds]
    if not wanting:
        raise UserError([_no_channel(config, "No channel is set up for the digest.")])
    return wanting


def _no_channel(config: Config, message: str) -> Problem:
    hint = "Name it under alerts: channels:, as config.example.yaml shows."
    return Problem(str(config.path), 0, 0, "G113", message, hint)


def write_digest(app: LoopApp) -> str:
    """Return the digest of the past seven days."""
    from bot.checking import check

    now = app.clock.now()
    # Files with mistakes still contribute names and facts.
    return app.notifier.digest(now, check(app.config, now).campaigns)


def send(
    config: Config,
    names: Iterable[str],
    title: str,
    body: str,
    environ: Mapping[str, str],
    redactor: Redactor,
) -> Iterator[SentMessage]:
    """Send a message to each of these channels, and yield the results."""
    from bot.alerts.channels import AppriseSender

    sender = AppriseSender(environ, redactor, config)
    for name in names:
        yield SentMessage(name, sender(name, title, body) or "")


def store_url(
    config: Config,
    channel: str,
    environ: Mapping[str, str],
    dialogue: Dialogue,
    redactor: Redactor,
) -> str:
    """Ask for a channel's URL and store it; return the place. Raise UserError."""
    from bot.config.secret_store import require_place, store_secrets
    from bot.config.secrets import channel_secret_owner, secrets_in_url

    require_name(str(config.path), "channel", channel, channel_names(config))
    owner = channel_secret_owner(channel)
    require_place(owner, ["url"], environ)
    url = dialogue.ask_secret("url", "URL")
    redactor.add(secrets_in_url(url))
    return store_secrets(owner, {"url": url}, environ)
