"""The times of queued posts, read without their content."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpers.store import LATER, NOW, ON_SQLITE, publish_post
from sqlalchemy import event

from bot.model import State
from bot.store.calendar import queued_times, read_by_number, states_by_key

if TYPE_CHECKING:
    from typing import Any

    from helpers.store import Store

SECOND = timedelta(seconds=1)


class TestTimes:
    def test_a_span_includes_its_start_and_not_its_end(self, store: Store) -> None:
        for number, due in enumerate((NOW - SECOND, NOW, LATER - SECOND, LATER)):
            store.add(f"p{number}", due=due)
        assert [of.post for of in queued_times(store.database, NOW, LATER)] == ["p1", "p2"]

    def test_a_time_has_all_that_a_calendar_counts(self, store: Store) -> None:
        queued = store.add("hart")
        [found] = queued_times(store.database, NOW, LATER)
        assert found == tuple(
            getattr(queued, "id" if name == "number" else name) for name in found._fields
        )

    def test_posts_of_every_state_are_read(self, store: Store) -> None:
        publish_post(store, "out")
        store.add("waits", due=NOW + SECOND)
        states = [of.state for of in queued_times(store.database, NOW, LATER)]
        assert states == [State.PUBLISHED, State.SCHEDULED]

    def test_states_are_found_by_key(self, store: Store) -> None:
        keys = [store.add(f"p{number}").key for number in range(2)]
        found = states_by_key(store.database, [*keys, "people/none/mj/once"])
        assert found == dict.fromkeys(keys, State.SCHEDULED)

    def test_deliveries_are_read_by_number_in_the_order_of_their_times(self, store: Store) -> None:
        late, early = store.add("late", due=LATER), store.add("early")
        assert read_by_number(store.database, [late.id, early.id, 99]) == [early, late]
        assert read_by_number(store.database, []) == []


@ON_SQLITE
def test_times_are_found_by_the_index_of_due(store: Store) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    event.listen(store.database.engine, "before_cursor_execute", note)
    queued_times(store.database, NOW, LATER)
    event.remove(store.database.engine, "before_cursor_execute", note)
    statement, values = next(of for of in asked if of[0].startswith("SELECT"))
    with store.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("ix_deliveries_due" in row.detail for row in plan)
