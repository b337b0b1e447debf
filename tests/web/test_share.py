"""The share pages in the control room: what is shown of them, the look, and the ZIP file."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from helpers.browser import watch
from helpers.campaigns import save_picture
from helpers.cli import write_file
from helpers.share_folders import serve_built
from helpers.sharing import SHARE, share_yaml
from helpers.web import serve_site

from bot.clock import DemoClock
from bot.model import EVERYTHING, Account, Role, Scope
from bot.runtime.app import create_app
from bot.services import share_preview
from bot.services.share_page import build_share_pages
from bot.web.signin import cookie_name
from bot.web.visit import MAX_PACKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from helpers.web import WebSite
    from playwright.sync_api import Browser

ACCOUNTS = {"mediajustice-x": Account("mediajustice-x", "x", "mediajustice", "http://127.0.0.1:9")}
PICTURES = SHARE.replace(
    "  wordings:\n    - id: cost",
    "  pictures:\n    - {file: hart.png, alt: A card on HART}\n  wordings:\n    - id: cost",
)
PAGE = "/share/page?campaign=people&language=en"
DOWNLOAD = "/share/download?campaign=people"
OTHER = """\
campaign: other
title: Another campaign
timezone: UTC
language: en
accounts: [mediajustice-x]
demands: {stop: {ask: Stop it, target: The council}}
share:
  organisation: Others
  link: https://other.example/
  wordings:
    - {id: plain, demand: stop, text: "Enough of it. {{ demand.ask }}."}
