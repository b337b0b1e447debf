"""Every page of the control room in a real browser, with a campaign in its midst.

On a phone and a computer, in light and dark: axe-core finds no fault, nothing is in the console, no
request leaves the machine, nothing scrolls sideways, and a finger finds every button.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from helpers.axe import axe_faults_in_light_and_dark
from helpers.browser import watch
from helpers.extras import WANTED, skip_without
from helpers.played_room import HOSTILE, played_room
from helpers.web import site_of

from bot.model import PauseCause, PauseRequest, Role, State
from bot.services import people
from bot.web.rights import ROUTES
from bot.web.signin import cookie_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.web import WebSite
    from playwright.sync_api import Browser, Page

SIZES = {"phone": (390, 844), "computer": (1360, 900)}
OTHER_WIDTHS = (320, 768, 1000)
"""Widths of a small phone, a tablet and a narrow window, on which nothing scrolls sideways."""

NO_PAGES = {
    "/healthz": "a word for programs",
    "/metrics": "figures for programs",
    "/calendar/feed/{token}.ics": "a calendar for programs",
    "/media/{digest}": "a picture",
    "/log/export": "a file",
    "/reports/page": "the report's own page, which tests/reports looks at",
    "/share/page": "the share page itself, which tests/share looks at",
    "/share/download": "a file",
    "/posts/{number}": "leads to the post's own page",
}
"""Routes that answer with something else than a page, and why."""

PATHS = {
    "/sign-in": ["/sign-in"],
    "/link/{token}": ["/link/{link}"],
    "/": ["/"],
    "/pauses": ["/pauses"],
    "/calendar": [
        "/calendar?on=2022-07-13",
        "/calendar?on=2022-07-13&view=week",
        "/calendar?on=2022-07-13&view=day",
        "/calendar?on=2022-11-06",
        "/calendar?on=2022-05-01&state=scheduled",
        "/calendar?on=2030-01-01&view=day",
    ],
    "/posts/{campaign}/{post}": [
        "/posts/people-over-profit/hart-price",
        "/posts/people-over-profit/what-runs-on-aws",
        "/posts/people-over-profit/nimbus",
        "/posts/people-over-profit/ring-poll",
        "/posts/coalition/wages",
        "/posts/coalition/words-that-are-longer-than-a-phone",
    ],
    "/floors": ["/floors"],
    "/log": ["/log", "/log?who=Ana"],
    "/log/verify": ["/log/verify"],
    "/reports": ["/reports", "/reports?period=days&from=2022-07-01&by=wording"],
    "/share": ["/share"],
    "/approvals": ["/approvals", "/approvals?page=2"],
    "/inbox": ["/inbox"],
    "/inbox/{number}": ["/inbox/{undecided}", "/inbox/999999"],
    "/people": ["/people"],
    "/people/{number}": ["/people/1", "/people/2"],
    "/me": ["/me"],
}
"""The pages to visit, by their route."""

VISITED = [path for paths in PATHS.values() for path in paths]


@dataclass(frozen=True)
class Room:
    """A control room, and the numbers of posts that its pages are about."""

    site: WebSite
    token: str
    """Ana's session."""
    undecided: int
    link: str
    """The token of a link with which Kim can sign in. Looking at its page does not use it up."""

    def address(self, path: str) -> str:
        numbered = path.replace("{undecided}", str(self.undecided))
        return self.site.url + numbered.replace("{link}", self.link)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    if not WANTED:
        skip_without("a browser", "apt-get install -y chromium")
    with played_room(tmp_path_factory.mktemp("room")) as app, site_of(app) as site:
        people.add_user(app, "Ana", Role.ADMIN, "the test")
        token = people.open_session(app, people.find_user(app, "Ana"))
        kim = people.add_user(app, f"Kim {HOSTILE} von und zu Beispielhausen", Role.SEE, "the test")
        link = people.create_link(app, kim.name, "the test").token
        [undecided] = app.queue.in_states([State.NEEDS_HUMAN])
        yield Room(site, token, undecided.id, link)


@contextmanager
def visited(browser: Browser, room: Room, size: str = "computer", **options: Any) -> Iterator[Page]:
    """Yield a new page of a browser in which Ana has signed in."""
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
    name = cookie_name(secure=False)
    context.add_cookies([{"name": name, "value": room.token, "url": room.site.url}])
    try:
        yield context.new_page()
    finally:
        context.close()


# --- Every page -----------------------------------------------------------------------------------


def test_every_page_is_visited() -> None:
    pages = {route.path for route in ROUTES if route.method == "GET"}
    assert pages - NO_PAGES.keys() == PATHS.keys()
    assert NO_PAGES.keys() <= pages


@pytest.mark.parametrize("path", VISITED)
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_fault(browser: Browser, room: Room, size: str, path: str) -> None:
    with visited(browser, room, size, bypass_csp=True) as page:
        page.goto(room.address(path))
        unfold(page)
        assert axe_faults_in_light_and_dark(page) == []


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")


