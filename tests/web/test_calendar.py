"""The calendar's pages and its feed, over HTTP."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from helpers.clock import NOW
from helpers.store import text_content
from icalendar import Calendar
from sqlalchemy import update

from bot.database.audit import read_entries
from bot.database.tables import deliveries
from bot.model import Role, Scope
from bot.services import people

if TYPE_CHECKING:
    import httpx
    from helpers.web import WebSite

HEAD = """\
campaign: people
title: People over profit
timezone: America/New_York
accounts: [mj]
demands:
  stop: {ask: Stop the contract, target: The council}
posts:
"""
OWN = Scope(frozenset({"mj-m"}), None)


def write(site: WebSite, *posts: tuple[str, str]) -> None:
    """Write a campaign with a post for each name and local time."""
    lines = [f"  - {{id: {name}, when: {when}, text: About {name}.}}\n" for name, when in posts]
    (site.app.config.campaigns / "a.yaml").write_text(HEAD + "".join(lines), encoding="utf-8")


def text_of(answer: httpx.Response) -> str:
    """Return the words of a page as a reader gets them."""
    main = answer.text.partition("<main")[2]
    return " ".join(unescape(re.sub("<[^>]*>", " ", main)).split())


def cell(answer: httpx.Response, day: str) -> str:
    """Return the words of the cell of a day, such as ``Tuesday, 3 March``."""
    cells = re.findall("<td.*?</td>", answer.text, re.DOTALL)
    [found] = [of for of in cells if f'aria-label="{day}:' in of]
    return " ".join(unescape(re.sub("<[^>]*>", " ", found)).split())


class TestPages:
    def test_a_month_shows_time_network_state_and_first_words(self, site: WebSite) -> None:
        site.add("hearing", due=NOW + timedelta(days=1), content=text_content("Come to it."))
        page = site.signed_in(Role.SEE).get("/calendar")
        assert page.status_code == 200
        assert cell(page, "Tuesday, 3 March") == (
            "Tuesday 3 March 07:00 EST scheduled Come to it. X"
        )
        assert "<h1>March 2026</h1>" in page.text
        assert 'href="/posts/people/hearing"' in page.text
        assert 'href="#icon-x"' in page.text
        assert "America/New_York" in text_of(page)

    def test_a_week_says_what_a_post_waits_for(self, site: WebSite) -> None:
        site.add("hearing", due=NOW + timedelta(days=1), approvals=1)
        client = site.signed_in(Role.SEE)
        assert "waits for approval (0 of 1)" in text_of(client.get("/calendar?view=week"))
        assert "groundswell review" not in text_of(client.get("/calendar?view=week"))

    def test_the_table_says_what_its_cells_are(self, site: WebSite) -> None:
        page = site.signed_in(Role.SEE).get("/calendar").text
        assert page.count('<th scope="col"') == 7
        assert page.count("<td ") % 7 == 0
        assert "<caption" in page
        assert re.findall('<abbr title="(.*?)"', page)[0] == "Monday"
        assert 'aria-current="date"' in page

    def test_planned_posts_are_shown_as_such(self, site: WebSite) -> None:
        write(site, ("later", "2026-06-04 09:00"))
        page = site.signed_in(Role.SEE).get("/calendar?on=2026-06-30")
        assert "09:00 EDT planned About later." in cell(page, "Thursday, 4 June")
        assert "Planned posts are in the campaign files" in text_of(page)

    @pytest.mark.parametrize("kind", ["month", "week", "day"])
    def test_links_lead_to_the_time_before_and_back(self, site: WebSite, kind: str) -> None:
        client = site.signed_in(Role.SEE)
        address = f"/calendar?view={kind}&on=2026-03-02&zone=UTC&account=mj"
        first = client.get(address)
        [later] = re.findall('rel="next" href="(.*?)"', first.text)
        second = client.get(unescape(later))
        [earlier] = re.findall('rel="prev" href="(.*?)"', second.text)
        back = client.get(unescape(earlier))
        titles = [re.findall("<h1>(.*?)</h1>", page.text) for page in (first, second, back)]
        assert titles[0] == titles[2] != titles[1]
        assert "zone=UTC" in later
        assert "account=mj" in later

    def test_a_long_day_leads_to_all_of_its_posts(self, site: WebSite) -> None:
        for number in range(9):
            site.add(
                f"p{number}",
                due=NOW + timedelta(days=1, minutes=number),
                content=text_content(f"Number {number}."),
            )
        client = site.signed_in(Role.SEE)
        month = client.get("/calendar?zone=UTC")
        assert "+ 5 more on 3 March" in cell(month, "Tuesday, 3 March")
        [more] = re.findall('<p class="day-more"><a href="(.*?)"', month.text)
        day = client.get(unescape(more))
        assert "<h1>Tuesday, 3 March 2026</h1>" in day.text
        assert [f"Number {number}." in day.text for number in range(9)] == [True] * 9
        assert "12:00 UTC" in text_of(day)

    def test_a_day_says_why_a_post_waits(self, site: WebSite) -> None:
        site.add("hearing", due=NOW + timedelta(days=1), approvals=1)
        page = site.signed_in(Role.SEE).get("/calendar?view=day&on=2026-03-03")
        assert re.search("waits X.*approval", text_of(page))

    def test_days_on_which_clocks_change_are_marked(self, site: WebSite) -> None:
        write(site, ("one", "2026-03-20 09:00"))
        page = site.signed_in(Role.SEE).get("/calendar")
        words = cell(page, "Sunday, 8 March")
        assert "America/New_York: clocks go forward 02:00 → 03:00" in words
        berlin = site.signed_in(Role.SEE).get("/calendar?zone=Europe/Berlin")
        assert "clocks" not in cell(berlin, "Sunday, 8 March")
        assert "clocks go forward" in cell(berlin, "Sunday, 29 March")


class TestChoices:
    def test_a_zone_moves_times_and_is_named(self, site: WebSite) -> None:
        site.add("hearing", due=datetime(2026, 3, 4, 2, tzinfo=UTC))
        client = site.signed_in(Role.SEE)
        own = client.get("/calendar?zone=own")
        assert "21:00 EST" in cell(own, "Tuesday, 3 March")
        berlin = client.get("/calendar?zone=Europe%2FBerlin")
        assert "03:00 CET" in cell(berlin, "Wednesday, 4 March")
        assert "All times are those of Europe/Berlin" in text_of(berlin)
        assert '<option value="Europe/Berlin" selected>' in berlin.text

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("zone=Europe/Berln", "Did you mean Europe/Berlin?"),
            ("zone=../../etc/passwd", "There is no timezone"),
            ("on=2026-02-30", "There is no day"),
            ("on=yesterday", "is not a date"),
            ("on=9999-01-01", "is not a year"),
        ],
    )
    def test_an_address_that_means_nothing_says_so(
        self, site: WebSite, query: str, words: str
    ) -> None:
        page = site.signed_in(Role.SEE).get(f"/calendar?{query}")
        assert page.status_code == 400
        assert words in text_of(page)
        assert "<h1>March 2026</h1>" in page.text

    @pytest.mark.parametrize(
        "query", ["view=year", "page=-1", "page=99999999999", "page=²", "view=day&page=7"]
    )
    def test_an_unknown_view_or_page_is_the_usual_one(self, site: WebSite, query: str) -> None:
        assert site.signed_in(Role.SEE).get(f"/calendar?{query}").status_code == 200

    def test_filters_limit_the_posts_and_stay_in_the_forms(self, site: WebSite) -> None:
        site.add("mine", due=NOW + timedelta(days=1), content=text_content("On X."))
        site.add(
            "other",
            account="mj-m",
            platform="mastodon",
            due=NOW + timedelta(days=1),
            content=text_content("On Mastodon."),
        )
        page = site.signed_in(Role.SEE).get("/calendar?account=mj&state=scheduled&zone=UTC")
        assert "On X." in page.text
        assert "On Mastodon." not in page.text
        assert '<option value="mj" selected>' in page.text
        assert '<option value="scheduled" selected>' in page.text
        assert page.text.count('name="account" value="mj"') == 2  # in the forms for the zone
        assert "Filter: account mj (X), state scheduled" in text_of(page)

    def test_cancelled_posts_are_one_link_away(self, site: WebSite) -> None:
        site.add("gone", due=NOW + timedelta(days=1), content=text_content("Not to be."))
        with site.app.database.writing() as connection:
            connection.execute(update(deliveries).values(state="cancelled"))
        client = site.signed_in(Role.SEE)
        page = client.get("/calendar")
        assert "Not to be." not in page.text
        assert "1 more is cancelled or dropped" in text_of(page)
        assert "Not to be." in client.get("/calendar?state=cancelled").text

    def test_mistakes_in_the_files_are_named(self, site: WebSite) -> None:
        write(site, ("one", "2026-13-20 09:00"))
        page = site.signed_in(Role.SEE).get("/calendar")
        assert "The campaign files have mistakes (1)" in text_of(page)


class TestLimits:
    def test_a_limited_person_sees_own_accounts_and_no_trace_of_others(self, site: WebSite) -> None:
        write(site, ("secret", "2026-06-04 09:00"))
        site.add("hart", due=NOW + timedelta(days=1), content=text_content("Ours alone."))
        site.add(
            "hart",
            account="mj-m",
            platform="mastodon",
            due=NOW + timedelta(days=1),
            content=text_content("For both."),
        )
        client = site.signed_in(Role.SEE, OWN, name="Partner")
        month = client.get("/calendar")
        assert "For both." in month.text
        for page in (
            month,
            client.get("/calendar?on=2026-06-04"),
            client.get("/calendar?account=mj"),
        ):
            assert not re.search(
                "Ours alone|secret|People over profit|America/New_York \\(", page.text
            )
        assert "No posts" in text_of(client.get("/calendar?account=mj"))


class TestFeed:
    def address(self, site: WebSite, scope: Scope | None = None) -> str:
        site.signed_in(Role.SEE, scope or Scope(None, None), name="Kim")
        token = people.create_feed(site.app, people.find_user(site.app, "Kim"))
        return f"/calendar/feed/{token}.ics"

    def test_a_secret_address_gives_the_posts_without_a_session(self, site: WebSite) -> None:
        write(site, ("later", "2026-06-04 09:00"))
        site.add("hearing", due=NOW + timedelta(days=1))
        answer = site.client().get(self.address(site))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        entries = {str(of["uid"]): of for of in Calendar.from_ical(answer.text).walk("VEVENT")}
        assert set(entries) == {"people/hearing/once", "people/later/once"}
        assert "DTSTART:20260604T130000Z" in answer.text

    def test_it_costs_nothing_while_nothing_changes(self, site: WebSite) -> None:
        delivery = site.add("hearing", due=NOW + timedelta(days=1))
        address, client = self.address(site), site.client()
        tag = client.get(address).headers["etag"]
        again = client.get(address, headers={"if-none-match": f"W/{tag}"})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        site.app.queue.drop(delivery, "Kim", site.clock.now())
        changed = client.get(address, headers={"if-none-match": tag})
        assert changed.status_code == 200
        assert "STATUS:CANCELLED" in changed.text

    def test_it_changes_nothing(self, site: WebSite) -> None:
        address, client = self.address(site), site.client()
        before = len([*read_entries(site.app.database)]), site.app.database.data_version()
        client.get(address)
        after = len([*read_entries(site.app.database)]), site.app.database.data_version()
        assert before == after
        assert client.post(address).status_code in {404, 405}

    def test_a_wrong_address_is_like_any_unknown_page(self, site: WebSite) -> None:
        address, client = self.address(site), site.client()
        people.revoke_feed(site.app, people.find_user(site.app, "Kim"))
        unknown = client.get("/no-such-page")
        for path in (address, "/calendar/feed/wrong.ics", "/calendar/feed/.ics"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
            assert "etag" not in answer.headers

    def test_the_address_of_a_removed_person_ends(self, site: WebSite) -> None:
        address = self.address(site)
        people.remove_user(site.app, "Kim", "the test")
        assert site.client().get(address).status_code == 404

    def test_a_failure_is_logged_without_the_secret_address(
        self, site: WebSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object) -> str:
            raise ArithmeticError("a bug")

        monkeypatch.setattr("bot.web.calendar.read_feed", fail)
        address = self.address(site)
        assert site.client().get(address).status_code == 500
        assert "/calendar/feed/{token}.ics failed" in caplog.text
        assert address.rpartition("/")[2].removesuffix(".ics") not in caplog.text

    def test_it_has_the_scope_of_its_person(self, site: WebSite) -> None:
        site.add("hart", due=NOW + timedelta(days=1))
        answer = site.client().get(self.address(site, OWN))
        assert answer.status_code == 200
        assert "VEVENT" not in answer.text