posts: []
"""


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[WebSite]:
    """Yield a control room with two campaigns that have share pages."""
    posts = tmp_path / "posts"
    save_picture(posts / "hart.png")
    write_file(posts / "people.yaml", share_yaml(PICTURES))
    write_file(posts / "other.yaml", OTHER)
    with serve_site(tmp_path, accounts=ACCOUNTS) as running:
        yield running


def page_of(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


# --- The page -------------------------------------------------------------------------------------


def test_it_says_that_the_zip_file_knows_no_links_of_earlier_builds(tmp_path: Path) -> None:
    redirecting = SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page")
    write_file(tmp_path / "posts/people.yaml", share_yaml(redirecting))
    write_file(tmp_path / "posts/other.yaml", OTHER)
    with serve_site(tmp_path, accounts=ACCOUNTS) as running:
        client = running.signed_in(Role.SEE)
        page = page_of(client, "/share?campaign=people")
        assert page.count("It has only the links of today.") == 1  # the partner's has plain links
        assert "only the links of today" not in page_of(client, "/share?campaign=other")


def test_pages_of_each_name_and_language_are_listed(shared: WebSite) -> None:
    page = page_of(shared.signed_in(Role.SEE), "/share?campaign=people")
    assert re.findall(r"In the name of <bdi>(.*?)</bdi>", page) == [
        "MediaJustice",
        "Athena coalition",
    ]
    assert re.findall(r'href="(/share/page[^"]*)"', page) == [
        "/share/page?campaign=people&amp;language=en",
        "/share/page?campaign=people&amp;language=es",
        "/share/page?campaign=people&amp;partner=athena&amp;language=en",
        "/share/page?campaign=people&amp;partner=athena&amp;language=es",
    ]
    assert "https://share.example.org/people/es/" in page
    assert re.findall(r'href="(/share/download[^"]*)"', page) == [
        "/share/download?campaign=people",
        "/share/download?campaign=people&amp;partner=athena",
    ]


def test_parts_left_out_are_listed_with_the_last_day(shared: WebSite) -> None:
    due = share_yaml(PICTURES).replace(
        "https://example.org/hart\n    as_of: 2022-07-18",
        "https://example.org/hart\n    as_of: 2022-07-18\n    review_by: 2026-03-01",
    )
    due = due.replace(
        "https://example.org/calls\n    as_of: 2022-07-18",
        "https://example.org/calls\n    as_of: 2022-07-18\n    review_by: 2026-03-20",
    )
    write_file(shared.app.config.campaigns / "people.yaml", due)
    page = page_of(shared.signed_in(Role.SEE), "/share?campaign=people")
    assert "The review of the fact hart was due by 2026-03-01." in page
    assert "the fact hart, the wording cost" in page
    assert "<dt>May stand until</dt><dd><bdi>2026-03-20</bdi></dd>" in page


def test_with_a_stale_figure_in_the_title_nothing_can_be_downloaded(shared: WebSite) -> None:
    due = share_yaml(PICTURES).replace(
        "https://example.org/hart\n    as_of: 2022-07-18",
        "https://example.org/hart\n    as_of: 2022-07-18\n    review_by: 2026-03-01",
    )
    due = due.replace("title: People", "title: $6bn, people")
    write_file(shared.app.config.campaigns / "people.yaml", due)
    client = shared.signed_in(Role.SEE)
    page = page_of(client, "/share?campaign=people")
    assert "No page can be downloaded. The title" in page
    assert "The review of the fact hart was due by 2026-03-01." in page
    assert "/share/download" not in page
    answer = client.get(DOWNLOAD)
    assert answer.status_code == 409
    assert "H111" in answer.text


def test_embargo_and_approvals_are_named(shared: WebSite) -> None:
    more = "embargo: 2026-03-09 12:00\nrequire_approval: 1\n"
    path = shared.app.config.campaigns / "people.yaml"
    write_file(path, more + path.read_text())
    page = page_of(shared.signed_in(Role.SEE), "/share?campaign=people")
    assert "Embargo: nothing of this campaign is to be put online before Mon 2026-03-09" in page
    assert "The approvals of its posts do not cover the page" in page


def test_without_a_share_page_it_says_how_to_get_one(site: WebSite) -> None:
    page = page_of(site.signed_in(Role.SEE), "/share")
    assert "No campaign has a share page" in page


def test_stored_markup_is_shown_as_it_was_written(shared: WebSite) -> None:
    markup = "<img src=x onerror=alert(1)>"
    hostile = OTHER.replace("Another campaign", markup).replace("Others", markup)
    write_file(shared.app.config.campaigns / "other.yaml", hostile)
    client = shared.signed_in(Role.SEE)
    for path in ("/share?campaign=other", "/share/page?campaign=other&language=en"):
        page = page_of(client, path)
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<img src=x" not in page


def test_with_mistakes_in_the_files_nothing_can_be_looked_at_or_downloaded(shared: WebSite) -> None:
    """The same holds for ``share build``."""
    write_file(shared.app.config.campaigns / "third.yaml", "campaign: [")
    client = shared.signed_in(Role.SEE)
    page = page_of(client, "/share?campaign=people")
    assert "The campaign files have mistakes" in page
    assert "/share/page" not in page
    for path in (PAGE, DOWNLOAD):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            "    facts: [hart]\n", "    facts: [hurt]\n", id="a demand on an unknown fact"
        ),
        pytest.param("    claim: The HART", "    claims: The HART", id="a broken fact"),
        pytest.param("figure: $6 billion", "figure: {}", id="a broken figure"),
        pytest.param("  organisation: Media", "  organization: Media", id="a broken share page"),
        pytest.param("campaign: people", "campaign: [", id="a file that cannot be read"),
    ],
)
def test_mistakes_in_the_campaign_are_told_instead_of_its_pages(
    shared: WebSite, old: str, new: str
) -> None:
    text = share_yaml(PICTURES)
    assert text.count(old) == 1
    write_file(shared.app.config.campaigns / "people.yaml", text.replace(old, new))
    client = shared.signed_in(Role.SEE)
    for path in ("/share", "/share?campaign=people", "/share?campaign=other"):
        page = page_of(client, path)
        assert "The campaign files have mistakes" in page
        assert "No campaign has a share page" not in page
        assert "Look at it" not in page
    for path in (PAGE, DOWNLOAD):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/share", "/share?campaign=people", PAGE, DOWNLOAD])
def test_person_sees_only_pages_of_their_campaigns(shared: WebSite, path: str) -> None:
    scope = Scope(None, frozenset({"other"}))
    client = shared.signed_in(Role.SEE, scope, "Limited")
    answer = client.get(path)
    assert answer.status_code == (200 if path == "/share" else 404)
    assert "MediaJustice" not in answer.text
    assert ("Another campaign" in answer.text) == (path == "/share")


@pytest.mark.parametrize(
    "query",
    [
        "campaign=nowhere&language=en",
        "campaign=people&language=fr",
        "campaign=people&partner=nobody&language=en",
        "campaign=..%2f..%2fetc&language=en",
        "language=en",
        "",
    ],
)
def test_unknown_page_is_not_there(shared: WebSite, query: str) -> None:
    client = shared.signed_in(Role.SEE)
    assert client.get(f"/share/page?{query}").status_code == 404


# --- A look ---------------------------------------------------------------------------------------


def test_page_is_a_sandboxed_document_with_its_pictures_inside(shared: WebSite) -> None:
    answer = shared.signed_in(Role.SEE).get(PAGE)
    policy = answer.headers["content-security-policy"]
    assert re.search(r"default-src 'none'; script-src 'sha256-[^;]*; style-src 'sha256-", policy)
    assert "frame-ancestors 'none'; sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert 'src="data:image/png;base64,iVBOR' in answer.text
    assert "pictures/" not in answer.text
    assert "The system costs $6 billion. Take HART off AWS!" in answer.text


def test_page_in_a_partners_name_has_its_wordings_first(shared: WebSite) -> None:
    text = page_of(shared.signed_in(Role.SEE), f"{PAGE}&partner=athena")
    assert "Athena coalition" in text
    assert text.index("Our coalition asks") < text.index("The system costs")


def test_page_of_a_demo_says_so(shared: WebSite) -> None:
    """Otherwise its script would hide the facts, by the visitor's own clock."""
    clock = DemoClock(datetime(2022, 7, 11, 12, tzinfo=UTC), 1.0)
    with create_app(shared.app.config, {}, clock=clock) as demo:
        text = share_preview.preview_page(demo, "people", "", "en", EVERYTHING)
    assert text
    assert "Demo. This page takes today for 11 July 2022." in text
    assert "Demo. This page" not in page_of(shared.signed_in(Role.SEE), PAGE)


