"""The share page as a browser reads it, without one: structure, words, escaping and policy."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from helpers.share import HOSTILE, LAST_DAY, PAGE, demand, fact, marked, share_page, wording

from bot.share.networks import NETWORKS
from bot.share.page import render_page
from bot.share.words import words_for

if TYPE_CHECKING:
    from bot.share.content import PageContent

EMPTY = {"meta", "link", "img", "input", "br"}


class Reading(HTMLParser):
    """The elements and words of a page, as a browser without JavaScript has them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(text)
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        self.elements.append((tag, dict(attrs), []))
        if tag not in EMPTY:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.elements[index][2].append(data)

    def find(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [found for found, _ in self._matching(tag, attributes)]

    def words(self, tag: str, **attributes: str) -> list[str]:
        return [" ".join(text.split()) for _, text in self._matching(tag, attributes)]

    def raw(self, tag: str, **attributes: str) -> list[str]:
        return [text for _, text in self._matching(tag, attributes)]

    def _matching(
        self, tag: str, attributes: dict[str, str]
    ) -> list[tuple[dict[str, str | None], str]]:
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            (found, "".join(text))
            for name, found, text in self.elements
            if name == tag and wanted.items() <= found.items()
        ]

    def meta(self, name: str) -> str | None:
        metas = [*self.find("meta", name=name), *self.find("meta", property=name)]
        return metas[0]["content"] if metas else None


def read(**changes: Any) -> Reading:
    return Reading(render_page(share_page(**changes)))


# --- Order and words ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "ar"])
def test_the_first_line_says_to_say_it_in_own_words(language: str) -> None:
    [body] = read(language=language).words("body")
    assert body.startswith(words_for(language, {})["own_words"].text)


def test_demands_stand_before_facts_and_these_before_wordings() -> None:
    [body] = read().words("body")
    order = [
        "Amazon, put people over profit",
        "What we ask",
        "Take HART off AWS We ask this of Amazon Web Services",
        "$6 billion",
        "The Department of Homeland Security's HART system",
        "Source: mediajustice.org, 18 July 2022",
        "Start from here",
        "Your text 1",
        "$6 billion for a system",
    ]
    place = 0
    for words in order:
        place = body.index(words, place)


def test_a_figure_is_followed_by_what_it_counts() -> None:
    shown = fact("ring", "Ring shares footage", "over 2,000", counts="police <partners>")
    [figure] = read(demands=(demand("a", "Stop", "Amazon", [shown], []),)).words(
        "p", class_="figure"
    )
    assert figure == "over 2,000 police <partners>"


@pytest.mark.parametrize(("facts", "folded"), [(3, 0), (4, 0), (5, 2), (9, 6)])
def test_many_facts_of_a_demand_are_folded(facts: int, folded: int) -> None:
    claims = [fact(f"f{number}", f"Claim {number}") for number in range(facts)]
    page = read(demands=(demand("a", "Stop", "Amazon", claims, []),), example_link="")
    assert len(page.find("li", class_="fact")) == facts
    inside = page.words("details")
    assert [text.count("Claim") for text in inside] == ([folded] if folded else [])


def test_the_link_that_follows_a_text_is_shown_without_its_marks() -> None:
    one = replace(wording("w", "Stop"), link="https://example.org/petition/?id=3")
    page = read(demands=(demand("a", "Stop", "Amazon", [], [one]),))
    [line] = [text for text in page.words("p", class_="hint") if "link" in text]
    assert line == "Then the link, counted too: example.org/petition/?id=3"


def test_a_fact_without_an_end_has_no_day_until_which_it_was_checked() -> None:
    page = read(demands=(demand("a", "Stop", "Amazon", [fact("f", "It is so")], []),))
    assert page.words("p", class_="source") == ["Source: mediajustice.org, 18 July 2022"]
    assert "Start from here" not in page.words("h3")


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://www.example.org/a?b=1&c=%41", True),
        ("javascript:alert(1)", False),
        ("A book", False),
    ],
)
def test_only_a_source_on_the_web_is_a_link(source: str, *, address: bool) -> None:
    claim = fact("f", "It is so", source=source)
    page = read(demands=(demand("a", "Stop", "Amazon", [claim], []),))
    links = page.find("a", rel="noreferrer")
    assert [link["href"] for link in links] == ([source] if address else [])
    shown = "example.org" if address else source
    assert page.words("p", class_="source") == [f"Source: {shown}, 18 July 2022"]


def test_a_single_demand_needs_no_list_of_demands() -> None:
    assert read().find("nav", class_="asks")
    assert not read(demands=share_page().demands[:1]).find("nav", class_="asks")


