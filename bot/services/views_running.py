"""Views of pauses, workers, backups and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model import Pause, PauseCause


@dataclass(frozen=True, slots=True)
class PauseView:
    """A stop of everything, or of a platform, an account or a campaign."""

    scope: str
    """The kind of thing that is paused: ``all``, ``platform``, ``account`` or ``campaign``."""
    name: str
    """The name of that thing; "" for everything."""
    why: str
    """The reason, as it was typed or recorded."""
    who: str
    """The person who set it, the file PAUSE, or groundswell itself."""
    since: datetime
    """When it was set, in UTC."""
    cause: PauseCause
    """The reason, for programs."""
    by_itself: bool
    """Whether Groundswell set it by itself."""
    what: str
    """The thing that is paused, the person and the reason, in words."""
    resume: str
    """The command that ends this pause and no other."""

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
    """The pauses in force after a new one, and the posts that may still leave."""

    pauses: tuple[PauseView, ...]
    """All pauses that are in force."""
    on_the_wire: tuple[str, ...] = ()
    """The keys of the deliveries that are being sent, and may still leave."""
    loop_runs: bool | None = None
    """Whether a loop runs on this database; null if the database cannot be used."""
    is_new: bool = True
    """Whether the pause is new; false if the same was paused before."""
    stop_file: str | None = None
    """The file that stops everything on this machine instead, if the database cannot be used."""
    why_not: str = ""
    """Why the database cannot be used."""


@dataclass(frozen=True, slots=True)
class HeldByPause:
    """The queued posts that a pause holds, and that still have time."""

    posts: int
    """How many posts there are, on one account at least."""
    due: int
    """How many of them are due already, and go out at once when it ends."""
    next: str
    """When the first of them is due, in the timezone of its audience; "" if there is none."""
    until: str
    """The end of its grace, after which it is missed."""


@dataclass(frozen=True, slots=True)
class ResumingView:
    """The result of resuming, and the pauses that remain."""

    pauses: tuple[PauseView, ...]
    """All pauses that are still in force."""
    lifted: int
    """How many pauses ended."""
    loop_runs: bool
    """Whether a loop runs on this database; posts are sent only then."""


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A process that uses the database, or has used it."""

    name: str
    """Its name in the database; each run has a name of its own."""
    host: str
    """The machine that it runs on."""
    pid: int
    """Its process id there."""
    started: datetime
    """When it started, in UTC."""
    seen: datetime
    """When it last held its lock, in UTC."""
    stopped: datetime | None
    """When it stopped in an orderly way, in UTC; null if it did not."""
    state: str
    """``alive``, ``killed``, ``stale`` (killed, or cut off from the database) or ``stopped``."""


@dataclass(frozen=True, slots=True)
class BackupView:
    """A copy of the database."""

    file: str
    """The path of the copy."""
    bytes: int
    """Its size in bytes."""


@dataclass(frozen=True, slots=True)
class SealView:
    """The proof that no record of the audit log was changed or removed."""

    whole: bool
    """Always true, because a broken log is an error."""
    count: int
    """How many records it has."""
    hash: str
    """The seal. A copy of it elsewhere proves later that nobody has rewritten the log."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record of the audit log, exactly as it was written."""

    id: int
    """Its number."""
    at: datetime
    """When it was done, in UTC."""
    who: str
    """The person who did it, or groundswell."""
    what: str
    """The action: ``drop``, ``approve``, ``plan``…"""
    subject: str
    """A delivery's key, a post on an account, or an account; "" for the whole queue."""
    detail: Mapping[str, object]
    """Details, by name."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The actions that somebody looks for in the audit log."""

    who: str = ""
    """The person, or groundswell; "" for all."""
    what: str = ""
    """The action; "" for all."""
    about: str = ""
    """A post by its name or number, an account, or a campaign that was paused; "" for all."""
    since: datetime | None = None
    """The first instant."""
    until: datetime | None = None
    """The first instant that is not included."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """An action for people to read; one on several accounts of a post is one row."""

    at: datetime
    """When the first record of it was written, in UTC."""
    who: str
    what: str
    subject: str
    """The name of a post, with the accounts if it is on others too, or another thing."""
    more: str
    """The details that all of its records share, in words."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """An action on a page of the log."""

    row: LogRow
    path: str
    """The path of the page of its post in the control room; "" if it is about another thing."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the audit log, newest first."""

    lines: tuple[LogLine, ...]
    """The actions."""
    older: int | None
    """The number of the record beyond which the next page begins; null if this is the last."""
    reached: datetime | None
    """The time up to which was searched, if the search was stopped before the page was full."""
    people: tuple[str, ...]
    """The people who can be chosen."""
    actions: tuple[str, ...]
    """The actions that can be chosen."""
