"""Opening empty, existing, newer and unusable databases."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from helpers.databases import NEXT_REVISION, add_next_revision, know_only
from helpers.store import NOW, ON_SQLITE, Store, at_once, opened, sqlite_url, text_content
from sqlalchemy import inspect, select, text

from bot.database import rows, tables
from bot.database.backup import copy_database
from bot.database.migrations import HEAD
from bot.database.opening import create_empty, open_database
from bot.database.workers import worker_session
from bot.errors import DatabaseReplacedError, StoreError
from bot.model import EVERYTHING, PauseCause, PauseRequest, Role
from bot.store.pauses import HeldBack, MassCancelStore
from bot.store.people import People
from bot.store.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from helpers.databases import PostgresServer

OLD_DELIVERY = """
    INSERT INTO deliveries (key, campaign, post, account, platform, label, due, timezone, grace,
        content, digest, words, state, not_before, next_part, fence, tries, resends, allowed,
        absent, reason, wording, approvals, kind, frequency, created, changed)
    VALUES (:key, 'people', 'hart', 'mj', 'x', 'once', '2026-03-02 13:00:00.000000', 'UTC', 0,
        '{}', '', '', :state, '2026-03-02 13:00:00.000000', 0, 0, 0, 0, false, false, '', '', 0,
        'at', 'once', '2026-03-02 12:00:00.000000', '2026-03-02 12:00:00.000000')
"""

OLD_PUBLICATION = """
    INSERT INTO publications (id, delivery, part, account, remote_id, url, reply, published, gone)
    VALUES (:id, :delivery, :part, 'mj', :id, '', '', '2026-03-02 13:00:00.000000', :gone)
"""
OLD_PUBLICATIONS = [
    (1, 0, None),
    (1, 1, None),
    (1, 2, "2026-03-02 15:00:00.000000"),
    (1, 3, None),
    (2, 0, None),
]
OLD_APPROVAL = """
    INSERT INTO approvals (campaign, post, account, digest, content, frequency, who, at, entry)
    VALUES ('people', 'hart', 'mj', 'd', '{}', 'once', 'Ana', '2026-03-02 12:00:00.000000', 1)
"""
OLD_SNAPSHOT = "INSERT INTO snapshots (publication, read, replies) VALUES (:of, :read, 3)"
OLD_LATEST = "INSERT INTO latest (publication, read, replies, fell) VALUES (:of, :read, 3, '')"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Start without a database, because these tests are about how one is made."""
    with opened(url) as store:
        yield store


