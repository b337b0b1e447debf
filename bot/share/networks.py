"""The networks that a supporter can post on, each with the address that opens its form. Pure.

An address opens the network's own form with the text in it. Nothing is posted before the supporter
posts it there. No address takes a picture. The sources, as of November 2026:

- X: https://docs.x.com/x-for-websites/tweet-button/guides/web-intent. ``twitter.com`` does not open
  the app on iOS. The link is a parameter of its own, and stands after the text.
- Bluesky: https://docs.bsky.app/docs/advanced-guides/intent-links. The link stands in the text. Its
  app counts a link as short as it shows it (``shortenedGraphemeLength`` and ``toShortUrl`` in
  https://github.com/bluesky-social/social-app).
- Mastodon: https://blog.joinmastodon.org/2026/03/a-new-share-button. The text is in the fragment,
  which the browser does not send. 500 characters are the limit of a server that sets no other.
- Threads: https://developers.facebook.com/documentation/threads/threads-web-intents. The page does
  not say whether the link counts, so that it counts here.
- Telegram: https://core.telegram.org/widgets/share, which requires the link and shows the text
  below it. https://core.telegram.org/method/messages.sendMessage has the limit.
- WhatsApp: https://wa.me with a text and without a number is in wide use, but not documented.
- Facebook and LinkedIn take only the address of a page. They show its title and its card, and may
  link to the page's ``og:url``, which has no marks.
- Mail: RFC 6068, in which a line ends in ``%0D%0A``. Windows opens no address over 2,083 bytes, and
  some mail programs cut it earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from bot import xtext
from bot.platforms.bluesky.rules import GRAPHEME_LIMIT, grapheme_count
from bot.platforms.mastodon.texts import count_characters
from bot.platforms.options import MastodonOptions
from bot.xtext.links import to_utf16

if TYPE_CHECKING:
    from collections.abc import Mapping

Counting = Literal["x", "mastodon", "graphemes", "characters", "bytes", ""]
"""How a network counts a text. ``x`` is X's weighted length, and ``mastodon`` is code points
without the server of a mention, both with 23 for a link. ``graphemes`` are what a reader sees as
characters. ``characters`` are code units of UTF-16, of which an emoji has two or more. ``bytes``
are those of the text within the address. "" stands for no limit."""

TEXT = "{text}"
"""The place of the text in the address of a button. Nothing else in an address has braces."""

_MAX_TELEGRAM, _MAX_THREADS = 4096, 500
_MAX_MAIL = 1800
_LINE_END, _MAIL_LINE_END = "%0A", "%0D%0A"
_NEVER_ENCODED = "-_.!~*'()"
"""The signs that JavaScript's ``encodeURIComponent`` leaves as they are."""
_SHOWN_PATH, _KEPT_PATH, _ELLIPSIS = 15, 13, "..."
"""Bluesky's app shows a path of up to 15 characters, or else the first 13 and an ellipsis."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network with a form that an address can open."""

    id: str
    """The value of ``utm_source``."""
    name: str
    """The network's name, or "" for mail, whose name depends on the language."""
    address: str
    """The address with ``{text}``, ``{link}`` and ``{subject}`` at their places."""
    counting: Counting
    limit: int | None
    """The most that a text with its link may count, or None if there is no limit."""
    before_link: str = ""
    """The characters between text and link, as far as they count."""

    @property
    def takes_text(self) -> bool:
        """Whether its form takes a text. Otherwise it takes only the address of a page."""
        return TEXT in self.address

    def template(self, link: str, subject: str = "") -> str:
        """Return the address with the link in it, and with ``{text}`` for the text."""
        filled = self.address.replace("{link}", encode(link))
        return filled.replace("{subject}", encode(" ".join(subject.split())))

    def fill(self, template: str, text: str) -> str:
        """Return the address of a template with a text in it."""
        return template.replace(TEXT, self._encode(text))

    def length(self, text: str) -> int:
        """Return the length of a text without its link, as the network counts it."""
        match self.counting:
            case "x":
                return xtext.weighted_length(text)
            case "mastodon":
                return count_characters(text)
            case "graphemes":
                return grapheme_count(text)
            case "characters":
                return len(to_utf16(text))
            case "bytes":
                return len(self._encode(text))
            case _:
                return 0

    def link_length(self, link: str, subject: str = "") -> int:
        """Return the length that the link, and all else in the address if it counts, adds."""
        if self.counting == "bytes":
            return len(self.template(link, subject)) - len(TEXT)
        shown = _shown_on_bluesky(link) if self.counting == "graphemes" else link
        return self.length(self.before_link + shown)

    def _encode(self, text: str) -> str:
        encoded = encode(text)
        return encoded.replace(_LINE_END, _MAIL_LINE_END) if self.id == "mail" else encoded


