"""Rules about mentions, tone, hidden characters, look-alike letters and alt texts."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.text import URL_PATTERN, escape_hidden, find_hidden, join_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.lint.context import Finding, PostContext
    from bot.model import Account


_CONTEXT = 12
"""Characters that a message shows on either side of a hidden one."""

_PUNCTUATION = ".,;:!?…\"“”„‘’'()[]–—/"
_MIN_CAPITAL_WORDS = 3
_ASCII_CAPITALS = re.compile(r"[A-Z]{2}\S{0,40}\s{1,9}[^\w\s]{0,9}[A-Z]{2}")
_MIN_CAPITAL_LETTERS = 10
"""Three acronyms in a row (US DHS ICE) have fewer letters than shouted words."""

_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]*")
_MIN_HANDLE = 6
"""A handle in capitals with fewer letters is an acronym, such as @ACLU."""


def unsolicited_mention(context: PostContext) -> Iterator[Finding]:
    """Find people who would be notified without having agreed to it."""
    for part in context.parts:
        names = strangers(context.mentions(part.text), context.accounts, context.post.accounts)
        if others := sorted({f"@{name}" for name in names}):
            message = f"The text mentions {join_first(others)}, who will be notified."
            yield context.finding(message, mention_hint(names, context.post.accounts), part)


def mention_hint(names: Sequence[str], accounts: Sequence[str]) -> str:
    """Return the hint for strangers who are mentioned, with the line for the config.

    Supporters have no accounts in the config.
    """
    if not accounts:
        return "Write the name without the @."
    line = f"may_mention: [{', '.join(sorted({*names}))}]"
    return (
        "Write the name without the @. If they agreed to be mentioned, put this into config.yaml, "
        f"under {' and '.join(accounts)}: `{line}`."
    )


def strangers(
    names: Sequence[str], accounts: Mapping[str, Account], speakers: Sequence[str]
) -> list[str]:
    """Return the mentioned names that are not ours and did not agree to be mentioned.

    Only the config says who agreed, for each account that speaks. The ``partners`` and ``mentions``
    of a campaign file are nobody's consent. Bots may not mention other people:
    https://docs.x.com/developer-guidelines.
    """
    if not names:
        return []
    handles = {account.handle.lstrip("@").casefold() for account in accounts.values()}
    known = [account for name in speakers if (account := accounts.get(name))]
    if known:
        agreed = [{name.casefold() for name in account.may_mention} for account in known]
        handles |= set.intersection(*agreed)
    return [name for name in names if name.casefold() not in handles]


def hidden_characters(context: PostContext) -> Iterator[Finding]:
    """Find hidden characters in anything that is shown."""
    for part, text in context.visible_texts:
        if hidden := list(find_hidden(text)):
            names = dict.fromkeys(_char_name(match[1]) for match in hidden)
            place = hidden[0].start()
            around = escape_hidden(text[max(0, place - _CONTEXT) : place + _CONTEXT])
            message = f"Hidden in “{' '.join(around.split())}”: {join_first(list(names), limit=9)}."
            hint = "Type that place again instead of pasting it."
            yield context.finding(message, hint, part)


def _char_name(char: str) -> str:
    """Return the code point and the name of a character, as ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()


def all_caps(context: PostContext) -> Iterator[Finding]:
    """Find three or more words in a row in capitals."""
    for part in context.parts:
        # Most texts need no closer look. A text beyond ASCII may have capitals of any script.
        if part.text.isascii() and not _ASCII_CAPITALS.search(part.text):
            continue
        run: list[str] = []
        for word in [*context.words(part.text).split(), ""]:
            bare = word.strip(_PUNCTUATION)
            loud = len(bare) > 1 and bare.isupper()
            run += [bare] if loud else []
            if loud and word[-1] not in ",;:/)":  # a comma ends a run, as in lists of acronyms
                continue
            if len(run) >= _MIN_CAPITAL_WORDS and sum(map(len, run)) >= _MIN_CAPITAL_LETTERS:
                hint = "Write it in small letters: capitals read as shouting, or letter by letter."
                yield context.finding(f"“{' '.join(run)[:60]}” is all capitals.", hint, part)
                break
            run = []


