from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.store import NOW

from bot.model import PauseCause, PauseRequest, Role, Scope, State
from bot.store.pauses import StopFile

if TYPE_CHECKING:
    from helpers.web import WebSite

OWN = Scope(frozenset({"mj-m"}), None)


def pause(site: WebSite, scope: str = "all", name: str = "") -> None:
    request = PauseRequest(scope, name, "a funeral", PauseCause.PERSON)
    site.app.queue.pause(request, "Kim", site.clock.now())


def test_next_posts_are_shown_with_the_words_of_the_queue(site: WebSite) -> None:
    site.add(due=NOW + timedelta(hours=2))
    page = site.signed_in(Role.SEE).get("/").text
    assert "Take HART off AWS." in page
    assert "Mon 2026-03-02 09:00 EST" in page
    assert "scheduled" in page


def test_page_says_that_no_loop_runs(site: WebSite) -> None:
    assert "No loop runs" in site.signed_in().get("/inbox").text
    with site.app.registered():
        page = site.signed_in().get("/").text
        assert "It runs" in page
        assert "No loop runs, so no posts" not in page


def test_page_names_late_posts_and_a_loop_that_hangs(site: WebSite) -> None:
    site.add(due=NOW + timedelta(minutes=10), grace=timedelta(hours=3))
    with site.app.registered():
        assert "late" not in site.signed_in().get("/").text
        site.clock.advance(minutes=20)
        page = site.signed_in().get("/").text
    assert "1 post is late; it was due Mon 2026-03-02 07:10 EST" in page
    assert "The loop runs, but does nothing about late posts" in page


def test_pause_stands_on_every_page(site: WebSite) -> None:
    pause(site)
    for path in ("/", "/inbox", "/pauses"):
        assert "a funeral" in site.signed_in().get(path).text


def test_only_who_may_pause_sees_the_form(site: WebSite) -> None:
    assert 'action="/pauses/pause"' not in site.signed_in(Role.APPROVE).get("/").text
    assert 'action="/pauses/pause"' in site.signed_in(Role.RUN).get("/").text


def test_mistakes_in_the_files_are_named(site: WebSite) -> None:
    file = site.app.config.campaigns / "broken.yaml"
    file.write_text("campaign: [\n")
    page = site.signed_in().get("/").text
    assert "1 mistake in the campaign files" in page
    assert "broken.yaml" in page


def test_the_link_of_a_stale_fact_shows_the_post(site: WebSite) -> None:
    site.add(due=NOW + timedelta(hours=2), stale_from=NOW)
    client = site.signed_in()
    before, found, _ = client.get("/").text.partition("a fact is due for review")
    link = before.rpartition('<a href="')[2].partition('"')[0]
    assert found
    assert link.startswith("/calendar?")
    assert "Take HART off AWS." in client.get(link).text


# --- Pausing --------------------------------------------------------------------------------------


def test_pause_is_in_the_name_of_who_signed_in_and_says_what_may_leave(site: WebSite) -> None:
    delivery = site.add(due=NOW)
    with site.app.registered():
        site.app.queue.pauses()
    client = site.signed_in(Role.RUN, name="Ana")
    answer = client.post("/pauses/pause", data={"what": "all", "why": "the  hearing moved"})
    assert answer.status_code == 200
    assert "Nothing leaves any more" in answer.text
    [found] = site.app.queue.pauses()
    assert (found.who, found.why) == ("Ana", "the hearing moved")
    assert delivery.state is State.SCHEDULED


def test_pausing_twice_is_one_pause_and_says_so(site: WebSite) -> None:
    client = site.signed_in(Role.RUN)
    for _ in range(2):
        answer = client.post("/pauses/pause", data={"what": "account mj", "why": "x"})
    assert "It was paused already" in answer.text
    assert "Nothing of the account mj leaves any more" in answer.text
    assert len(site.app.queue.pauses()) == 1


