"""The form of a campaign's share page: its wordings, its partners and its languages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic import model_validator as after

from bot.campaigns.schema import fields
from bot.campaigns.schema.fields import MAX_LIST_ENTRIES, Line, MediaForm, Name, Paragraph, Slug
from bot.text import quote_value
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.problems import FormError

MAX_SHARE_WORDINGS = 1000
"""Most wordings of a campaign's share page, in all languages and of all partners together."""

MAX_TRANSLATIONS = 1000
"""Most demands or facts of a language, as many as a campaign has."""

MAX_PICTURES = 20
"""Most pictures on a share page."""


def _end_in_slash(address: str) -> str:
    parts = urlsplit(address)
    if "?" in address or "#" in address:
        message = f"{quote_value(address)} is not the address of a folder"
        raise FormError("C204", message, "Write it without ? and #, as https://example.org/share/.")
    return address if parts.path.endswith("/") else f"{address}/"


FolderUrl = Annotated[fields.HttpsUrl, AfterValidator(_end_in_slash)]
"""The address of a folder. Relative addresses on its page need the slash at its end."""


class ShareWordingForm(StrictForm):
    """A text that a supporter may start from."""

    id: Slug = Field(description="Its id, once on the page in all languages: in links and reports.")
    demand: Slug = Field(description="Id of the demand that it speaks for.")
    text: fields.PostText = Field(
        description="The text, without the link that follows it; {{ fact.ID.figure }}, "
        "{{ demand.ask }}, {{ statement.ID.quote }} and {{ campaign.title }} are filled in."
    )
    facts: fields.Slugs = Field(
        (),
        description="Ids of the facts that it relies on, besides those that it fetches.",
    )
    statements: fields.Slugs = Field(
        (),
        description="Ids of the statements that it repeats, besides those that it fetches.",
    )


class PartnerWordingForm(ShareWordingForm):
    """A wording that stands on one partner's page only."""

    language: fields.Language | None = Field(
        None, description="One of the page's languages; default: the campaign's."
    )


Wordings = Annotated[tuple[ShareWordingForm, ...], Field(max_length=MAX_SHARE_WORDINGS)]


class SharePartnerForm(StrictForm):
    """The page in a partner's name."""

    name: Line = Field(description="The partner's name, as its page shows it.")
    page: FolderUrl | None = Field(None, description="The address at which its page will stand.")
    link: fields.HttpsUrl | None = Field(
        None, description="What its wordings link to, instead of the campaign's link."
    )
    wordings: tuple[PartnerWordingForm, ...] = Field(
        (),
        max_length=MAX_SHARE_WORDINGS,
        description="Its own wordings. On its page they stand before the campaign's.",
    )
    redirects: bool = Field(
        False,
        description="If true, the links of its page lead through counters of its own, for which "
        "groundswell share serve must stand at its page.",
    )

    @after(mode="after")
    def _has_counters_somewhere(self) -> SharePartnerForm:
        if self.redirects and self.page is None:
            message = "redirects: needs the address of the partner's page"
            raise FormError("C203", message, "Add page: beside it.", key="redirects")
        return self


class TranslatedDemandForm(StrictForm):
    """A demand in another language."""

    ask: Paragraph = Field(description="The demand, in one sentence.")
    target: Line | None = Field(None, description="Its addressee, if the name is another one.")


class TranslatedFactForm(StrictForm):
    """A fact in another language. Its source and its dates stay those of the fact."""

    claim: Paragraph = Field(description="The claim, in one sentence.")
    figure: fields.TextOrNumber | None = Field(
        None, description="The same number, as this language writes it."
    )
    counts: Line | None = Field(None, description="What the number counts, in a few words.")


Pictures = Annotated[tuple[MediaForm, ...], Field(max_length=MAX_PICTURES)]


OwnWords = Annotated[
    dict[Name, Paragraph],
    Field(
        max_length=MAX_LIST_ENTRIES,
        description="The page's own words by key, for a language that Groundswell has none for.",
    ),
]


class ShareLanguageForm(StrictForm):
    """The page in another language than the campaign's. All else is as on the campaign's page."""

    title: Line | None = Field(None, description="The campaign's title.")
    intro: Paragraph | None = Field(None, description="A sentence or two on the campaign.")
    subject: Line | None = Field(None, description="The subject of a mail; default: the title.")
    demands: dict[Slug, TranslatedDemandForm] = Field(
        {}, max_length=MAX_TRANSLATIONS, description="Demands by id."
    )
    facts: dict[Slug, TranslatedFactForm] = Field(
        {}, max_length=MAX_TRANSLATIONS, description="Facts by id."
    )
    pictures: Pictures | None = Field(
        None, description="Pictures for this page, with alt texts in its language."
    )
    words: OwnWords = Field({})
    wordings: Wordings = Field((), description="Its wordings, in this language.")


class ShareForm(StrictForm):
    """A page on which supporters find the demands, the facts and wordings to start from."""

    organisation: Line = Field(description="The name of the organisation that speaks.")
    page: FolderUrl | None = Field(
        None,
        description="The address at which the page will stand. Facebook and LinkedIn share it, and "
        "its card needs it.",
    )
    link: fields.HttpsUrl | None = Field(
        None, description="The page that the wordings link to; default: the share page itself."
    )
    intro: Paragraph | None = Field(None, description="A sentence or two on the campaign.")
    subject: Line | None = Field(None, description="The subject of a mail; default: the title.")
    pictures: Pictures = Field((), description="Pictures to download, with their alt texts.")
    card: MediaForm | None = Field(
        None, description="A picture for the page's card, instead of the one that is drawn for it."
    )
    words: OwnWords = Field({})
    redirects: bool = Field(
        False,
        description="If true, the page's links lead through the counters of groundswell share "
        "serve, which must then stand at page. Those of partners do not.",
    )
    wordings: Wordings = Field((), description="Texts that supporters may start from.")
    partners: dict[Slug, SharePartnerForm] = Field(
        {},
        max_length=MAX_LIST_ENTRIES,
        description="Partners that have the page in their own name, by their names in partners.",
    )
    languages: dict[fields.Language, ShareLanguageForm] = Field(
        {},
        max_length=MAX_LIST_ENTRIES,
        description="The page in other languages than the campaign's, by their tags.",
    )

    @after(mode="after")
    def _leads_somewhere(self) -> ShareForm:
        if self.page is None and self.link is None:
            hint = "Add link: with the page that supporters share, or page: with the address at "
            hint += "which the share page will stand."
            raise FormError("C203", "The share page has neither link nor page", hint)
        if self.redirects and self.page is None:
            message = "redirects: needs the address of the share page"
            raise FormError("C203", message, "Add page: to share:.", key="redirects")
        return self
