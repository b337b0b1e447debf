"""Copy the database, list its workers, and verify its audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.database import audit, workers
from bot.errors import StoreError, UserError
from bot.services.views_running import BackupView, SealView, WorkerView

if TYPE_CHECKING:
    from pathlib import Path

    from bot.runtime.app import App


class BrokenLogError(StoreError):
    """The audit log was changed by something else than Groundswell."""


def back_up(app: App, file: Path, who: str, *, force: bool = False) -> BackupView:
    """Copy the database into a file, even while the loop runs. Raise StoreError."""
    from bot.database.backup import backup

    size = backup(app.database, file, who, app.clock.now(), force=force)
    return BackupView(str(file), size)


def list_workers(app: App, limit: int | None = None) -> list[WorkerView]:
    """Return the processes that use or have used the database, the latest first."""
    return [_worker_view(worker) for worker in workers.list_workers(app.database, limit)]


def unstopped_workers(app: App) -> list[WorkerView]:
    """Return the processes that are not known to have stopped, the latest first.

    A timer's ``run --once`` leaves very many that have.
    """
    return [_worker_view(worker) for worker in workers.unstopped_workers(app.database)]


def loop_runs(app: App) -> bool:
    """Return whether a loop runs on this database."""
    return bool(workers.running_workers(app.database))


def _worker_view(worker: workers.Worker) -> WorkerView:
    return WorkerView(
        name=worker.name,
        host=worker.host,
        pid=worker.pid,
        started=worker.started,
        seen=worker.seen,
        stopped=worker.stopped,
        state=worker.state,
    )


def verify_log(app: App) -> SealView:
    """Return the seal of the audit log. Raise BrokenLogError or UserError if it is broken."""
    if broken := audit.verify(app.database):
        message = f"the audit log is broken at {broken}"
        raise BrokenLogError(message)
    if problems := [*app.approvals.differences(), *app.people.differences()]:
        raise UserError(problems)
    count, digest = audit.read_seal(app.database)
    return SealView(True, count, digest)