def test_large_pictures_are_only_described(
    shared: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_preview, "MAX_SHOWN_BYTES", 10)
    text = page_of(shared.signed_in(Role.SEE), PAGE)
    assert 'src="data:,"' in text
    assert "A card on HART" in text


def test_page_works_in_its_sandbox_and_cannot_act_as_the_control_room(
    browser: Browser, shared: WebSite
) -> None:
    client = shared.signed_in(Role.ADMIN)
    token = client.cookies[cookie_name(secure=False)]
    context = browser.new_context()
    context.add_cookies([{"name": cookie_name(secure=False), "value": token, "url": shared.url}])
    page = context.new_page()
    faults = watch(page, shared.url, "data:")
    page.goto(f"{shared.url}/share?campaign=people")
    page.get_by_role("link", name="Look at it: English").first.click()
    assert page.evaluate("self.origin") == "null"
    box = page.locator("textarea").first
    box.fill("In words of my own")
    link = page.locator("a[data-network=mastodon]").first
    assert quote("In words of my own") in str(link.get_attribute("href"))
    assert page.locator("img").first.evaluate("picture => picture.naturalWidth") > 0
    assert faults == []
    page.get_by_role("link", name="español").click()
    assert "La gente primero" in page.locator("h1").inner_text()
    asked = """async path => {
        try { return (await fetch(path)).status } catch { return 'refused' }
    }"""
    assert page.evaluate(asked, f"{shared.url}/people") == "refused"
    assert page.evaluate("try { document.cookie } catch { 'refused' }") == "refused"
    context.close()


# --- The ZIP file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("partner", ["", "athena"])
def test_download_is_the_folder_that_is_built(
    shared: WebSite, tmp_path: Path, partner: str
) -> None:
    path = f"{DOWNLOAD}&partner={partner}" if partner else DOWNLOAD
    answer = shared.signed_in(Role.SEE).get(path)
    name = "share-people-athena.zip" if partner else "share-people.zip"
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    out = tmp_path / "out"
    now = shared.clock.now()
    build_share_pages(shared.app.config, out, now, campaign="people", partner=partner or None)
    built = {
        str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()
    }
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {info.filename: archive.read(info) for info in archive.infolist()} == built
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_same_pages_give_the_same_file(shared: WebSite) -> None:
    client = shared.signed_in(Role.SEE)
    assert client.get(DOWNLOAD).content == client.get(DOWNLOAD).content


def test_unpacked_file_can_be_served(shared: WebSite, tmp_path: Path) -> None:
    answer = shared.signed_in(Role.SEE).get(DOWNLOAD)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path / "unpacked")
    with serve_built(tmp_path / "unpacked") as served:
        assert "Say it in your own words" in page_of(shared.client(), f"{served.url}/people/")


def test_pictures_that_are_too_large_are_for_the_command_line(
    shared: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_preview, "MAX_ZIP_BYTES", 10)
    answer = shared.signed_in(Role.SEE).get(DOWNLOAD)
    assert answer.status_code == 409
    assert "H106" in answer.text


def test_picture_that_was_changed_since_is_not_packed(
    shared: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shared.signed_in(Role.SEE)
    checked = shared.app.files.read()
    monkeypatch.setattr(shared.app.files, "read", lambda: checked)
    picture = shared.app.config.campaigns / "hart.png"
    picture.write_bytes(picture.read_bytes().replace(b"IDAT", b"IDAX"))
    answer = client.get(DOWNLOAD)
    assert answer.status_code == 409
    assert 'src="data:,"' in page_of(client, PAGE)


def test_few_pages_are_packed_at_a_time(shared: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever packs here asks for another one meanwhile, until one is refused."""
    client = shared.signed_in(Role.SEE)
    answers: list[int] = []

    def pack(*_: object) -> None:
        answers.append(client.get(DOWNLOAD).status_code)

    monkeypatch.setattr(share_preview, "pack_pages", pack)
    for _ in range(2):  # a place is given back at the end
        answers.clear()
        assert client.get(DOWNLOAD).status_code == 404
        assert answers == [503, *[404] * (MAX_PACKING - 1)]
