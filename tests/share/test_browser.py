"""The share page in a real browser: what it looks like, and what its script does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from helpers.axe import axe_faults_in_light_and_dark
from helpers.browser import OpenedPage
from helpers.share import HOSTILE, LAST_DAY, demand, fits, marked, share_page, wording

from bot import xtext
from bot.share.networks import NETWORKS
from bot.share.page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page, ViewportSize

    Open = Callable[..., Page]

PHONE: ViewportSize = {"width": 390, "height": 844}
COMPUTER: ViewportSize = {"width": 1360, "height": 900}
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a page from a file; it has to stay quiet."""
    pages: list[OpenedPage] = []

    def open_page(context: dict[str, Any] | None = None, **changes: Any) -> Page:
        html = render_page(share_page(**{"pictures": (), **changes}))
        pages.append(OpenedPage(browser, tmp_path, html, viewport=PHONE, **(context or {})))
        return pages[-1].page

    yield open_page
    for one in pages:
        assert one.faults == []
        one.page.context.close()


# --- Counting -------------------------------------------------------------------------------------

LINKS = "https://example.org/a?b=1&c=%41#d"
TEXTS = [
    "a",
    "Plain words, with a full stop.",
    "two\nlines\n\nand more",
    "é e\u0301 \u00c5 \u212b",
    "“Quotes” \u2013 dashes \u2014 and … dots",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f \uc548\ub155",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    f"{FAMILY} one family",
    f"{FAMILY}{FAMILY}",
    "\U0001f600\U0001f600 \U0001f44d\U0001f3fd \U0001f44d\ufe0f\U0001f3fd",
    "\U0001f1fa\U0001f1f8\U0001f1e9\U0001f1ea \U0001f1fa",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "1\ufe0f\u20e3 1\u20e3 #\ufe0f\u20e3",
    "\u231a\ufe0f \u2764\ufe0f \u2764 \u267e\ufe0f \u26f7\ufe0f\U0001f3fd \u261d\ufe0f\U0001f3fb",
    "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f \U0001f441\u200d\U0001f5e8",
    "\U0001f469\u200d\U0001f9b0\u200d\U0001f469 no emoji of one piece",
    "\u26f9\U0001f3fc\u200d\u2640\ufe0f \U0001f575\U0001f3fb\u200d\u2640\ufe0f \u26f9\ufe0f",
    "Z\u0351\u0343\u0352a\u0300\u0301\u0302l\u0489g\u0488o",
    LINKS,
    f"See {LINKS}, then ({LINKS}).",
    f"{LINKS} {LINKS}\n{LINKS}",
    "https://example.org/path_(with)_parentheses and https://example.org/a(b)c)",
    "http://example.org. https://example.org/, https://example.org/?q=!",
    "HTTPS://EXAMPLE.ORG/A",
    "https://example.org:8080/a?b",
    "https://de.wikipedia.org/wiki/Z\u00fcrich https://ru.wikipedia.org/wiki/\u041c\u043e\u0441\u043a",
    "https://example.org/\u6771\u4eac and \u6771\u4eachttps://example.org/",
    "https://localhost/a https:// http://a https://-a.org",
    "mediajustice.org and www.example.com/a?b=c, example.co.uk",
    "Not a link: e.g. this, 3.14, v1.2.3, name@example.org",
    "xhttps://example.org/ @https://example.org #example.org _example.org",
    "\u4f60\u597dexample.com\u4f60\u597d",
    "@person and @person@social.example, @a@b @@x mail@social.example",
    "@a@social.example@b @a@social.examplehttps:// @a@b@c.example",
    "example.org?q=1 example.org/?q=1 example.org:80 example.org:80/a t.co\u00e9 e.g.https://example.org",
    "(@person@social.example) _@person@social.example /@person@social.example",
    "#OneTag #two_tags $AMZN",
    "\u202eturned\u202c \u2067kept\u2069 \u200f",
    "a\u200bb \u2028 \ufeff",
    HOSTILE,
    "% %41 %F0 + & # ? = ; , / : @ ' ( ) ! * ~ \\ ` ^ | < > \" { }",
    "word " * 100,
    f"{LINKS} \U0001f600 \u4f60 " * 40,
]
"""Texts that networks count in different ways."""


