from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from helpers.store import MINUTE, NOW, at_once, occurrence, text_content
from helpers.web import ACCOUNTS, serve_site
from sqlalchemy import update

from bot.database import tables
from bot.database.audit import read_seal
from bot.model import Account, Role, Scope, State
from bot.planning.diff import Change
from bot.services.approving import waiting
from bot.services.refusing import refuse_named, refused

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from helpers.web import WebSite

    from bot.model import Delivery

WHY = "The figure is old."


def values(page: str, action: str, field: str = "post") -> list[str]:
    """Return the values of a hidden field in the forms with this action."""
    forms = re.findall(rf'<form method="post" action="{action}"(.*?)</form>', page, re.DOTALL)
    found = [re.findall(rf'name="{field}" value="([^"]*)"', form) for form in forms]
    return [unescape(value) for each in found for value in each]


def ticks(page: str) -> list[str]:
    found = re.findall(r'type="checkbox" name="post" value="([^"]*)" form="several"', page)
    return [unescape(value) for value in found]


def page_of(client: httpx.Client, path: str = "/approvals") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def post(client: httpx.Client, act: str, **data: Any) -> httpx.Response:
    return client.post(f"/approvals/{act}", data=data)


def approvers(site: WebSite) -> list[str]:
    return [given.who for given in site.app.approvals.all()]


def edit(site: WebSite, delivery: Delivery, words: str, **more: Any) -> None:
    given = {"post": delivery.post, "account": delivery.account, "approvals": delivery.approvals}
    edited = occurrence(**{**given, "content": text_content(words), **more})
    now = site.app.queue.get(delivery.key)
    assert now
    site.app.queue.apply([Change(now, edited, ())], NOW)


# --- The page -------------------------------------------------------------------------------------


def test_nothing_waits(site: WebSite) -> None:
    page = page_of(site.signed_in(Role.SEE))
    assert "No posts wait for approval." in page
    assert "No posts are refused." in page
    assert "<form" not in page


def test_waiting_posts_are_shown_whole_the_next_due_first(site: WebSite) -> None:
    late = text_content("The later words.", "A second part.")
    site.add("later", approvals=1, due=NOW + 9 * MINUTE, content=late)
    site.add("sooner", approvals=1, due=NOW + 5 * MINUTE, content=text_content("The first words."))
    page = page_of(site.signed_in(Role.APPROVE))
    assert "2 posts wait for approval" in page
    assert page.index("The first words.") < page.index("The later words.")
    assert "A second part." in page
    assert "Part 2 of 2" in page
    assert "Never approved before" in page
    assert len(values(page, "/approvals/approve")) == len(ticks(page)) == 2
    assert len(values(page, "/approvals/refuse")) == 2


def test_changes_since_the_last_approval_are_marked_word_by_word(site: WebSite) -> None:
    delivery = site.add(approvals=1, content=text_content("Ask for six billion."))
    client = site.signed_in(Role.APPROVE, name="Ana")
    post(client, "approve", post=values(page_of(client), "/approvals/approve"))
    edit(site, delivery, "Ask for seven billion.")
    page = page_of(client)
    assert "Changed since <bdi>Ana</bdi> approved it" in page
    assert re.search(r"<del>.*six.*</del>", page)
    assert re.search(r"<ins>.*seven.*</ins>", page)
    assert "It was edited since Ana approved it." in page


