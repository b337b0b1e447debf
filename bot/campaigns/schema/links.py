"""The form of ``links:``, by which links to the organisation's own pages are marked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from bot.campaigns.schema import fields
from bot.campaigns.schema.fields import MAX_LIST_ENTRIES, Line
from bot.link_marks import covers
from bot.text import quote_value
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.problems import FormError


def _require_page(address: str) -> str:
    if "?" in address or "#" in address or not covers((address,), address):
        message = f"{quote_value(address)} is not the address of a page"
        hint = "Write it without ? and #, as https://example.org/ for a whole site."
        raise FormError("C204", message, hint)
    return address


PageUrl = Annotated[fields.HttpsUrl, AfterValidator(_require_page)]
_PageUrls = tuple[PageUrl, ...]
Pages = Annotated[
    _PageUrls,
    fields.or_text("", _PageUrls, "One page.", "https://example.org/"),
    Field(max_length=MAX_LIST_ENTRIES),
]


class LinksForm(StrictForm):
    """Marks on links to the organisation's own pages, from which its statistics learn."""

    pages: Pages = Field(
        min_length=1,
        description="Addresses of the organisation's own. Links to these pages, and to pages "
        "below them, are marked.",
    )
    leave: Pages = Field(
        (), description="Pages among these, and pages below them, whose links stay as they are."
    )
    campaign: Annotated[Line, StringConstraints(max_length=100)] | None = Field(
        None, description="The value of utm_campaign; default: the campaign's id."
    )
    content: Literal["post", "account", "wording"] = Field(
        "post",
        description="What utm_content names in posts: the post's id, the account that publishes "
        "it, or the post and its wording.",
    )
