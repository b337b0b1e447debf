"""Send messages to channels by apprise. A channel's URL is a secret, and stays one."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot import extras
from bot.alerts.markup import make_plain
from bot.config.secret_store import look_up
from bot.config.secrets import (
    Redactor,
    channel_secret_owner,
    environment_variable,
    secrets_in_url,
    url_pieces,
)
from bot.errors import UserError
from bot.platforms import load_platform
from bot.text import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.config import Config

SEND_SECONDS = 10.0
"""How long a channel may take to answer; afterwards the message counts as not sent."""

SHUTDOWN_SECONDS = 1.0
"""How long a channel may still take when the program ends, enough for nearly all that work."""


class AppriseSender:
    """Sends by apprise. Nothing is imported, and no secret read, before the first message."""

    def __init__(self, environ: Mapping[str, str], redactor: Redactor, config: Config) -> None:
        """Keep the sites to which a message may link; other links become words.

        They are those of the config's accounts and of the control room.
        """
        self._environ = environ
        self._redactor = redactor
        accounts = config.accounts.values()
        pages = (load_platform(account.platform).profile_url(account) for account in accounts)
        ours = filter(None, (*pages, config.web_origin))
        self._sites = {urlsplit(page).netloc.lower() for page in ours}

    def setup_problem(self, channel: str) -> str | None:
        """Return why nothing can be sent to a channel yet, or None; never raise."""
        try:
            if self._url(channel):
                return None
        except Exception as error:  # noqa: BLE001 - keyrings raise what the system behind them does
            return self._redactor(f"its URL cannot be read: {type(error).__name__}: {error}")
        name = environment_variable(channel_secret_owner(channel), "url")
        return f"there is no {name}; set it, or run: groundswell alerts login {channel}"

    def __call__(self, channel: str, title: str, body: str) -> str | None:
        """Send a message; return why it failed, or None. Never raise, and reveal no secret."""
        if why := self.setup_problem(channel):
            return why
        url = ""
        try:
            url = self._url(channel)
            redacted = (escape_hidden(self._redactor(text)) for text in (title, body))
            why = _notify(url, *(make_plain(text, self._sites) for text in redacted))
        except UserError as error:
            why = " ".join(f"{problem.message} {problem.hint}" for problem in error.problems)
        except Exception as error:  # noqa: BLE001 - a library of a hundred services: none may stop the loop
            why = f"{type(error).__name__}: {error}"
        # The service's words may contain any piece of the URL.
        return Redactor(url_pieces(url))(self._redactor(why)) if why else None

    def _url(self, channel: str) -> str:
        url = look_up(channel_secret_owner(channel), "url", self._environ)[0] or ""
        self._redactor.add(secrets_in_url(url))
        return url


def load_services() -> None:
    """Import all services that a channel can have. Raise UserError if the library is broken."""
    extras.load("A channel", "alerts")
    from apprise.manager_plugins import NotificationManager

    manager: Any = NotificationManager  # untyped
    manager().load_modules()


def _notify(url: str, title: str, body: str) -> str | None:
    extras.load("A channel", "alerts")
    import apprise

    # In this thread and without a timeout, because apprise's threads would keep the program from
    # ending. It must also write nothing by itself, neither keys nor unredacted lines.
    asset = apprise.AppriseAsset(
        app_id="Groundswell",
        async_mode=False,
        service_timeout=0,
        pem_autogen=False,
        pgp_autogen=False,
    )
    apprise_log = logging.getLogger("apprise")
    if apprise_log.propagate:  # the result has its lines, and we redact them
        apprise_log.propagate = False
        apprise_log.addHandler(logging.NullHandler())
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        return "apprise does not recognise its URL; see https://appriseit.com/services/"
    result = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
    if result:
        return None
    words = " ".join(entry.message for reply in result for entry in reply.logs())
    return words or "it did not accept the message"


class ChannelThreads:
    """The threads that send messages, as daemons, because a channel may hang.

    A thread that hangs ends with the program. Its message is sent again later.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._in_flight: set[str] = set()
        self.shutting_down = False
        """Whether no more messages are accepted."""

    def begin(self) -> None:
        """Accept messages again."""
        with self._condition:
            self.shutting_down = False

    def shutdown(self) -> None:
        """Accept no more messages; ``wait`` returns after ``SHUTDOWN_SECONDS`` at most."""
        with self._condition:
            self.shutting_down = True
            self._condition.notify_all()

    def start(self, channel: str, send: Callable[[], object]) -> bool:
        """Start sending, unless the channel is busy or it is shutting down; return whether."""
        with self._condition:
            if self.shutting_down or channel in self._in_flight:
                return False
            # The thread cannot end before it is noted, because it needs the condition for that.
            run = partial(self._run, channel, send)
            threading.Thread(target=run, name=f"alerts {channel}", daemon=True).start()
            self._in_flight.add(channel)
            return True

    def _run(self, channel: str, send: Callable[[], object]) -> None:
        try:
            send()
        finally:
            with self._condition:
                self._in_flight.discard(channel)
                self._condition.notify_all()

    def wait(self, channels: Iterable[str], seconds: float) -> bool:
        """Wait until these channels are idle, at most so long; return whether they are."""
        awaited = set(channels)

        def idle() -> bool:
            return not awaited & self._in_flight

        with self._condition:
            self._condition.wait_for(lambda: self.shutting_down or idle(), seconds)
            return (
                self._condition.wait_for(idle, SHUTDOWN_SECONDS) if self.shutting_down else idle()
            )
