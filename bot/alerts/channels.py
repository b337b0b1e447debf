"""Sends a message to a channel by apprise; its address is a secret, and stays one."""

from __future__ import annotations

import logging
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from bot.secrets import channel_name, channel_url, variable, within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.secrets import Redactor

SEND_SECONDS = 10.0
"""So long a channel may take to answer; afterwards it counts as not told."""

LACKING = "apprise is not installed: pip install 'groundswell[alerts]'"


class Send(Protocol):
    """Sends a message to a channel; gives why it failed, or None."""

    def lacking(self, channel: str) -> str | None:
        """Say what a channel lacks before anything can be sent to it, or give None."""
        ...

    def __call__(self, channel: str, title: str, body: str) -> str | None:
        """Send it."""
        ...


class Channels:
    """The channels by name. Nothing is imported or asked for before the first message."""

    def __init__(self, environ: Mapping[str, str], redactor: Redactor) -> None:
        self._environ = environ
        self._redactor = redactor

    def lacking(self, channel: str) -> str | None:
        """Say what a channel lacks before anything can be sent to it, or give None."""
        if find_spec("apprise") is None:
            return LACKING
        return None if self._url(channel) else _missing(channel)

    def __call__(self, channel: str, title: str, body: str) -> str | None:
        """Send a message; give why it failed, or None. Never raises, and tells no secret."""
        if why := self.lacking(channel):
            return why
        try:
            why = _notify(self._url(channel), self._redactor(title), self._redactor(body))
        except Exception as error:  # noqa: BLE001 - a library of a hundred services: none may stop the loop
            why = f"{type(error).__name__}: {error}"
        return self._redactor(why) if why else None

    def _url(self, channel: str) -> str:
        url = channel_url(channel, self._environ) or ""
        self._redactor.learn(within(url))
        return url


def _missing(channel: str) -> str:
    name = variable(channel_name(channel), "url")
    return f"there is no {name}; set it, or run: groundswell alerts login {channel}"


def _notify(url: str, title: str, body: str) -> str | None:
    import apprise

    # In this thread and without a deadline of its own: apprise would keep threads that hold up the
    # end of the program. It must also write nothing beside us, neither keys nor unredacted lines.
    asset = apprise.AppriseAsset(
        app_id="Groundswell",
        async_mode=False,
        service_timeout=0,
        pem_autogen=False,
        pgp_autogen=False,
    )
    _hush(logging.getLogger("apprise"))
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        return "its address is none that apprise knows: see https://appriseit.com/services/"
    result = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
    if result:
        return None
    words = " ".join(entry.message for one in result for entry in one.logs())
    return words or "it did not take the message"


def _hush(log: logging.Logger) -> None:
    """Keep its lines for the result, which we redact, and out of everything else."""
    if log.propagate:
        log.propagate = False
        log.addHandler(logging.NullHandler())


class Errand:
    """A message on its way, in a thread that nobody has to wait for: a channel may hang."""

    def __init__(self, send: Callable[[], Any], name: str) -> None:
        self._thread = threading.Thread(target=send, name=f"alerts {name}", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for it, at most so long."""
        self._thread.join(max(0.0, seconds))

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return not self._thread.is_alive()