@pytest.fixture(scope="module")
def counted(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Page:
    one = demand("a", "Stop", "Amazon", [], [wording("w", "Start")])
    page = share_page(demands=(one,), pictures=())
    return OpenedPage(browser, tmp_path_factory.mktemp("counted"), render_page(page)).page


@pytest.mark.parametrize("text", TEXTS)
def test_the_script_counts_and_encodes_as_python_does(counted: Page, text: str) -> None:
    counted.locator("textarea").fill(text)
    for network in NETWORKS.values():
        if not network.takes_text:
            continue
        link = marked(network.id, "w")
        subject = "Amazon, put people over profit"
        button = counted.locator(f"[data-network={network.id}]")
        if fits(network, text, link, subject):
            address = network.fill(network.template(link, subject), text)
            assert button.get_attribute("href") == address, network.id
        else:
            assert button.get_attribute("href") is None, network.id
        length = network.length(text) + network.link_length(link, subject)
        assert button.locator("small").inner_text() == expected_state(network.id, length)


def test_a_full_stop_without_a_blank_counts_rather_too_much(counted: Page) -> None:
    """The page does not hold the list of all ends of domains, of which ``next`` is one."""
    for text in ("The end.Next", "The end.Start"):
        counted.locator("textarea").fill(text)
        link = marked("x", "w")
        expected = xtext.weighted_length("The end.Next") + NETWORKS["x"].link_length(link)
        assert counted.locator("[data-network=x] small").inner_text() == f"{expected}/280"
    assert xtext.weighted_length("The end.Start") < xtext.weighted_length("The end.Next")


def expected_state(network: str, length: int) -> str:
    limit = NETWORKS[network].limit
    if limit and length > limit:
        return "Too long" if network == "mail" else f"Too long by {length - limit}"
    return f"{length}/{limit}" if limit and limit < 1000 else "fits"


OLD_BROWSER = """
const RegularExpression = RegExp;
window.RegExp = new Proxy(RegExp, { construct(made, [pattern, flags]) {
  if (flags?.includes('v')) throw new SyntaxError('unknown flag');
  return Reflect.construct(made, [pattern, flags]);
} });
delete Intl.Segmenter;
delete String.prototype.toWellFormed;
"""


def test_an_old_browser_counts_too_much_rather_than_too_little(opened: Open) -> None:
    one = demand("a", "Stop", "Amazon", [], [wording("w", "Start")])
    page = opened(demands=(one,))
    page.add_init_script(OLD_BROWSER)
    page.reload()
    for text in TEXTS:
        page.locator("textarea").fill(text)
        for network in (NETWORKS["x"], NETWORKS["bluesky"]):
            link = marked(network.id, "w")
            button = page.locator(f"[data-network={network.id}]")
            address = network.fill(network.template(link), text)
            assert button.get_attribute("href") in {None, address}
            assert button.get_attribute("href") is None or fits(network, text, link), text
    page.locator("textarea").fill(FAMILY)
    assert "35" in page.locator("[data-network=x]").inner_text(), "without the link, 11 for 2"


# --- Typing ---------------------------------------------------------------------------------------


def of(page: Page, wording_id: str = "hart-data") -> Locator:
    return page.locator(f"#w-{wording_id}")


def addresses(place: Locator) -> list[str | None]:
    links = place.locator("[data-network]")
    return [link.get_attribute("href") for link in links.all()]


def test_a_text_that_comes_back_has_the_links_that_it_had(opened: Open) -> None:
    page = opened()
    for one in ("hart-data", "hart-long"):
        before, text = addresses(of(page, one)), of(page, one).locator("textarea").input_value()
        of(page, one).locator("textarea").fill("Other words")
        changed = addresses(of(page, one))
        assert all(address and "Other%20words" in address for address in changed[:6])
        of(page, one).locator("textarea").fill(text)
        assert addresses(of(page, one)) == before


def test_a_button_goes_and_comes_back_with_the_length_of_the_text(opened: Open) -> None:
    page = opened()
    place = of(page)
    x = place.locator("[data-network=x]")
    place.locator("textarea").fill("a" * 257)
    assert x.inner_text().split("\n") == ["X", "Too long by 1"]
    assert page.get_by_role("status").inner_text() == "X: Too long by 1"
    x.evaluate("e => e.focus()")
    assert page.evaluate("document.activeElement.dataset.network") is None
    place.locator("textarea").fill("a" * 256)
    assert x.inner_text().split("\n") == ["X", "280/280"]
    assert page.get_by_role("status").inner_text() == "X: 280/280"
    x.focus()
    assert page.evaluate("document.activeElement.dataset.network") == "x"
    assert addresses(of(page, "hart-choose"))[0], "other texts keep their buttons"


def test_the_page_asks_for_own_words_until_there_are_some(opened: Open) -> None:
    page = opened()
    place = of(page)
    box, asks = place.locator("textarea"), place.locator(".ours")
    text = box.input_value()
    assert asks.is_visible()
    box.fill(f"My mother's data is in it. {text}")
    assert not asks.is_visible()
    box.fill(f"{text} \n")
    assert asks.is_visible()
    assert all(addresses(place)), "it asks, and does not block"


def test_an_empty_box_offers_no_buttons(opened: Open) -> None:
    page = opened()
    place = of(page)
    place.locator("textarea").fill(" \n ")
    assert place.get_by_role("link").count() == 0
    assert place.get_by_role("button").all_inner_texts() == ["Bring the text back"]
    said = page.get_by_role("status").inner_text()
    assert place.locator(".hint:visible").inner_text() == said
    assert said.startswith("Write something first.")
    place.locator("textarea").fill("x")
    assert place.get_by_role("link").count() == 9
    assert not place.locator(".ours").is_visible()


def test_a_supporter_can_write_from_scratch_and_bring_the_text_back(opened: Open) -> None:
    page = opened()
    place = of(page)
    box = place.locator("textarea")
    suggested = box.input_value()
    for text in (suggested, "My own words"):
        box.fill(text)
        place.get_by_role("button", name="Write from scratch").press("Enter")
        assert box.input_value() == ""
        assert box.evaluate("e => e === document.activeElement")
        assert place.get_by_role("link").count() == 0
        place.get_by_role("button", name="Bring the text back").press("Enter")
        assert box.input_value() == text
        assert box.evaluate("e => e === document.activeElement")
        assert place.get_by_role("link").count() == 9


def test_words_that_a_browser_brings_back_are_in_the_links(opened: Open) -> None:
    page = opened()
    of(page).locator("textarea").evaluate("e => { e.value = 'Brought back'; }")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert "Brought%20back" in str(addresses(of(page))[0])


def test_copying_says_so(opened: Open) -> None:
    page = opened({"permissions": ["clipboard-read", "clipboard-write"]})
    place = of(page)
    place.locator("textarea").fill("My words\n\U0001f600")
    link = marked("copy", "hart-data")
    for name, expected in (("Copy text", f"My words\n\U0001f600\n\n{link}"), ("Copy link", link)):
        button = place.get_by_role("button", name=name)
        button.click()
        page.get_by_role("status").get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == expected
        place.get_by_role("button", name="Copied").first.wait_for()
        button.wait_for()


def test_the_device_shares_the_words_that_stand_in_the_box(opened: Open, browser: Browser) -> None:
    page = opened()
    assert not page.get_by_role("button", name="More apps").first.is_visible()
    page.add_init_script(
        "navigator.canShare = () => true; navigator.share = async d => { window.shared = d; };"
    )
    page.reload()
    of(page).locator("textarea").fill("My words")
    of(page).get_by_role("button", name="More apps").click()
    link = marked("device", "hart-data")
    assert page.evaluate("window.shared") == {"text": "My words", "url": link}


NO_CLIPBOARD = "navigator.clipboard.writeText = async () => { throw new Error('not allowed'); };"
NO_COPY = "document.execCommand = () => false;"


@pytest.mark.parametrize("copies", [True, False])
def test_copying_does_without_the_clipboard_or_says_that_it_cannot(
    opened: Open, *, copies: bool
) -> None:
    page = opened({"permissions": ["clipboard-read"]})
    page.add_init_script(NO_CLIPBOARD + ("" if copies else NO_COPY))
    page.reload()
    of(page).locator("textarea").fill("My words")
    button = of(page).locator("[data-copy=text]")
    button.focus()
    page.keyboard.press("Enter")
    said = "Copied" if copies else "Not copied. Select the text and copy it yourself."
    page.get_by_role("status").get_by_text(said).wait_for()
    assert said in button.inner_text()
    assert button.evaluate("e => e === document.activeElement")
    if copies:
        expected = f"My words\n\n{marked('copy', 'hart-data')}"
        assert page.evaluate("navigator.clipboard.readText()") == expected
    assert page.locator("body > textarea").count() == 0


@pytest.mark.parametrize("copies", [True, False])
def test_a_network_that_takes_only_a_link_gets_the_text_by_pasting(
    opened: Open, *, copies: bool
) -> None:
    page = opened({"permissions": ["clipboard-read"]})
    page.add_init_script("" if copies else NO_COPY)
    page.reload()
    page.context.route("https://**", lambda route: route.fulfill(body="received"))
    of(page).locator("textarea").fill("My words\n\U0001f600")
    button = of(page).locator("[data-network=facebook]")
    assert "paste your text" in button.inner_text()
    with page.context.expect_page() as other:
        button.click()
    other.value.close()
    page.bring_to_front()
    said = "Copied" if copies else "Not copied. Select the text and copy it yourself."
    assert said in button.inner_text()
    assert page.get_by_role("status").inner_text() == said
    if copies:
        assert page.evaluate("navigator.clipboard.readText()") == "My words\n\U0001f600"
    of(page).locator("textarea").fill("Other words")
    assert "paste your text" in button.inner_text(), "these have not been copied"


SHARES = """window.shared = [];
navigator.canShare = () => %s;
navigator.share = data => { window.shared.push(data); return Promise.reject(new Error('later')); };
"""


def test_the_device_is_asked_only_by_a_press_and_may_be_left_again(opened: Open) -> None:
    page = opened()
    page.add_init_script(SHARES % "true")
    page.reload()
    of(page).locator("textarea").fill("My words")
    assert page.evaluate("shared") == []
    for _ in range(2):
        of(page).get_by_role("button", name="More apps").click()
    assert len(page.evaluate("shared")) == 2
    assert of(page).locator("textarea").input_value() == "My words"


def test_a_device_that_cannot_share_a_text_is_not_offered(opened: Open) -> None:
    page = opened()
    page.add_init_script(SHARES % "false")
    page.reload()
    assert page.get_by_role("button", name="More apps").count() == 0
    assert page.evaluate("shared") == []


TYPE = """(box, text) => {
  box.hidden = true;
  box.value = text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.value = '';
  box.hidden = false;
}"""


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "a.", "a-", "1", ".", "-", "@", "@a", " @a", "@a-", "http", "https://", "com."),
        *("https://a.org/(", "https://a.org/?a=!", "example.com", "example.com ", "(", "()", "!"),
        *(FAMILY, "\U0001f468\u200d", "\U0001f1fa", "1\ufe0f\u20e3", "e\u0301", "\u0639", "\u4eba"),
        *("word word. ", f"{'word ' * 14}\n"),
    ],
)
def test_a_hundred_thousand_signs_are_counted_in_time_that_grows_with_them(
    counted: Page, piece: str
) -> None:
    """They take 0.05 s. If time grew with its square, they would take minutes.

    The box is hidden, because Chromium itself takes long to show some of them.
    """
    box, telegram = counted.locator("textarea"), counted.locator("[data-network=telegram]")
    for start in ("x", "https://example.org/", "@x"):
        text = (start + piece * 100_000)[:100_000]
        counted.set_default_timeout(20_000)
        box.evaluate(TYPE, f"{text}x")
        assert telegram.inner_text().startswith("Telegram\nToo long by ")
    box.fill("x")
    assert telegram.get_attribute("href")


