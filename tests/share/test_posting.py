"""From the page to a network's form: the text arrives to the character.

A real browser sends it to a server of this machine, which it takes for every network.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.browser import chromium, watch
from helpers.share import PAGE, demand, marked, share_page, wording
from helpers.share_forms import LINK_APART, ONLY_LINKS, Received, read_address, serve_forms

from bot.share.networks import NETWORKS
from bot.share.page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpers.share_forms import Forms
    from playwright.sync_api import Browser, BrowserContext, Page

    from bot.share.content import PageContent

    OpenPage = Callable[..., Page]

TEXTS = {
    "a letter": "a",
    "a percent sign": "100% of 50%, 5 %",
    "percent-encoded": "%20 %2B %25 %F0%9F%98%80 %zz %",
    "a plus sign": "1+1 = 2, a+b c + d",
    "an ampersand": "you & me &amp; them & url=https://a.example/ &text=b",
    "a hash": "#OneTag # #two",
    "an equals sign": "text=a&text=b=c",
    "quotes": "\"double\" 'single' \u201ccurly\u201d \u00abangle\u00bb `tick`",
    "markup": "<b>bold</b> <!-- a --> </textarea><script>alert(1)</script> &lt;",
    "a backslash": "C:\\path \\n \\u0041 \\",
    "all of ASCII": "".join(map(chr, range(0x20, 0x7F))),
    "reserved": ":/?#[]@!$&'()*+,;=",
    "unwise": "{}|\\^`~ {text} {link} {{ braces }}",
    "a dollar sign": "$& $1 $$ $` $' $<text>",
    "lines": "one\ntwo\n\nfour\n- a\n- b",
    "a line first": "\nbegins with a line end",
    "lines last": "ends with line ends\n\n",
    "a tab": "a\tb",
    "blanks": "  two before, two  between, two after  ",
    "a no-break space": "5\u00a0km, 5\u202fkm, \u3000 wide",
    "separators of lines": "a\u2028b\u2029c\u0085d",
    "an emoji": "\U0001f600 at first, and last \U0001f44d",
    "skin tones": "\U0001f44d\U0001f3fb\U0001f44d\U0001f3fd\U0001f44d\U0001f3ff \u270a\U0001f3fe",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "work": "\U0001f469\U0001f3fd\u200d\U0001f52c \U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1",
    "flags": "\U0001f1fa\U0001f1f8\U0001f1e9\U0001f1ea \U0001f3f3\ufe0f\u200d\U0001f308",
    "a flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "keycaps": "1\ufe0f\u20e3 #\ufe0f\u20e3 *\ufe0f\u20e3",
    "hearts": "\u2764 \u2764\ufe0f \u2764\ufe0e",
    "Arabic": "\u0623\u0648\u0642\u0641\u0648\u0627 \u0627\u0644\u0639\u0642\u0648\u062f! 50\u066a",
    "Hebrew": "\u05e2\u05e6\u05e8\u05d5 \u05d0\u05ea \u05d4\u05d7\u05d5\u05d6\u05d9\u05dd (2022).",
    "both ways": "Amazon \u0623\u0645\u0627\u0632\u0648\u0646 1, 2 & \u05d0\u05de\u05d6?",
    "marks of direction": "\u200f\u200e\u061c \u202bkept\u202c \u2067kept\u2069 \u202eopen",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Chinese": "\u4eba\u6bd4\u5229\u6da6\u91cd\u8981\u3002\u8bf7\u505c\u6b62\uff01",
    "Japanese": "\u4eba\u3092\u512a\u5148\u3057\u3066 \uff26\uff35\uff2c\uff2c",
    "Hindi": "\u0932\u094b\u0917 \u092a\u0939\u0932\u0947, \u0928\u092b\u093c\u093e",
    "Thai": "\u0e04\u0e19\u0e2a\u0e33\u0e04\u0e31\u0e0d\u0e01\u0e27\u0e48\u0e32 \u0e01\u0e33",
    "Spanish": "\u00bfQui\u00e9n paga? \u00a1Basta! El se\u00f1or Mu\u00f1oz",
    "German": "Stra\u00dfe, \u00c4pfel, 5 \u20ac \u2013 \u201eja\u201c",
    "decomposed": "e\u0301 A\u030a o\u0302\u0323 \u1109\u1161\u1105\u1161\u11bc",
    "composed": "\u00e9 \u00c5 \u1ed9 \uc0ac\ub791 \u212b \ufb01",
    "zalgo": "Z\u0351\u0343\u0352a\u0300\u0301\u0302\u0303\u0304",
    "beyond 16 bits": "\U0001d54f \U00020bb7 \U0010fffd",
    "invisible": "a\u200bb\u00adc\ufeffd\u2060e",
    "controls": "a\x01b\x1bc\x7fd",
    "a mention": "@a @person@social.example, mail@example.org",
    "a link": "https://example.org/a%20b?x=1&y=a+b#top, and mailto:a@example.org?body=b",
    "a link in Arabic": "https://example.org/\u0639\u0631\u0628\u064a?q=\u0639",
    "a script's link": "javascript:alert(1) data:text/html,<script>",
}
"""Texts that an address has to carry whole, each short enough for every network."""

HARD = (
    "50% off? a+b & c=d #tag \"q\" 'r' <b> \\ /?;:$, %20 {text} {link}\n\n"
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd "
    "\u0639\u0631\u0628\u064a 50% \u05e2\u05d1\u05e8\u05d9\u05ea!\nlast line"
)
"""A text with all that may go wrong in an address."""

SUBJECT = "50% & more: \u201eWer zahlt?\u201c + 1"
LINKS = """Array.from(document.querySelectorAll('.wording'),
    w => Array.from(w.querySelectorAll('a[data-network]'), a => a.href))"""
"""The addresses of each text's buttons, as the browser understands them."""
SEND = "addresses => Promise.all(addresses.map(a => fetch(a, { mode: 'no-cors' })))"
FORM = "https://share.joinmastodon.org/#text=a"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    with serve_forms(tmp_path_factory.mktemp("forms")) as server:
        yield server