def shouting_at_person(context: PostContext) -> Iterator[Finding]:
    """Find a name in capitals, or in a sentence that ends in !! or more."""
    demand = context.campaign.demands.get(context.post.demand or "")
    target = demand.target if demand else ""
    loud_target = target.upper()
    known = context.accounts, context.post.accounts
    for part in context.parts:
        text = part.text
        in_capitals = loud_target != target and whole_word(loud_target).search(text)
        names = [target] if in_capitals else []
        handles = strangers(context.mentions(text), *known)
        names += [f"@{name}" for name in handles if name.isupper() and len(name) >= _MIN_HANDLE]
        if "!!" in text or "!?!" in text:
            for sentence in _SENTENCE.findall(URL_PATTERN.sub(" ", text)):
                if re.search(r"!\??!", sentence):
                    names += [f"@{name}" for name in strangers(context.mentions(sentence), *known)]
                    named = target and whole_word(target, re.IGNORECASE).search(sentence)
                    names += [target] if named else []
        if names:
            hint = "Say it calmly: one exclamation mark at most, and names as they are written."
            yield context.finding(f"This shouts at {names[0]}.", hint, part)


def whole_word(word: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that finds these words, but not as part of a longer word."""
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", flags)


LOOKS_LATIN = frozenset("авекмнорстухіјѕԁԛԝӏѵҽոսցօհαορνι")
"""Small Cyrillic, Armenian and Greek letters that look like Latin ones."""

_CAPITALS = frozenset("АВЕЅІЈКМНОРСТУХԚԜՕՏՍΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_LATIN_ALIKE = frozenset("aceopxyABCEHKMOPTXY")
"""Latin letters that are most often confused with one of these."""

_ALIKE = LOOKS_LATIN | _CAPITALS | _LATIN_ALIKE | frozenset(map(chr, range(0x13A0, 0x13F6)))

_OTHER_SCRIPTS = (
    "\u0370-\u058f\u13a0-\u13ff\u1c80-\u1c8f\u1f00-\u1fff\u2de0-\u2dff\ua640-\ua69f\uab70-\uabbf"
)
_OTHER_SCRIPT = re.compile(f"[{_OTHER_SCRIPTS}]")
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(f"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+|[{_OTHER_SCRIPTS}]+")


def lookalike_letters(context: PostContext) -> Iterator[Finding]:
    """Find words that mix look-alike letters of several scripts, in anything that is shown."""
    for part, text in context.visible_texts:
        if pairs := list(dict.fromkeys(_lookalike_words(text))):
            words = join_first(list(dict.fromkeys(f"“{word}”" for word, _ in pairs)))
            letters = join_first(list(dict.fromkeys(name for _, name in pairs)))
            hint = "Type the word again; put a hyphen between two words that belong together."
            yield context.finding(f"{words} mixes scripts: {letters}.", hint, part)


def _lookalike_words(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word that may pass for another, with the name of a look-alike letter in it."""
    if text.isascii() or not _OTHER_SCRIPT.search(text):
        return
    text = unicodedata.normalize("NFC", URL_PATTERN.sub(" ", text))
    for word in filter(_OTHER_SCRIPT.search, _WORD.findall(text)):
        for left, right in pairwise(_RUN.findall(word)):
            # Of two words written together, as in a hashtag, the second begins with a capital.
            joined = left[-1].islower() and right[0].isupper() and min(len(left), len(right)) > 1
            disguised = [run for run in (left, right) if not joined and _ALIKE.issuperset(run)]
            if disguised:
                yield word, f"{disguised[0][0]} is {_char_name(disguised[0][0])}"
                break


MIN_ALT_LENGTH = 15
"""A shorter alt text can only name a kind of picture, or a person."""

_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|mp4|mov|heic)", re.IGNORECASE)
_EMPTY_WORD_LIST = """
    a an the of our my this is image images picture photo photograph pic graphic card banner poster
    logo screenshot illustration drawing chart graph video gif animation alt text file
    untitled here see above below todo tbd fixme description img"""
_EMPTY_WORDS = frozenset(_EMPTY_WORD_LIST.split())


def useless_alt_text(context: PostContext) -> Iterator[Finding]:
    """Find alt texts that do not describe the picture."""
    pairs = ((part, media) for part in context.parts for media in part.attached)
    for part, media in pairs:
        alt, name = media.alt.strip(), media.path.name
        words = re.findall(r"\w+", alt.lower())
        if _FILE_NAME.fullmatch(alt) or _letters(alt) == _letters(media.path.stem):
            why = "is the name of a file"
        elif all(word in _EMPTY_WORDS or word.isdigit() for word in words):
            why = "says only that there is a picture"
        elif len(alt) < MIN_ALT_LENGTH and alt.isascii():
            why = f"has {len(alt)} characters: too short to show anything"
        elif _letters(alt) == _letters(context.words(part.text)):
            why = "only repeats the text"
        else:
            continue
        hint = "Describe the picture in a sentence, with any words in it."
        yield context.finding(f"The alt text of {name} {why}.", hint, part, media)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
