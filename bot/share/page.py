"""The share page, one HTML file that opens from a disk and loads nothing from elsewhere.

It holds its style and its scripts, and its Content-Security-Policy lets only these apply, by their
hashes. Without JavaScript each button is a link with the suggested text in it. The scripts rewrite
these links while a supporter types; they store nothing and ask nothing of any server.
``page.html.j2``, ``page.css``, ``early.js`` and ``page.js`` are its parts.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.pages import page_environment, security_policy, type_style
from bot.share.words import describe_day, direction, fill, open_graph_locale

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

    from bot.model import Media
    from bot.share.content import Button, FactContent, PageContent

PICTURE_SOURCES = "'self' data:"
"""The places of the pictures in the policy of a page: beside it, or inside it."""

_HERE = Path(__file__).parent
_CHARACTERS_A_ROW = 36
"""Characters in a row of a box on a phone of 390 px."""
_ROWS = range(4, 16)
"""How many rows a box may have at first."""
_MOST_COUNTED = 1000
"""A network that allows more says only that a text fits, because nobody comes near its limit."""
_FACTS_AT_ONCE = 3
"""Facts of a demand that are shown at once, if it has more than one in addition."""
_MOST_DESCRIBED = 200
"""Characters of the description, of which networks and search engines show no more."""
_COMMENTS = ("//", "/*")
_KB, _MB = 1000, 1_000_000


def render_page(content: PageContent) -> str:
    """Return the page as text, to be written as UTF-8. The same content gives the same text."""
    style, early_script, script = _style(), _read("early.js"), _read("page.js")
    words = content.words
    say = partial(_say, content)
    last_days = [of.until for demand in content.demands for of in demand.facts if of.until]
    return _template().render(
        page=content,
        policy=security_policy(style, early_script, script, pictures=PICTURE_SOURCES),
        style=style,
        early_script=early_script,
        script=script,
        description=_description(content),
        others=[one for one in content.languages if one.language != content.language],
        say=say,
        state=partial(_describe_state, say),
        only_links=_only_links(content),
        checked_until=min(last_days, default=None),
        day=partial(describe_day, words=words),
        isolate=partial(_isolate, content),
        link_to=_link_to,
        bare=_bare,
        direction=direction,
        locale=open_graph_locale,
        rows=_rows,
        ids=count(1).__next__,
        split_facts=_split_facts,
        kind=_describe_kind,
    )


def _say(content: PageContent, key: str, **values: str) -> Markup:
    """Return one of the page's own words with its values, marked if it is in another language."""
    from markupsafe import Markup, escape

    word = content.words[key]
    escaped = {name: str(escape(value)) for name, value in values.items()}
    text = Markup(fill(str(escape(word.text)), **escaped))  # noqa: S704 - each part is escaped
    if word.language == content.language:
        return text
    other = direction(word.language)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(word.language, other, text)


def _isolate(content: PageContent, text: str, language: str = "") -> Markup:
    """Return a name whose direction, and whose language if it is another, does not leave it."""
    from markupsafe import Markup

    if language in {"", content.language}:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<bdi lang="{}">{}</bdi>').format(language, text)


def _link_to(source: str) -> Markup:
    """Return a link to a source that shows the site's name, or the source as a text."""
    from markupsafe import Markup

    parts = urlsplit(source)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return Markup("<bdi>{}</bdi>").format(source)
    return Markup('<a href="{}" target="_blank" rel="noreferrer"><bdi>{}</bdi></a>').format(
        source, parts.hostname.removeprefix("www.")
    )


def _bare(link: str) -> str:
    """Return a link as people write it, without its scheme and without a slash at its end."""
    return link.partition("://")[2].removesuffix("/") or link


def _describe_state(say: partial[Markup], button: Button) -> str:
    """Return whether the suggested text fits, as the script says it of a text that was changed."""
    network, limit = button.network, button.network.limit
    if not network.takes_text:
        return say("link_only")
    if limit is None or network.counting == "bytes":
        return say("fits" if button.address else "too_long_here")
    if button.length > limit:
        return say("too_long", count=str(button.length - limit))
    return say("fits") if limit > _MOST_COUNTED else f"{button.length}/{limit}"


def _only_links(content: PageContent) -> str:
    """Return the names of the networks that take no text, or ""."""
    wordings = (wording for demand in content.demands for wording in demand.wordings)
    networks = (button.network for wording in wordings for button in wording.buttons)
    return ", ".join(dict.fromkeys(one.name for one in networks if not one.takes_text))


def _description(content: PageContent) -> str:
    """Return the intro, or all that the campaign asks, on one line.

    Networks keep what they read, so that an intro with a figure that is due for review some day is
    not it.
    """
    intro = "" if content.intro_until else content.intro
    text = intro or " · ".join(shown.demand.ask for shown in content.demands)
    line = " ".join(text.split())
    return line if len(line) <= _MOST_DESCRIBED else f"{line[: _MOST_DESCRIBED - 1].rstrip()}…"


def _rows(text: str) -> int:
    """Return the rows that a text takes on a phone, so that the box shows all of it."""
    rows = sum(1 + len(line) // _CHARACTERS_A_ROW for line in text.split("\n"))
    return min(max(rows, _ROWS.start), _ROWS.stop - 1)


def _split_facts(facts: tuple[FactContent, ...]) -> tuple[tuple[FactContent, ...], ...]:
    """Return the facts to show at once, and those to unfold. A single one is not folded."""
    at_once = len(facts) if len(facts) == _FACTS_AT_ONCE + 1 else _FACTS_AT_ONCE
    return facts[:at_once], facts[at_once:]


def _describe_kind(media: Media) -> str:
    """Return a picture's kind and size, such as ``PNG, 120 kB``."""
    kind, size = media.mime.partition("/")[2].upper(), media.size
    return f"{kind}, {size / _MB:.1f} MB" if size >= _MB else f"{kind}, {max(1, size // _KB)} kB"


@cache
def _template() -> Template:
    return page_environment(_HERE).from_string(_read("page.html.j2"))


@cache
def _read(name: str) -> str:
    """Return a part of the page without the blanks and comments that begin its lines."""
    lines = map(str.strip, (_HERE / name).read_text(encoding="utf-8").splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith(_COMMENTS))


def _style() -> str:
    style = type_style() + _read("page.css")
    for blanks in (" {", "{ ", " }", ": ", "; ", ", "):
        style = style.replace(blanks, blanks.strip())
    return style
