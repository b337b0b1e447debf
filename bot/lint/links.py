"""Rules about links, their cost, their honesty and their marks, and about readable hashtags."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.link_marks import covers, host_of, reason_to_leave, same_address
from bot.lint.style import LOOKS_LATIN
from bot.model import PostLink
from bot.text import TRAILING_PUNCTUATION, join_first, quote_value
from bot.voice.words import passes_for_ascii
from bot.xtext.links import MAY_HOLD_LINK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.context import Finding, PlanContext, PostContext
    from bot.model import Account, Campaign, Part, Post
    from bot.model.share import LinkMarks


_INSECURE = re.compile(r"\bhttp://[^\s<>\"“”«»]+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s<>\"“”«»()]+")
_LONGEST_HOST = 253
"""Most characters of a host name (RFC 1035)."""

_SCRIPTS_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
"""Scripts that are written mixed (UTS 39, "highly restrictive"); any other mixture is deceptive."""


def costly_link(context: PostContext) -> Iterator[Finding]:
    """Find words that a platform turns into a link and bills, although ``link:`` has none."""
    for part, typed, wording in context.literal_texts:
        text = typed
        for link in filter(None, (wording.link, wording.typed_link)):
            text = text.replace(link, " ")
        if "http:" in text.lower():  # insecure_link reports it
            text = _INSECURE.sub(" ", text)
        if not MAY_HOLD_LINK.search(text):
            continue
        for name in context.post.accounts:
            account = context.accounts.get(name)
            if account and (cost := _link_cost(context, replace(part, text=text), account)):
                hint = "If it is intended, put it under link:; else write the name without the dot."
                yield context.finding(cost, hint, part)
                break


def _link_cost(context: PostContext, part: Part, account: Account) -> str | None:
    """Return a message with the word that is billed as a link, or None if no word is."""
    words = part.text.split()
    dotted = [word for word in words if MAY_HOLD_LINK.search(word)]
    without_dotted = " ".join(word for word in words if not MAY_HOLD_LINK.search(word))
    price = context.price(part, account)
    lower = context.price(replace(part, text=without_dotted), account)
    if price <= lower:
        return None
    empty = replace(part, media=(), text="")
    base = context.price(empty, account)
    billed = (word for word in dotted if context.price(replace(empty, text=word), account) > base)
    name = next(billed, dotted[0]).strip(TRAILING_PUNCTUATION)
    return f"{name} becomes a link, and the post costs ${price} instead of ${lower}."


def insecure_link(context: PostContext) -> Iterator[Finding]:
    """Find links that anybody on the network can read and change."""
    for part in context.parts:
        if "http" in part.text.lower():
            for link in _INSECURE.findall(part.text):
                message = f"{link.rstrip(TRAILING_PUNCTUATION)} is not encrypted."
                hint = "Put it under link:, with https://, and open it once to see that it works."
                yield context.finding(message, hint, part)


def deceptive_link(context: PostContext) -> Iterator[Finding]:
    """Find addresses that pass for another, by mixed scripts, look-alikes or a name before an @."""
    for part in context.parts:
        if part.text.isascii() and "xn--" not in part.text and "://" not in part.text:
            continue
        for word in _SEPARATORS.split(part.text):
            if "." in word and (deception := _deception(word)):
                yield context.finding(*deception, part)


def _deception(word: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(word if "://" in word else f"//{word}")
        host = (parts.hostname or "").rstrip(".…")
    except ValueError:
        return None
    if len(host) > _LONGEST_HOST:
        return None
    if parts.username is not None and "://" in word:
        message = f"The link leads to {host}, not to the name before the @."
        return message, "Write the address without a name and an @ in it."
    labels = host.split(".")
    for index, label in enumerate(labels):
        if label.startswith("xn--"):
            with suppress(ValueError):
                labels[index] = label[4:].encode("ascii").decode("punycode")
    mixed = any(map(_is_mixed, labels))
    if len(labels) > 1 and (mixed or any(map(passes_for_ascii, "".join(labels)))):
        punycode = ".".join(
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
            for label in labels
        )
        deceit = "mixes scripts" if mixed else "has letters that look like others"
        message = f"{'.'.join(labels)} {deceit}: it really is {punycode}."
        return message, "Type the address again, by hand, and open it."
    return None


def _is_mixed(label: str) -> bool:
    if label.isascii():
        return False
    letters = [char for char in label.lower() if char.isalpha()]
    scripts = {unicodedata.name(char, "?").split("-")[0].split(" ")[0] for char in letters}
    allowed = len(scripts) <= 1 or any(scripts <= together for together in _SCRIPTS_TOGETHER)
    return not allowed or (bool(letters) and LOOKS_LATIN.issuperset(letters))


# --- Marks ----------------------------------------------------------------------------------------


def useless_marks(context: PlanContext) -> Iterator[Finding]:
    """Find settings under ``links:`` that mark nothing, or by which statistics mix things up."""
    first: dict[str, str] = {}
    for campaign in context.campaigns:
        if (marks := campaign.link_marks) is None:
            continue
        slips = [*_left_outside(marks), *_same_accounts(campaign)]
        if context.is_complete:
            slips += _nothing_marked(campaign)
        other = first.setdefault(marks.campaign.casefold(), campaign.id)
        if other != campaign.id:
            shown = quote_value(marks.campaign)
            message = f"The campaign {other} has the utm_campaign {shown}, too."
            slips.append((message, "Write another campaign: here, or statistics add up both."))
        for message, hint in slips:
            yield context.finding(marks, message, hint)
        for post, link in _left_for_their_place(campaign, marks):
            message = f"{link.typed} gets no marks. {link.reason}"
            hint = "Put a space behind it, or write it under link:."
            yield context.finding(post, message, hint)


def _left_for_their_place(campaign: Campaign, marks: LinkMarks) -> Iterator[tuple[Post, PostLink]]:
    """Yield the links of posts that have no marks because of the letters around them."""
    told: set[tuple[str, PostLink]] = set()
    for post in campaign.posts:
        for link in (link for wording in post.wordings for link in wording.links):
            if link.reason and not reason_to_leave(link.typed, marks):
                if (post.id, link) not in told:
                    yield post, link
                told.add((post.id, link))


def _links_of(campaign: Campaign) -> Iterator[PostLink]:
    """Yield the links of a campaign's posts and of its share page."""
    for post in campaign.posts:
        for wording in post.wordings:
            yield from wording.links
    if page := campaign.share:
        partners = page.partners.values()
        links = (
            page.link,
            page.address,
            *(link for of in partners for link in (of.link, of.address)),
        )
        for link in filter(None, links):
            yield PostLink(link, link, reason_to_leave(link, campaign.link_marks))


