"""The audit log of one post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.databases import query_plans
from helpers.delivery import DUE

from bot.database.audit import record
from bot.model import PauseCause, PauseRequest
from bot.services.dropping import drop_posts
from bot.services.history import read_post_log
from bot.services.posts import find_posts

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

    from bot.services.views_running import LogRow


def drop(loop: AppHarness, name: str, *accounts: str) -> None:
    drop_posts(loop.app, find_posts(loop.app, [name], accounts), "Ana")


def log_of(loop: AppHarness, *keys: str) -> list[LogRow]:
    return read_post_log(loop.app, [loop.get(key) for key in keys])


def words(rows: list[LogRow]) -> list[tuple[str, str, str]]:
    return [(row.who, row.what, row.subject) for row in rows]


def test_a_post_has_the_acts_on_it_and_on_no_other(loop: AppHarness) -> None:
    mine, other = loop.add("mine"), loop.add("mine-too", due=DUE)
    for post in ("mine", "mine-too"):
        drop(loop, f"people/{post}")
    request = PauseRequest("all", "", "the hearing is postponed", PauseCause.PERSON)
    loop.app.queue.pause(request, "Ben", DUE)

    assert words(log_of(loop, mine)) == [("Ana", "drop", "")]
    assert words(log_of(loop, other)) == [("Ana", "drop", "")]


def test_an_act_on_some_accounts_names_their_places(loop: AppHarness) -> None:
    loop.join("tv")
    loop.restart()
    on_x = loop.add("hart")
    on_tv = loop.add("hart", account="tv")
    drop(loop, "people/hart", "tv")
    record(loop.app.database, "Ben", "approve", "people/hart/mj", {"digest": "f" * 64}, DUE)
    record(loop.app.database, "Ben", "approve", "people/hart/tv", {"digest": "0" * 64}, DUE)

    rows = log_of(loop, on_x, on_tv)
    assert words(rows) == [("Ana", "drop", "tv"), ("Ben", "approve", "")]
    assert rows[-1].more == ""  # the page shows the version that the digest is of
    assert words(log_of(loop, on_x)) == [("Ben", "approve", "")]


def test_the_log_of_a_post_is_found_by_an_index(loop: AppHarness) -> None:
    key = loop.add("hart")
    record(loop.app.database, "Ben", "note", key, {}, DUE)
    with query_plans(loop.app.database) as found:
        log_of(loop, key)
    plans = [plan for query, plan in found if "FROM audit" in query]
    assert plans
    assert all("ix_audit_subject" in plan for plan in plans)
