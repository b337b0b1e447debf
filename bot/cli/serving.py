"""The common part of commands that serve: no secrets in memory, ports that are taken, proxies."""

from __future__ import annotations

import errno
import ipaddress
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator


def leave_secrets() -> None:
    """Start this program anew without the secrets of its environment, if it has any.

    They would stay in the memory of this process, although nothing reads them.
    """
    from bot.config import without_secrets

    kept = without_secrets(os.environ)
    if kept.keys() != os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], kept)  # noqa: S606 - no shell


@contextmanager
def explaining_a_taken_port(host: str, port: int) -> Iterator[None]:
    """Raise UserError if an address cannot be listened at within the block."""
    try:
        yield
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "the port is taken" if taken else error.strerror or str(error)
        place, hint = error.filename or f"{host}:{port}", "Choose another with --port."
        raise UserError([Problem(place, 0, 0, "N101", f"Cannot serve: {why}.", hint)]) from error


def _check_proxy(given: str) -> str:
    try:
        network = ipaddress.ip_network(given) if given else None
    except ValueError as error:
        raise typer.BadParameter(
            "it must be an IP address or a network, as 192.0.2.0/24"
        ) from error
    if network and not network.prefixlen:
        raise typer.BadParameter("every reader could then claim any address")
    return given


Proxy = Annotated[
    str,
    typer.Option(
        "--proxy",
        metavar="ADDRESS",
        show_default=False,
        callback=_check_proxy,
        help="The address or network of the reverse proxy, whose X-Forwarded-For is believed "
        "(default: this machine).",
    ),
]