def test_while_the_files_are_read_the_page_says_that_sources_are_missing(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add(approvals=1)
    client = site.signed_in(Role.APPROVE)
    assert "no longer in the campaign files" in page_of(client)
    monkeypatch.setattr(site.app.files, "read_soon", lambda: None)
    page = page_of(client)
    assert "The campaign files are still being read." in page
    assert "no longer in the campaign files" not in page
    assert "relies on no fact" not in page


def test_stale_form_names_no_posts_that_the_person_may_not_see(site: WebSite) -> None:
    delivery = site.add(approvals=1)
    partner = site.signed_in(Role.APPROVE, Scope(frozenset({"mj"}), None), "Partner")
    shown = values(page_of(partner), "/approvals/approve")
    reason = "the same as people/other on mj-m"
    where = tables.deliveries.c.id == delivery.id
    query = update(tables.deliveries).where(where)
    with site.app.database.writing() as connection:
        connection.execute(query.values(state=State.NEEDS_HUMAN, reason=reason))
    answer = post(partner, "approve", post=shown)
    assert answer.status_code == 409
    assert "It is needs you" not in answer.text
    assert "mj-m" not in answer.text
    everything = post(site.signed_in(Role.APPROVE), "approve", post=shown)
    assert "mj-m" in everything.text


def test_one_post_is_approved_in_the_name_of_who_signed_in(site: WebSite) -> None:
    site.add(approvals=1)
    client = site.signed_in(Role.APPROVE, name="Ana")
    answer = post(client, "approve", post=values(page_of(client), "/approvals/approve"))
    assert answer.status_code == 200
    assert "You approved people/hart on mj. It has its approvals." in answer.text
    assert approvers(site) == ["Ana"]
    assert "No posts wait for approval." in page_of(client)


def test_only_ticked_posts_are_approved_at_once(site: WebSite) -> None:
    for number, name in enumerate("abc"):
        content = text_content(f"About {name}.")
        site.add(name, approvals=1, due=NOW + (number + 5) * MINUTE, content=content)
    client = site.signed_in(Role.APPROVE)
    page = page_of(client)
    assert "Approve the ticked posts" in page
    first, _, third = ticks(page)
    assert post(client, "approve", post=[first, third]).status_code == 200
    assert [found.name for found in waiting(site.app)] == ["people/b"]
    assert ticks(page_of(client)) == values(page_of(client), "/approvals/approve")
    assert "Approve the ticked posts" not in page_of(client)


def test_pressing_the_button_without_a_tick_says_so(site: WebSite) -> None:
    site.add(approvals=1)
    answer = post(site.signed_in(Role.APPROVE), "approve", post="")
    assert answer.status_code == 409
    assert "No post was chosen." in answer.text


def test_many_posts_are_shown_on_several_pages(site: WebSite) -> None:
    for number in range(23):
        content = text_content(f"Post {number} speaks of rivers {number * 977:x}.")
        site.add(f"p{number}", approvals=1, due=NOW + (number + 5) * MINUTE, content=content)
    client = site.signed_in(Role.APPROVE)
    assert len(ticks(page_of(client))) == 20
    assert len(ticks(page_of(client, "/approvals?page=2"))) == 3
    for odd in ("99", "0", "-1", "x", "9" * 50, "²"):
        assert client.get("/approvals", params={"page": odd}).status_code == 200


# --- Who may --------------------------------------------------------------------------------------


def test_who_may_not_approve_sees_why_beside_a_disabled_button(site: WebSite) -> None:
    site.add(approvals=1)
    page = page_of(site.signed_in(Role.SEE))
    assert "<form" not in page
    assert re.search(r"<button[^>]* disabled[^>]*>Approve", page)
    assert "need the role approve" in page


def test_author_and_who_has_approved_see_why(site: WebSite) -> None:
    site.add(approvals=2, author="Ana")
    page = page_of(site.signed_in(Role.APPROVE, name="Ana"))
    assert "Ana is its author, who cannot be one of the 2 people to approve it." in page
    assert ticks(page) == values(page, "/approvals/approve") == []
    assert values(page, "/approvals/refuse")
    ben = site.signed_in(Role.APPROVE, name="Ben")
    answer = post(ben, "approve", post=values(page_of(ben), "/approvals/approve"))
    assert "It waits for another person." in answer.text
    page = page_of(ben)
    assert "Ben has approved it already; another person must be the next." in page
    assert values(page, "/approvals/withdraw")
    assert "1 of 2: Ben" in page
    post(ben, "withdraw", post=values(page, "/approvals/withdraw"))
    assert approvers(site) == []


def test_person_with_a_limit_sees_and_decides_only_about_their_accounts(site: WebSite) -> None:
    words = text_content("Our words.")
    site.add(approvals=1, content=words)
    site.add(approvals=1, content=text_content("Their words."), account="mj-m", platform="mastodon")
    all_of_it = values(page_of(site.signed_in(Role.APPROVE)), "/approvals/approve")
    client = site.signed_in(Role.APPROVE, Scope(frozenset({"mj"}), None), "Partner")
    page = page_of(client)
    assert "Our words." in page
    assert "Their words." not in page
    assert "Mastodon" not in page
    answer = post(client, "approve", post=all_of_it)
    assert answer.status_code == 409
    assert "mj-m" not in answer.text
    assert approvers(site) == []
    post(client, "approve", post=values(page, "/approvals/approve"))
    assert [given.subject.account for given in site.app.approvals.all()] == ["mj"]
    for act in ("withdraw", "refuse", "approve"):
        other = site.signed_in(Role.APPROVE, Scope(frozenset({"mj-m"}), frozenset()), "Nobody")
        answer = post(other, act, post=all_of_it, why=WHY)
        assert answer.status_code == 409
        assert "accounts that you do not see" in answer.text
    assert approvers(site) == ["Partner"]


# --- Refusing -------------------------------------------------------------------------------------


def test_refused_post_says_why_and_comes_back_when_that_is_taken_back(site: WebSite) -> None:
    site.add(approvals=1)
    ana, ben = (site.signed_in(Role.APPROVE, name=name) for name in ("Ana", "Ben"))
    answer = post(ana, "refuse", post=values(page_of(ana), "/approvals/refuse"), why=WHY)
    assert answer.status_code == 200
    assert "You refused people/hart on mj." in answer.text
    page = page_of(ben)
    assert "Refused by Ana: The figure is old." in page
    assert "No posts wait for approval." in page
    back = values(page, "/approvals/take-back")
    shown = values(page, "/approvals/take-back", "refused")
    assert post(ben, "take-back", post=back, refused=shown).status_code == 200
    assert [found.name for found in waiting(site.app)] == ["people/hart"]


def test_refusal_needs_a_reason(site: WebSite) -> None:
    site.add(approvals=1)
    client = site.signed_in(Role.APPROVE)
    shown = values(page_of(client), "/approvals/refuse")
    for why in ("", " ", "…", "x" * 501):
        answer = post(client, "refuse", post=shown, why=why)
        assert answer.status_code == 409
        assert "reason" in answer.text
        assert "Go back to correct it, and send it again." in answer.text
    assert refused(site.app) == []


def test_refusal_that_somebody_added_meanwhile_is_not_taken_back_unseen(site: WebSite) -> None:
    site.add()
    refuse_named(site.app, ["people/hart"], "Ana", WHY)
    client = site.signed_in(Role.APPROVE, name="Ben")
    page = page_of(client)
    back = values(page, "/approvals/take-back")
    shown = values(page, "/approvals/take-back", "refused")
    refuse_named(site.app, ["people/hart"], "Cleo", "Wrong tone.")
    answer = post(client, "take-back", post=back, refused=shown)
    assert answer.status_code == 409
    assert "by Cleo: Wrong tone." in answer.text
    assert len(site.app.refusals.all()) == 2


# --- Stale forms ----------------------------------------------------------------------------------


def stale(site: WebSite, act: str = "approve") -> tuple[httpx.Client, Delivery, list[str]]:
    delivery = site.add(approvals=1, content=text_content("As shown."))
    client = site.signed_in(Role.APPROVE, name="Ana")
    return client, delivery, values(page_of(client), f"/approvals/{act}")


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_edited_meanwhile_nothing_is_decided(site: WebSite, act: str) -> None:
    client, delivery, shown = stale(site, act)
    edit(site, delivery, "Other words.")
    answer = post(client, act, post=shown, why=WHY)
    assert answer.status_code == 409
    assert "has other words, or comes more or less often than was shown" in answer.text
    assert "Nothing was done about it." in answer.text
    assert "send it again" not in answer.text
    assert approvers(site) == []
    assert refused(site.app) == []


def test_approved_by_another_meanwhile_the_page_says_by_whom(site: WebSite) -> None:
    client, _, shown = stale(site)
    ben = site.signed_in(Role.APPROVE, name="Ben")
    assert post(ben, "approve", post=shown).status_code == 200
    answer = post(client, "approve", post=shown)
    assert answer.status_code == 409
    assert "It is approved by Ben." in answer.text
    assert approvers(site) == ["Ben"]


def test_refused_by_another_meanwhile_the_page_says_why(site: WebSite) -> None:
    client, _, shown = stale(site)
    refuse_named(site.app, ["people/hart"], "Ben", WHY)
    answer = post(client, "approve", post=shown)
    assert answer.status_code == 409
    assert "It is refused by Ben: The figure is old." in answer.text


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_sent_meanwhile_it_is_too_late(site: WebSite, act: str) -> None:
    client, delivery, shown = stale(site, act)
    now = site.app.queue.get(delivery.key)
    assert now
    site.app.queue.drop(now, "Cleo", NOW)
    answer = post(client, act, post=shown, why=WHY)
    assert answer.status_code == 409
    assert "It is dropped" in answer.text


def test_one_stale_post_among_several_does_not_stop_the_others(site: WebSite) -> None:
    site.add("a", approvals=1, content=text_content("About rivers."))
    changed = site.add("b", approvals=1, content=text_content("About mountains."))
    client = site.signed_in(Role.APPROVE)
    shown = ticks(page_of(client))
    edit(site, changed, "About the sea.")
    answer = post(client, "approve", post=shown)
    assert answer.status_code == 200
    assert "Approved in part" in answer.text
    assert "You approved people/a on mj." in answer.text
    assert "people/b is not as it was shown." in answer.text
    assert [given.subject.post for given in site.app.approvals.all()] == ["a"]


def test_pressed_twice_it_counts_once(site: WebSite) -> None:
    client, _, shown = stale(site)
    assert post(client, "approve", post=shown).status_code == 200
    assert "It is approved by Ana." in post(client, "approve", post=shown).text
    assert approvers(site) == ["Ana"]


def test_two_people_at_once_count_once_each(site: WebSite) -> None:
    site.add(approvals=2)
    clients = [site.signed_in(Role.APPROVE, name=name) for name in ("Ana", "Ben", "Cleo")]
    shown = values(page_of(clients[0]), "/approvals/approve")
    twice = clients * 2
    answers = at_once(6, lambda number: post(twice[number], "approve", post=shown).status_code)
    assert set(answers) <= {200, 409}
    assert sorted(approvers(site)) == sorted(set(approvers(site)))
    assert len(approvers(site)) >= 2
    assert waiting(site.app) == []


# --- Hostile input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["x", "@", "people/hart@" + "0" * 12, "<b>x</b>", "1", "a b c", "people/hart mj@", "\u202ex"],
)
@pytest.mark.parametrize("act", ["approve", "refuse", "withdraw", "take-back"])
def test_made_up_names_decide_nothing(site: WebSite, act: str, value: str) -> None:
    delivery = site.add(approvals=1)
    answer = post(site.signed_in(Role.APPROVE), act, post=value, why=WHY, refused="1")
    assert answer.status_code in {400, 409}  # hidden characters in a field are refused before
    assert "<b>x</b>" not in answer.text
    assert "\u202e" not in answer.text
    now = site.app.queue.get(delivery.key)
    assert now
    assert now.state is State.SCHEDULED
    assert approvers(site) == []
    assert refused(site.app) == []


