"""Link cards on a platform that makes none by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    HEADER,
    ON_THREE,
    campaign_yaml,
    check_on_three,
    only_problem,
    post_of,
    save_picture,
    write_campaigns,
)

from bot.campaigns.loading import FolderReader
from bot.model import LinkCard
from bot.platforms import LOADED

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.model import Part

PAGE = "https://example.org/petition"
CARDS = f"""\
cards:
  {PAGE}:
    title: Take HART off AWS
    description: Sign the petition to Amazon.
  https://example.org/report: {{title: The report}}
"""
PETITION = LinkCard(PAGE, "Take HART off AWS", "Sign the petition to Amazon.")
REPORT = LinkCard("https://example.org/report", "The report")


def parts_on(found: CheckResult, account: str) -> tuple[Part, ...]:
    """Return the parts that an account publishes; there must be no error."""
    return post_of(found, account).wordings[0].content.parts


def codes(found: CheckResult) -> list[str]:
    return [problem.code for problem in found.problems]


def test_only_a_platform_that_makes_no_cards_gets_one(tmp_path: Path) -> None:
    found = check_on_three(tmp_path, "text: Sign", f"link: {PAGE}", header=CARDS)
    cards = {account: parts_on(found, account)[0].card for account in ON_THREE}
    assert cards == {"x": None, "mastodon": None, "bluesky": PETITION}
    texts = {parts_on(found, account)[0].text for account in ON_THREE}
    assert texts == {f"Sign\n{PAGE}"}
    assert "K716" not in codes(found)


@pytest.mark.parametrize(
    ("line", "card"),
    [
        (f"text: 'Sign here: {PAGE}, now.'", PETITION),
        (f"text: See example.org/report and {PAGE}", REPORT),
        (f"text: See example.org/other and {PAGE}", PETITION),
        ("text: See https://example.org/other", None),
        ("text: No link", None),
    ],
)
def test_the_first_link_that_has_a_card_shows_it(
    tmp_path: Path, line: str, card: LinkCard | None
) -> None:
    found = check_on_three(tmp_path, line, header=CARDS)
    assert parts_on(found, "bluesky")[0].card == card
    assert ("K716" in codes(found)) == ("other" in line and card is None)


def test_each_part_of_a_thread_has_the_card_of_its_link(tmp_path: Path) -> None:
    lines = [f"thread: ['First, {PAGE}', Second, Third]", f"link: {REPORT.link}"]
    found = check_on_three(tmp_path, *lines, header=CARDS)
    assert [part.card for part in parts_on(found, "bluesky")] == [PETITION, None, REPORT]


def test_pictures_are_shown_instead_of_a_card(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    media = "media: [{file: a.png, alt: A sign that says no}]"
    found = check_on_three(tmp_path, "text: Sign", f"link: {PAGE}", media, header=CARDS)
    [part] = parts_on(found, "bluesky")
    assert (part.card, len(part.attached)) == (None, 1)
    assert "K716" not in codes(found)


def test_a_card_may_have_a_picture(tmp_path: Path) -> None:
    save_picture(tmp_path / "media" / "card.png")
    header = CARDS.replace("title: Take", "picture: media/card.png\n    title: Take")
    found = check_on_three(tmp_path, "text: Sign", f"link: {PAGE}", header=header)
    [part] = parts_on(found, "bluesky")
    assert [(media.path.name, media.alt) for media in part.media] == [("card.png", "")]
    assert part.attached == ()
    assert [part.media for part in parts_on(found, "x")] == [()]
    assert codes(found).count("K707") == 0, "nobody hears an alt text of it"


def test_a_changed_picture_of_a_card_is_noticed_wherever_the_post_stands(tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "card.png")
    header = HEADER.replace("[mediajustice-x]", "[bluesky]").replace("#Hart", "Hart")
    header += CARDS.replace("title: Take", "picture: card.png\n    title: Take")
    queue = f"- {{when: 2022-07-11 09:00, text: 'Sign {PAGE}'}}\n"
    write_campaigns(tmp_path, a=campaign_yaml(header=header), queue=queue)
    reader = FolderReader(tmp_path, ON_THREE, LOADED)
    digests = set()
    for size in ((40, 30), (50, 30)):
        save_picture(picture, size)
        loaded = reader.read()
        assert loaded.problems == ()
        [post] = [post for post in loaded.campaigns[0].posts if post.id != "one"]
        digests.add(post.wordings[0].content.digest)
    assert len(digests) == 2, "it is to be approved again"


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        ("https://example.org: {titel: A}", 'a.yaml:28:25: C202 The key "titel" is unknown.'),
        ("https://example.org: {description: A}", 'a.yaml:28:24: C203 "title" is missing.'),
        ("https://example.org: {title: A, picture: b.png}", "a.yaml:28:44: M501 There is no file"),
        ("http://example.org: {title: A}", "a.yaml:28:3: C204 "),
        ("https://example.org: {title: '{{ fact.hart.figure }}'}", "a.yaml:28:32: T403 Only text:"),
    ],
)
def test_a_mistake_in_a_card_is_reported_at_its_place(
    tmp_path: Path, card: str, problem: str
) -> None:
    header = f"{HEADER}cards:\n  {card}\n"
    assert problem in only_problem(tmp_path, a=campaign_yaml(header=header))


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("It costs $6 billion", []),
        ("It costs $7 billion", ["F901"]),
        ("Take HART off A\u200bWS", ["L807"]),
        ("Take HART off AWS: abcd-efg2-hijk-lmno", ["G111"]),
    ],
)
def test_a_card_is_held_to_facts_and_hides_nothing(
    tmp_path: Path, title: str, wanted: list[str]
) -> None:
    header = f'cards: {{{PAGE}: {{title: A page, description: "{title}"}}}}\n'
    lines = ["text: Sign", "demand: take-hart-off", f"link: {PAGE}"]
    known = set(codes(check_on_three(tmp_path, *lines)))
    found = codes(check_on_three(tmp_path, *lines, header=header))
    assert sorted({*found} - known) == wanted