class TestOpening:
    def test_an_empty_database_gets_every_table(self, store: Store) -> None:
        with store.database.reading() as connection:
            names = set(inspect(connection).get_table_names())
        assert names == {*tables.metadata.tables, "alembic_version"}
        assert store.scalar("SELECT version_num FROM alembic_version") == HEAD

    def test_the_migrations_lead_to_the_tables_of_the_program(self, store: Store) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        with store.database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []

    def test_opened_again_it_has_its_deliveries(self, store: Store) -> None:
        delivery = store.add()
        again = Store(store.url)
        assert again.get(delivery.key) == delivery
        again.database.close()

    def test_rows_of_an_older_program_are_kept_and_get_the_new_columns(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        store.queue.pause(PauseRequest("all", "", "a storm", PauseCause.PERSON), "Ana", NOW)
        add_next_revision(monkeypatch, tmp_path)
        with opened(store.url) as newer:
            assert newer.scalar("SELECT version_num FROM alembic_version") == NEXT_REVISION
            assert newer.scalar("SELECT mood FROM pauses WHERE why = 'a storm'") == "calm"

    def test_a_list_of_held_posts_becomes_a_column_of_their_rows(
        self, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with monkeypatch.context() as old:
            know_only(old, tmp_path, "0001")
            with opened(url) as older, older.database.writing() as connection:
                for number, state in enumerate(("scheduled", "scheduled", "published")):
                    connection.execute(text(OLD_DELIVERY), {"key": f"k{number}", "state": state})
                held = {"keys": ["k0", "k2"], "scheduled": 3, "at": NOW.isoformat()}
                rows.put(connection, "vanished:held", held)
                two = {"key": "thread", "state": "published"}
                connection.execute(text(OLD_DELIVERY.replace("{}", '{"parts": [{}, {}]}')), two)
        with opened(url) as newer:
            parts = newer.scalar("SELECT parts FROM deliveries WHERE key = 'thread'")
            assert (parts, newer.scalar("SELECT sum(parts) FROM deliveries")) == (2, 5)
            held_back = MassCancelStore(newer.database).held_back()
            assert held_back == HeldBack(frozenset({"k0"}), 1, 1, 1, NOW)
            assert newer.scalar("SELECT count(*) FROM meta WHERE key = 'vanished:held'") == 0

    def test_an_own_part_is_taken_off_the_replies_that_were_kept_before(
        self, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """For a thread of four, whose third part is gone since 15:00, and for a single post."""
        with monkeypatch.context() as old:
            know_only(old, tmp_path, "0002")
            with opened(url) as older, older.database.writing() as connection:
                for key in ("thread", "alone"):
                    connection.execute(text(OLD_DELIVERY), {"key": key, "state": "published"})
                for id_, (delivery, part, gone) in enumerate(OLD_PUBLICATIONS, 1):
                    values = {"id": id_, "delivery": delivery, "part": part, "gone": gone}
                    connection.execute(text(OLD_PUBLICATION), values)
                    for hour in (14, 16):
                        read = {"of": id_, "read": f"2026-03-02 {hour}:00:00.000000"}
                        connection.execute(text(OLD_SNAPSHOT), read)
                    connection.execute(text(OLD_LATEST), read)
        with opened(url) as newer:
            shown = "SELECT replies FROM {} WHERE publication = {} ORDER BY read"
            with newer.database.reading() as connection:
                replies = [
                    [*connection.scalars(text(shown.format(table, id_)))]
                    for id_ in range(1, 6)
                    for table in ("snapshots", "latest")
                ]
        assert replies == [[2, 2], [2], [2, 3], [3], [2, 2], [2], [3, 3], [3], [3, 3], [3]]

    def test_posts_from_before_the_index_count_too(
        self, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        said = '{"parts": [{"text": "Take HART off AWS.", "media": [], "poll": null}]}'
        with monkeypatch.context() as old:
            know_only(old, tmp_path, "0002")
            with opened(url) as older, older.database.writing() as connection:
                one = {"key": "one", "state": "published"}
                connection.execute(text(OLD_DELIVERY.replace("{}", said)), one)
                connection.execute(
                    text(OLD_PUBLICATION), {"id": 1, "delivery": 1, "gone": None, "part": 0}
                )
        with opened(url) as newer:
            words = text_content("Take HART off Azure.")
            assert newer.claim(newer.add("other", account="athena", content=words)) is None
            assert newer.scalar("SELECT count(*) FROM voices WHERE delivery = 1") > 0

    def test_an_approval_from_before_people_signed_in_names_no_user(
        self, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with monkeypatch.context() as old:
            know_only(old, tmp_path, "0008")
            with opened(url) as older, older.database.writing() as connection:
                connection.execute(text(OLD_APPROVAL))
        with opened(url) as newer:
            approvals = select(tables.approvals.c.who, tables.approvals.c.user)
            assert newer.database.read(approvals) == [("Ana", None)]
            people = People(newer.database)
            assert not people.any_known()
            added = people.add("Ana", Role.SEE, EVERYTHING, None, "Root", NOW)
            assert [person.user for person in people.all()] == [added]

    def test_a_newer_programs_database_is_left_alone(self, store: Store) -> None:
        with store.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match=r"newer Groundswell \(revision 9999;") as caught:
            open_database(store.url)
        assert "\n" not in str(caught.value)
        assert store.scalar("SELECT version_num FROM alembic_version") == "9999"

    def test_four_that_open_an_empty_one_at_once_all_can(self, url: str) -> None:
        def opened(_: int) -> int:
            database = open_database(url)
            with database.reading() as connection:
                count = connection.scalar(text("SELECT count(*) FROM alembic_version"))
            database.close()
            return int(count or 0)

        assert at_once(4, opened) == [1, 1, 1, 1]

    def test_a_write_that_fails_half_way_leaves_nothing(self, store: Store) -> None:
        def fails() -> None:
            with store.database.writing() as connection:
                connection.execute(text("DELETE FROM pauses"))
                raise KeyboardInterrupt

        store.queue.pause(PauseRequest("all", "", "a storm", PauseCause.PERSON), "Ana", NOW)
        with pytest.raises(KeyboardInterrupt):
            fails()
        assert len(store.queue.pauses()) == 1


@ON_SQLITE
class TestSQLite:
    def test_a_commit_is_on_disk(self, store: Store) -> None:
        with store.database.reading() as connection:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert pragmas == ["wal", 2, 1]  # 2 is FULL

    def test_readers_do_not_wait_for_a_writer(self, store: Store) -> None:
        with opened(store.url) as reader, store.database.writing():
            assert reader.queue.all() == []

    @pytest.mark.parametrize("replaced", [True, False])
    def test_a_file_that_was_moved_away_or_replaced_is_not_used_any_more(
        self, store: Store, tmp_path: Path, replaced: bool
    ) -> None:
        """Neither the old file nor the one in its place is used, and none is made."""
        path = store.database.path
        assert path
        store.add()
        copy_database(path, tmp_path / "earlier.db", force=False)
        path.rename(tmp_path / "away.db")
        if replaced:
            (tmp_path / "earlier.db").replace(path)
        uses: list[Callable[[], object]] = [store.add, store.queue.all, store.queue.pauses]
        for use in [*uses, *uses, store.database.data_version]:
            with pytest.raises(DatabaseReplacedError, match=r"moved away, replaced .* start again"):
                use()
        assert path.exists() is replaced
        (tmp_path / "away.db").replace(path)
        assert len(store.queue.all()) == 1

    def test_kept_connections_serve_threads_that_come_and_go(self, store: Store) -> None:
        def write(number: int) -> None:
            store.add(f"post-{number}")

        for start in (0, 8, 16):
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(write, range(start, start + 8)))
        assert len(store.queue.all()) == 24

    def test_public_access_is_removed_and_a_groups_access_stays(self, store: Store) -> None:
        path = store.database.path
        assert path
        for given, kept in ((0o644, 0o600), (0o666, 0o600), (0o660, 0o660)):
            path.chmod(given)
            open_database(store.url).close()
            assert mode(path) == kept

    def test_a_long_wait_for_a_writer_is_reported(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.database.opening.BUSY_SECONDS", 0)
        locked = pytest.raises(StoreError, match=r"is locked\. Another program .* then try again$")
        with opened(store.url) as impatient, store.database.writing(), locked:
            impatient.add()

    def test_a_database_that_is_only_readable_is_reported(self, store: Store) -> None:
        read_only = pytest.raises(StoreError, match=r"readonly database\. Check its permissions")
        with read_only, store.database.writing() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.exec_driver_sql("DELETE FROM pauses")

    def test_missing_tables_are_reported_with_a_possible_cause(self, store: Store) -> None:
        with sqlite3.connect(str(store.database.path)) as other:
            other.execute("DROP TABLE pauses")
        other.close()
        with pytest.raises(StoreError, match=r"no such table: pauses\. Was it .* start it again"):
            store.queue.pauses()


OTHER_FILES = {
    "text": (b"people over profit " * 400, "It is a file of another kind."),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "It is a file of another kind."),
    "cut header": (b"SQLite format", "It is a file of another kind."),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_file_of_another_kind_is_not_touched(tmp_path: Path, name: str) -> None:
    content, message = OTHER_FILES[name]
    file = tmp_path / "groundswell.db"
    file.write_bytes(content)
    file.chmod(0o644)
    with pytest.raises(StoreError, match=message):
        open_database(sqlite_url(tmp_path))
    assert (file.read_bytes(), mode(file)) == (content, 0o644)
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize("made", ["notes (text)", "alembic_version (version_num)"])
def test_database_of_another_program_is_not_touched(tmp_path: Path, made: str) -> None:
    file = tmp_path / "groundswell.db"
    with sqlite3.connect(file) as other:
        other.execute(f"CREATE TABLE {made}")
    other.close()
    file.chmod(0o644)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"It is the database of another program, with the tables"):
        open_database(sqlite_url(tmp_path))
    assert (file.read_bytes(), mode(file)) == (before, 0o644)
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text_is_refused(
    postgresql: PostgresServer, encoding: str
) -> None:
    options = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
    message = rf"encodes texts in {encoding}, and posts need UTF8\. Create .* --encoding=UTF8"
    with (
        postgresql.new_database(options) as url,
        pytest.raises(StoreError, match=message),
    ):
        open_database(url)


def test_empty_file_becomes_the_database(tmp_path: Path) -> None:
    (tmp_path / "groundswell.db").touch(0o644)
    open_database(sqlite_url(tmp_path)).close()
    assert mode(tmp_path / "groundswell.db") == 0o600


@pytest.mark.parametrize("damage", ["cut off", "overwritten"])
def test_a_damaged_file_is_named_on_one_line_and_left_alone(tmp_path: Path, damage: str) -> None:
    url, file = sqlite_url(tmp_path), tmp_path / "groundswell.db"
    open_database(url).close()
    whole = file.read_bytes()
    damaged = {
        "cut off": whole[:5000],
        "overwritten": whole[:8192] + b"\x5a" * 16384 + whole[24576:],
    }[damage]
    file.write_bytes(damaged)
    with pytest.raises(StoreError, match="is damaged") as caught:
        open_database(url)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == damaged


def test_a_folder_in_its_place_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"G120 It is a folder\. Name a file in it, or set"):
        open_database(f"sqlite:///{tmp_path}")


def test_its_files_are_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with (
            opened(f"sqlite:///{tmp_path / 'new.db'}") as store,
            opened(store.url) as reader,
            worker_session(store.database, "host/1/x", NOW),
            reader.database.reading(),
        ):
            store.add()
            modes = {path.name: mode(path) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    names = ("new.db", "new.db-wal", "new.db-shm", "new.db.lock")
    assert modes == dict.fromkeys(names, 0o600)


def test_a_link_to_no_file_yet_makes_a_private_file_there(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    open_database(f"sqlite:///{tmp_path / 'link.db'}").close()
    assert mode(tmp_path / "real.db") == 0o600


def test_a_folder_that_may_not_be_written_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any, **__: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", denied)  # root, who may run the tests, may write anywhere
    words = r"new\.db: G120 Permission denied\. Check its permissions, run this as the user of the"
    with pytest.raises(StoreError, match=words):
        open_database(f"sqlite:///{tmp_path / 'new.db'}")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"G120 The folder .*/nowhere does not exist\. Create"):
        open_database(f"sqlite:///{tmp_path}/nowhere/groundswell.db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("u:canary@127.0.0.1:1/x", r"u:\[hidden\]@127\.0\.0\.1:1/x: "),
        ("u@127.0.0.1:1/x?password=canary", r"u@127\.0\.0\.1:1/x\?password=\[hidden\]: "),
        ("u@127.0.0.1:1/x?sslpassword=c%61nary", r"u@127\.0\.0\.1:1/x\?sslpassword=\[hidden\]: "),
        ("u:p@h:canary/x", r"cannot be read\. In a password, / is written %2F"),
        ("u:p@canary@127.0.0.1/x", r"cannot be read\. In a password, / is written %2F"),
    ],
)
def test_an_unreachable_server_is_named_without_its_password(url: str, shown: str) -> None:
    with pytest.raises(StoreError, match=shown) as caught:
        open_database(f"postgresql+psycopg://{url}")
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_database_for_a_command_that_reads_has_every_table(tmp_path: Path) -> None:
    database = create_empty(tmp_path)
    with closing(database):
        with database.reading() as connection:
            assert set(inspect(connection).get_table_names()) == {*tables.metadata.tables}
        assert Queue(database).all() == []
