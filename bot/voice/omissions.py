"""Decides whether a shortened quotation keeps the meaning of its source.

The omitted words, at the start, in the middle or at the end, must not reverse the meaning.
Therefore none of them may deny something or make a condition. Words in brackets are additions, and
not allowed. A statement can name excerpts that a person has found to be fair.

The words that deny are known for some languages, and searched for in all of them together. A text
in another language may only be quoted in whole sentences, or by the statement's ``excerpts``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.text import strip_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEGATIONS = {
    "en": "no not never none nobody nothing nowhere neither nor cannot without hardly barely "
    "scarcely rarely seldom",
    "es": "no nunca jamás jamas nadie nada ningún ningun ninguno ninguna ni sin tampoco apenas",
    "fr": "ne pas non jamais rien personne aucun aucune sans guère ni nul nulle",
    "de": "nicht nichts nie niemals niemand niemanden kein keine keinen keinem keiner keines ohne "
    "weder kaum nirgends nein",
    "pt": "não nao nunca jamais ninguém ninguem nada nenhum nenhuma nem sem tampouco",
    "it": "non no mai nessuno nessuna niente nulla né senza",
    "nl": "niet nooit niemand niets geen zonder nergens nauwelijks nee",
}
"""Words that deny, by language."""
_CONDITIONS = {
    "en": "if unless until except only but however although though instead provided",
    "es": "si pero sino salvo excepto solo sólo solamente aunque hasta",
    "fr": "si mais sauf seulement excepté quoique",
    "de": "wenn falls aber sondern außer ausser nur bis obwohl sofern",
    "pt": "se mas salvo exceto só somente embora até",
    "it": "se ma tranne solo soltanto finché",
    "nl": "als maar tenzij behalve alleen hoewel",
}
"""Words that limit or reverse a claim, by language."""
_TURNING_WORDS = """
    against stop stops stopped fail fails failed ban bans banned false untrue lie lies wrong myth
    avoid avoids cease few fewer little unlikely allegedly supposedly claim claims claimed lied
    contra contre gegen falso falsa faux falsch tegen"""
_TURNING_STEMS = (
    *("refus", "reject", "oppos", "prevent", "forbid", "doubt", "deny", "denie", "declin"),
    *("rechaz", "niega", "negamos", "recus", "rejeit", "verweiger", "weiger", "ablehn", "rifiut"),
)
"""Beginnings of words that reverse the words after them, as in "we refuse to"."""
_TURNING_PHRASES = re.compile(
    r"\bused to\b|\b(?:had|were|should) (?:i|we|you|he|she|it|they)\b"
    r"|\b(?:they|he|she|some|people|many|critics|opponents) (?:\w{1,20} )?"
    r"(?:say|says|said|think|thinks|thought|believe|believes|believed)\b"
)
"""Phrases about the past, about a condition, or about the opinion of others."""
_SUBJECT_WORDS = """
    i we you he she it they this that these those there people everyone nosotros ellos ellas yo nous
    vous ils elles je on wir ihr sie ich er es nós eles elas eu noi loro io wij zij ik"""
"""Words that begin an independent clause."""
_CONTRAST_WORDS = "but however unless except pero sino mais aber mas ma maar"

_DENYING = frozenset(" ".join(NEGATIONS.values()).split())
_LIMITING = frozenset(" ".join(_CONDITIONS.values()).split())
_TURNING, _SUBJECTS, _CONTRASTS = (
    frozenset(words.split()) for words in (_TURNING_WORDS, _SUBJECT_WORDS, _CONTRAST_WORDS)
)

OMITTED = re.compile(r"\[[\s.…⋯]*\]|\([\s]*(?:…|⋯|\.{3}|\. \. \.)[\s]*\)|…|⋯|\.{2,}|\. \. \.")
"""Marks of an omission."""
BRACKETED = re.compile(r"\[[^\[\]]*\w[^\[\]]*\]")
"""Added words, or a changed letter."""
_CHANGED_LETTER = re.compile(r"\[(\w)\](?=\w)")
_WORD = re.compile(r"\w+(?:'\w+)*")
_MARKS = re.compile("[“”„‟«»‹›「」『』《》〝〞〟＂❝❞″]")
_APOSTROPHES = re.compile("[‘’‚‛ʼ＇`´′]")
_SENTENCE_END = re.compile(r"[.!?。！？][\"')\]]*(?=\s|$)|[。！？]")
_ABBREVIATED = re.compile(r"\b(?:\w|Dr|Mr|Mrs|Ms|St|Prof|Sr|Jr|vs|etc|No|Nr|bzw|ca)\.$")
_CLAUSE_END = re.compile(r"[,;:–—]\s+(?:(?:and|so|y|et|und|e|en)\s+)?$")
_JOINT = re.compile(r"[,;:–—]|\b(?:and|or|y|o|et|ou|und|oder|e|en|of)\b")
_SCALED = re.compile(r"\s*-?\s*(?:%|percent|per cent|thousand|\w*illion\w*|bn|mio|mrd|[kKmMbB]\b)")
_LATIN = re.compile("[^\\W\\d_\u0000-\u024f\u1e00-\u1eff]")
"""A letter that is not Latin."""
_SHORT_SENTENCE = 2
_SHORT_REVERSAL = 4
"""Most words of a sentence such as "Not in practice.", which takes back the sentence before."""
_QUOTES = ("'", '"')


def is_fair_excerpt(
    quotation: str, source: str, language: str | None = None, excerpts: Sequence[str] = ()
) -> bool:
    """Return whether a quotation has the words of a source to the letter, shortened fairly.

    ``language`` is the tag of the post's language. ``excerpts`` may be quoted as they stand, also
    with words in brackets.
    """
    words, forms = _forms(quotation)
    if excerpts and any(words == canonical(excerpt).rstrip(".,") for excerpt in excerpts):
        return True
    text = canonical(source)
    # A plain search is much faster, and almost always finds that the answer is no.
    near = [pieces for pieces in forms if pieces and pieces[0].rstrip(".,") in text]
    return bool(near) and any(
        _is_fair(pieces, text, known=_knows_negations(language, text)) for pieces in near
    )


def may_be_fair(excerpt: str, source: str) -> bool:
    """Return whether a person may find an excerpt fair.

    The words omitted in the middle must not deny anything. Words in brackets do not count.
    """
    text = canonical(source)
    spans = spans_in_order(excerpt, source)
    return bool(spans) and not any(_denies(text[a[1] : b[0]]) for a, b in pairwise(spans))


def spans_in_order(excerpt: str, source: str) -> list[tuple[int, int]]:
    """Return the spans of an excerpt's pieces in the source, or nothing if one is not in it."""
    text, spans, at = canonical(source), [], 0
    for piece in _pieces(BRACKETED.sub("…", canonical(excerpt))):
        found = next(_places(text, piece, at), None)
        if found is None:
            return []
        spans.append(found)
        at = found[1]
    return spans


