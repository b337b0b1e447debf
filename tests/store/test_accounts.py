"""The identities of accounts in the database, and what happens when a person adopts another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.store import MINUTE, NOW, TO_PUBLISHED, TO_UNKNOWN, opened, text_content

from bot.database.audit import verify
from bot.errors import UserError
from bot.model import Pause, PauseCause, PauseRequest, State
from bot.store.accounts import Identities, Identity, adopt
from bot.store.metrics import Metrics
from bot.store.queue import Queue

if TYPE_CHECKING:
    from helpers.databases import PostgresServer
    from helpers.store import Store

OLD = Identity("x", "1", "aaa", in_sandbox=False)
NEW = Identity("x", "2", "bbb", in_sandbox=False)


def pauses(store: Store) -> list[Pause]:
    return Queue(store.database).pauses()


def test_history_stays_with_the_account_before(store: Store) -> None:
    identities = Identities(store.database)
    assert identities.remember("mj", OLD, ["mj"]) is None
    out = store.add("out", content=text_content("Out."))
    store.close(store.must_claim(out), TO_PUBLISHED)
    doubtful = store.add("doubtful", content=text_content("Doubtful."), due=NOW + MINUTE)
    store.close(store.must_claim(doubtful, NOW + MINUTE), TO_UNKNOWN, "unknown")
    waits = store.add("waits", content=text_content("Waits."), due=NOW + 60 * MINUTE)
    store.queue.pause(
        PauseRequest("account", "mj", "another", PauseCause.UNFIT), "groundswell", NOW
    )
    fault = identities.remember("mj", NEW, ["mj"])
    assert fault is not None
    assert "groundswell accounts adopt mj" in fault
    assert adopt(store.database, "mj", NEW, ["mj"], "Ana", NOW) == OLD
    assert (store.now(out).account, store.now(out).state) == ("mj@1", State.PUBLISHED)
    assert (store.now(doubtful).account, store.now(doubtful).state) == ("mj@1", State.NEEDS_HUMAN)
    assert store.now(waits) == waits
    assert pauses(store) == []
    assert Metrics(store.database).next_reads() == {}
    assert identities.remember("mj", NEW, ["mj"]) is None
    assert verify(store.database) is None
    assert adopt(store.database, "mj", OLD, ["mj"], "Ana", NOW) == NEW
    assert store.now(out) == replace(out, state=State.PUBLISHED, next_part=1, fence=1)


def test_nothing_is_adopted_while_something_is_being_sent(store: Store) -> None:
    Identities(store.database).remember("mj", OLD, ["mj"])
    store.must_claim(store.add())
    with pytest.raises(UserError, match="is being sent"):
        adopt(store.database, "mj", NEW, ["mj"], "Ana", NOW)
    assert Identities(store.database).known(["mj"]) == {"mj": OLD}


def test_nothing_is_adopted_while_another_worker_claims_for_it(postgresql: PostgresServer) -> None:
    with postgresql.database() as url, opened(url) as store:
        Identities(store.database).remember("mj", OLD, ["mj"])
        one = store.add()
        with store.claims.claiming() as claiming:
            assert claiming.claimable(["mj"], NOW, None) == [one]
            with pytest.raises(UserError, match="is being sent"):
                adopt(store.database, "mj", NEW, ["mj"], "Ana", NOW)
        assert Identities(store.database).known(["mj"]) == {"mj": OLD}
        assert adopt(store.database, "mj", NEW, ["mj"], "Ana", NOW) == OLD


def test_one_account_is_not_adopted_under_a_second_name(store: Store) -> None:
    identities = Identities(store.database)
    assert identities.remember("mj", OLD, ["mj", "twin"]) is None
    fault = identities.remember("twin", OLD, ["mj", "twin"])
    assert fault == "@aaa (x user 1) is mj already, and one account must not speak as two"
    with pytest.raises(UserError, match="is mj already"):
        adopt(store.database, "twin", OLD, ["mj", "twin"], "Ana", NOW)
    assert (
        identities.remember("twin", OLD, ["twin"]) is None
    )  # the first is no longer in the config