def test_a_page_names_who_speaks() -> None:
    assert read().words("p", class_="by") == ["MediaJustice"]
    page = read(partner="Athena coalition")
    assert page.words("p", class_="by") == ["Athena coalition, with MediaJustice"]
    assert page.meta("og:site_name") == "Athena coalition"
    assert "Made by Athena coalition." in page.words("footer")[0]


def test_the_foot_says_that_nothing_is_posted_stored_or_loaded() -> None:
    [foot] = read().words("footer")
    assert "Nothing is posted by itself." in foot
    assert "This page sets no cookies" in foot


def test_the_foot_shows_a_marked_link_only_if_links_are_marked() -> None:
    assert read().words("code") == [marked("x", "hart-data")]
    assert "MediaJustice counts the arrivals" in read().words("details")[0]
    assert "counter" not in read().words("details")[0]
    assert "name Athena" in read(partner="Athena").words("details")[0]
    assert read(example_link="").find("details") == []


def test_the_foot_says_of_a_counter_only_what_is_true() -> None:
    counted = f"{PAGE}g/hart-data-copy"
    both = read(counted_link=counted)
    assert both.words("code") == [marked("x", "hart-data"), counted]
    assert "lead through a counter" in both.words("details")[0]
    alone = read(counted_link=counted, example_link="")
    assert alone.words("code") == [counted]
    assert "marks" not in alone.words("details")[0]


def test_a_demo_says_which_day_it_takes_for_today() -> None:
    assert "11 July 2022" in read().words("p", class_="demo")[0]
    assert read().find("html")[0]["data-today"] == "2022-07-11"
    page = read(pretended_day=None)
    assert page.find("p", class_="demo") == []
    assert "data-today" not in page.find("html")[0]


# --- Buttons --------------------------------------------------------------------------------------


def test_each_button_is_a_link_with_the_text_in_it() -> None:
    text = "It's 100% so & more: +1 #tag?\n\n\u0645\u0631\u062d\u0628\u0627 👨‍👩‍👧‍👦"
    page = read(demands=(demand("a", "Stop", "Amazon", [], [wording("w", text)]),))
    links = [link for link in page.find("a") if link.get("data-network")]
    assert [link["data-network"] for link in links] == [*NETWORKS]
    assert {(link["target"], link["rel"]) for link in links} == {("_blank", "noreferrer")}
    for link in links:
        network = NETWORKS[str(link["data-network"])]
        received = unquote(str(link["href"])).replace("\r\n", "\n")
        assert (text in received) is network.takes_text, network.id
    [x] = [link for link in links if link["data-network"] == "x"]
    asked = parse_qs(urlsplit(str(x["href"])).query)
    assert asked == {"text": [text], "url": [marked("x", "w")]}
    assert page.raw("textarea") == [f"\n{text}", *page.raw("textarea")[1:]]


def test_the_place_of_the_text_makes_the_template_of_its_address() -> None:
    page = share_page()
    buttons = [
        b for d in page.demands for w in d.wordings for b in w.buttons if b.network.takes_text
    ]
    links = [link for link in Reading(render_page(page)).find("a") if link.get("data-network")]
    texts = [link for link in links if "data-at" in link or "data-template" in link]
    assert len(texts) == len(buttons) > 80
    for button, link in zip(buttons, texts, strict=True):
        if button.address:
            at = int(str(link["data-at"]))
            assert button.template.startswith(button.address[:at] + "{text}")
        else:
            assert link["data-template"] == button.template


def test_a_text_that_is_too_long_has_no_button_there_and_says_by_how_much() -> None:
    page = read(demands=(demand("a", "Stop", "Amazon", [], [wording("w", "a" * 283)]),))
    [x] = page.find("a", data_network="x")
    assert "href" not in x
    assert (x["role"], x["aria-disabled"]) == ("link", "true")
    assert page.words("a", data_network="x") == ["X Too long by 27"]
    assert page.words("a", data_network="mastodon") == ["Mastodon 308/500"]
    assert page.words("a", data_network="whatsapp") == ["WhatsApp fits"]
    assert page.words("a", data_network="facebook") == ["Facebook paste your text"]
    assert page.words("a", data_network="mail") == ["Mail fits"]


def test_a_text_that_is_too_long_everywhere_can_still_be_sent_without_a_limit() -> None:
    page = read(demands=(demand("a", "Stop", "Amazon", [], [wording("w", "é" * 5000)]),))
    without = [a["data-network"] for a in page.find("a", role="link")]
    assert without == ["x", "bluesky", "mastodon", "threads", "telegram", "mail"]
    assert page.words("a", data_network="mail") == ["Mail Too long"]


