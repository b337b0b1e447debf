"""Quotations, compared with the statements: what is in quotation marks was said like that."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.lint.style import whole_word
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.lint.engine import Finding, PostContext

MIN_SPEECH_WORDS = 3
"""A quotation of fewer words is a name or in scare quotes, not somebody's speech."""

MIN_RUN_WORDS = 6
"""So many words in a row do not match a statement by chance."""

_PAIRS = re.compile(
    r"“([^“”]+)[”“]"
    r"|„([^„“”]+)[“”]"
    r"|«([^«»]+)»|»([^«»]+)«|‹([^‹›]+)›"
    r"|「([^「」]+)」|『([^『』]+)』"
    r'|"([^"]+)"'
    r"|(?<!\w)‘([^‘]+?)’(?!\w)"
    r"|(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)"
)
_MARKS = "“”„«»‹›「」『』\"‘'"
_ANY_MARK = re.compile(f"[{_MARKS}]")
_OMITTED = re.compile(r"\[[^\[\]]*\]|\(\.\.\.\)|\(…\)|…|\.\.\.")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]{2}")
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def quotations(text: str) -> list[str]:
    """Return what is in quotation marks, is long enough to be speech, and is no title."""
    found = []
    for groups in _PAIRS.findall(text) if _ANY_MARK.search(text) else ():
        quotation = "".join(groups)
        words = _WORD.findall(quotation)
        # Where no blanks separate words, two characters count as one.
        is_long = len(words) + len(_UNSPACED.findall(quotation)) >= MIN_SPEECH_WORDS
        # A title is written like The State of Surveillance.
        main = [word for word in words if len(word) > 3]  # noqa: PLR2004 - as of, the, and
        capitals = all(word[0].isupper() or word[0].isdigit() for word in main)
        is_title = bool(main) and capitals and not quotation.isupper()
        if is_long and not is_title:
            found.append(quotation)
    return found


def unsourced_quotation(context: PostContext, *, paraphrased: bool) -> Iterator[Finding]:
    """Find quotations that nobody is known to have said like that: paraphrases, or all others."""
    for part in context.parts:
        for quotation in quotations(context.words(part.text)):
            if _is_sourced(quotation, context):
                continue
            words, shown = _spaced_words(quotation), truncate_line(quotation, 60)
            speakers = (
                statement.speaker
                for statement in context.campaign.statements.values()
                if not statement.exact and words in _spaced_words(statement.words)
            )
            speaker = next(speakers, None)
            if paraphrased and speaker is not None:
                message = f"“{shown}” paraphrases {speaker}: these are not their words."
                hint = "Take the quotation marks away, or quote what was said."
                yield context.finding(message, hint, part)
            elif not paraphrased and speaker is None:
                message = f"“{shown}” is no statement's words to the letter."
                hint = "Add it under statements: with quote:, correct the words, "
                hint += "or say it without marks."
                yield context.finding(message, hint, part)


def unnamed_speaker(context: PostContext) -> Iterator[Finding]:
    """Find a statement's words in a post that neither names the speaker nor uses the statement."""
    for wording in context.post.wordings if context.campaign.statements else ():
        text = wording.content.text
        for statement in context.campaign.statements.values():
            name = whole_word(statement.speaker.split()[-1], re.IGNORECASE)
            if statement.id in context.post.statements or name.search(text):
                continue
            runs, length = _runs(statement.words)
            for part in wording.content.parts:
                words = _plain_words(part.text)
                starts = range(len(words) - length + 1)
                if any(tuple(words[start : start + length]) in runs for start in starts):
                    message = f"These are words of {statement.speaker}, who is not named."
                    template = f"{{{{ statement.{statement.id.replace('-', '_')}.speaker }}}}"
                    yield context.finding(message, f"Name who said it, as {template}.", part)
                    break


def _is_sourced(quotation: str, context: PostContext) -> bool:
    """Return whether a statement has these words, or a fact of the post, or the campaign itself."""
    campaign = context.campaign
    sources = [statement.words for statement in campaign.statements.values() if statement.exact]
    sources += [campaign.facts[name].claim for name in context.post.facts if name in campaign.facts]
    sources += [campaign.title, *(demand.ask for demand in campaign.demands.values())]
    sources += [event.name for event in campaign.events.values()]
    pieces = [_normalize_marks(piece) for piece in _OMITTED.split(quotation)]
    return any(_is_excerpt(pieces, _normalize_marks(source)) for source in sources)


@lru_cache(maxsize=4096)  # each quotation is compared with every statement and fact
def _spaced_words(text: str) -> str:
    """Return the words of a text, each between blanks."""
    return f" {' '.join(_plain_words(text))} "


def _is_excerpt(pieces: Iterable[str], source: str) -> bool:
    """Return whether a quotation is a verbatim excerpt; […] leaves words out."""
    at = 0
    for piece in pieces:
        # A comma or stop before the closing mark may belong to the quoting sentence.
        for words in (piece, piece[:-1]) if piece[-1:] in {",", "."} else (piece,):
            # The plain search is much faster, and almost always enough to say no.
            match = whole_word(words).search(source, at) if words in source else None
            if match:
                at = match.end()
                break
        else:
            return False
    return True


@lru_cache(maxsize=4096)  # the same reason
def _normalize_marks(text: str) -> str:
    """Return a text with plain quotation marks and single spaces."""
    text = re.sub("[“”„«»‹›「」『』]", '"', text)
    return " ".join(re.sub("[‘’]", "'", text).split())


def _plain_words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


@lru_cache(maxsize=256)
def _runs(text: str) -> tuple[frozenset[tuple[str, ...]], int]:
    """Return every run of ``MIN_RUN_WORDS`` words of a statement; of a short one, all words."""
    words = _plain_words(text)
    length = min(MIN_RUN_WORDS, max(len(words), MIN_SPEECH_WORDS + 1))
    return frozenset(tuple(words[i : i + length]) for i in range(len(words) - length + 1)), length
