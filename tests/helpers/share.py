"""Share pages without a campaign: the pieces of which a page consists, and whole pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.model import Demand, Fact, Media
from bot.share.buttons import make_button
from bot.share.content import (
    CardContent,
    DemandContent,
    FactContent,
    LanguageLink,
    PageContent,
    PictureContent,
    WordingContent,
)
from bot.share.networks import NETWORKS
from bot.share.words import direction, language_name, words_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.share.content import Button
    from bot.share.networks import Network

SITE = "https://mediajustice.org/"
PAGE = "https://share.example.org/people-over-profit/"
HOSTILE = "</textarea><script>alert(1)</script>\"'&amp; %41 {text} \u202e\u2067 {{ 7*7 }}"
"""Markup, percent signs, placeholders and marks of direction that are never closed."""


def marked(network: str, wording: str, link: str = SITE) -> str:
    """Return a link as the share page of this campaign marks it."""
    place = f"utm_source={network}&utm_medium=share&utm_campaign=people-over-profit"
    return f"{link}?{place}&utm_content={wording}"


def fits(network: Network, text: str, link: str, subject: str = "") -> bool:
    """Return whether a text with its link is short enough for a network."""
    length = network.length(text) + network.link_length(link, subject)
    return network.limit is None or length <= network.limit


def buttons(wording: str, text: str, subject: str = "") -> tuple[Button, ...]:
    """Return the button of each network, in the order of the page."""
    return tuple(
        make_button(
            network, text, marked(network.id, wording) if network.takes_text else PAGE, subject
        )
        for network in NETWORKS.values()
    )


SUBJECT = "Amazon, put people over profit"


def wording(
    id_: str,
    text: str,
    language: str = "en",
    until: date | None = None,
    subject: str = SUBJECT,
) -> WordingContent:
    return WordingContent(
        id_,
        text,
        language,
        marked("copy", id_),
        marked("device", id_),
        SITE,
        buttons(id_, text, subject),
        until,
    )


def fact(
    id_: str, claim: str, figure: str | None = None, until: date | None = None, **changes: Any
) -> FactContent:
    values: dict[str, Any] = {"source": SITE, "as_of": "2022-07-18"}
    return FactContent(Fact(id_, claim, figure, **{**values, **changes}), "en", until)


def demand(
    id_: str,
    ask: str,
    target: str,
    facts: Iterable[FactContent],
    wordings: Iterable[WordingContent],
    language: str = "en",
) -> DemandContent:
    return DemandContent(Demand(id_, ask, target), language, tuple(facts), tuple(wordings))


LAST_DAY = date(2022, 12, 31)
_HART = fact(
    "hart",
    "The Department of Homeland Security's HART system, which gathers iris scans, fingerprints, "
    "voice prints, DNA and other personal data of migrants, runs on AWS",
    "$6 billion",
    until=LAST_DAY,
)
_NIMBUS = fact(
    "nimbus",
    "Under Project Nimbus, signed in June 2021, Amazon Web Services and Google supply cloud "
    "services to the Israeli government",
    "$1.2 billion",
    until=LAST_DAY,
)
_RING = fact(
    "ring",
    "Amazon Ring's partnerships with police departments give police access to doorbell-camera "
    "footage",
    "over 2,000",
    until=LAST_DAY,
)
_CONSENT = fact("ring-consent", "Ring footage was shared without the customer's consent")
_TOOLS = fact("police-tools", "AWS hosts facial recognition and license-plate readers for police")
_CALLS = fact(
    "prison-calls",
    "Amazon's technology is used to monitor prison phone calls in New York State, searching for "
    "words such as “Covid” or “lawyers”",
)


def sample_demands() -> tuple[DemandContent, ...]:
    """Return five demands with twelve wordings, as many as the example campaign may have."""
    return (
        demand(
            "end-contracts",
            "End the police and military contracts that run on AWS",
            "Amazon",
            (_TOOLS, _CALLS),
            (
                wording(
                    "contracts-choice",
                    "Cloud contracts with police and the military are a choice that Amazon makes. "
                    "It can make another one. End the police and military contracts that run on "
                    "AWS.",
                ),
                wording(
                    "contracts-calls",
                    "A call home from prison should be just that. Amazon's technology listens for "
                    "words such as “lawyers”. End these contracts.",
                ),
                wording(
                    "contracts-customer",
                    "I pay for a service, and I want to know what else it is used for. Amazon, "
                    "people over profit.",
                ),
            ),
        ),
        demand(
            "take-hart-off-aws",
            "Take HART off AWS",
            "Amazon Web Services",
            (_HART,),
            (
                wording(
                    "hart-data",
                    "$6 billion for a system that gathers iris scans, fingerprints, voice prints "
                    "and DNA of migrants. It runs on Amazon's cloud. It does not have to.\n\n"
                    "Take HART off AWS.",
                    until=LAST_DAY,
                ),
                wording(
                    "hart-choose",
                    "Amazon chooses whom its cloud serves. HART gathers the most personal data "
                    "that people have. Take it off AWS.",
                    until=LAST_DAY,
                ),
                wording(
                    "hart-long",
                    "HART is a system of the Department of Homeland Security. It gathers iris "
                    "scans, fingerprints, voice prints, DNA and other personal data of migrants. "
                    "It runs on Amazon Web Services, which could choose other customers. I ask "
                    "Amazon to take HART off AWS, and to put people over profit.",
                    until=LAST_DAY,
                ),
            ),
        ),
        demand(
            "drop-project-nimbus",
            "Drop Project Nimbus",
            "Amazon Web Services",
            (_NIMBUS,),
            (
                wording(
                    "nimbus-signed",
                    "Two companies signed Project Nimbus in June 2021. Two companies can drop it.",
                    until=LAST_DAY,
                ),
                wording(
                    "nimbus-supplied",
                    "What is supplied can be withheld. Drop Project Nimbus.",
                ),
            ),
        ),
        demand(
            "end-ring-partnerships",
            "End Ring's police partnerships",
            "Amazon",
            (_RING, _CONSENT),
            (
                wording(
                    "ring-door",
                    "A doorbell should tell you who is at your door. Ring's partnerships give "
                    "police access to doorbell-camera footage. End them.",
                    until=LAST_DAY,
                ),
                wording(
                    "ring-consent",
                    "Consent is not a setting to be skipped. End Ring's police partnerships.",
                ),
            ),
        ),
        demand(
            "do-not-stay-silent",
            "Do not stay silent at the summits. Stand with the movement",
            "AWS customers and workers",
            (),
            (
                wording(
                    "silent-ask",
                    "If you work at AWS, or build on it: ask what else runs on this cloud. Ask it "
                    "aloud.",
                ),
                wording(
                    "silent-desk",
                    "A question for the desk next to yours: do you know who else uses what you "
                    "both build?",
                ),
            ),
        ),
    )


def picture(file: str, alt: str, size: int) -> PictureContent:
    media = Media(Path(file), alt, "0b" * 32, "image/png", size, 1200, 675)
    return PictureContent(f"pictures/{file}", media, "en")


PICTURES = (
    picture(
        "hart.png",
        "Card: “Homeland Security's HART is a $6 billion system. It gathers migrants' iris scans, "
        "fingerprints, voice prints and DNA. It runs on Amazon Web Services. Take HART off AWS.” "
        "Source: MediaJustice, July 2022.",
        48_211,
    ),
    picture(
        "ring.png",
        "Card: “Amazon Ring has over 2,000 partnerships with police departments.” Source: "
        "MediaJustice, July 2022.",
        1_250_000,
    ),
)
CARD = CardContent(f"{PAGE}card.png", "Amazon, put people over profit", 1200, 630)
DEMO_DAY = date(2022, 7, 11)


def share_page(language: str = "en", **changes: Any) -> PageContent:
    """Return a page with five demands, twelve wordings, pictures, a card and languages."""
    values: dict[str, Any] = {
        "campaign": "people-over-profit",
        "language": language,
        "direction": direction(language),
        "words": words_for(language, {}),
        "title": "Amazon, put people over profit",
        "organisation": "MediaJustice",
        "demands": sample_demands(),
        "intro": "Amazon sells its cloud to police, prisons and the military. We ask it to stop.",
        "pictures": PICTURES,
        "languages": tuple(
            LanguageLink(one, language_name(one, {}), f"{one}/index.html")
            for one in ("en", "es", "ar")
        ),
        "address": PAGE,
        "card": CARD,
        "example_link": marked("x", "hart-data"),
        "pretended_day": DEMO_DAY,
    }
    return PageContent(**{**values, **changes})