# --- An old page ----------------------------------------------------------------------------------


def test_a_fact_is_not_shown_after_its_day_nor_a_text_with_it(opened: Open) -> None:
    page = opened(pretended_day=None)
    words = page.locator("body").inner_text()
    assert "$6 billion" not in words
    assert "It runs on Amazon's cloud" not in words
    assert "What is supplied can be withheld" in of(page, "nimbus-supplied").inner_html()
    assert page.locator(".stale").is_visible()
    assert page.locator("#d-take-hart-off-aws h3").count() == 0
    assert page.locator("#d-end-ring-partnerships .fact").count() == 1


def test_a_picture_is_not_shown_after_the_day_of_its_figure(opened: Open) -> None:
    first, second = share_page().pictures
    dated = replace(first, until=LAST_DAY)
    page = opened(pretended_day=None, pictures=(dated, second))
    assert page.locator("img").evaluate_all("all => all.map(e => e.alt)") == [second.media.alt]
    alone = opened(pretended_day=None, pictures=(dated,))
    assert alone.locator(".pictures").count() == 0


@pytest.mark.parametrize(("days", "stale"), [(0, False), (1, True)])
def test_a_fact_is_shown_on_its_last_day(opened: Open, days: int, *, stale: bool) -> None:
    page = opened(pretended_day=LAST_DAY + timedelta(days=days))
    assert page.locator(".stale").is_visible() is stale