def test_stored_markup_and_direction_marks_are_shown_as_text(site: WebSite) -> None:
    evil = "<script>alert(1)</script> \u202etxet"
    site.add(approvals=1, content=text_content(evil), author="<i>Eve</i>")
    client = site.signed_in(Role.APPROVE)
    waiting_page = page_of(client)
    why = "<img src=x onerror=alert(1)>\u202e"
    refuse_named(site.app, ["people/hart"], "<b>Ana</b>", why)
    for page in (waiting_page, page_of(client)):
        assert "&lt;script&gt;alert(1)" in page
        for found in ("<script>alert", "<i>Eve", "<img src=x", "<b>Ana", "\u202e"):
            assert found not in page
    assert "&lt;img src=x" in page_of(client)


def test_page_changes_nothing(site: WebSite) -> None:
    site.add(approvals=1)
    client = site.signed_in(Role.ADMIN)
    before = read_seal(site.app.database)
    page_of(client)
    assert client.get("/approvals/approve").status_code in {404, 405}
    assert read_seal(site.app.database) == before


# --- From the page of a post ----------------------------------------------------------------------


def test_decisions_on_the_page_of_a_post_are_the_same(site: WebSite) -> None:
    site.add(approvals=1)
    client = site.signed_in(Role.APPROVE, name="Ana")

    def shown(act: str, field: str = "post") -> list[str]:
        return values(page_of(client, "/posts/people/hart"), f"/approvals/{act}", field)

    assert post(client, "approve", post=shown("approve")).status_code == 200
    assert approvers(site) == ["Ana"]
    assert post(client, "withdraw", post=shown("withdraw")).status_code == 200
    assert approvers(site) == []
    post(client, "approve", post=shown("approve"))
    assert post(client, "refuse", post=shown("refuse"), why=WHY).status_code == 200
    assert approvers(site) == []
    assert [found.name for found in refused(site.app)] == ["people/hart"]
    back = {"post": shown("take-back"), "refused": shown("take-back", "refused")}
    assert post(client, "take-back", **back).status_code == 200
    assert refused(site.app) == []


def test_post_that_needs_no_approval_is_refused_on_its_page(site: WebSite) -> None:
    site.add()
    client = site.signed_in(Role.APPROVE)
    shown = values(page_of(client, "/posts/people/hart"), "/approvals/refuse")
    assert post(client, "refuse", post=shown, why=WHY).status_code == 200
    assert "it goes out at its time, because it needs no approval" in page_of(client)


def test_post_that_waits_on_a_stricter_account_is_not_said_to_have_its_approvals(
    tmp_path: Path,
) -> None:
    strict = Account("mj-m", "mastodon", "mj@one.example", "http://127.0.0.1:9", require_approval=2)
    with serve_site(tmp_path, accounts={"mj": ACCOUNTS["mj"], "mj-m": strict}) as site:
        site.add(approvals=1)
        site.add(approvals=1, account="mj-m", platform="mastodon")
        client = site.signed_in(Role.APPROVE)
        answer = post(client, "approve", post=values(page_of(client), "/approvals/approve"))
        assert "You approved people/hart on mj-m, mj. It waits for another person." in answer.text
        assert "It has its approvals." not in answer.text
