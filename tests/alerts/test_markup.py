"""Hostile words in an alert are only words, in Markdown, in HTML and in plain text."""

from __future__ import annotations

import re

import pytest

from bot.alerts.markup import make_plain

HOSTILE = [
    "**Urgent**: your account is _suspended_",
    "[sign in](https://evil.example/login)",
    "[sign in][1] and [1]: https://evil.example",
    "![](https://evil.example/seen.png)",
    "https://evil.example/login",
    "HTTPS://EVIL.EXAMPLE",
    "http://x.com@evil.example/",
    "https://x.com:443@evil.example/",
    "https://control.example.org@evil.example/posts?at=vote",
    "https://control.example.org.evil.example/?at=vote",
    "https://evil.example/?at=vote",
    "https://x.com.evil.example/",
    "https://x.com\\@evil.example/",
    "https://x.com%2f@evil.example/",
    "www.evil.example",
    "mailto:press@evil.example",
    "javascript:alert(1)",
    "tg://resolve?domain=evil",
    "<https://evil.example|our page>",
    "<a href='https://evil.example'>our page</a>",
    "<img src=x onerror=alert(1)>",
    "</p><h1>Groundswell was hacked</h1>",
    "<!channel> <!here> <@U12AB> <#C1> <@&34>",
    "@everyone @here @maria \uff20everyone",
    "`code` ``` block ```",
    "~~gone~~ ~gone~ ||hidden||",
    "*bold* _italic_ __both__",
    "&lt;b&gt; &#60;b&#62;",
    "||secret|| > quoted",
]
SITES = {"x.com", "social.example:8080", "control.example.org"}
OURS = [
    "https://x.com/our_name/status/17",
    "https://social.example:8080/@our_name/17",
    "https://control.example.org/",
    "https://control.example.org/posts/people/hart?at=2026-12-04T09%3A00",
    "groundswell inbox settle 17 --not-sent",
    "groundswell --config ~/our_campaign/config.yaml inbox",
    "people/hart/our-x/once, due Tue 24 Nov 09:00: missed",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_chat_takes_a_word_for_markup(words: str) -> None:
    markdown = pytest.importorskip("markdown")
    text = f"- Did not go out: {make_plain(words, SITES)}"
    assert {*re.findall(r"<(\w+)", markdown.markdown(text))} <= {"ul", "li", "p"}
    assert not re.search(r"[*`<>]|~~|\|\||@\w|www\.\w|\]\(|://", text)


@pytest.mark.parametrize("words", HOSTILE)
def test_what_apprise_makes_of_it_is_words(words: str) -> None:
    conversion = pytest.importorskip("apprise.conversion")
    html = conversion.convert_between("text", "html", make_plain(words, SITES))
    assert {*re.findall(r"<(\w+)", html)} <= {"br", "p"}
    assert "evil.example</a>" not in html


@pytest.mark.parametrize("words", HOSTILE)
def test_a_person_can_still_read_it(words: str) -> None:
    letters = re.sub(r"\W|_", "", words)
    assert re.sub(r"\W|_", "", make_plain(words, SITES).replace("\u02cd", "_")) == letters


@pytest.mark.parametrize("words", OURS)
def test_our_own_addresses_and_commands_stay_as_they_are(words: str) -> None:
    assert make_plain(words, SITES) == words


def test_an_address_of_nobody_we_know_is_no_link() -> None:
    assert "https://x.com/a" not in make_plain("https://x.com/a")