COMES_BACK = {
    "to the tab": "document.dispatchEvent(new Event('visibilitychange'))",
    "by the history": "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))",
}


@pytest.mark.parametrize("how", COMES_BACK)
def test_a_page_that_stays_open_hides_a_fact_after_its_day(opened: Open, how: str) -> None:
    page = opened(pretended_day=None)
    page.clock.set_fixed_time(datetime.combine(LAST_DAY, time(12)))
    page.reload()
    assert page.locator(".stale").is_hidden()
    facts, texts = page.locator(".fact").count(), page.locator(".wording").count()
    page.clock.set_fixed_time(datetime.combine(LAST_DAY + timedelta(days=1), time(0, 1)))
    assert page.locator(".fact").count() == facts, "nothing has happened yet"
    page.evaluate(COMES_BACK[how])
    assert "$6 billion" not in page.locator("body").inner_text()
    assert page.locator(".fact").count() < facts
    assert page.locator(".wording").count() < texts
    assert page.locator(".stale").is_visible()


# --- Without JavaScript ---------------------------------------------------------------------------


def test_without_javascript_every_text_has_its_links_and_nothing_is_dead(opened: Open) -> None:
    page = opened({"java_script_enabled": False}, pretended_day=None)
    place = of(page)
    assert place.get_by_role("link").count() == 9
    assert place.get_by_role("button").count() == 0
    demand = page.locator("#d-take-hart-off-aws").inner_text()
    assert "The buttons carry these texts as they are." in demand
    foot = page.locator("footer").inner_text()
    assert "The facts on this page are to be checked again by 31 December 2022." in foot
    assert "link, counted too: mediajustice.org" in place.inner_text()


