"""Sends a message to a channel by apprise; its address is a secret, and stays one."""

from __future__ import annotations

import logging
import re
import threading
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from bot.secrets import Redactor, channel_name, channel_url, pieces, variable, within
from bot.text.hidden import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SEND_SECONDS = 10.0
"""So long a channel may take to answer; afterwards it counts as not told."""

LEAVE_SECONDS = 1.0
"""So long it may still take when the program ends: enough for nearly every channel that works."""

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
        """Say what a channel lacks before anything can be sent to it, or give None; never raise."""
        if find_spec("apprise") is None:
            return LACKING
        try:
            return None if self._url(channel) else _missing(channel)
        except Exception as error:  # noqa: BLE001 - keyrings raise what the system behind them does
            return self._redactor(f"its address cannot be had: {type(error).__name__}: {error}")

    def __call__(self, channel: str, title: str, body: str) -> str | None:
        """Send a message; give why it failed, or None. Never raises, and tells no secret."""
        if why := self.lacking(channel):
            return why
        url = ""
        try:
            url = self._url(channel)
            why = _notify(url, *(unheard(self._redactor(text)) for text in (title, body)))
        except Exception as error:  # noqa: BLE001 - a library of a hundred services: none may stop the loop
            why = f"{type(error).__name__}: {error}"
        # The service's words may name any piece of the address.
        return Redactor(pieces(url))(self._redactor(why)) if why else None

    def _url(self, channel: str) -> str:
        url = channel_url(channel, self._environ) or ""
        self._redactor.learn(within(url))
        return url


def unheard(text: str) -> str:
    """Return a text that rings nobody up, and is read alike: a reason may come from anybody.

    Chats take ``@everyone``, ``<!channel>`` and ``<@U123>`` for orders, and ``<https://a|b>`` for a
    link that is called b. A space without width keeps each from being one.
    """
    return _ORDER.sub("\\g<0>\N{ZERO WIDTH SPACE}", visible(text))


_ORDER = re.compile(r"@(?=\w)|<(?=\S)")


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


class Errands:
    """Messages on their way, in threads that nobody has to wait for: a channel may hang.

    A thread that hangs ends with the program. What it was to tell is tried again later.
    """

    def __init__(self) -> None:
        self._bell = threading.Condition()
        self._under_way: set[str] = set()
        self._leaving = False

    def begin(self) -> None:
        """Be there, again if need be."""
        with self._bell:
            self._leaving = False

    def leave(self) -> None:
        """Start nothing more; who waits, waits for a last ``LEAVE_SECONDS`` at most."""
        with self._bell:
            self._leaving = True
            self._bell.notify_all()

    @property
    def leaving(self) -> bool:
        """Whether it is time to leave."""
        return self._leaving

    def start(self, channel: str, send: Callable[[], object]) -> bool:
        """Start one, unless the channel's last is still under way, or it is time to leave."""
        with self._bell:
            if self._leaving or channel in self._under_way:
                return False
            # It cannot end before it is noted: for that it needs the bell.
            run = partial(self._run, channel, send)
            threading.Thread(target=run, name=f"alerts {channel}", daemon=True).start()
            self._under_way.add(channel)
            return True

    def _run(self, channel: str, send: Callable[[], object]) -> None:
        try:
            send()
        finally:
            with self._bell:
                self._under_way.discard(channel)
                self._bell.notify_all()

    def wait(self, channels: Iterable[str], seconds: float) -> bool:
        """Wait until these have come to their end, at most so long; tell whether they have."""
        meant = set(channels)

        def over() -> bool:
            return not meant & self._under_way

        with self._bell:
            self._bell.wait_for(lambda: self._leaving or over(), seconds)
            return self._bell.wait_for(over, LEAVE_SECONDS) if self._leaving else over()
