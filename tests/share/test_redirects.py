"""A link through a counter leads where the link of a page without redirects leads."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from helpers.campaigns import load_files
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml

from bot.share.build import build_folder
from bot.share.filling import fill_campaign
from bot.share.listed import REDIRECTS, read_lists
from bot.share.networks import encode

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model import Campaign

DAY = date(2026, 11, 30)
LINKS = "links:\n  pages: [https://example.org/, https://share.example.org/, https://athena.example.org/]\n"
GERMAN = "    pt-BR: {title: Pessoas antes do lucro}\n    de: {title: Menschen vor Profit}\n"
SPEAKING_FOUR = (
    SHARE.replace(
        "      link: https://athena.example.org/\n",
        "      link: https://athena.example.org/\n      page: https://athena.example.org/people/\n",
    )
    + GERMAN
)
COUNTED = "  redirects: true\n  intro: A page"
COUNTED_LINK = re.compile(
    r"https(?::|%3A)(?:/|%2F){2}[a-z.]+(?:/|%2F)people(?:/|%2F)g(?:(?:/|%2F)[\w-]+)+"
)


class _Attributes(HTMLParser):
    """Collects the attributes of a page that have an address in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            (tag, name, value)
            for name, value in attrs
            if value and "http" in value and name != "content"
        ]


def attributes(page: Path) -> list[tuple[str, str, str]]:
    parser = _Attributes()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def campaign(folder: Path, share: str, header: str) -> Campaign:
    loaded = load_files(folder, a=share_yaml(share, header))
    [found] = loaded.campaigns
    return found


@pytest.mark.parametrize("partner", [None, "athena"])
@pytest.mark.parametrize("header", [SHARE_HEADER, SHARE_HEADER + LINKS])
def test_each_link_of_each_page_leads_where_it_leads_without_redirects(
    tmp_path: Path, header: str, partner: str | None
) -> None:
    plain, counted = tmp_path / "plain", tmp_path / "counted"
    without = campaign(tmp_path, SPEAKING_FOUR, header)
    build_folder(plain, [fill_campaign(without, DAY, partner)])
    asks = "  partners:\n    athena:\n"
    redirecting = SPEAKING_FOUR.replace("  intro: A page", COUNTED)
    redirecting = redirecting.replace(asks, f"{asks}      redirects: true\n")
    build_folder(counted, [fill_campaign(campaign(tmp_path, redirecting, header), DAY, partner)])
    host = "athena" if partner else "share"
    listed = json.loads((counted / REDIRECTS).read_text())
    targets = {f"https://{host}.example.org/{path}": link for path, link in listed.items()}
    everywhere = {*targets}
    targets |= {encode(path): encode(link) for path, link in targets.items()}
    pages = sorted(page.relative_to(plain) for page in plain.rglob("*/index.html"))
    assert len(pages) == 4
    opened = set()
    for page in pages:
        found = attributes(counted / page)
        opened |= {unquote(link) for *_, value in found for link in COUNTED_LINK.findall(value)}
        led = [
            (*place, COUNTED_LINK.sub(lambda match: targets[match[0]], value))
            for *place, value in found
        ]
        assert led == attributes(plain / page)
    assert opened == everywhere


def test_a_page_in_another_language_has_counters_of_its_own_for_the_page_itself(
    tmp_path: Path,
) -> None:
    share = SPEAKING_FOUR.replace("  intro: A page", COUNTED)
    build_folder(tmp_path / "public", [fill_campaign(campaign(tmp_path, share, SHARE_HEADER), DAY)])
    found = read_lists(tmp_path / "public").redirects
    address = "https://share.example.org/people/"
    assert found["/people/g/cost-facebook"].link == address
    assert found["/people/g/de/cost-facebook"].link == f"{address}de/"
    assert found["/people/g/pt-BR/cost-linkedin"].link == f"{address}pt-BR/"
    assert found["/people/g/coste-facebook"].link == f"{address}es/"
    other = found["/people/g/pt-BR/cost-linkedin"]
    assert (other.wording, other.network) == ("cost", "linkedin")
    assert "/people/g/de/cost-x" not in found