@lru_cache(maxsize=64)  # each network gets the same text
def encode(text: str) -> str:
    """Return a text percent-encoded in UTF-8, as JavaScript's ``encodeURIComponent`` does.

    A space is ``%20``, because not every network reads ``+`` as one. Each line ends in ``%0A``.
    """
    return quote(plain_lines(text), safe=_NEVER_ENCODED)


def plain_lines(text: str) -> str:
    """Return a text in which each line ends in a line feed, as browsers read it from a box."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _shown_on_bluesky(link: str) -> str:
    """Return a link as Bluesky's app shows and counts it, or as it is if that is not sure."""
    parts = urlsplit(link)
    if parts.scheme not in {"http", "https"} or not link.isascii():
        return link
    path = link.split("://", 1)[1].removeprefix(parts.netloc)
    path = path[1:] if path == "/" or path.startswith(("/?", "/#")) else path
    if len(path) > _SHOWN_PATH:
        path = path[:_KEPT_PATH] + _ELLIPSIS
    return parts.netloc + path


_AFTER_TEXT = f"{TEXT}{_LINE_END}{_LINE_END}{{link}}"

NETWORKS: Mapping[str, Network] = {
    network.id: network
    for network in (
        Network(
            "x",
            "X",
            f"https://x.com/intent/tweet?text={TEXT}&url={{link}}",
            "x",
            xtext.LIMIT,
            before_link=" ",
        ),
        Network(
            "bluesky",
            "Bluesky",
            f"https://bsky.app/intent/compose?text={_AFTER_TEXT}",
            "graphemes",
            GRAPHEME_LIMIT,
            before_link="\n\n",
        ),
        Network(
            "mastodon",
            "Mastodon",
            f"https://share.joinmastodon.org/#text={_AFTER_TEXT}",
            "mastodon",
            MastodonOptions().characters,
            before_link="\n\n",
        ),
        Network(
            "threads",
            "Threads",
            f"https://www.threads.com/intent/post?text={TEXT}&url={{link}}",
            "characters",
            _MAX_THREADS,
            before_link=" ",
        ),
        Network(
            "telegram",
            "Telegram",
            f"https://t.me/share/url?url={{link}}&text={TEXT}",
            "characters",
            _MAX_TELEGRAM,
            before_link="\n",
        ),
        Network("whatsapp", "WhatsApp", f"https://wa.me/?text={_AFTER_TEXT}", "", None),
        Network(
            "facebook",
            "Facebook",
            "https://www.facebook.com/sharer/sharer.php?u={link}",
            "",
            None,
        ),
        Network(
            "linkedin",
            "LinkedIn",
            "https://www.linkedin.com/sharing/share-offsite/?url={link}",
            "",
            None,
        ),
        Network(
            "mail",
            "",
            f"mailto:?subject={{subject}}&body={TEXT}{_MAIL_LINE_END}{_MAIL_LINE_END}{{link}}",
            "bytes",
            _MAX_MAIL,
        ),
    )
}
"""The networks by id, in the order of the buttons."""