SMALL = """Array.from(document.querySelectorAll(
    'main :is(button, select, summary, textarea, a.button, label.pick, input:not([type=hidden]))'
)).filter(e => e.checkVisibility() && !e.matches('[type=checkbox], [type=radio]')
    && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("path", VISITED)
@pytest.mark.parametrize("size", SIZES)
def test_page_is_quiet_and_fits(browser: Browser, room: Room, size: str, path: str) -> None:
    with visited(browser, room, size) as page:
        faults = watch(page, room.site.url)
        answer = page.goto(room.address(path))
        assert answer
        allowed = {200, 404} if "999999" in path else {200}
        assert answer.status in allowed
        assert page.locator("h1").count() == 1
        assert page.title().endswith(" · Groundswell")
        unfold(page)
        assert page.evaluate(SMALL) == []
        for width in (SIZES[size][0], *OTHER_WIDTHS):
            page.set_viewport_size({"width": width, "height": SIZES[size][1]})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.locator("main script").count() == 0
        assert [fault for fault in faults if "404" not in fault or 404 not in allowed] == []


@pytest.mark.parametrize("path", VISITED)
def test_page_is_the_same_without_javascript(browser: Browser, room: Room, path: str) -> None:
    words = []
    for enabled in (True, False):
        with visited(browser, room, java_script_enabled=enabled) as page:
            page.goto(room.address(path))
            text = page.locator("main").inner_text()
            words.append(re.sub(r"\s*My time.*", "", text))  # the browser's zone is a script's
    assert words[0] == words[1]


def test_stored_markup_is_shown_as_it_was_written(browser: Browser, room: Room) -> None:
    with visited(browser, room) as page:
        page.goto(room.address("/calendar?on=2022-07-13&view=day"))
        assert HOSTILE in page.locator("main").inner_text()


# --- The frame ------------------------------------------------------------------------------------


def test_the_keyboard_skips_to_the_page_and_shows_where_it_is(browser: Browser, room: Room) -> None:
    with visited(browser, room) as page:
        page.goto(room.address("/"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate(IS_MARKED), page.evaluate("document.activeElement.outerHTML")


IS_MARKED = """[document.activeElement, document.activeElement.closest('.line')].some(
    e => e && getComputedStyle(e).outlineStyle === 'solid')"""


@pytest.mark.parametrize("enabled", [True, False])
def test_a_phone_has_all_places_at_its_lower_edge(
    browser: Browser, room: Room, *, enabled: bool
) -> None:
    with visited(browser, room, "phone", java_script_enabled=enabled) as page:
        page.goto(room.address("/"))
        bar = page.locator(".nav").bounding_box()
        assert bar
        assert bar["y"] + bar["height"] == SIZES["phone"][1]
        more = page.get_by_role("link", name="Log")
        assert not more.is_visible()
        page.get_by_role("button", name="More").click()
        assert more.is_visible()
        page.keyboard.press("Escape")
        assert not more.is_visible()


def test_a_computer_has_all_places_in_one_line(browser: Browser, room: Room) -> None:
    with visited(browser, room) as page:
        page.goto(room.address("/"))
        links = page.locator(".nav a")
        assert links.count() >= 8
        boxes = [link.bounding_box() for link in links.all()]
        assert len({box["y"] for box in boxes if box}) == 1
        assert not page.get_by_role("button", name="More").is_visible()


def test_a_pause_is_in_view_wherever_one_has_scrolled(browser: Browser, room: Room) -> None:
    with visited(browser, room, "phone") as page:
        page.goto(room.address("/calendar?on=2022-07-13"))
        page.mouse.wheel(0, 2000)
        strip = page.get_by_role("complementary", name="Right now")
        assert "mediajustice-bluesky" in strip.inner_text()
        box = strip.bounding_box()
        assert box
        assert box["y"] == 0


# --- Keeping a page true --------------------------------------------------------------------------


def change(room: Room) -> None:
    """Change something that every page shows."""
    request = PauseRequest("campaign", "coalition", "a test", PauseCause.PERSON)
    if not room.site.app.queue.pause(request, "Kim", room.site.clock.now()):
        room.site.app.queue.resume("campaign", "coalition", "Kim", room.site.clock.now())


@pytest.mark.parametrize("path", ["/", "/calendar?on=2022-07-13"])
def test_a_page_to_look_at_loads_itself_again(browser: Browser, room: Room, path: str) -> None:
    with visited(browser, room) as page:
        faults = watch(page, room.site.url)
        with page.expect_request("**/events"):
            page.goto(room.address(path))
        with page.expect_event("load", timeout=20_000):
            change(room)
        assert faults == []


def test_a_page_that_decides_about_a_post_only_offers_to_be_loaded_again(
    browser: Browser, room: Room
) -> None:
    with visited(browser, room) as page:
        with page.expect_request("**/events"):
            page.goto(room.address("/approvals"))
        change(room)
        page.get_by_role("status").get_by_role("link").wait_for(timeout=20_000)


def test_words_that_are_being_typed_are_not_lost(browser: Browser, room: Room) -> None:
    with visited(browser, room) as page:
        with page.expect_request("**/events"):
            page.goto(room.address("/"))
        page.get_by_label("Why").fill("Half a reas")
        page.locator("footer").click()
        change(room)
        offer = page.get_by_role("status").get_by_role("link", name="Load the page again")
        offer.wait_for(timeout=20_000)
        assert page.get_by_label("Why").input_value() == "Half a reas"
        with page.expect_event("load"):
            offer.click()


def test_an_answer_to_a_form_is_never_loaded_again(browser: Browser, room: Room) -> None:
    with visited(browser, room) as page:
        page.goto(room.address("/pauses"))
        page.get_by_label("What to stop").select_option("account mediajustice-x")
        page.get_by_label("Why").fill("a test")
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("heading", level=1).wait_for()
        assert page.locator("html[data-version]").count() == 0
        room.site.app.queue.resume("account", "mediajustice-x", "Kim", room.site.clock.now())
