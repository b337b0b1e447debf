"""Builds the share page of a campaign: its wordings, its partners and its languages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from bot.campaigns.names import relied_on, section_names
from bot.campaigns.schema.fields import plain_tag
from bot.campaigns.schema.share import MAX_SHARE_WORDINGS, ShareForm
from bot.campaigns.templates import ALREADY_REPORTED, TemplateError, fill_template
from bot.campaigns.validation import validate
from bot.model.share import ShareLanguage, SharePage, SharePartner, ShareWording
from bot.text import quote_value
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.campaigns.schema.campaign import CampaignForm
    from bot.campaigns.schema.fields import MediaForm
    from bot.campaigns.schema.share import (
        ShareLanguageForm,
        ShareWordingForm,
        TranslatedDemandForm,
        TranslatedFactForm,
    )
    from bot.campaigns.source import Source
    from bot.campaigns.templates import TemplateNames
    from bot.model import Demand, Fact, Media, Statement
    from bot.yamlsource.problems import Place

_WordingList: TypeAlias = "tuple[Sequence[ShareWordingForm], tuple[str, ...], str | None, str]"
"""Wordings, the path to their section, their partner and their language."""

_NO_EVENT = TemplateError("A wording is about no event", "Write it out here.")
_NO_VALUES = TemplateError("A wording has no values", "Write it out here.")


@dataclass(frozen=True, slots=True)
class SharePageBuilder:
    """Builds the page from ``share:`` of a header."""

    source: Source
    root: MappingNode
    """The whole file."""
    head: CampaignForm
    facts: Mapping[str, Fact | None]
    demands: Mapping[str, Demand | None]
    statements: Mapping[str, Statement | None]

    def build(self) -> SharePage | None:
        """Return the page. If anything is wrong, note every problem and return None."""
        before = len(self.source.problems.problems)
        node = self.root.get(ScalarNode("share"))
        form = validate(ShareForm, node, self.source.problems) if node is not None else None
        if form is None:
            return None
        if self.head.language is None:
            hint = "Add language: with its tag, such as en, below the campaign's title."
            self._add("C203", "The share page needs the campaign's language", hint)
        languages = self._build_languages(form)
        self._check_partners(form)
        wordings = tuple(self._build_wordings(form, languages))
        card = self._find_pictures((form.card,) if form.card else (), "card")
        link = form.link or form.page
        if len(self.source.problems.problems) > before or link is None:
            return None
        place = self.root.key_place("share")
        return SharePage(
            organisation=form.organisation,
            address=form.page,
            link=link,
            languages=tuple(languages.values()),
            wordings=wordings,
            partners={
                name: SharePartner(
                    name, partner.name, partner.page, partner.link, partner.redirects
                )
                for name, partner in form.partners.items()
            },
            card=card[0] if card else None,
            redirects=form.redirects,
            mark=self.source.mark(place),
            suppressions=self.source.suppressions.get(place, ()),
        )

    def _add(self, code: str, message: str, hint: str, *path: str | int) -> None:
        self.source.problems.add(code, self._place(*path, of_key=not path), message, hint)

    def _place(self, *path: str | int, of_key: bool = False) -> Place:
        return place_of(self.root, "share", *path, of_key=of_key)

    def _check_known(self, kind: str, name: str, *path: str | int, is_key: bool = False) -> None:
        known: Mapping[str, object] = getattr(self, f"{kind}s")
        if name not in known:
            place = self._place(*path, of_key=is_key)
            self.source.note_unknown(place, kind, name, known, f"The campaign has no {kind}s.")

    def _check_partners(self, form: ShareForm) -> None:
        for name in form.partners:
            if name not in self.head.partners:
                hint = did_you_mean(name, self.head.partners, "Add it to partners: first.")
                message = f"{quote_value(name)} is not one of the campaign's partners"
                place = self._place("partners", name, of_key=True)
                self.source.problems.add("R313", place, message, hint)

    # --- Languages --------------------------------------------------------------------------------

    def _build_languages(self, form: ShareForm) -> dict[str, ShareLanguage]:
        """Return the page in each language by its tag. The campaign's own comes first."""
        own = self.head.language or ""
        self._check_languages(own)
        demands = {name: item for name, item in self.demands.items() if item}
        facts = {name: item for name, item in self.facts.items() if item}
        built = {own: self._build_language(own, form, demands, facts)}
        for tag, language in form.languages.items():
            path = self._language_path(tag)
            translated = (self._translate_demand(*pair, *path) for pair in language.demands.items())
            demands = {demand.id: demand for demand in translated if demand}
            in_language = (self._translate_fact(*pair, *path) for pair in language.facts.items())
            facts = {fact.id: fact for fact in in_language if fact}
            built.setdefault(tag, self._build_language(tag, language, demands, facts, *path))
        return built

    def _check_languages(self, own: str) -> None:
        """Note tags that differ only in capitals, and the campaign's own language."""
        seen = {own.casefold(): "is the campaign's own, for which these keys stand in share:"}
        for key in self._language_keys():
            if why := seen.get(key.strip().casefold()):
                message = f"The language {quote_value(key)} {why}"
                self.source.problems.add("R315", key.place, message, "Leave one of them out.")
            seen.setdefault(key.strip().casefold(), "stands here twice")

    def _language_keys(self) -> list[ScalarNode]:
        """Return the tags as they are typed. The form has them as they are used."""
        share = self.root[ScalarNode("share")]
        assert isinstance(share, MappingNode)
        languages = share.get(ScalarNode("languages"), MappingNode())
        assert isinstance(languages, MappingNode)
        return list(languages)

    def _language_path(self, tag: str) -> tuple[str, str]:
        typed = {plain_tag(key): str(key) for key in self._language_keys()}
        return "languages", typed[tag]

    def _build_language(
        self,
        tag: str,
        form: ShareForm | ShareLanguageForm,
        demands: Mapping[str, Demand],
        facts: Mapping[str, Fact],
        *path: str,
    ) -> ShareLanguage:
        return ShareLanguage(
            language=tag,
            title=getattr(form, "title", None) or self.head.title,
            intro=form.intro or "",
            demands=demands,
            facts=facts,
            words=form.words,
            pictures=self._find_pictures(form.pictures or (), *path, "pictures"),
            subject=form.subject or "",
            mark=self.source.mark(self._place(*path, of_key=True)),
            marks={
                key: self.source.mark(self._place(*path, key))
                for key in ("title", "intro", "subject")
                if getattr(form, key, None) is not None
            },
        )

    def _translate_demand(self, name: str, form: TranslatedDemandForm, *path: str) -> Demand | None:
        path = *path, "demands", name
        self._check_known("demand", name, *path, is_key=True)
        demand = self.demands.get(name)
        mark = self.source.mark(self._place(*path, of_key=True))
        return demand and replace(
            demand, ask=form.ask, target=form.target or demand.target, mark=mark
        )

    def _translate_fact(self, name: str, form: TranslatedFactForm, *path: str) -> Fact | None:
        path = *path, "facts", name
        self._check_known("fact", name, *path, is_key=True)
        fact = self.facts.get(name)
        if fact and form.figure and not fact.figure:
            hint = "Leave figure: out, or add it to the fact first."
            self._add("C206", f"The fact {quote_value(name)} has no figure", hint, *path, "figure")
        mark = self.source.mark(self._place(*path, of_key=True))
        return fact and replace(
            fact,
            claim=form.claim,
            figure=form.figure or fact.figure,
            counts=form.counts or "",
            mark=mark,
            suppressions=(),
        )

    def _find_pictures(self, forms: Sequence[MediaForm], *path: str) -> tuple[Media, ...]:
        found = []
        for index, form in enumerate(forms):
            place = self._place(*path, index, "file")
            media = self.source.find_shown(form, place)
            if media and not media.mime.startswith("image/"):
                message = f"{quote_value(form.file)} is not a picture"
                self.source.problems.add("M510", place, message, "Name a picture here.")
            elif media:
                found.append(media)
        return tuple(found)

    # --- Wordings ---------------------------------------------------------------------------------

    def _build_wordings(
        self, form: ShareForm, languages: Mapping[str, ShareLanguage]
    ) -> Iterator[ShareWording]:
        """Yield the wordings of all languages and partners, in the order of their sections."""
        lists = self._wording_lists(form)
        if (total := sum(len(forms) for forms, *_ in lists)) > MAX_SHARE_WORDINGS:
            message = f"The share page has {total} wordings, more than {MAX_SHARE_WORDINGS}"
            self._add("Y114", message, "A few for each demand are enough.")
            return
        names = {tag: self._template_names(language) for tag, language in languages.items()}
        first: dict[str, Place] = {}
        for forms, path, partner, language in lists:
            for index, item in enumerate(forms):
                place: tuple[str | int, ...] = (*path, "wordings", index)
                tag = getattr(item, "language", None) or language
                if tag not in languages:
                    hint = did_you_mean(tag, languages, "Add it to languages: of share: first.")
                    message = f"The share page has no language {quote_value(tag)}"
                    self._add("R315", message, hint, *place, "language")
                elif built := self._build_wording(item, place, names[tag]):
                    yield replace(built, language=tag, partner=partner)
                self._check_id(item.id, first, *place)

    def _wording_lists(self, form: ShareForm) -> list[_WordingList]:
        own = self.head.language or ""
        lists: list[_WordingList] = [(form.wordings, (), None, own)]
        for name, partner in form.partners.items():
            lists.append((partner.wordings, ("partners", name), name, own))
        for tag, language in form.languages.items():
            lists.append((language.wordings, self._language_path(tag), None, tag))
        return lists

    def _check_id(self, name: str, first: dict[str, Place], *path: str | int) -> None:
        place = self._place(*path, "id")
        other = first.setdefault(name, place)
        if other != place:
            message = f"The wording in line {other[0]} has the id {quote_value(name)} too"
            hint = "Change one of them: links and reports name a wording by its id."
            self.source.problems.add("R314", place, message, hint)

    def _build_wording(
        self, form: ShareWordingForm, path: tuple[str | int, ...], names: TemplateNames
    ) -> ShareWording | None:
        if self.source.is_given_up:
            return None
        self._check_known("demand", form.demand, *path, "demand")
        for kind in ("fact", "statement"):
            for index, name in enumerate(getattr(form, f"{kind}s")):
                self._check_known(kind, name, *path, f"{kind}s", index)
        demands = names["demand"]
        assert isinstance(demands, dict)
        asked = demands.get(form.demand, ALREADY_REPORTED)
        place = self._place(*path)
        node = self._text_node(*path)
        filled = fill_template(form.text, {**names, "demand": asked})
        for flaw in filled.flaws:
            word = self.source.find_word(flaw.word, node, flaw.line)
            self.source.problems.add(flaw.code, word, flaw.message, flaw.hint)
        if filled.rendered is None or asked is ALREADY_REPORTED:
            return None
        self.source.count_characters(len(filled.rendered), place)
        return ShareWording(
            id=form.id,
            demand=form.demand,
            text=filled.rendered,
            literal_text=filled.rendered if filled.literal_text is None else filled.literal_text,
            language="",
            facts=relied_on(form.facts, filled.references, "fact", self.facts),
            statements=relied_on(form.statements, filled.references, "statement", self.statements),
            mark=self.source.mark(place),
            suppressions=self.source.suppressions.get(place, ()),
        )

    def _text_node(self, *path: str | int) -> ScalarNode:
        node = self.root[ScalarNode("share")]
        for step in (*path, "text"):
            if isinstance(node, MappingNode) and isinstance(step, str):
                node = node[ScalarNode(step)]
            elif isinstance(node, SequenceNode) and isinstance(step, int):
                node = node[step]
        assert isinstance(node, ScalarNode)
        return node

    def _template_names(self, language: ShareLanguage) -> dict[str, TemplateNames | TemplateError]:
        """Return the names of texts in a language; ``demand`` has all demands by id."""
        facts = {**self.facts, **language.facts} if language.facts else self.facts
        known = {name: item for name, item in self.demands.items() if item} | {**language.demands}
        return {
            "campaign": {"id": self.head.campaign, "title": language.title},
            "fact": section_names(facts),
            "statement": section_names(self.statements),
            "event": _NO_EVENT,
            "value": _NO_VALUES,
            "demand": {
                name: {"ask": item.ask, "target": item.target} for name, item in known.items()
            },
        }