# --- The look -------------------------------------------------------------------------------------

SMALL = """Array.from(document.querySelectorAll('.buttons :is(a, button), .languages a, .asks a,'
    + ' button, textarea, summary')).filter(e => e.checkVisibility()
    && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 120))"""
SHIFT = """new Promise(resolve => {
  let sum = 0;
  const add = list => list.getEntries().forEach(one => { sum += one.value; });
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 200);
})"""


@pytest.mark.parametrize("language", ["en", "ar", "ca"])
@pytest.mark.parametrize("viewport", [PHONE, COMPUTER])
def test_the_page_fits_and_nothing_moves(
    opened: Open, viewport: ViewportSize, language: str
) -> None:
    page = opened(language=language, partner="Athena coalition")
    page.set_viewport_size(viewport)
    page.reload()
    assert page.evaluate(SHIFT) == 0
    assert page.evaluate(SMALL) == []
    for width in (320, 768, viewport["width"]):
        page.set_viewport_size({"width": width, "height": viewport["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


TOO_WIDE = """Array.from(document.querySelectorAll('body *')).filter(
    e => e.checkVisibility() && !e.closest('.hidden') && e.scrollWidth > e.clientWidth + 1
      && getComputedStyle(e).display !== 'inline').map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_letters_of_twice_the_size_fit(opened: Open, language: str) -> None:
    page = opened(language=language, partner="Athena coalition")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 32}})
    assert page.evaluate("getComputedStyle(document.querySelector('.claim')).fontSize") == "32px"
    for width in (320, PHONE["width"], COMPUTER["width"]):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(TOO_WIDE) == [], width


@pytest.mark.parametrize("language", ["en", "ar", "ca"])
@pytest.mark.parametrize("viewport", [PHONE, COMPUTER])
def test_axe_finds_no_fault(opened: Open, viewport: ViewportSize, language: str) -> None:
    page = opened({"bypass_csp": True}, language=language, partner="Athena coalition")
    page.set_viewport_size(viewport)
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    of(page).locator("textarea").fill("a" * 400)
    assert axe_faults_in_light_and_dark(page) == []


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_page_glides_only_for_people_who_do_not_mind(
    opened: Open, motion: Literal["no-preference", "reduce"]
) -> None:
    page = opened({"reduced_motion": motion})
    scrolling = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
    assert scrolling == ("smooth" if motion == "no-preference" else "auto")
    assert page.evaluate("document.getAnimations().length") == 0


def test_hostile_texts_do_nothing(opened: Open) -> None:
    one = demand("a", HOSTILE, HOSTILE, [], [wording("w", HOSTILE)])
    page = opened(
        title=HOSTILE, intro=HOSTILE, organisation=HOSTILE, demands=(one,), pretended_day=None
    )
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator("textarea").input_value() == HOSTILE
    assert page.locator("script").count() == 2


def test_a_picture_beside_the_page_is_shown(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    media = Path(__file__).parents[2] / "posts" / "media"
    (tmp_path / "pictures/hart.png").write_bytes((media / "hart.png").read_bytes())
    page = opened(pictures=share_page().pictures[:1])
    page.locator("img").scroll_into_view_if_needed()
    shown = "new Promise(done => document.images[0].decode().then(() => done(true)))"
    assert page.evaluate(shown)
    assert page.evaluate("document.images[0].naturalWidth") == 1200
    assert page.get_by_role("link", name="Download picture").get_attribute("download") == ""
