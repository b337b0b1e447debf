"""The commands of ``helpers.commands_server``, in a process in which a bug may be planted.

A lost post is looked for after fractions of a second instead of minutes, because no clock is turned
here. The sandbox's timeline shows every post at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from faults_bugs import install_bug
from helpers import commands_server

from bot.delivery import transitions

if TYPE_CHECKING:
    from collections.abc import Sequence


prepare = commands_server.prepare


def run_job(job: dict[str, Any], streams: Sequence[int]) -> None:
    """Run the command of a job, with its bug."""
    transitions.FIRST_PROBE_DELAY = timedelta(seconds=0.3)
    transitions.PROBE_DELAYS = (timedelta(seconds=0.3), timedelta(seconds=0.6))  # type: ignore[assignment]
    install_bug(job.get("bug", ""))
    commands_server.run_job(job, [*streams])
