"""A figure of a fact past its review is nowhere on a page, in whatever form it was typed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load_files, save_picture
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml

from bot.errors import UserError
from bot.share.build import build_folder
from bot.share.filling import fill_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from bot.share.content import PageContent
    from bot.share.filled import FilledCampaign

DAY = date(2026, 11, 30)
LATER = DAY + timedelta(days=1)
REASON = "The review of the fact hart was due by 2026-11-30."
HEADER = SHARE_HEADER.replace(
    "as_of: 2022-07-18\n", f"as_of: 2022-07-18\n    review_by: {DAY}\n", 1
)
CALLS = "Who listens to calls from prison? It is a machine."


def fill(
    folder: Path, share: str = SHARE, header: str = HEADER, day: date = LATER
) -> FilledCampaign:
    [campaign] = load_files(folder, a=share_yaml(share, header)).campaigns
    return fill_campaign(campaign, day)


def with_intro(text: str) -> str:
    return SHARE.replace("A page for supporters.", text)


def page(filled: FilledCampaign) -> PageContent:
    return filled.pages[0].content


FORMS = [
    *("$6 billion", "US$6 billion", "$6,000,000,000", "$6bn", "6 billion dollars"),
    *("Six billion dollars", "6000 millones de dólares"),
]


@pytest.mark.parametrize("typed", FORMS)
def test_a_stale_figure_is_in_no_text_in_any_form(tmp_path: Path, typed: str) -> None:
    save_picture(tmp_path / "hart.png")
    share = with_intro(f"{typed} for a machine.").replace(CALLS, f"{typed}! Who listens?")
    more = (
        f'  subject: {typed} for what?\n  pictures: [{{file: hart.png, alt: "HART at {typed}"}}]\n'
    )
    filled = fill(tmp_path, share.replace("  wordings:\n", f"{more}  wordings:\n", 1))
    omitted = [(one.kind, one.name, one.reason) for one in filled.omissions]
    for kind, name in (
        *(("intro", "en"), ("subject", "en"), ("wording", "calls"), ("picture", "hart.png")),
        *(("fact", "hart"), ("wording", "cost"), ("wording", "coste")),
    ):
        assert (kind, name, REASON) in omitted
    assert filled.refusals == ()
    assert typed not in str(filled.pages)
    build_folder(tmp_path / "out", [filled])
    built = [*(tmp_path / "out").rglob("*.html")]
    assert len(built) == 3
    assert not [path for path in built if typed in path.read_text(encoding="utf-8")]


def test_other_figures_stay(tmp_path: Path) -> None:
    share = with_intro("In 2014 it cost $5 billion.").replace(CALLS, "$6 million! Who listens?")
    filled = fill(tmp_path, share)
    assert page(filled).intro == "In 2014 it cost $5 billion."
    assert [one.id for demand in page(filled).demands for one in demand.wordings] == ["calls"]


def test_a_fact_whose_claim_has_the_stale_figure_of_another_goes_with_its_wordings(
    tmp_path: Path,
) -> None:
    header = HEADER.replace("claim: Prison", "claim: For $6bn, prison")
    filled = fill(tmp_path, header=header.replace("facts: [hart]", "facts: [hart, prison-calls]"))
    names = {(one.kind, one.name) for one in filled.omissions}
    assert {("fact", "prison-calls"), ("wording", "calls")} <= names
    assert "$6bn" not in str(filled.pages)


def test_a_fact_with_the_same_figure_of_its_own_stays(tmp_path: Path) -> None:
    header = HEADER.replace("claim: Prison", "figure: $6bn\n    claim: For $6 billion, prison")
    filled = fill(tmp_path, header=header.replace("facts: [hart]", "facts: [hart, prison-calls]"))
    [demand] = page(filled).demands
    assert [item.fact.id for item in demand.facts] == ["prison-calls"]
    assert [wording.id for wording in demand.wordings] == ["calls"]


@pytest.mark.parametrize(
    ("share", "header", "named"),
    [
        (SHARE, HEADER.replace("title: People", "title: $6bn, people"), "title"),
        (SHARE.replace("title: La gente", "title: US$6 billion, la gente"), HEADER, "title"),
        (SHARE, HEADER.replace("ask: Take HART", "ask: Take $6B HART"), "demand"),
        (SHARE.replace("ask: Saquen", "ask: $6 billion. Saquen"), HEADER, "demand"),
    ],
)
def test_a_page_with_a_stale_figure_in_its_title_or_a_demand_is_not_built(
    tmp_path: Path, share: str, header: str, named: str
) -> None:
    share = (
        share.replace("Saquen HART de AWS}", "Saquen HART de AWS'}") if "'Seis" in share else share
    )
    (tmp_path / "files").mkdir()
    assert fill(tmp_path / "files", share, header, DAY).refusals == ()
    filled = fill(tmp_path / "files", share, header)
    assert filled.refusals
    with pytest.raises(UserError, match=rf"a.yaml:\d+:\d+: H111 The {named} .*{REASON}"):
        build_folder(tmp_path / "out", [filled])
    assert not (tmp_path / "out").exists()


def test_texts_with_a_figure_have_its_last_day(tmp_path: Path) -> None:
    share = with_intro("$6bn for a machine.").replace(CALLS, "$6bn! Who listens?")
    filled = fill(tmp_path, share, day=DAY)
    content = page(filled)
    assert (content.intro_until, content.until, filled.fixed_until) == (DAY, None, None)
    [demand] = content.demands
    assert {one.id: one.until for one in demand.wordings} == {"cost": DAY, "calls": DAY}
    build_folder(tmp_path / "out", [filled])
    overview = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "$6bn" not in overview  # it has no script to hide the intro


@pytest.mark.parametrize("text", ["subject", "title", "ask"])
def test_texts_that_a_page_cannot_hide_are_known(tmp_path: Path, text: str) -> None:
    share = SHARE.replace("  wordings:\n", "  subject: About $6bn\n  wordings:\n", 1)
    share = share if text == "subject" else SHARE
    header = HEADER.replace("title: People", "title: $6bn, people") if text == "title" else HEADER
    header = header.replace("ask: Take HART", "ask: Take $6bn HART") if text == "ask" else header
    filled = fill(tmp_path, share, header, DAY)
    assert (filled.fixed_until, filled.until) == (DAY, DAY)
    assert filled.refusals == ()
    if text == "ask":
        assert "$6bn" not in filled.drawn_cards["card.png"].alt
