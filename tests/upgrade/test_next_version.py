"""An installed version is replaced by the next one, whose database has one more revision."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from distribution.archives import build_wheel
from helpers.cli import ROOT
from helpers.databases import NEXT_REVISION, NEXT_SCRIPT
from helpers.extras import left_to_ci, skip_without
from helpers.release import copy_files
from helpers.upgrade import (
    Environment,
    UpgradeProject,
    play,
    read_documents,
    upgrade_project,
)

from bot import __version__
from bot.database.migrations import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.cli import CommandResult

pytestmark = left_to_ci()

NEXT_VERSION = re.sub(r"\d+$", lambda number: str(int(number[0]) + 1), __version__)
EPOCH = 1_800_000_000
SENT = [
    "Stop it now.",
    "The first part.",
    "The second part.",
    "A post of the journal.",
    "A post that waits.",
]


@dataclass
class Wheels:
    """The wheel of this checkout, and that of the version after it."""

    this: Path
    """With this version, and its newest revision of the database."""
    following: Path
    """With the next version, and one more revision."""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    if not (ROOT / ".git").exists():
        skip_without("a git checkout, which knows the files of a wheel", "git clone")
    folder = tmp_path_factory.mktemp("wheels")
    tree = copy_files(folder / "tree", tests=False)
    this = build(tree, folder / "this")
    migrations = tree / "bot" / "database" / "migrations"
    replace_in(tree / "bot" / "__init__.py", __version__, NEXT_VERSION)
    replace_in(migrations / "__init__.py", f'HEAD = "{HEAD}"', f'HEAD = "{NEXT_REVISION}"')
    (migrations / "versions" / f"{NEXT_REVISION}_mood.py").write_text(NEXT_SCRIPT)
    return Wheels(this, build(tree, folder / "following"))


def build(tree: Path, folder: Path) -> Path:
    folder.mkdir()
    return build_wheel(tree, folder, EPOCH)


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


@dataclass(frozen=True)
class Environments:
    """Where the versions are installed, on one machine."""

    older: Environment
    """This version, which stays."""
    newer: Environment
    """The next version."""


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory, wheels: Wheels) -> Environments:
    folder = tmp_path_factory.mktemp("environments")
    made = Environments(Environment(folder / "older"), Environment(folder / "newer"))
    made.older.install(wheels.this)
    made.newer.install(wheels.following)
    return made


def revision(project: UpgradeProject) -> str:
    with closing(sqlite3.connect(project.folder / "groundswell.db")) as database:
        [(found,)] = database.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(found)


def copies(project: UpgradeProject) -> list[str]:
    return sorted(path.name for path in project.folder.glob("groundswell.db.before-*"))


def without_migration(documents: dict[str, Any]) -> dict[str, Any]:
    log = "log --limit 1000"
    kept = [record for record in documents[log] if record["what"] != "migrated"]
    return {**documents, log: kept}


# --- a version that was stopped first -------------------------------------------------------------


@dataclass
class Upgraded:
    """What was seen when a campaign's version was replaced."""

    project: UpgradeProject
    """The campaign, after the upgrade and two runs of the next version."""
    states: dict[str, str]
    """The state of each post before."""
    before: dict[str, Any]
    """What the commands showed before."""
    after: dict[str, Any]
    """What the commands of the next version showed first."""
    first: CommandResult
    """The first command of the next version."""
    copies: list[str]
    """The copies of the database that were kept after all of it."""
    refused: CommandResult
    """A run of the older version, which was tried after the upgrade."""


@pytest.fixture(scope="module")
def upgraded(
    tmp_path_factory: pytest.TempPathFactory, wheels: Wheels, environments: Environments
) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("upgraded")
    own = Environment(folder / "environment")
    own.install(wheels.this)
    with upgrade_project(folder / "campaign", own) as project:
        play(project)
        states, project.still = project.states(), project.clock.now()
        before = read_documents(project.run)
        own.install(wheels.following)
        first = project.run("queue", "list")
        after = read_documents(project.run)
        project.still = None
        project.must("run", "--once")
        project.advance_to("queued")
        project.must("run", "--once")
        project.environment = environments.older
        refused = project.run("run", "--once")
        yield Upgraded(project, states, before, after, first, copies(project), refused)


def test_every_state_key_approval_refusal_and_counter_is_as_before(upgraded: Upgraded) -> None:
    assert upgraded.after.keys() == upgraded.before.keys()
    for command, document in without_migration(upgraded.after).items():
        assert document == upgraded.before[command], command