def test_buttons_that_need_the_script_are_no_links() -> None:
    buttons = read(demands=share_page().demands[:1], pictures=()).find("button")
    wordings = share_page().demands[0].wordings
    assert [b["data-copy"] for b in buttons if "data-copy" in b] == [
        part for _ in wordings for part in ("text", "link")
    ]
    assert [b["data-share"] for b in buttons if "data-share" in b] == [
        w.device_link for w in wordings
    ]


# --- Pictures and languages -----------------------------------------------------------------------


def test_a_picture_has_its_size_its_alt_text_and_a_link_to_download_it() -> None:
    page = read()
    first = share_page().pictures[0].media
    image = page.find("img")[0]
    assert (image["width"], image["height"]) == ("1200", "675")
    assert (image["alt"], image["loading"]) == (first.alt, "lazy")
    assert "download" in page.find("a", href="pictures/hart.png")[0]
    assert page.words("small")[-2:] == ["PNG, 48 kB", "PNG, 1.2 MB"]
    assert page.raw("textarea", id="p-1") == [f"\n{first.alt}"]
    assert read(pictures=()).find("section", class_="pictures") == []


def test_every_passage_in_another_language_names_it() -> None:
    page = read(language="ar", title="أمازون")
    html = page.find("html")[0]
    assert (html["lang"], html["dir"]) == ("ar", "rtl")
    assert {h["lang"] for h in page.find("h2", dir="auto")} == {"en"}
    assert {a["lang"] for a in page.find("p", class_="claim")} == {"en"}
    assert {a["lang"] for a in page.find("textarea", dir="auto")} == {"en"}
    assert {a["lang"] for a in page.find("img")} == {"en"}


def test_words_that_a_language_lacks_are_english_and_say_so() -> None:
    page = read(language="ca", words=words_for("ca", {"own_words": "Digues-ho."}))
    assert page.words("p", class_="first") == ["Digues-ho."]
    assert {(s["lang"], s["dir"]) for s in page.find("span") if "dir" in s} == {("en", "ltr")}
    assert "What we ask" in page.words("span", lang="en", dir="ltr")
    assert not any("dir" in span for span in read().find("span"))


def test_a_page_leads_to_its_other_languages() -> None:
    page = read()
    assert [(a["hreflang"], a["href"]) for a in page.find("a") if "hreflang" in a] == [
        ("es", "es/index.html"),
        ("ar", "ar/index.html"),
    ]
    alone = read(languages=share_page().languages[:1])
    assert alone.find("nav", class_="languages") == []


# --- The head -------------------------------------------------------------------------------------


def test_a_page_whose_address_is_known_has_a_card() -> None:
    page = read()
    assert page.meta("og:url") == page.find("link", rel="canonical")[0]["href"] == PAGE
    assert page.meta("og:title") == page.meta("twitter:title") == "Amazon, put people over profit"
    assert page.meta("og:image") == page.meta("twitter:image") == f"{PAGE}card.png"
    assert page.meta("og:image:alt") == page.meta("twitter:image:alt")
    assert (page.meta("og:image:width"), page.meta("og:image:height")) == ("1200", "630")
    assert page.meta("og:locale") == "en_US"
    assert page.meta("twitter:card") == "summary_large_image"
    assert page.meta("robots") is None
    assert read(card=None).meta("twitter:card") == "summary"


def test_a_page_whose_address_is_not_known_has_no_card() -> None:
    page = read(address="", card=None)
    assert page.meta("description")
    assert not any("og:" in str(meta.get("property")) for meta in page.find("meta"))
    assert page.find("link", rel="canonical") == []


def test_the_description_is_one_line_and_ends_in_time() -> None:
    assert read(intro="One.\n  Two.").meta("description") == "One. Two."
    assert str(read(intro="").meta("description")).startswith("End the police and military")
    long = str(read(intro="word " * 100).meta("description"))
    assert len(long) <= 200
    assert long.endswith("word…")