def test_resuming_ends_only_the_named_pause(site: WebSite) -> None:
    pause(site)
    pause(site, "account", "mj")
    answer = site.signed_in(Role.RUN).post("/pauses/resume", data={"what": "all"})
    assert "Still paused (" in answer.text
    assert [(of.scope, of.name) for of in site.app.queue.pauses()] == [("account", "mj")]


def test_resuming_what_is_not_paused_says_so_and_does_nothing(site: WebSite) -> None:
    answer = site.signed_in(Role.RUN).post("/pauses/resume", data={"what": "all"})
    assert answer.status_code == 409
    assert "Not paused" in answer.text


def test_resuming_everything_removes_the_stop_file(site: WebSite) -> None:
    stop = StopFile.beside(site.app.config.path)
    stop.write("somebody stopped it")
    page = site.signed_in(Role.RUN).get("/pauses").text
    assert "somebody stopped it" in page
    site.signed_in(Role.RUN).post("/pauses/resume", data={"what": "all"})
    assert stop.pause() is None


@pytest.mark.parametrize(
    "what", ["", "account nobody", "campaign nothing", "everything", "all mj", "account", "x y"]
)
def test_unknown_thing_pauses_nothing(site: WebSite, what: str) -> None:
    answer = site.signed_in(Role.RUN).post("/pauses/pause", data={"what": what, "why": "x"})
    assert answer.status_code == 409
    assert site.app.queue.pauses() == []


# --- Limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["all", "account mj", "campaign people", "platform x"])
def test_limited_person_pauses_nothing_of_others(site: WebSite, what: str) -> None:
    site.add()
    client = site.signed_in(Role.RUN, OWN, name="Partner")
    assert client.post("/pauses/pause", data={"what": what, "why": "x"}).status_code == 409
    assert site.app.queue.pauses() == []


def test_limited_person_pauses_an_own_account(site: WebSite) -> None:
    client = site.signed_in(Role.RUN, OWN, name="Partner")
    assert (
        client.post("/pauses/pause", data={"what": "account mj-m", "why": "x"}).status_code == 200
    )
    assert [of.name for of in site.app.queue.pauses()] == ["mj-m"]


def test_limited_person_sees_nothing_of_others(site: WebSite) -> None:
    site.add("hart", due=NOW + timedelta(hours=1))
    site.add("hart", account="mj-m", platform="mastodon")
    pause(site, "account", "mj")
    client = site.signed_in(Role.SEE, OWN, name="Partner")
    for path in ("/", "/inbox", "/pauses"):
        page = client.get(path).text
        assert "Take HART" not in page
        assert "a funeral" not in page
    assert "1 post" not in client.get("/inbox").text


# --- What a reader has to know before pressing ----------------------------------------------------


def test_resuming_says_before_how_many_posts_go_out_at_once(site: WebSite) -> None:
    site.add("late", due=NOW - timedelta(minutes=5))
    site.add("later", due=NOW + timedelta(hours=1))
    pause(site, "account", "mj")
    client = site.signed_in(Role.RUN)
    page = client.get("/pauses").text
    assert "1 post that is due already goes out at once" in page
    assert "It holds 2 posts. The next is due Mon 2026-03-02 06:55 EST" in page
    assert "goes out if this ends by Mon 2026-03-02 07:10 EST" in page
    site.clock.advance(minutes=20)
    assert "no post goes out at once" in client.get("/pauses").text


def test_pause_of_an_account_says_that_others_go_on(site: WebSite) -> None:
    pause(site, "account", "mj")
    page = site.signed_in().get("/inbox").text
    assert "The account mj is paused by Kim: a funeral. Other accounts go on." in page


def test_approval_says_until_when_it_helps_and_what_holds_the_post_anyway(site: WebSite) -> None:
    site.add("hart", due=NOW + timedelta(hours=1), approvals=1)
    pause(site, "account", "mj")
    page = site.signed_in(Role.APPROVE).get("/approvals").text
    assert "missed if it is not approved by Mon 2026-03-02 08:15 EST" in page
    assert "On X it waits even if it is approved, because the account mj is paused by Kim" in page
    assert "It is Mon 2026-03-02 12:00 UTC now" in page
