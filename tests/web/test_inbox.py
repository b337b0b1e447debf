from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.store import text_content
from helpers.web import site_of

from bot.model import Delivery, Role, Scope, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.delivery import AppHarness
    from helpers.web import WebSite


@pytest.fixture
def asked(loop: AppHarness) -> Iterator[tuple[WebSite, Delivery]]:
    """Yield a control room with one post that only a person can settle."""
    key = loop.add(grace=timedelta(minutes=4))
    loop.lose_a_send()
    delivery = loop.app.queue.get(key)
    assert delivery
    assert delivery.state is State.NEEDS_HUMAN
    with site_of(loop.app) as site:
        yield site, delivery


def form(site: WebSite, number: int) -> dict[str, str]:
    page = site.signed_in(Role.RUN).get(f"/inbox/{number}").text
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    assert shown
    return {"shown": shown[1]}


def state(site: WebSite, delivery: Delivery) -> State:
    found = site.app.queue.get(delivery.key)
    assert found
    return found.state


def test_evidence_stands_side_by_side_with_the_three_answers(
    asked: tuple[WebSite, Delivery],
) -> None:
    site, delivery = asked
    assert f"/inbox/{delivery.id}" in site.signed_in(Role.SEE).get("/inbox").text
    page = site.signed_in(Role.RUN).get(f"/inbox/{delivery.id}").text
    assert "What may be there" in page
    assert "What stands on the timeline" in page
    for answer in ("sent", "not-sent", "drop"):
        assert f'value="{answer}"' in page
    assert "Nothing more of it is sent, because its time was over at" in page


def test_page_says_that_a_thread_goes_on(loop: AppHarness) -> None:
    content = text_content("The first part.", "The second part.", "The third part.")
    loop.add("thread", grace=timedelta(minutes=4), content=content)
    loop.lose_a_send(after=1)
    [delivery] = loop.app.queue.in_states([State.NEEDS_HUMAN])
    with site_of(loop.app) as site:
        page = site.signed_in(Role.RUN).get(f"/inbox/{delivery.id}").text
    assert "the thread goes on with part 3 of 3" in page


def test_only_who_may_settle_gets_the_form(asked: tuple[WebSite, Delivery]) -> None:
    site, delivery = asked
    assert "<form" not in site.signed_in(Role.APPROVE).get(f"/inbox/{delivery.id}").text


@pytest.mark.parametrize(("answer", "after"), [("drop", State.DROPPED), ("not-sent", State.MISSED)])
def test_answer_settles_it_in_the_name_of_who_signed_in(
    asked: tuple[WebSite, Delivery], answer: str, after: State
) -> None:
    site, delivery = asked
    data = {**form(site, delivery.id), "answer": answer}
    client = site.signed_in(Role.RUN, name="Ana")
    assert client.post(f"/inbox/{delivery.id}", data=data).status_code == 200
    assert state(site, delivery) is after
    found = site.app.queue.get(delivery.key)
    assert found
    assert "Ana" in found.reason


def test_post_that_is_there_is_settled_by_its_id(asked: tuple[WebSite, Delivery]) -> None:
    site, delivery = asked
    data = {**form(site, delivery.id), "answer": "sent", "id": "1234567890123456789"}
    answer = site.signed_in(Role.RUN).post(f"/inbox/{delivery.id}", data=data)
    assert answer.status_code == 200
    assert state(site, delivery) is State.PUBLISHED


@pytest.mark.parametrize("typed", ["", "nonsense", "https://x.com/other/status/1", "<b>"])
def test_wrong_id_settles_nothing_and_says_what_to_write(
    asked: tuple[WebSite, Delivery], typed: str
) -> None:
    site, delivery = asked
    data = {**form(site, delivery.id), "answer": "sent", "id": typed}
    answer = site.signed_in(Role.RUN).post(f"/inbox/{delivery.id}", data=data)
    assert answer.status_code == 409
    assert "Use the id at the end" in answer.text
    assert state(site, delivery) is State.NEEDS_HUMAN


def test_second_answer_finds_nothing_to_settle(asked: tuple[WebSite, Delivery]) -> None:
    site, delivery = asked
    data = {**form(site, delivery.id), "answer": "drop"}
    client = site.signed_in(Role.RUN)
    client.post(f"/inbox/{delivery.id}", data=data)
    again = client.post(f"/inbox/{delivery.id}", data={**data, "answer": "not-sent"})
    assert again.status_code == 409
    assert "Nothing was done" in again.text
    assert state(site, delivery) is State.DROPPED


def test_form_of_an_earlier_attempt_settles_nothing(asked: tuple[WebSite, Delivery]) -> None:
    site, delivery = asked
    earlier = site.app.clock.now() - timedelta(days=1)
    data = {"shown": earlier.isoformat(), "answer": "drop"}
    assert site.signed_in(Role.RUN).post(f"/inbox/{delivery.id}", data=data).status_code == 409
    assert state(site, delivery) is State.NEEDS_HUMAN


@pytest.mark.parametrize("answer", ["", "yes", "sent\tdrop"])
def test_no_answer_settles_nothing(asked: tuple[WebSite, Delivery], answer: str) -> None:
    site, delivery = asked
    data = {**form(site, delivery.id), "answer": answer}
    assert site.signed_in(Role.RUN).post(f"/inbox/{delivery.id}", data=data).status_code >= 400
    assert state(site, delivery) is State.NEEDS_HUMAN


def test_post_of_others_is_not_there_for_a_limited_person(
    asked: tuple[WebSite, Delivery],
) -> None:
    site, delivery = asked
    data = {**form(site, delivery.id), "answer": "drop"}
    client = site.signed_in(Role.RUN, Scope(frozenset(), None), name="Partner")
    assert client.get(f"/inbox/{delivery.id}").status_code == 404
    assert client.post(f"/inbox/{delivery.id}", data=data).status_code == 409
    assert "hart" not in client.get("/inbox").text
    assert state(site, delivery) is State.NEEDS_HUMAN


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "x", "1e3", "१"])
def test_number_of_nothing_is_a_clear_page(asked: tuple[WebSite, Delivery], number: str) -> None:
    site, _ = asked
    answer = site.signed_in(Role.RUN).get(f"/inbox/{number}")
    assert answer.status_code == 404
    assert "Nothing to settle" in answer.text
