"""Every address is decoded as the network's documents say, and gives back text and link."""

from __future__ import annotations

import json
import shutil
import subprocess
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from helpers.share import fits

from bot import xtext
from bot.model.share import NETWORK_NAMES, UNSEEN_NETWORKS
from bot.platforms.bluesky.rules import grapheme_count
from bot.platforms.mastodon.texts import count_characters
from bot.share.networks import NETWORKS, TEXT, Network, encode

LINK = "https://example.org/a%20b?x=1&y=a+b&utm_source=x#top"
PAGE = "https://share.example.org/people/"
SUBJECT = "50% & more: „Wer zahlt?“ + 1"

TEXTS = {
    "plain": "Take HART off AWS.",
    "signs": "50% off? a+b & c=d #tag @name \"q\" 'r' <b> {text} {link} %20 %7Btext%7D /?;:$,",
    "lines": "First line.\n\nThird line.\n- a\n\tb",
    "emoji": "\U0001f44d\U0001f3fd, \U0001f468\u200d\U0001f469\u200d\U0001f467, 1\ufe0f\u20e3",
    "rtl": "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 50% \u05e2\u05d1\u05e8\u05d9\u05ea!",
    "cjk": "\u9801\u9762\uff1a\u5206\u4eab",
    "marks": "e\u0301 \u200f(50)\u200e",
}

LINK_APART = {"x", "threads", "telegram"}
TEXT_NETWORKS = [network for network in NETWORKS.values() if network.takes_text]


def read_address(name: str, address: str) -> tuple[str, str]:
    """Return the text and the link that a network reads, or the whole text and ""."""
    parts = urlsplit(address)
    asked = parse_qs(parts.query or parts.fragment, strict_parsing=True)
    match name:
        case "x":
            assert (parts.netloc, parts.path) == ("x.com", "/intent/tweet")
            return asked["text"][0], asked["url"][0]
        case "threads":
            assert (parts.netloc, parts.path) == ("www.threads.com", "/intent/post")
            return asked["text"][0], asked["url"][0]
        case "telegram":
            assert (parts.netloc, parts.path) == ("t.me", "/share/url")
            return asked["text"][0], asked["url"][0]
        case "bluesky":
            assert (parts.netloc, parts.path) == ("bsky.app", "/intent/compose")
        case "whatsapp":
            assert (parts.netloc, parts.path) == ("wa.me", "/")
        case "mastodon":
            assert (parts.netloc, parts.path) == ("share.joinmastodon.org", "/")
            assert not parts.query, "a server would see the text"
        case "mail":
            assert (parts.scheme, parts.netloc, parts.path) == ("mailto", "", "")
            fields = dict(field.split("=", 1) for field in parts.query.split("&"))  # RFC 6068
            assert unquote(fields["subject"]) == SUBJECT
            body = unquote(fields["body"])
            assert body.count("\r\n") == body.count("\n") == body.count("\r")
            return body.replace("\r\n", "\n"), ""
    return asked["text"][0], ""


@pytest.mark.parametrize("network", TEXT_NETWORKS, ids=lambda network: network.id)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_text_arrives_to_the_character(network: Network, text: str) -> None:
    address = network.fill(network.template(LINK, SUBJECT), text)
    assert address.isascii()
    assert "+" not in address
    expected = (text, LINK) if network.id in LINK_APART else (f"{text}\n\n{LINK}", "")
    assert read_address(network.id, address) == expected


@pytest.mark.parametrize("name", ["facebook", "linkedin"])
def test_networks_without_a_text_get_the_address_of_a_page(name: str) -> None:
    network = NETWORKS[name]
    assert not network.takes_text
    asked = parse_qs(urlsplit(network.template(PAGE)).query)
    assert list(asked.values()) == [[PAGE]]
    assert network.fill(network.template(PAGE), "a text") == network.template(PAGE)


def test_a_template_has_one_place_for_the_text_whatever_the_link_says() -> None:
    for network in TEXT_NETWORKS:
        assert network.template("https://example.org/{text}", "{text} {link}").count(TEXT) == 1


def test_texts_are_encoded_as_javascript_encodes_them() -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    characters = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]
    texts = [*TEXTS.values(), "".join(character for character in characters if character != "\r")]
    script = (
        "const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "process.stdout.write(JSON.stringify(texts.map(encodeURIComponent)))"
    )
    ran = subprocess.run(
        [node, "-e", script], input=json.dumps(texts).encode(), stdout=subprocess.PIPE, check=True
    )
    assert [encode(text) for text in texts] == json.loads(ran.stdout)


def test_every_line_ends_alike() -> None:
    assert encode("a\r\nb\rc\nd") == "a%0Ab%0Ac%0Ad"
    mail = NETWORKS["mail"]
    assert "a%0D%0Ab%0D%0Ac%0D%0Ad" in mail.fill(mail.template(LINK), "a\r\nb\rc\nd")


def test_a_subject_is_one_line() -> None:
    assert "subject=a%20b&" in NETWORKS["mail"].template(LINK, " a\n\tb ")


# --- Lengths --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_lengths_are_those_of_the_platforms(text: str) -> None:
    """The whole post is counted once more, by the rules by which our own posts are checked."""
    link = "https://mediajustice.org/page?utm_source=x&utm_medium=share"

    def counted(name: str) -> int:
        return NETWORKS[name].length(text) + NETWORKS[name].link_length(link)

    assert counted("x") == xtext.weighted_length(f"{text} {link}")
    assert counted("mastodon") == count_characters(f"{text}\n\n{link}")
    shown = "mediajustice.org/page?utm_sou..."
    assert counted("bluesky") == grapheme_count(f"{text}\n\n{shown}")
    mail = NETWORKS["mail"]
    assert mail.length(text) + mail.link_length(link, SUBJECT) == len(
        mail.fill(mail.template(link, SUBJECT), text)
    )


def test_bluesky_counts_a_link_as_its_app_shows_it() -> None:
    extra = NETWORKS["bluesky"].link_length
    assert extra("https://example.org/") == 2 + len("example.org")
    assert extra("https://example.org/?a=b") == 2 + len("example.org?a=b")
    assert extra("https://example.org/exactly-fiftee") == 2 + len("example.org/exactly-fiftee")
    assert extra("https://example.org/exactly-fifteen") == 2 + len("example.org/exactly-fift...")
    assert extra("https://\u00e4.example/" + 40 * "a") == 2 + len("https://\u00e4.example/") + 40


def test_the_limit_holds_to_the_character() -> None:
    link = "https://mediajustice.org/"
    assert fits(NETWORKS["x"], 256 * "a", link)
    assert not fits(NETWORKS["x"], 257 * "a", link)
    assert fits(NETWORKS["mastodon"], 475 * "a", link)
    assert not fits(NETWORKS["mastodon"], 476 * "a", link)
    assert fits(NETWORKS["threads"], (499 - len(link)) * "a", link)
    assert not fits(NETWORKS["threads"], (500 - len(link)) * "a", link)
    assert fits(NETWORKS["whatsapp"], 10_000 * "a", link)
    mail = NETWORKS["mail"]
    fitting = "\u0639" * 280
    assert fits(mail, fitting, link, "s")
    assert not fits(mail, fitting + fitting, link, "s")


def test_networks_are_those_of_the_design_in_its_order() -> None:
    assert (*NETWORK_NAMES,) == (*NETWORKS, *UNSEEN_NETWORKS)
    assert (*NETWORK_NAMES,) == (
        *("x", "bluesky", "mastodon", "threads", "telegram", "whatsapp", "facebook", "linkedin"),
        *("mail", "device", "copy"),
    )