def test_the_campaign_had_a_post_in_each_state(upgraded: Upgraded) -> None:
    assert upgraded.states == {
        **dict.fromkeys(("out", "thread"), "published"),
        **dict.fromkeys(("approved", "waiting", "refused", "queued"), "scheduled"),
        "dropped": "dropped",
        "doubtful": "unknown",
        "asked": "needs_human",
        "journaled": "sending",
    }


def test_the_database_is_copied_and_migrated_once(upgraded: Upgraded) -> None:
    assert upgraded.first.code == 0
    kept = f"groundswell.db.before-{NEXT_REVISION}"
    assert upgraded.copies == [kept]
    assert "migrated" not in upgraded.first.out
    log = upgraded.after["log --limit 1000"]
    [record] = [one for one in log if one["what"] == "migrated"]
    assert (record["detail"]["from"], record["detail"]["to"]) == (HEAD, NEXT_REVISION)
    assert record["detail"]["copy"].endswith(kept)
    assert revision(upgraded.project) == NEXT_REVISION


def test_nothing_is_sent_twice(upgraded: Upgraded) -> None:
    sent = Counter(upgraded.project.texts())
    assert [*sent] == SENT
    assert set(sent.values()) == {1}


def test_a_post_of_the_journal_counts_as_out(upgraded: Upgraded) -> None:
    assert upgraded.project.states()["journaled"] == "published"


def test_the_older_version_refuses_the_newer_database(upgraded: Upgraded) -> None:
    assert (upgraded.refused.code, upgraded.refused.out) == (1, "")
    copy = upgraded.project.folder / f"groundswell.db.before-{NEXT_REVISION}"
    assert (
        f"was made by a newer Groundswell (revision {NEXT_REVISION}; this one knows {HEAD}). "
        f"Nothing was changed. Install the newer version, or put back {copy}, the copy"
    ) in upgraded.refused.err
    assert "Traceback" not in upgraded.refused.err


def test_the_older_version_goes_on_from_the_copy(
    upgraded: Upgraded, environments: Environments, tmp_path: Path
) -> None:
    """As docs/running.md says: stop, put the copy back, start. The timeline tells what left."""
    project, file = upgraded.project, upgraded.project.folder / "groundswell.db"
    kept = tmp_path / "newer.db"
    shutil.copy(file, kept)
    try:
        shutil.copy(project.folder / f"groundswell.db.before-{NEXT_REVISION}", file)
        project.environment = environments.older
        ran = project.run("run", "--once")
        assert ran.code == 0, ran
        assert "safe start: this database is older than the last send" in ran.err
        assert project.states()["queued"] == "published"
        assert project.texts() == SENT
    finally:
        shutil.copy(kept, file)


# --- a version whose loop still runs --------------------------------------------------------------


@pytest.fixture
def running(tmp_path: Path, wheels: Wheels) -> Iterator[UpgradeProject]:
    """Yield a project on which a loop of this version runs, in an environment of its own."""
    own = Environment(tmp_path / "environment")
    own.install(wheels.this)
    with upgrade_project(tmp_path / "campaign", own) as project:
        project.start_campaign()
        yield project


def test_the_next_version_leaves_the_database_of_a_running_loop_alone(
    running: UpgradeProject, environments: Environments
) -> None:
    older, running.environment = running.environment, environments.newer
    [loop] = running.loops
    for command in ("queue list", "run --once", "status", "web user list"):
        ran = running.run(*command.split())
        assert (ran.code, ran.out) == (3, ""), command
        assert f"process {loop.popen.pid} on server, running since" in ran.err
        assert "in an older version of Groundswell. Stop it first" in ran.err
    assert (revision(running), copies(running)) == (HEAD, [])
    ran = running.run("pause", "--why", "an upgrade", "--as", "Ana")
    assert ran.code == 0
    assert "an upgrade (Ana)" in (running.folder / "PAUSE").read_text(encoding="utf-8")
    loop.until("paused")  # the older loop obeys the file
    (running.folder / "PAUSE").unlink()
    assert loop.end(signal.SIGTERM)[0] == 0
    assert running.run("queue", "list").code == 0
    assert (revision(running), len(copies(running))) == (NEXT_REVISION, 1)
    running.environment = older
    assert running.run("status").code == 1


def test_a_loop_ends_if_the_next_version_is_installed_over_it(
    running: UpgradeProject, wheels: Wheels
) -> None:
    [loop] = running.loops
    running.environment.install(wheels.following)
    words = f"Groundswell {NEXT_VERSION} was installed while {__version__} is running"
    assert words in loop.until("was installed while")
    assert loop.popen.wait(60) == 1
    assert "Traceback" not in loop.output()
    assert revision(running) == HEAD
    running.must("run", "--once")
    assert (revision(running), running.texts()) == (NEXT_REVISION, [])
