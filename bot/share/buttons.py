"""The button of a network for a wording, and whether the text fits there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.share.content import Button

if TYPE_CHECKING:
    from bot.share.networks import Network


def make_button(network: Network, text: str, link: str, subject: str) -> Button:
    """Return the button; without an address, if the text does not fit there with its link."""
    template = network.template(link, subject)
    extra = network.link_length(link, subject)
    length = network.length(text) + extra
    fits = network.limit is None or length <= network.limit
    return Button(
        network=network.id,
        name=network.name,
        address=network.fill(template, text) if fits else "",
        template=template,
        counting=network.counting,
        length=length,
        limit=network.limit,
        extra=extra,
        takes_text=network.takes_text,
    )


def too_long_reason(button: Button) -> str:
    """Return the reason that a text does not fit, in a sentence, or "" if it does."""
    if button.limit is None or button.length <= button.limit:
        return ""
    unit = "bytes" if button.counting == "bytes" else "characters"
    return f"With its link it has {button.length:,} of {button.limit:,} {unit} there."
