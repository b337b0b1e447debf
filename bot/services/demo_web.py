"""The demo with the control room beside it, in which a newcomer looks around and approves."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.model import Role
from bot.runtime.app import create_app
from bot.secrecy import KnownSecrets
from bot.services import people
from bot.services.demo import APPROVERS
from bot.store.sign_ins import SignIns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.runtime.app import App
    from bot.services.demo import Demo

DIRECTOR = "demo director"
"""The person who signs in to the demo's control room."""

PATIENCE = timedelta(minutes=90)
"""Campaign time before a post is due at which the demo approves it, if nobody else has."""

SLOW = 1_800.0
"""Seconds of campaign time a second with the control room, where people want to look around."""


@contextmanager
def open_control_room(playing: Demo) -> Iterator[tuple[App, str]]:
    """Yield an app without secrets on the demo's database, and a login link's token.

    Sessions and links go by the machine's clock, because ten minutes of the demo's are too short.
    """
    playing.patience = PATIENCE
    config = replace(playing.app.config, secrets=KnownSecrets())
    with create_app(config, {}, clock=playing.app.clock) as app:
        app.sign_ins = SignIns(app.database, Clock())
        people.add_user(app, DIRECTOR, Role.ADMIN, APPROVERS[0])
        yield app, people.create_link(app, DIRECTOR, APPROVERS[0]).token
