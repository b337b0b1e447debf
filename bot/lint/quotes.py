"""Quotations held against the statements: what stands in quotation marks was said like that."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.text.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.lint.rule import Finding, Sight
    from bot.model import Part, Statement

SPEECH = 3
"""Words from which a quotation is somebody's speech; fewer are scare quotes or a name."""

RUN = 6
"""Words in a row that nobody writes by chance as a statement has them."""

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
    """Give what stands in quotation marks and is long enough to be speech, and no title."""
    if not _ANY_MARK.search(text):
        return []
    found = ["".join(groups) for groups in _PAIRS.findall(text)]
    return [one for one in found if _length(one) >= SPEECH and not _is_title(one)]


def _length(text: str) -> int:
    """Count the words; where none are set apart, two characters are taken for one."""
    return len(_WORD.findall(text)) + len(_UNSPACED.findall(text))


def _is_title(text: str) -> bool:
    """Say whether it is written like a title: The State of Surveillance."""
    words = [word for word in _WORD.findall(text) if len(word) > 3]  # noqa: PLR2004 - as of, the, and
    return (
        bool(words)
        and all(word[0].isupper() or word[0].isdigit() for word in words)
        and not text.isupper()
    )


def misquoted(sight: Sight) -> Iterator[Finding]:
    """Find quotations that nobody is known to have said like that."""
    for part, quotation in _quotations(sight):
        if not _is_sourced(quotation, sight) and not _paraphrased(quotation, sight):
            message = f"“{_short(quotation)}” is no statement's words to the letter."
            hint = "Add it under statements: with quote:, mend the words, or say it without marks."
            yield sight.at(part, message, hint)


def dressed_up(sight: Sight) -> Iterator[Finding]:
    """Find paraphrases in quotation marks."""
    for part, quotation in _quotations(sight):
        said = _paraphrased(quotation, sight)
        if said and not _is_sourced(quotation, sight):
            message = (
                f"“{_short(quotation)}” paraphrases {said.speaker}: these are not their words."
            )
            yield sight.at(part, message, "Take the quotation marks away, or quote what was said.")


def unnamed(sight: Sight) -> Iterator[Finding]:
    """Find a statement's words, in a post that neither names the speaker nor fetches it."""
    if not sight.campaign.statements:
        return
    for wording in sight.post.wordings:
        text = wording.content.text
        for statement in sight.campaign.statements.values():
            if statement.id in sight.post.statements or _is_named(statement, text):
                continue
            for part in wording.content.parts:
                if _repeats(part.text, statement):
                    message = f"These are words of {statement.speaker}, who is not named."
                    fetch = f"{{{{ statement.{statement.id.replace('-', '_')}.speaker }}}}"
                    yield sight.at(part, message, f"Name who said it, as {fetch}.")
                    break


def _quotations(sight: Sight) -> list[tuple[Part, str]]:
    return [(part, one) for part in sight.parts for one in quotations(plain(part.text))]


def _is_sourced(quotation: str, sight: Sight) -> bool:
    """Say whether a statement has these words, or a fact of the post, or the campaign itself."""
    campaign = sight.campaign
    sources = [one.words for one in campaign.statements.values() if one.exact]
    sources += [campaign.facts[name].claim for name in sight.post.facts if name in campaign.facts]
    sources += [campaign.title, *(one.ask for one in campaign.demands.values())]
    sources += [event.name for event in campaign.events.values()]
    pieces = [_levelled(piece) for piece in _OMITTED.split(quotation)]
    return any(_are_in(pieces, _known(source)[0]) for source in sources)


def _paraphrased(quotation: str, sight: Sight) -> Statement | None:
    words = _apart(quotation)
    for one in sight.campaign.statements.values():
        if not one.exact and words in _known(one.words)[1]:
            return one
    return None


@lru_cache(maxsize=4096)  # with each quotation, every statement and fact is asked
def _known(source: str) -> tuple[str, str]:
    return _levelled(source), _apart(source)


def _apart(text: str) -> str:
    """Return the words of a text, each between blanks."""
    return f" {' '.join(_plain_words(text))} "


def _are_in(pieces: Iterable[str], whole: str) -> bool:
    """Say whether a quotation is an excerpt, to the letter; […] leaves words out."""
    at = 0
    for piece in pieces:
        wanted = piece
        # The comma or stop before the closing mark is the quoting sentence's own.
        found = _find(wanted, whole, at)
        if found < 0 and wanted[-1:] in {",", "."}:
            wanted = wanted[:-1]
            found = _find(wanted, whole, at)
        if found < 0:
            return False
        at = found + len(wanted)
    return True


def _find(wanted: str, whole: str, at: int) -> int:
    if wanted not in whole:  # as good as always, and much sooner known
        return -1
    found = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)").search(whole, at)
    return found.start() if found else -1


def _levelled(text: str) -> str:
    """Give a text with plain quotation marks and single spaces."""
    text = re.sub("[“”„«»‹›「」『』]", '"', text)
    return " ".join(re.sub("[‘’]", "'", text).split())


def _plain_words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def _is_named(statement: Statement, text: str) -> bool:
    """Say whether a text has the speaker's whole name, or the last of it."""
    last = statement.speaker.split()[-1]
    if last.lower() not in text.lower():
        return False
    return re.search(rf"(?<!\w){re.escape(last)}(?!\w)", text, re.IGNORECASE) is not None


def _repeats(text: str, statement: Statement) -> bool:
    runs, length = _runs(statement.words)
    words = _plain_words(text)
    return any(tuple(words[i : i + length]) in runs for i in range(len(words) - length + 1))


@lru_cache(maxsize=256)
def _runs(words: str) -> tuple[frozenset[tuple[str, ...]], int]:
    """Give every run of ``RUN`` words of a statement; of a short one, the whole."""
    said = _plain_words(words)
    length = min(RUN, max(len(said), SPEECH + 1))
    return frozenset(tuple(said[i : i + length]) for i in range(len(said) - length + 1)), length


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:59]}…"  # noqa: PLR2004 - as fits a line
