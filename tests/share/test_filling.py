"""A page has the demands, facts and wordings of its day, and links that tell their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load_files, save_picture
from helpers.sharing import SHARE, SHARE_HEADER, share_campaign, share_yaml

from bot.model.share import LinkMarks
from bot.share.filled import Omission
from bot.share.filling import fill_campaign
from bot.share.networks import NETWORKS

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model import Campaign
    from bot.share.content import Button, PageContent, WordingContent
    from bot.share.filled import FilledCampaign

DAY = date(2026, 11, 30)
LINKS = LinkMarks(
    ("https://example.org/", "https://share.example.org/", "https://athena.example.org/"),
    leave=(),
    campaign="people",
    content="post",
)
MARKS = "utm_source={}&utm_medium=share&utm_campaign=people&utm_content={}"


def campaign(
    folder: Path, share: str = SHARE, review_by: date | None = None, counts: str = ""
) -> Campaign:
    """Return the campaign, whose fact HART is due for review after a day."""
    header, as_of = SHARE_HEADER, "as_of: 2022-07-18\n"
    if review_by:
        header = header.replace(as_of, f"{as_of}    review_by: {review_by}\n", 1)
    if counts:
        header = header.replace(as_of, f"{as_of}    counts: {counts}\n", 1)
    loaded = load_files(folder, a=share_yaml(share, header))
    assert loaded.problems == ()
    return loaded.campaigns[0]


def marked(folder: Path, share: str = SHARE) -> Campaign:
    return replace(campaign(folder, share), link_marks=LINKS)


def page(filled: FilledCampaign, language: str = "en") -> PageContent:
    [found] = [item.content for item in filled.pages if item.content.language == language]
    return found


def wordings(content: PageContent) -> dict[str, WordingContent]:
    return {item.id: item for demand in content.demands for item in demand.wordings}


def button(wording: WordingContent, network: str) -> Button:
    [found] = [item for item in wording.buttons if item.network.id == network]
    return found


# --- Facts and wordings ---------------------------------------------------------------------------


def test_a_page_shows_demands_with_facts_and_wordings(tmp_path: Path) -> None:
    content = page(fill_campaign(campaign(tmp_path), DAY))
    assert (content.campaign, content.title, content.organisation) == (
        "people",
        "People over profit",
        "MediaJustice",
    )
    assert (content.intro, content.partner, content.direction) == (
        "A page for supporters.",
        "",
        "ltr",
    )
    [shown] = content.demands
    assert (shown.demand.ask, shown.demand.target) == ("Take HART off AWS", "Amazon Web Services")
    [fact] = [item.fact for item in shown.facts]
    assert (fact.claim, fact.figure) == ("The HART system runs on AWS", "$6 billion")
    assert (fact.source, fact.as_of) == ("https://example.org/hart", "2022-07-18")
    assert [item.text for item in shown.wordings] == [
        "The system costs $6 billion. Take HART off AWS!",
        "Who listens to calls from prison? It is a machine.",
    ]


def test_a_figure_stands_beside_what_it_counts_in_the_language_of_the_page(tmp_path: Path) -> None:
    text = SHARE.replace("6000 millones de dólares}", "6000 millones de dólares, counts: por HART}")
    filled = fill_campaign(campaign(tmp_path, text, counts="for the HART system"), DAY)
    for language, words in (("en", "for the HART system"), ("es", "por HART")):
        [demand] = page(filled, language).demands
        assert [item.fact.counts for item in demand.facts] == [words]


def test_what_a_figure_counts_is_not_shown_in_another_language_than_the_figure(
    tmp_path: Path,
) -> None:
    filled = fill_campaign(campaign(tmp_path, counts="for the HART system"), DAY)
    [demand] = page(filled, "es").demands
    assert [(item.fact.figure, item.fact.counts) for item in demand.facts] == [
        ("6000 millones de dólares", "")
    ]


def test_a_fact_stands_until_its_day_is_over(tmp_path: Path) -> None:
    filled = fill_campaign(campaign(tmp_path, review_by=DAY), DAY)
    [demand] = page(filled).demands
    assert [fact.until for fact in demand.facts] == [DAY]
    assert {name: item.until for name, item in wordings(page(filled)).items()} == {
        "cost": DAY,
        "calls": None,
    }
    assert filled.until == DAY
    assert [item for item in filled.omissions if item.kind in {"fact", "wording"}] == []


def test_a_fact_that_is_due_for_review_is_nowhere_and_no_wording_relies_on_it(
    tmp_path: Path,
) -> None:
    filled = fill_campaign(campaign(tmp_path, review_by=DAY), DAY + timedelta(days=1))
    for language in ("en", "es"):
        assert [demand.facts for demand in page(filled, language).demands] == [()]
        shown = " ".join(item.text for item in wordings(page(filled, language)).values())
        assert "6" not in shown
    assert [*wordings(page(filled))] == ["calls"]
    assert [*wordings(page(filled, "es"))] == ["calls"]
    assert filled.until is None
    reason = "The review of the fact hart was due by 2026-11-30."
    assert filled.omissions == (
        Omission("fact", "hart", reason),
        Omission("wording", "cost", reason),
        Omission("wording", "coste", reason),
    )


def test_a_card_has_only_a_figure_that_does_not_grow_stale(tmp_path: Path) -> None:
    """Networks keep a card for long, at the same address."""
    lasting = fill_campaign(campaign(tmp_path), DAY)
    assert lasting.drawn_cards["card.png"].figure == "$6 billion"
    assert lasting.drawn_cards["card.png"].alt == (
        "MediaJustice: People over profit. $6 billion: The HART system runs on AWS."
    )
    for day in (DAY, DAY + timedelta(days=1)):
        reviewed = fill_campaign(campaign(tmp_path, review_by=DAY), day)
        assert reviewed.drawn_cards["card.png"].alt == (
            "MediaJustice: People over profit. Take HART off AWS."
        )


def test_a_translation_is_shown_with_its_language_and_the_rest_as_it_is(tmp_path: Path) -> None:
    hart = "hart: {claim: El sistema HART funciona en AWS, figure: 6000 millones de dólares}"
    share = SHARE.replace(hart, "prison-calls: {claim: Se vigilan las llamadas}")
    share = share.replace("{{ fact.hart.figure }}. ¡", "mucho. ¡")
    content = page(fill_campaign(campaign(tmp_path, share), DAY), "es")
    [shown] = content.demands
    assert (shown.demand.ask, shown.language) == ("Saquen HART de AWS", "es")
    assert [(item.fact.claim, item.language) for item in shown.facts] == [
        ("The HART system runs on AWS", "en")
    ]
    assert [(item.id, item.language) for item in shown.wordings] == [("coste", "es")]


def test_a_page_without_wordings_in_its_language_shows_those_of_the_campaign(
    tmp_path: Path,
) -> None:
    share = SHARE[: SHARE.rindex("      wordings:")]
    shown = wordings(page(fill_campaign(campaign(tmp_path, share), DAY), "es"))
    assert [(item.id, item.language) for item in shown.values()] == [
        ("cost", "en"),
        ("calls", "en"),
    ]


def test_a_campaign_without_wordings_has_a_page_with_its_facts(tmp_path: Path) -> None:
    share = "share:\n  organisation: MediaJustice\n  link: https://example.org/\n"
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    [demand] = page(filled).demands
    assert (len(demand.facts), demand.wordings) == (1, ())


def test_every_page_names_all_languages_and_leads_to_them(tmp_path: Path) -> None:
    filled = fill_campaign(campaign(tmp_path), DAY)
    assert [item.folder for item in filled.pages] == ["", "es/"]
    assert [(one.name, one.address) for one in page(filled).languages] == [
        ("English", "index.html"),
        ("Español", "es/index.html"),
    ]
    assert [one.address for one in page(filled, "es").languages] == [
        "../index.html",
        "../es/index.html",
    ]
    assert page(filled, "es").address == "https://share.example.org/people/es/"


def test_a_pretended_day_is_named(tmp_path: Path) -> None:
    assert page(fill_campaign(campaign(tmp_path), DAY)).pretended_day is None
    assert page(fill_campaign(campaign(tmp_path), DAY, pretended=True)).pretended_day == DAY


# --- Links and buttons ----------------------------------------------------------------------------


def test_each_link_tells_its_network_and_its_wording(tmp_path: Path) -> None:
    content = page(fill_campaign(marked(tmp_path), DAY))
    cost = wordings(content)["cost"]
    for network, known in NETWORKS.items():
        target = "https://example.org/petition"
        target = target if known.takes_text else "https://share.example.org/people/"
        expected = known.template(f"{target}?{MARKS.format(network, 'cost')}", content.title)
        assert button(cost, network).template == expected
    assert cost.link_to_copy == f"https://example.org/petition?{MARKS.format('copy', 'cost')}"
    assert cost.device_link == f"https://example.org/petition?{MARKS.format('device', 'cost')}"
    assert content.example_link == cost.link_to_copy
    assert content.counted_link == ""


def test_facebook_gets_the_page_in_its_own_language(tmp_path: Path) -> None:
    spanish = page(fill_campaign(campaign(tmp_path), DAY), "es")
    shared = button(wordings(spanish)["coste"], "facebook")
    assert shared.address.endswith("?u=https%3A%2F%2Fshare.example.org%2Fpeople%2Fes%2F")
    assert not shared.network.takes_text


def test_without_links_nothing_is_marked(tmp_path: Path) -> None:
    content = page(fill_campaign(campaign(tmp_path), DAY))
    assert wordings(content)["cost"].link_to_copy == "https://example.org/petition"
    assert content.example_link == ""
    assert "utm_" not in str(content.demands)


def test_without_an_address_no_network_shares_the_page_and_there_is_no_card(
    tmp_path: Path,
) -> None:
    share = SHARE.replace("  page: https://share.example.org/people/\n", "")
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    content = page(filled)
    assert [item.network.id for item in wordings(content)["cost"].buttons] == [
        *("x", "bluesky", "mastodon", "threads", "telegram", "whatsapp", "mail")
    ]
    assert (content.address, content.card, filled.drawn_cards) == ("", None, {})
    assert [(item.kind, item.name) for item in filled.omissions] == [
        ("network", "facebook"),
        ("network", "linkedin"),
        ("card", "en"),
        ("card", "es"),
    ]


def test_a_text_that_is_too_long_has_no_address_there_and_says_why(tmp_path: Path) -> None:
    text = "Take it off. " + "a" * 244  # with a space and a link of 23 it counts 281
    share = SHARE.replace("Who listens to calls from prison? It is a machine.", text)
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    calls = wordings(page(filled))["calls"]
    too_long = button(calls, "x")
    assert (too_long.length, too_long.network.limit, too_long.address) == (281, 280, "")
    assert "{text}" in too_long.template
    assert button(calls, "mastodon").address
    reason = "With its link it has 281 of 280 characters there."
    assert Omission("button", "calls", reason, "x") in filled.omissions


def test_the_subject_of_a_mail_is_its_own_or_the_title(tmp_path: Path) -> None:
    share = SHARE.replace("  intro: A page", "  subject: 50% & more\n  intro: A page")
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    mail = button(wordings(page(filled))["cost"], "mail")
    assert mail.address.startswith("mailto:?subject=50%25%20%26%20more&body=The%20system")
    spanish = button(wordings(page(filled, "es"))["coste"], "mail")
    assert "subject=La%20gente%20primero&" in spanish.address


def test_redirects_lead_through_the_counters_to_the_marked_links(tmp_path: Path) -> None:
    share = SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page")
    filled = fill_campaign(marked(tmp_path, share), DAY)
    cost = wordings(page(filled))["cost"]
    assert cost.link_to_copy == "https://share.example.org/people/g/cost-copy"
    assert "people%2Fg%2Fcost-facebook" in button(cost, "facebook").address
    assert "people%2Fg%2Fcost-x" in button(cost, "x").address
    assert filled.redirects["people/g/cost-x"] == (
        f"https://example.org/petition?{MARKS.format('x', 'cost')}"
    )
    assert filled.redirects["people/g/coste-facebook"] == (
        f"https://share.example.org/people/es/?{MARKS.format('facebook', 'coste')}"
    )
    assert len(filled.redirects) == 3 * (len(NETWORKS) + 2)
    assert page(filled).counted_link == cost.link_to_copy
    assert page(filled).example_link == filled.redirects["people/g/cost-copy"]
    unmarked = page(fill_campaign(campaign(tmp_path, share), DAY))
    assert (unmarked.example_link, unmarked.counted_link) == ("", cost.link_to_copy)


def test_lines_end_and_count_as_in_a_box_of_a_browser(tmp_path: Path) -> None:
    text = '"One.\\r\\nTwo.\\rThree."'
    share = SHARE.replace("Who listens to calls from prison? It is a machine.", text)
    calls = wordings(page(fill_campaign(campaign(tmp_path, share), DAY)))["calls"]
    assert calls.text == "One.\nTwo.\nThree."
    assert button(calls, "bluesky").address.endswith(
        "One.%0ATwo.%0AThree.%0A%0Ahttps%3A%2F%2Fexample.org%2Fpetition"
    )
    threads = button(calls, "threads")
    assert threads.length - threads.extra == len(calls.text)


# --- Partners -------------------------------------------------------------------------------------


def test_a_partners_wordings_come_first_and_its_links_tell_the_partner(tmp_path: Path) -> None:
    filled = fill_campaign(marked(tmp_path), DAY, "athena")
    content = page(filled)
    assert (content.partner, content.organisation) == ("Athena coalition", "MediaJustice")
    assert [*wordings(content)] == ["ours", "cost", "calls"]
    marks = MARKS.format("copy", "ours")
    assert wordings(content)["ours"].link_to_copy == (
        f"https://athena.example.org/?{marks}&utm_term=athena"
    )
    assert [*wordings(page(fill_campaign(campaign(tmp_path), DAY)))] == ["cost", "calls"]


def test_a_partners_page_does_not_take_the_campaigns_address(tmp_path: Path) -> None:
    content = page(fill_campaign(campaign(tmp_path), DAY, "athena"))
    assert content.address == ""
    share = SHARE.replace(
        "name: Athena coalition\n",
        "name: Athena coalition\n      page: https://athena.example.org/people\n",
    )
    filled = fill_campaign(campaign(tmp_path, share), DAY, "athena")
    assert page(filled).address == "https://athena.example.org/people/"
    assert filled.drawn_cards["card.png"].organisation == "Athena coalition · MediaJustice"


def test_a_partners_page_has_counters_only_if_the_partner_asks_for_them(tmp_path: Path) -> None:
    share = SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page")
    plain = fill_campaign(marked(tmp_path, share), DAY, "athena")
    assert plain == fill_campaign(marked(tmp_path), DAY, "athena")
    assert plain.redirects == {}
    asks = "name: Athena coalition\n      page: https://athena.example.org/people/\n"
    share = SHARE.replace("name: Athena coalition\n", f"{asks}      redirects: true\n")
    counted = fill_campaign(marked(tmp_path, share), DAY, "athena")
    ours = wordings(page(counted))["ours"]
    assert ours.link_to_copy == "https://athena.example.org/people/g/ours-copy"
    assert counted.redirects["people/g/ours-copy"] == (
        f"https://athena.example.org/?{MARKS.format('copy', 'ours')}&utm_term=athena"
    )
    assert fill_campaign(marked(tmp_path, share), DAY).redirects == {}


# --- Pictures, the card, many languages -----------------------------------------------------------


@pytest.mark.parametrize(
    ("alt", "shows"),
    [
        ("A card: “HART costs $6  Billion.”", True),
        ("Ella cuesta 6000 millones de dólares", True),
        ("A card of $6 billion", True),
        ("A card of $6 billions", False),
        ("A card of $16 billion", False),
        ("An eye", False),
    ],
)
def test_a_picture_of_a_stale_figure_is_not_shown(tmp_path: Path, alt: str, *, shows: bool) -> None:
    save_picture(tmp_path / "card.png")
    share = SHARE.replace(
        "  wordings:\n", f"  pictures: [{{file: card.png, alt: {alt!r}}}]\n  wordings:\n", 1
    )
    due = campaign(tmp_path, share, review_by=DAY)
    fresh = page(fill_campaign(due, DAY), "es").pictures
    assert [picture.until for picture in fresh] == [DAY if shows else None]
    stale = fill_campaign(due, DAY + timedelta(days=1))
    assert [len(page(stale, one).pictures) for one in ("en", "es")] == [not shows] * 2
    omitted = [item.name for item in stale.omissions if item.kind == "picture"]
    assert omitted == (["card.png"] if shows else [])


def test_pictures_have_plain_names_and_are_shared_by_all_languages(tmp_path: Path) -> None:
    save_picture(tmp_path / "Ein Bild+%.png")
    share = SHARE.replace(
        "  wordings:\n",
        "  pictures: [{file: Ein Bild+%.png, alt: A bird}]\n  wordings:\n",
        1,
    )
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    [file] = filled.pictures
    assert file.startswith("pictures/ein-bild-")
    [picture], [spanish] = page(filled).pictures, page(filled, "es").pictures
    assert (picture.file, picture.media.alt, picture.language) == (file, "A bird", "en")
    assert (spanish.file, spanish.language) == (f"../{file}", "en")
    media = picture.media
    assert (media.width, media.height, media.mime) == (40, 30, "image/png")
    assert media.size == filled.pictures[file].size


def test_a_card_of_ones_own_is_not_drawn(tmp_path: Path) -> None:
    save_picture(tmp_path / "card.png", (1200, 630))
    share = SHARE.replace("  intro: A", "  card: {file: card.png, alt: A card}\n  intro: A")
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    card = page(filled, "es").card
    assert card
    assert (card.address, card.alt) == ("https://share.example.org/people/card.png", "A card")
    assert (card.width, card.height, filled.drawn_cards) == (1200, 630, {})
    assert [*filled.pictures] == ["card.png"]


def test_a_card_of_ones_own_with_a_stale_figure_gives_way_to_a_drawn_one(tmp_path: Path) -> None:
    save_picture(tmp_path / "own.png", (1200, 630))
    alt = "HART costs $6 billion"
    share = SHARE.replace("  intro: A", f"  card: {{file: own.png, alt: {alt}}}\n  intro: A")
    fresh = page(fill_campaign(campaign(tmp_path, share, DAY), DAY)).card
    assert fresh
    assert (fresh.alt, fresh.until) == (alt, DAY)
    stale = fill_campaign(campaign(tmp_path, share, DAY), DAY + timedelta(days=1))
    assert (*stale.pictures, *stale.drawn_cards) == ("card.png", "card-es.png")
    reason = "The review of the fact hart was due by 2026-11-30."
    assert Omission("picture", "own.png", reason) in stale.omissions


def test_a_card_that_cannot_be_drawn_is_left_out_with_a_way_out(tmp_path: Path) -> None:
    share = SHARE.replace("title: La gente primero", "title: الناس أولا")
    filled = fill_campaign(campaign(tmp_path, share), DAY)
    assert page(filled).card
    assert page(filled, "es").card is None
    reasons = {item.kind: item.reason for item in reversed(filled.omissions) if item.name == "es"}
    assert reasons["card words"].endswith("for “الناس أولا”. Name a picture by card:.")
    assert reasons["card"] == "There is none without its title."


LANGUAGES = (
    *("ar", "he", "fa", "ur", "de", "fr", "it", "pt-BR", "nl", "pl", "cs", "tr", "ru", "uk", "el"),
    *("zh-Hant", "ja", "ko", "hi", "sw"),
)


def test_twenty_languages_have_a_page_each(tmp_path: Path) -> None:
    more = "".join(f"    {tag}: {{title: Title in {tag}}}\n" for tag in LANGUAGES)
    filled = fill_campaign(share_campaign(tmp_path, SHARE + more), DAY)
    assert [item.folder for item in filled.pages] == [
        *("", "es/"),
        *(f"{tag}/" for tag in LANGUAGES),
    ]
    directions = {item.content.language: item.content.direction for item in filled.pages}
    assert [tag for tag, way in directions.items() if way == "rtl"] == ["ar", "he", "fa", "ur"]
    for item in filled.pages:
        assert len(item.content.languages) == len(LANGUAGES) + 2
