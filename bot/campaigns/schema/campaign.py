"""The form of a campaign: its header's settings, facts, statements, demands and events."""

from __future__ import annotations

from pydantic import Field
from pydantic import model_validator as after

from bot.campaigns.schema import fields
from bot.campaigns.schema.fields import (
    MAX_ACCOUNTS,
    MAX_LIST_ENTRIES,
    CardForm,
    Line,
    Name,
    Paragraph,
    Slug,
)
from bot.campaigns.schema.links import LinksForm
from bot.campaigns.schema.post import CampaignPostForm
from bot.campaigns.schema.share import ShareForm
from bot.campaigns.schema.when import AsOf, Day, LocalTime, TimezoneName
from bot.text import quote_value
from bot.voice.omissions import may_be_fair
from bot.yamlsource.forms import StrictForm
from bot.yamlsource.problems import FormError

_SOURCE = "A public source: an https address; if printed, its title, date and page."


class FactForm(StrictForm):
    """A claim that supports a demand, with the source that a hostile reader will ask for."""

    claim: Paragraph = Field(description="The claim, in one sentence.")
    figure: fields.TextOrNumber | None = Field(
        None, description="The number in it, as posts are to write it."
    )
    counts: Line | None = Field(
        None,
        description="What the number counts, in a few words that stand beside it on a share page: "
        "partnerships with police departments.",
    )
    source: fields.CitedSource = Field(description=_SOURCE)
    as_of: AsOf = Field(description="The day, month or year for which it is true.")
    review_by: Day | None = Field(
        None,
        description="The last day on which posts may use it before somebody reviews it. From then "
        "on, they are held back.",
    )


class StatementForm(StrictForm):
    """Words of a named person: a literal quotation, or a paraphrase that is called one."""

    speaker: Line = Field(description="The person who said it.")
    role: Line = Field(description="Their role, as posts are to write it.")
    source: fields.CitedSource = Field(description=_SOURCE)
    as_of: AsOf | None = Field(None, description="When they said it.")
    quote: Paragraph | None = Field(None, description="Their exact words.")
    paraphrase: Paragraph | None = Field(None, description="Their meaning, in other words.")
    excerpts: tuple[Paragraph, ...] = Field(
        (),
        max_length=MAX_LIST_ENTRIES,
        description="Fair shortened or explained forms of quote:, with […] and [words].",
    )

    @after(mode="after")
    def _quote_or_paraphrase(self) -> StatementForm:
        if (self.quote is None) == (self.paraphrase is None):
            hint = "Write quote: with their exact words, or paraphrase: with other words."
            raise FormError("C206", "A statement is a quotation or a paraphrase", hint)
        for excerpt in self.excerpts:
            if not may_be_fair(excerpt, self.quote or ""):
                message = f"The excerpt {quote_value(excerpt)} is not quote:, shortened"
                hint = "Keep its words and their order; leave out no word such as not or without."
                raise FormError("C206", message, hint)
        return self


class DemandForm(StrictForm):
    """A demand and its addressee."""

    ask: Paragraph = Field(description="The demand, in one sentence.")
    target: Line = Field(description="The person or organisation that it is made to.")
    facts: fields.Slugs = Field((), description="Ids of the facts that support it.")


class EventForm(StrictForm):
    """An event at a place and time. Posts can be timed by it."""

    name: Line = Field(description="The event's name.")
    place: Line = Field(description="The event's place in words, such as a building with its city.")
    timezone: TimezoneName | None = Field(
        None, description="Its timezone; default: the campaign's."
    )
    starts: LocalTime = Field(description="When it starts, in its timezone.")
    ends: LocalTime = Field(description="When it ends, in its timezone.")
    cancelled: bool = Field(False, description="If true, posts timed by it are not sent.")
    illustrative: bool = Field(False, description="True if the date is only an example.")


class CampaignForm(StrictForm):
    """A campaign with its demands, facts, statements, events and posts."""

    campaign: Slug = Field(description="The campaign's id: small letters, digits and hyphens.")
    title: Line = Field(description="The campaign's title, for reports.")
    timezone: TimezoneName = Field(
        description="The zone of all local times without one of their own."
    )
    accounts: tuple[Name, ...] = Field(
        (), max_length=MAX_ACCOUNTS, description="Accounts that post, by name in the config."
    )
    hashtags: fields.Hashtags = Field((), description="Added to each post's first part.")
    partners: fields.Slugs = Field(
        (),
        description="Organisations that post by hand from accounts of their own. Each gets "
        "wordings of its own from groundswell share-texts.",
    )
    mentions: dict[Slug, fields.NamesByPlatform] = Field(
        {},
        max_length=MAX_LIST_ENTRIES,
        description="People and organisations by a name of yours, each with its name on every "
        "platform: athena: {x: athenaforall, mastodon: athena@social.example}. A text with "
        "@athena mentions them under their name on the platform that it is published on.",
    )
    language: fields.Language | None = Field(
        None, description="The language of the posts, as a tag: en, or pt-BR."
    )
    cards: dict[fields.HttpsUrl, CardForm] = Field(
        {},
        max_length=MAX_LIST_ENTRIES,
        description="Cards of the pages that texts link to, by address: {https://example.org/page: "
        "{title: …}}. Bluesky makes no card of a link by itself, and shows this one.",
    )
    links: LinksForm | None = Field(
        None,
        description="Marks on links to the organisation's own pages, such as utm_source, from "
        "which its statistics learn which post brought people there.",
    )
    long: fields.Long = Field(
        "refuse",
        description="How to treat a text that is too long for a platform: thread cuts it there, "
        "at the ends of sentences; by default it is an error.",
    )
    embargo: LocalTime | None = Field(
        None, description="No post of the campaign is published before this local time."
    )
    require_approval: int = Field(
        0, ge=0, le=2, description="The number of people who must approve a post: 0, 1 or 2."
    )
    facts: dict[Slug, FactForm] = Field({}, description="Facts by id.")
    statements: dict[Slug, StatementForm] = Field({}, description="Statements of people by id.")
    demands: dict[Slug, DemandForm] = Field({}, description="Demands by id.")
    events: dict[Slug, EventForm] = Field({}, description="Events by id.")
    share: ShareForm | None = Field(None, description="The campaign's share page.")
    posts: tuple[CampaignPostForm, ...] = Field((), description="The posts.")