@lru_cache(maxsize=4096)  # each quotation is compared with every statement and fact
def canonical(text: str) -> str:
    """Return a text with one form of each mark, letter and blank, and with its capitals."""
    text = unicodedata.normalize("NFKC", _MARKS.sub('"', strip_hidden(text).replace("…", "\x1a")))
    return " ".join(_APOSTROPHES.sub("'", text).replace("\x1a", "…").split())


@lru_cache(maxsize=256)  # each quotation is compared with every statement
def _forms(quotation: str) -> tuple[str, list[list[str]]]:
    """Return a quotation without a last stop, and the pieces of each of its forms."""
    words = canonical(quotation)
    if words[:1] in _QUOTES and words[-1:] in _QUOTES:  # one quotation right within another
        words = words[1:-1].strip()
    return words.rstrip(".,"), [_pieces(form) for form in _letter_forms(words)]


def _letter_forms(words: str) -> Iterator[str]:
    """Yield a quotation without brackets around letters, as in "[W]e", in both cases."""
    if not _CHANGED_LETTER.search(words):
        yield words
        return
    yield _CHANGED_LETTER.sub(r"\1", words)
    yield _CHANGED_LETTER.sub(lambda match: match[1].swapcase(), words)


def _knows_negations(language: str | None, text: str) -> bool:
    if language and language.partition("-")[0].lower() not in NEGATIONS:
        return False
    return _LATIN.search(text) is None


def _pieces(words: str) -> list[str]:
    return [piece.strip() for piece in OMITTED.split(words) if piece.strip(' .,;:"')]


def _is_fair(pieces: Sequence[str], source: str, *, known: bool) -> bool:
    for first in _places(source, pieces[0], 0):
        spans = [first]
        for piece in pieces[1:]:
            following = next(_places(source, piece, spans[-1][1]), None)
            if following is None:
                return False
            spans.append(following)
        if _keeps_meaning(source, spans, known=known):
            return True
    return False