@pytest.fixture(scope="module")
def browser(forms: Forms) -> Iterator[Browser]:
    """Yield a browser from which nothing leaves the machine."""
    with chromium(*forms.flags, programs=forms.programs) as started:
        yield started


@pytest.fixture
def opened(browser: Browser, forms: Forms) -> Iterator[OpenPage]:
    """Return a function that opens a page at its address; it has to stay quiet."""
    contexts: list[BrowserContext] = []
    faults: list[list[str]] = []

    def open_page(content: PageContent, *, scripts: bool = True) -> Page:
        forms.pages[PAGE] = render_page(content)
        contexts.append(browser.new_context(java_script_enabled=scripts))
        tab = contexts[-1].new_page()
        faults.append(watch(tab, PAGE, "data:"))
        tab.goto(PAGE)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    said = [line for lines in faults for line in lines if "external handler" not in line]
    assert said == []


def page_of(*texts: str) -> PageContent:
    """Return a page that suggests these texts, named by their numbers."""
    wordings = [wording(str(number), text, subject=SUBJECT) for number, text in enumerate(texts)]
    return share_page(
        demands=(demand("stop", "Stop", "Amazon", (), wordings),), pictures=(), title=SUBJECT
    )


def expected(network: str, text: str, number: int = 0) -> Received:
    """Return what a form has to show."""
    link = marked(network, str(number))
    if network in ONLY_LINKS:
        return Received(network, "", PAGE)
    if network in LINK_APART:
        return Received(network, text, link)
    return Received(network, f"{text}\n\n{link}", subject=SUBJECT if network == "mail" else "")


def send_all(browser: Browser, forms: Forms, links: Sequence[str]) -> list[Received]:
    """Let the browser ask for all addresses, and return what their forms show."""
    for link in links:
        assert link.isascii()
        assert "+" not in link, "some forms read it as a blank, and some do not"
    asked = [link for link in links if not link.startswith("mailto:")]
    before = len(forms.sent)
    tab = browser.new_page()
    tab.goto(FORM)
    tab.evaluate(SEND, asked)
    tab.context.close()
    arrived = [sent.address for sent in forms.sent[before + 1 :]]
    assert sorted(arrived) == sorted(link.partition("#")[0] for link in asked)
    return [read_address(link) for link in links]


# --- A table of texts -----------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [False, True])
def test_every_suggested_text_arrives_to_the_character(
    opened: OpenPage, browser: Browser, forms: Forms, *, scripts: bool
) -> None:
    rows = opened(page_of(*TEXTS.values()), scripts=scripts).evaluate(LINKS)
    received = send_all(browser, forms, [link for links in rows for link in links])
    assert len(received) == len(TEXTS) * len(NETWORKS)
    wanted = [expected(one, text, i) for i, text in enumerate(TEXTS.values()) for one in NETWORKS]
    for found, right in zip(received, wanted, strict=True):
        assert found == right


