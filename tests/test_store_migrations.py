from __future__ import annotations

from importlib import import_module
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from store_support import (
    NOW,
    OnPostgreSQL,
    OnSQLite,
    Store,
    occurrence,
    of_revision,
    old_delivery,
    old_pause,
    said,
)

from bot.model import Cause, ScheduleKind
from bot.planning import diff
from bot.store import meta
from bot.store.tables import metadata
from bot.store.turns import turn


class MigrationContract(OnSQLite):
    """The tables that the migrations make are the tables that the program speaks of."""

    def test_migrations_arrive_at_the_tables(self, store: Store) -> None:
        with store.database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, metadata) == []

    def test_what_is_there_gets_the_fingerprint_of_its_words(self, store: Store) -> None:
        for number in range(3):
            store.add(f"{number}", content=said(f"Say {number}."))
        query = "SELECT words FROM deliveries WHERE id = :number"
        words = [store.scalar(query, number=number) for number in (1, 2, 3)]
        migration = import_module("bot.store.migrations.versions.0008_words")
        with store.database.writing() as connection:
            connection.execute(text("UPDATE deliveries SET words = ''"))
            migration._fill(connection)
        assert len(set(words)) == 3
        assert words == [store.scalar(query, number=number) for number in (1, 2, 3)]

    def test_an_old_pause_gets_its_cause_from_how_its_reason_begins(self, url: str) -> None:
        with of_revision(url, "0009") as connection:
            for number, (why, who) in enumerate(CAUSES):
                old_pause(connection, why, who, f"account-{number}")
        store = Store(url)
        found = [(one.why, one.who, one.cause) for one in store.queue.pauses()]
        assert found == [(*said, cause) for said, cause in CAUSES.items()]
        store.database.close()

    def test_an_old_turn_is_over_and_what_else_the_database_knows_stays(self, url: str) -> None:
        with of_revision(url, "0010") as connection:
            values = "('turn:plan', '1772452800.5 0a1b'), ('planner', 'here/1/first')"
            connection.execute(text(f"INSERT INTO meta (key, value) VALUES {values}"))  # noqa: S608 - ours
        store = Store(url)
        with turn(store.database, "plan") as mine:
            assert mine
        with store.database.reading() as connection:
            assert meta.get_all(connection, ["turn:plan", "planner"]) == {"planner": "here/1/first"}
        store.database.close()

    def test_an_old_delivery_gets_its_kind_and_is_as_the_plan_wants_it(self, url: str) -> None:
        planned = [occurrence(f"p{number}", **said) for number, said in enumerate(KINDS)]
        with of_revision(url, "0011") as connection:
            for one in planned:
                old_delivery(connection, one)
        store = Store(url)
        queued = store.queue.all()
        assert [one.kind for one in queued] == [said["kind"] for said in KINDS]
        assert diff(planned, queued, NOW) == ()
        assert [one.key for one in queued] == [one.key for one in planned]
        assert [one.approval_digest for one in queued] == [one.approval_digest for one in planned]
        store.database.close()

    def test_a_persons_word_that_a_post_is_not_out_is_kept(self, url: str) -> None:
        reasons = ("Kim says that it is not on the platform", "", "rate limited")
        with of_revision(url, "0012") as connection:
            for number, reason in enumerate(reasons):
                old_delivery(connection, occurrence(f"p{number}"), reason)
        store = Store(url)
        assert [one.absent for one in store.queue.all()] == [True, False, False]
        store.database.close()

    def test_a_reply_to_an_old_publication_needs_its_id(self, url: str) -> None:
        with of_revision(url, "0013") as connection:
            old_delivery(connection, occurrence(content=said("one", "two")))
            values = "(1, 0, 'mj', '101', 'https://x.com/mj/status/101', '2026-03-02 12:00:00')"
            columns = "delivery, part, account, remote_id, url, published"
            connection.execute(text(f"INSERT INTO publications ({columns}) VALUES {values}"))  # noqa: S608 - ours
            connection.execute(text("UPDATE deliveries SET next_part = 1"))
        store = Store(url)
        [queued] = store.queue.all()
        assert store.parents(queued) == {queued.id: "101"}
        store.database.close()


def event(name: str) -> dict[str, Any]:
    return {"kind": ScheduleKind.EVENT, "label": name, "frequency": f"once, by the event {name}"}


KINDS: tuple[dict[str, Any], ...] = (
    {"kind": ScheduleKind.AT, "label": "once", "frequency": "once"},
    {"kind": ScheduleKind.SLOT, "label": "slot", "frequency": "once, in a queue slot"},
    {"kind": ScheduleKind.EVERY, "label": "2026-03-02T09:00", "frequency": "once a week"},
    *map(event, ("nyc", "2026-03-02t09", "once", "slot")),
    {**event("nyc"), "frequency": "once"},  # of before revision 0007
)

CAUSES = {
    ("the clock is in doubt: it jumped 1 h ahead", "groundswell"): Cause.CLOCK,
    ("the clock is in doubt: it jumped 1 h ahead", "Ana"): Cause.PERSON,
    ("it must not be used as it is: the credentials are of @b", "groundswell"): Cause.UNFIT,
    ("It must not be used as it is: says the lawyer", "groundswell"): Cause.PERSON,
    ("the platform refuses it: 401", "groundswell"): Cause.REFUSED,
    ("no credit left: 402", "groundswell"): Cause.CREDIT,
    ("safe start, since the database was put back.", "groundswell"): Cause.RESTORED,
    ("no reason given", "Bo"): Cause.PERSON,
}


class TestMigrationsOnSQLite(MigrationContract):
    pass


class TestMigrationsOnPostgreSQL(OnPostgreSQL, MigrationContract):
    pass
