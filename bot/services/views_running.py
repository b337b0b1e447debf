"""Views of the loop and its database: pauses, workers, backups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model import Pause, PauseCause


@dataclass(frozen=True, slots=True)
class PauseView:
    """A stop of everything, or of a platform, an account or a campaign."""

    scope: str
    """``all``, ``platform``, ``account`` or ``campaign``."""
    name: str
    """Which of these; "" for everything."""
    why: str
    """The reason that was given."""
    who: str
    """Who set it: a person, the file PAUSE, or groundswell itself."""
    since: datetime
    """When it was set."""
    cause: PauseCause
    """The reason, for programs."""
    by_itself: bool
    """Whether Groundswell set it by itself."""
    what: str
    """What is paused, by whom and why, in words."""
    resume: str
    """The command that ends it, and no other pause."""

    @classmethod
    def of(cls, pause: Pause) -> PauseView:
        """Return the view of a pause."""
        return cls(
            scope=pause.scope,
            name=pause.name,
            why=pause.why,
            who=pause.who,
            since=pause.since,
            cause=pause.cause,
            by_itself=pause.is_automatic,
            what=str(pause),
            resume=pause.resume_command,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PausingView:
    """What was paused, and what may still leave."""

    pauses: tuple[PauseView, ...]
    """All pauses that are in force."""
    on_the_wire: tuple[str, ...] = ()
    """The keys of the deliveries that are being sent, and may still leave."""
    loop_runs: bool | None = None
    """Whether a loop runs on this database; null if the database cannot be used."""
    is_new: bool = True
    """Whether it was not paused before."""
    stop_file: str | None = None
    """The file that stops everything on this machine instead, if the database cannot be used."""
    why_not: str = ""
    """Why the database cannot be used."""


@dataclass(frozen=True, slots=True)
class ResumingView:
    """What was resumed, and what is still paused."""

    pauses: tuple[PauseView, ...]
    """All pauses that are still in force."""
    lifted: int
    """How many ended."""
    loop_runs: bool
    """Whether a loop runs on this database, so that posts are sent."""


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A process that uses the database, or has used it."""

    name: str
    """Its name in the database; another run of the same process has another."""
    host: str
    """The machine that it runs on."""
    pid: int
    """Its process id there."""
    started: datetime
    """When it started."""
    seen: datetime
    """When it last took its lock."""
    stopped: datetime | None
    """When it stopped in good order."""
    state: str
    """``alive``, ``killed``, ``stale`` (killed, or cut off from the database) or ``stopped``."""


@dataclass(frozen=True, slots=True)
class BackupView:
    """A copy of the database."""

    file: str
    """Where it is."""
    bytes: int
    """Its size."""


@dataclass(frozen=True, slots=True)
class SealView:
    """That no record of the audit log was changed or removed."""

    whole: bool
    """Always true: a broken log is an error."""
    count: int
    """How many records it has."""
    hash: str
    """Its seal; a note of it elsewhere proves later that nobody has rewritten the log."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record of the audit log, as it was written."""

    id: int
    """Its number."""
    at: datetime
    """When it was done, in UTC."""
    who: str
    """Who did it: a person, or groundswell by itself."""
    what: str
    """What was done: ``drop``, ``approve``, ``plan``…"""
    subject: str
    """To what: a delivery's key, a post on an account, an account; "" for the whole queue."""
    detail: Mapping[str, object]
    """More about it, by name."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """What somebody did to one thing, as people read it: a post on several accounts is one."""

    at: datetime
    """When the first of it was done, in UTC."""
    who: str
    what: str
    subject: str
    """To what: a post by its name, with its accounts if it is on others too."""
    more: str
    """What is the same for all of it, in words."""