def _nothing_marked(campaign: Campaign) -> Iterator[tuple[str, str]]:
    links = [*_links_of(campaign)]
    if any(not link.reason for link in links) or not (campaign.posts or campaign.share):
        return
    hosts = [*dict.fromkeys(filter(None, (host_of(link.typed) for link in links)))]
    hint = "Add a link to a page of your own, or take links: out."
    if hosts:
        hint = f"Compare pages: and leave: with the links, which lead to {join_first(hosts)}; "
        hint += "groundswell share links has the reason for each."
    yield "No link of the campaign gets a mark.", hint


def _left_outside(marks: LinkMarks) -> Iterator[tuple[str, str]]:
    for page in marks.leave:
        if not covers(marks.pages, page):
            message = f"Links to {page} have no marks in any case, because pages: does not have it."
            yield message, "Correct it, or take it out of leave:."


def _same_accounts(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Yield the accounts whose names differ in capitals alone, which many statistics ignore."""
    if not campaign.link_marks or campaign.link_marks.content != "account":
        return
    alike: dict[str, dict[str, None]] = defaultdict(dict)
    for post in campaign.posts:
        if any(not link.reason for wording in post.wordings for link in wording.links):
            for name in post.accounts:
                alike[name.casefold()][name] = None
    for names in alike.values():
        if len(names) > 1:
            message = f"The accounts {join_first([*names])} have the same utm_content, but for "
            message += "capitals."
            yield message, "Rename one of them, because many statistics do not tell them apart."


def marked_source(context: PlanContext) -> Iterator[Finding]:
    """Find marked links to the source of a fact or a statement, which has no marks there."""
    for campaign in context.campaigns:
        if (marks := campaign.link_marks) is None:
            continue
        marked = {link.typed for link in _links_of(campaign) if not link.reason}
        named: dict[str, list[str]] = defaultdict(list)
        for kind, known in (("fact", campaign.facts), ("statement", campaign.statements)):
            for name, entry in known.items():
                if any(same_address(link, entry.source) for link in marked):
                    named[entry.source].append(f"the {kind} {name}")
        for source, names in named.items():
            name = "names" if len(names) == 1 else "name"
            message = f"Links to {source} get marks, and are then not the very address that "
            message += f"{join_first(names)} {name} as the source."
            hint = "Add it to leave:, or allow this if the marked address shows the same page."
            yield context.finding(marks, message, hint)


# --- Hashtags -------------------------------------------------------------------------------------

MAX_HASHTAGS = 3
"""More in one post are taken for spam, by people and by platforms; X advises two at most."""

MIN_RUN_TOGETHER = 12
"""Letters in a row from which a hashtag without capitals inside is taken for several words."""

_LEXICON = """
    a act action after against ai all amazon an and any are art as ask at aws back ban be big
    black body border boss bosses build by call care cars cash change children city climate cloud
    code color control cops corp crime data day deal deals defend defund demand dirty do dont down
    drop earth end ending equal every eyes face facts fair fight fire first food for free freedom
    from fund future gas get give go google great green half hands have health help her here him
    his home homes hope hour house housing how human ice if immigrants in is it its jobs join just
    justice keep kids land law lawyer let life lives living love make march matter matters media
    men migrants military million mine more must my national need net network never new no not now
    of off oil old on one open or our out over party pay peace people planet police politics power
    press prison privacy profit profits protect public raid raids rent rights ring rise safe save
    say school science share shut silent site so social some south spy stand state stay stop store
    strike student students summit sun support take tax team tech that the their them they this
    time to together town trade trans tribe truth union unions unite us vote voter voters votes
    wage wages walk wall war watch water we west what when where who why will win with women work
    worker workers world year you young your youth"""
_WORDS = frozenset(_LEXICON.split())
_LONGEST = max(map(len, _WORDS))
"""The longest word of ``_WORDS``, by which a run of letters is split into words."""

_MAX_ACRONYM = 6
"""Most letters of an acronym such as LGBTQ, or of one short word."""

_ONE_WORD = re.compile(
    "(?:tions?|sions?|ments?|ances?|ences?|ity|ities|ness|isms?|ists?|ships?|able|ible|ally|ing"
    "|ated|ative|ological|graphy|graphic)$"
)
"""Endings of long single English words, such as accountability or surveillance."""


def too_many_hashtags(context: PostContext) -> Iterator[Finding]:
    """Find parts with more than ``MAX_HASHTAGS`` hashtags."""
    for part in context.parts:
        tags = [f"#{tag}" for tag in context.hashtags(part.text)]
        if len(tags) > MAX_HASHTAGS:
            message = f"There are {len(tags)} hashtags: {join_first(tags, 5)}."
            hint = f"Keep at most {MAX_HASHTAGS} that people search for."
            yield context.finding(message, hint, part)


def unreadable_hashtag(context: PostContext) -> Iterator[Finding]:
    """Find hashtags of several words without capitals.

    The campaign's own hashtags are reported once, at the campaign.
    """
    campaign = context.campaign
    for part in context.parts:
        for tag in context.hashtags(part.text):
            if not is_readable(tag):
                hint = "Begin each word with a capital, as in #NoTechForIce."
                finding = context.finding(f"#{tag} runs its words together.", hint, part)
                if tag in campaign.hashtags:
                    finding = replace(finding, mark=campaign.mark, element=campaign.mark)
                yield finding


@lru_cache(maxsize=1024)
def is_readable(tag: str) -> bool:
    """Return whether a screen reader can separate the words of a hashtag.

    It can if each word begins with a capital, or if there is only one word.
    """
    for letters in re.split(r"[\d_]+", tag):
        low, one_case = letters.lower(), letters[1:].islower() or letters.isupper()
        if len(letters) > _MAX_ACRONYM and one_case:
            if len(low) >= MIN_RUN_TOGETHER and not _ONE_WORD.search(low):
                return False
            ends = {0}  # up to each of these, the letters are known words
            for end in range(2, len(low) + 1):
                starts = range(max(0, end - _LONGEST), end)
                if any(start in ends and low[start:end] in _WORDS for start in starts):
                    ends.add(end)
            if len(low) in ends and low not in _WORDS:
                return False
    return True