def test_every_typed_text_arrives_to_the_character(
    opened: OpenPage, browser: Browser, forms: Forms
) -> None:
    tab = opened(page_of("Start"))
    links = []
    for text in TEXTS.values():
        tab.locator("textarea").fill(text)
        links += tab.evaluate(LINKS)[0]
    received = send_all(browser, forms, links)
    wanted = [expected(one, text) for text in TEXTS.values() for one in NETWORKS]
    for found, right in zip(received, wanted, strict=True):
        assert found == right


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("two halves \ude00\ud83d", "two halves \ufffd\ufffd"),
    ],
    ids=["line ends of all kinds", "half an emoji", "halves turned round"],
)
def test_a_text_that_no_address_can_carry_arrives_as_near_as_can_be(
    opened: OpenPage, typed: str, arrives: str
) -> None:
    tab = opened(page_of("Start"))
    value = json.dumps(typed)  # whose escapes let half a pair through
    tab.locator("textarea").evaluate(f"e => {{ e.value = {value}; }}")
    tab.locator("textarea").dispatch_event("input")
    received = [read_address(link) for link in tab.evaluate(LINKS)[0]]
    assert received == [expected(network, arrives) for network in NETWORKS]


# --- Pressing a button ----------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [False, True])
def test_a_button_opens_the_form_with_the_text_and_tells_nothing_else(
    opened: OpenPage, forms: Forms, *, scripts: bool
) -> None:
    tab = opened(page_of("Start" if scripts else HARD), scripts=scripts)
    if scripts:
        tab.locator("textarea").fill(HARD)
    for network in NETWORKS:
        if network == "mail":
            continue
        before = len(forms.sent)
        with tab.context.expect_page() as opening:
            tab.locator(f"[data-network={network}]").click()
        form = opening.value
        form.wait_for_load_state()
        assert read_address(form.url) == expected(network, HARD)
        [sent] = forms.sent[before:]
        assert sent.address == form.url.partition("#")[0]
        assert (sent.referrer, sent.cookie) == (None, None)
        if scripts:
            assert form.evaluate("[opener, document.referrer]") == [None, ""]
        if scripts and network == "mastodon":
            assert form.locator("textarea").input_value() == expected(network, HARD).text
        form.close()
    assert tab.context.cookies() == []


@pytest.mark.parametrize("scripts", [False, True])
def test_the_program_for_mail_gets_the_text(
    opened: OpenPage, forms: Forms, *, scripts: bool
) -> None:
    tab = opened(page_of("Start" if scripts else HARD), scripts=scripts)
    if scripts:
        tab.locator("textarea").fill(HARD)
    with tab.expect_console_message(lambda message: "external handler" in message.text):
        tab.locator("[data-network=mail]").click()
    assert read_address(forms.take_mail()) == expected("mail", HARD)


def test_the_forms_would_notice_a_referrer(browser: Browser, forms: Forms) -> None:
    forms.pages[PAGE] = "<a href='https://x.com/a' target=_blank>X</a>"
    tab = browser.new_page()
    tab.goto(PAGE)
    with tab.context.expect_page() as opening:
        tab.get_by_role("link").click()
    opening.value.wait_for_load_state()
    assert forms.sent[-1].referrer == "https://share.example.org/"
    tab.context.close()


@pytest.mark.parametrize("direction", ["en", "ar"])
def test_the_keyboard_alone_leads_from_the_top_to_a_posted_text(
    opened: OpenPage, direction: str
) -> None:
    tab = opened(share_page(language=direction, pictures=()))
    tab_to(tab, "a[href='#d-take-hart-off-aws']")
    tab.keyboard.press("Enter")
    tab_to(tab, "#w-hart-data textarea")
    tab.keyboard.press("ControlOrMeta+A")
    tab.keyboard.type("My own words")
    for network in NETWORKS:
        tab_to(tab, f"#w-hart-data [data-network={network}]", 1)
    tab_to(tab, "#w-hart-data [data-copy=text]", 1)
    for _ in range(len(NETWORKS)):
        tab.keyboard.press("Shift+Tab")
    with tab.context.expect_page() as opening:
        tab.keyboard.press("Enter")
    opening.value.wait_for_url("https://x.com/**")
    link = marked("x", "hart-data")
    assert read_address(opening.value.url) == Received("x", "My own words", link)


IN_VIEW = """() => {
  const box = document.activeElement.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
}"""
FOCUSED = """selector => {
  const e = document.activeElement;
  return [e.matches(selector), getComputedStyle(e).outlineStyle];
}"""


def tab_to(tab: Page, selector: str, most: int = 30) -> None:
    """Press Tab until an element has the focus. Each on the way shows it, and is in view."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        tab.wait_for_function(IN_VIEW)
        matches, outline = tab.evaluate(FOCUSED, selector)
        assert outline == "solid", tab.evaluate("document.activeElement.outerHTML")
        if matches:
            return
    raise AssertionError(f"{most} presses of Tab do not lead to {selector}")
