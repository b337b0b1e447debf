"""Refuse posts from the command line: with a reason, until it is taken back or the words change."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import CAMPAIGN_HEAD, captured
from helpers.reviewing import listed
from helpers.store import NOW

from bot.alerts.digest import attention_lines
from bot.cli.review import review_each
from bot.database.backup import copy_database
from bot.model import PauseCause, Refusal, Scope, Subject
from bot.planning.approval import refused_words
from bot.services.approving import approve, waiting
from bot.services.refusing import refuse_named, refused, take_back_named

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

ONE = f"{CAMPAIGN_HEAD}require_approval: 1\n"
WHY = "The figure is old."


def refuse(ours: SandboxProject, name: str = "ours/soon", who: str = "Ana") -> Any:
    return ours.run_cli("review", "--refuse", name, "--because", WHY, "--as", who)


@pytest.mark.parametrize("head", [CAMPAIGN_HEAD, ONE])
def test_refused_post_does_not_go_out_and_every_list_says_why(
    ours: SandboxProject, head: str
) -> None:
    ours.take_in(ours.post("soon", "Six billion.", seconds=60), head=head)
    if head == ONE:
        ours.run_cli("review", "--approve", "ours/soon", "--as", "Ben")
    ran = refuse(ours)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "Ana refused ours/soon on our-x: The figure is old.\n"
        "  It is not sent until somebody edits it or takes the refusal back.\n"
    )
    words = "refused by Ana: The figure is old."
    listing = ours.run_cli("review", "--list").out
    assert f"\n   {words}\n" in listing
    assert listing.endswith("no posts wait for approval, 1 is refused.\n")
    assert words in " ".join(ours.run_cli("queue", "list").out.split())
    assert f"waits: {words}" in ours.run_cli("queue", "show", "ours/soon").out
    assert words in " ".join(ours.run_cli("status").out.split())
    assert "1 post refused; edit the words" in ours.run_cli("status").out
    logged = ours.run_cli("log").out
    assert "refuse" in logged
    assert "The figure is old." in logged
    assert ours.run_cli("log", "--verify").code == 0
    with ours.started_app() as app:
        ours.drive(app, minutes=2)
        assert ours.texts() == []
        take_back_named(app, ["ours/soon"], "Ben")
        ours.drive(app, minutes=2)
    assert ours.texts() == ["Six billion."]


def test_edited_words_are_not_refused_and_the_reason_is_shown_to_who_approves(
    ours: SandboxProject,
) -> None:
    ours.take_in(ours.post("soon", "Six billion.", minutes=30), head=ONE)
    refuse(ours)
    ours.take_in(ours.post("soon", "Seven billion.", minutes=30), head=ONE)
    listing = ours.run_cli("review", "--list").out
    assert "an earlier version was refused by Ana: The figure is old.\n" in listing
    assert listing.endswith("1 post waits for approval.\n")
    [row] = listed(ours)
    assert row["refused"] == ""
    assert row["accounts"][0]["refused_before"]["why"] == WHY


def test_listed_version_is_refused_and_no_later_one(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon", "First words.", minutes=30), head=ONE)
    [row] = listed(ours)
    ours.take_in(ours.post("soon", "Other words.", minutes=30), head=ONE)
    ran = refuse(ours, row["name"])
    assert ran.code == 1
    assert "Q503 It was edited or approved in part" in ran.err
    [row] = listed(ours)
    assert refuse(ours, row["name"]).code == 0
    [row] = listed(ours)
    assert row["refused"] == "refused by Ana: The figure is old."
    assert row["accounts"][0]["refusals"][0]["who"] == "Ana"


def test_refused_post_takes_no_approval(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon", minutes=30), head=ONE)
    refuse(ours)
    ran = ours.run_cli("review", "--approve", "ours/soon", "--as", "Ben")
    assert ran.code == 1
    assert "Q513 It is refused by Ana: The figure is old. Edit it, or take the refusal" in ran.err


@pytest.mark.parametrize(
    "args",
    [
        ["--refuse", "ours/soon"],
        ["--because", "why"],
        ["--refuse", "ours/soon", "--because", "why", "--approve", "ours/soon"],
    ],
)
def test_refusal_without_a_reason_is_a_wrong_use(ours: SandboxProject, args: list[str]) -> None:
    assert ours.run_cli("review", *args).code == 2


def test_published_post_cannot_be_refused(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon"))
    with ours.started_app() as app:
        app.run_once()
    ran = refuse(ours)
    assert ran.code == 1
    assert "Q502 It is out already." in ran.err


def test_refused_at_the_terminal_it_is_not_asked_again(ours: SandboxProject) -> None:
    ours.take_in(ours.post("a", minutes=30), ours.post("b", minutes=31), head=ONE)
    given, why = ["r", "r", "q"], [WHY, ""]
    with ours.app() as app, captured() as (out, _):
        review_each(app, None, "Ana", lambda: given.pop(0), ask_why=lambda: why.pop(0))
        assert [post.name for post in refused(app)] == ["ours/a"]
        assert [post.name for post in waiting(app)] == ["ours/b"]
    assert "Refused by Ana on our-x." in out.text


def test_person_sees_only_refusals_of_their_own_accounts(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon", minutes=30), head=ONE)
    with ours.app() as app:
        refuse_named(app, ["ours/soon"], "Ana", WHY)
        assert refused(app, scope=Scope(frozenset({"our-x"}), None))
        assert not refused(app, scope=Scope(frozenset({"other"}), None))
        assert not refused(app, scope=Scope(None, frozenset({"other"})))
        take_back_named(app, ["ours/soon"], "Ana")
        assert waiting(app, scope=Scope(frozenset({"our-x"}), None))
        assert not waiting(app, scope=Scope(frozenset({"other"}), None))


def test_refused_post_is_named_in_reports_and_the_digest(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon", minutes=30))
    refuse(ours)
    with ours.app() as app:
        now = app.clock.now()
        found = attention_lines(app.queue, app.approvals, app.mass_cancels, [], now, now)
    [matter] = found
    assert matter.page == "/approvals"
    assert "ours/soon, due" in matter.text
    assert "is refused by Ana: The figure is old. Edit it, or take the refusal" in matter.text


def test_refusal_on_several_accounts_is_named_once() -> None:
    on = (Subject("ours", "soon", account) for account in ("one", "two"))
    found = [Refusal(subject, "", "Ana", "old", NOW, n) for n, subject in enumerate(on)]
    assert refused_words(found) == "refused by Ana: old"
    assert refused_words([]) is None


# --- a restored backup ---


def restore(database: Path, copy: Path) -> None:
    for name in (f"{database.name}-wal", f"{database.name}-shm"):
        with suppress(FileNotFoundError):
            database.with_name(name).unlink()
    shutil.copyfile(copy, database)


def test_refusal_that_a_restored_backup_lacks_stops_everything_until_a_person_resumes(
    ours: SandboxProject,
) -> None:
    database, copy = ours.folder / "groundswell.db", ours.folder / "copy.db"
    ours.take_in(ours.post("soon", "Six billion.", seconds=60))
    copy_database(database, copy, force=False)
    refuse(ours)
    restore(database, copy)
    with ours.started_app() as app:
        ours.drive(app, minutes=2)
        assert ours.texts() == []
        [pause] = app.queue.pauses()
        assert pause.cause is PauseCause.RESTORED
        assert pause.why.startswith("1 refusal given since the backup was made is lost. Read")
        ours.run_cli("resume", "--as", "Ana")
        ours.drive(app, minutes=2)
    assert ours.texts() == ["Six billion."]


def test_refusals_that_may_be_lost_stop_everything(ours: SandboxProject) -> None:
    """The database is brought elsewhere, without the file that counts them."""
    ours.take_in(ours.post("soon", seconds=60), ours.post("later", minutes=60))
    refuse(ours, "ours/later")
    (ours.folder / "groundswell.db.mark").unlink()
    with ours.started_app() as app:
        ours.drive(app, minutes=2)
        assert ours.texts() == []
        [pause] = app.queue.pauses()
        assert pause.why.startswith("refusals that were given since this copy was made are lost")


def test_restored_backup_with_all_refusals_goes_on_by_itself_and_they_still_hold(
    ours: SandboxProject,
) -> None:
    database, copy = ours.folder / "groundswell.db", ours.folder / "copy.db"
    held = ours.post("soon", "Six billion.", seconds=60)
    ours.take_in(held, ours.post("other", "Come.", seconds=90), head=ONE)
    refuse(ours)
    copy_database(database, copy, force=False)
    ours.run_cli("review", "--approve", "ours/other", "--as", "Ben")
    restore(database, copy)
    with ours.started_app() as app:
        ours.drive(app, minutes=1)
        assert app.queue.pauses() == []
        for post in waiting(app):
            approve(app, post, "Ben")
        ours.drive(app, minutes=2)
        assert [post.name for post in refused(app)] == ["ours/soon"]
    assert ours.texts() == ["Come."]


def test_mark_of_an_older_version_counts_no_refusals(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon", "Come.", seconds=60), head=ONE)
    with ours.app() as app:
        approve(app, waiting(app)[0], "Ana")
    mark = ours.folder / "groundswell.db.mark"
    data = json.loads(mark.read_text())
    del data["refusals"]
    with mark.open("r+") as file:  # in place, as a copy would be another inode
        file.write(json.dumps(data))
        file.truncate()
    with ours.started_app() as app:
        ours.drive(app, minutes=2)
    assert ours.texts() == ["Come."]
