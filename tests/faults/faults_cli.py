"""The commands of ``helpers.commands_server``, in a process in which a bug may be planted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults_bugs import install_bug
from helpers import commands_server

if TYPE_CHECKING:
    from collections.abc import Sequence


prepare = commands_server.prepare


def run_job(job: dict[str, Any], streams: Sequence[int]) -> None:
    """Run the command of a job, with its bug."""
    install_bug(job.get("bug", ""))
    commands_server.run_job(job, [*streams])