def _places(source: str, piece: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of a piece in the source that do not cut a word or a figure."""
    # A comma or full stop before the closing mark may belong to the sentence that quotes.
    for words in (piece, piece[:-1]) if piece[-1:] in {",", "."} else (piece,):
        start = source.find(words, at)
        while start >= 0 and words:
            end = start + len(words)
            if not (_joined(source[:start], words) or _goes_on(words, source[end:])):
                yield start, end
            start = source.find(words, end)


def _joined(before: str, words: str) -> bool:
    """Return whether words begin within a word or figure, as the 300 of 1,300."""
    if not before or not words[0].isalnum():
        return False
    return before[-1].isalnum() or re.search(r"[_$€£¥#]$|\w[-'‑]$|\d[.,]$", before[-2:]) is not None


def _goes_on(words: str, after: str) -> bool:
    """Return whether words end within a word or figure, as the 6 of 6 billion."""
    if not after or not words[-1].isalnum():
        return False
    if re.match(r"\w|[-'‑]\w", after):
        return True
    return words[-1].isdigit() and bool(re.match(r"[.,]\d", after) or _SCALED.match(after))


# --- Omitted words --------------------------------------------------------------------------------


def _keeps_meaning(source: str, spans: list[tuple[int, int]], *, known: bool) -> bool:
    ends = _sentence_ends(source)
    start, end = spans[0][0], spans[-1][1]
    first = max((place for place in ends if place <= start), default=0)
    last = next((place for place in ends if place >= end), len(source))
    cut = source[first:start], source[end:last]
    if not known:
        whole = len(spans) == 1 or all(
            not _WORD.search(source[a[1] : b[0]]) for a, b in pairwise(spans)
        )
        return whole and not any(_WORD.search(part) for part in cut)
    if any(map(_turns, cut)) or "?" in cut[1] or _is_taken_back(source[last:]):
        return False
    return all(_joins_fairly(source, before, after, ends) for before, after in pairwise(spans))


def _joins_fairly(
    source: str, before: tuple[int, int], after: tuple[int, int], ends: Sequence[int]
) -> bool:
    dropped = source[before[1] : after[0]]
    if _turns(dropped):
        return False
    first = max((place for place in ends if place <= before[0]), default=0)
    crosses = any(before[1] < place <= after[0] for place in ends) and before[1] not in ends
    may_reach = _denies(source[first : before[1]]) or crosses
    if not may_reach or not (_JOINT.search(dropped.lower()) or crosses):
        return True
    if any(not source[place : after[0]].strip() for place in ends if place <= after[0]):
        return True  # the second piece begins a sentence
    word = _WORD.match(source, after[0])
    return bool(_CLAUSE_END.search(dropped) and word and word[0].lower() in _SUBJECTS)


def _turns(dropped: str) -> bool:
    """Return whether omitted words deny, limit or reverse the words that are kept."""
    low = dropped.lower()
    if any(word in _LIMITING or word in _TURNING for word in _WORD.findall(low)):
        return True
    return _denies(dropped) or _TURNING_PHRASES.search(low) is not None


def _denies(text: str) -> bool:
    """Return whether a text has a word that denies, or that reverses the words after it."""
    return any(
        word in _DENYING or word.endswith("n't") or word.startswith(("n'", *_TURNING_STEMS))
        for word in _WORD.findall(text.lower())
    )


def _is_taken_back(rest: str) -> bool:
    """Return whether the next sentence takes a statement back, as "Not." or "But …" do."""
    ends = _sentence_ends(rest)
    words = _WORD.findall(rest[: ends[0]] if ends else rest)
    if not words:
        return False
    is_short = len(words) <= (_SHORT_REVERSAL if words[0].lower() == "not" else _SHORT_SENTENCE)
    short = " ".join(words if is_short else words[-1:])
    return _denies(short) or words[0].lower() in _CONTRASTS


@lru_cache(maxsize=1024)
def _sentence_ends(source: str) -> tuple[int, ...]:
    """Return the ends of sentences; an abbreviation such as "Dr." does not end one."""
    return tuple(
        match.end()
        for match in _SENTENCE_END.finditer(source)
        if not _ABBREVIATED.search(source[max(0, match.start() - 8) : match.start() + 1])
    )