def test_the_policy_allows_only_the_pages_own_style_and_scripts() -> None:
    page = read()
    policy = page.find("meta", http_equiv="Content-Security-Policy")[0]["content"]
    rules = dict(rule.split(" ", 1) for rule in str(policy).split("; "))
    assert rules.pop("script-src") == " ".join(map(digest, page.raw("script")))
    assert rules.pop("style-src") == " ".join(map(digest, page.raw("style")))
    assert rules == {
        "default-src": "'none'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert len(page.raw("script")) == 2
    assert page.meta("referrer") == "no-referrer"


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_of_the_page_is_loaded_from_elsewhere_or_stored() -> None:
    page = read()
    loaded = [*page.find("link", rel="icon"), *page.find("img"), *page.find("script")]
    addresses = [one.get("href") or one.get("src") for one in loaded]
    assert all(a is None or a == "data:," or a.startswith("pictures/") for a in addresses)
    assert not re.search(r"url\(|@import", "".join(page.raw("style")))
    stores = (
        r"fetch|XMLHttp|sendBeacon|Storage|cookie|indexedDB|WebSocket|innerHTML|\beval\b|import"
    )
    assert not re.search(stores, "".join(page.raw("script")))


# --- Bad input ------------------------------------------------------------------------------------


def hostile(value: Any) -> Any:
    """Return a value in which every text of the campaign is hostile."""
    if is_dataclass(value) and not isinstance(value, type):
        names = {
            *("title", "organisation", "partner", "intro", "ask", "target", "claim", "figure"),
            *("source", "text", "alt", "demands", "facts", "wordings", "pictures", "card"),
            *("demand", "fact", "media"),
        }
        changed = {
            f.name: hostile(getattr(value, f.name)) for f in fields(value) if f.name in names
        }
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(map(hostile, value))
    return HOSTILE if isinstance(value, str) else value


def structure(page: PageContent) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(found)) for tag, found, _ in Reading(render_page(page)).elements]


def test_hostile_texts_do_not_leave_their_places() -> None:
    page = hostile(share_page(partner="Athena coalition"))
    tame = share_page(partner="Athena coalition", intro="Tame")
    found = Reading(render_page(page))
    assert found.words("h1") == [" ".join(HOSTILE.split())]
    assert found.raw("textarea")[0] == f"\n{HOSTILE}"
    assert found.find("img")[0]["alt"] == HOSTILE
    assert found.meta("og:title") == HOSTILE
    sources = {("a", ("href", "rel", "target")), ("bdi", ())}  # a hostile source is not a link
    kept = [(tag, names) for tag, names in structure(page) if (tag, tuple(names)) not in sources]
    expected = [
        (tag, names) for tag, names in structure(tame) if (tag, tuple(names)) not in sources
    ]
    assert [tag for tag, _ in kept] == [tag for tag, _ in expected]
    assert len(found.find("script")) == 2


def test_texts_that_can_change_direction_are_isolated() -> None:
    """Marks of direction that are not closed end with a block or a bdi."""
    found = Reading(render_page(hostile(share_page(partner="Athena coalition"))))
    shown = [(tag, names) for tag, names, text in found.elements if "".join(text) == HOSTILE]
    assert {tag for tag, _ in shown} == {"title", "h1", "h2", "p", "li", "a", "bdi"}
    for tag, names in shown:
        assert tag in {"title", "li", "bdi"} or names["dir"] == "auto", (tag, names)


# --- Size -----------------------------------------------------------------------------------------


def test_a_page_with_five_demands_and_twelve_wordings_is_under_100_kb() -> None:
    page = share_page()
    assert len(page.demands) == 5
    assert sum(len(one.wordings) for one in page.demands) == 12
    assert len(render_page(page).encode()) < 100_000


def test_the_same_content_gives_the_same_page() -> None:
    assert render_page(share_page()) == render_page(share_page())


def test_every_id_stands_once() -> None:
    ids = [found["id"] for _, found, _ in read().elements if "id" in found]
    assert len(set(ids)) == len(ids) > 20


def test_what_relies_on_a_dated_fact_says_its_last_day() -> None:
    page = read()
    dated = [*page.find("li", class_="fact"), *page.find("li", class_="wording")]
    days = [one["data-until"] for one in dated if "data-until" in one]
    assert set(days) == {LAST_DAY.isoformat()}
    assert len(days) == 8


def test_a_picture_with_a_figure_says_until_when_it_may_be_shown() -> None:
    first, second = share_page().pictures
    page = read(pictures=(replace(first, until=LAST_DAY), second))
    items = [item for item in page.find("li") if item.get("data-until") == "2022-12-31"]
    assert len(items) == 9


def test_an_intro_with_a_figure_says_until_when_it_may_be_shown() -> None:
    """Networks keep a description, which therefore does not have such an intro."""
    page = read(intro="It costs $6 billion.", intro_until=LAST_DAY)
    [intro] = [item for item in page.find("p") if item.get("class") == "intro"]
    assert intro["data-until"] == "2022-12-31"
    described = [meta["content"] or "" for meta in page.find("meta") if "description" in str(meta)]
    assert described
    assert not [text for text in described if "It costs" in text]
