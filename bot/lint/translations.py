"""Whether the figure of a fact and its translation are surely two different numbers. Pure.

``6 billion`` and ``6.000 Millionen`` are one number. Separators and scales differ from language to
language, so that only the digits are compared if a language's scales are not known here. Numbers in
words, and figures that count in different ways (``25 %`` and ``1 in 4``), are not compared.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product

from bot.text import strip_hidden
from bot.voice.altered import plain_digits

_SCALES = {
    "en": "hundred 2, thousand 3, lakh 5, lakhs 5, crore 7, crores 7, "
    "k 3, million 6, m 6, mn 6, billion 9, bn 9, b 9, trillion 12, tn 12",
    "es": "mil 3, millón 6, millones 6, m 6, mm 6, millardo 9, millardos 9, billón 12, billones 12",
    "pt": "mil 3, milhão 6, milhões 6, mi 6, bilhão 9, bilhões 9, bi 9, trilhão 12, trilhões 12, "
    "bilião 12, biliões 12",
    "fr": "mille 3, million 6, millions 6, m 6, milliard 9, milliards 9, md 9, mds 9, billion 12, "
    "billions 12",
    "de": "hundert 2, tausend 3, tsd 3, million 6, millionen 6, mio 6, milliarde 9, milliarden 9, "
    "mrd 9, billion 12, billionen 12",
    "it": "mila 3, mille 3, milione 6, milioni 6, mln 6, miliardo 9, miliardi 9, mld 9, "
    "bilione 12, bilioni 12",
    "nl": "honderd 2, duizend 3, miljoen 6, mln 6, miljard 9, mld 9, biljoen 12",
}
"""Words for powers of ten by language. Several in a row are multiplied, as in mil millones."""
_POWERS = {
    language: {word: int(power) for word, power in map(str.split, words.split(", "))}
    for language, words in _SCALES.items()
}
_LONGEST_ABBREVIATION = 3
_CURRENCIES = frozenset(("usd", "eur", "gbp", "chf", "us"))

_NUMBER = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,6}(?!\d)(?:[.,]\d{1,20})?"
    r"|\d{1,20}(?:[.,'’\u066b\u066c]\d{1,20}){0,6}"
)
_WORD = re.compile(r"[\s\u00a0\u202f-]{0,3}([^\W\d_]{1,30})")
_ALIKE = 10
"""Numbers that differ by more than this factor count different things."""

_MONEY = {
    "$": re.compile(r"[$＄]|\bUSD\b|\bd[oó]l+[aá]r\w{0,3}\b|ドル|دولار", re.IGNORECASE),
    "€": re.compile(r"€|\bEUR\b|\beuros?\b|ユーロ|يورو", re.IGNORECASE),
    "£": re.compile(r"£|\bGBP\b|\bpounds?\b|\blibras?\b|\bpfund\b", re.IGNORECASE),
    "¥": re.compile(r"[¥￥]|\bJPY\b|\byen\b", re.IGNORECASE),
}
"""Signs and words of currencies."""
_PERCENT = re.compile(
    r"\s?(?:[%٪％]|per\s?cent[oi]?\b|por\s(?:ciento|cento)\b|pour\scent\b|prozent\b|procent[oa]?\b)",
    re.IGNORECASE,
)
_OTHER_UNITS = re.compile(
    r"(?i:\b(?:dozens?|docenas?|d[uú]zias?|douzaines?|dutzende?|dozzin[ae]|dozijn"
    r"|miles?|millas?|milhas?|meilen?|acres?|feet|foot|pies|pieds|gallons?|lbs?)\b|°F)"
)
"""Units by which another number is the same, if the other text counts in ones or is metric."""
_SEPARATOR = re.compile(r"\D")


def surely_differ(figure: str, language: str, translated: str, other: str) -> bool:
    """Return whether a figure and its translation are two different numbers, whatever is meant.

    The languages are BCP 47 tags.
    """
    texts = (plain_digits(strip_hidden(text)) for text in (figure, translated))
    one, two = (_PERCENT.sub("%", text) for text in texts)
    counted, other_way = (("%" in text, bool(_OTHER_UNITS.search(text))) for text in (one, two))
    if counted != other_way:
        return False
    currencies, theirs_too = _currencies(one), _currencies(two)
    if currencies and theirs_too and currencies.isdisjoint(theirs_too):
        return True
    numbers, others = _NUMBER.findall(one), _NUMBER.findall(two)
    if not numbers or len(numbers) != len(others):
        return False
    if sorted(map(_digits, numbers)) != sorted(map(_digits, others)):
        return True
    if len(numbers) > 1:
        return False
    values, theirs = _values(one, language), _values(two, other)
    return bool(values and theirs) and values.isdisjoint(theirs)


def other_number(text: str, figure: str) -> str:
    """Return the words of a text that are a figure with another number of a like size, or "".

    The figure has a scale, a currency or a percent sign, by which it is recognised.
    """
    numbers = [*_NUMBER.finditer(figure)]
    if len(numbers) != 1 or not (_currencies(figure) or _scales(figure) or "%" in figure):
        return ""
    before, number, after = figure[: numbers[0].start()], numbers[0][0], figure[numbers[0].end() :]
    pattern = f"(?<![\\w.,]){re.escape(before)}({_NUMBER.pattern}){re.escape(after)}(?!\\w)"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        pairs = product(_readings(number), _readings(match[1]))
        alike = any(one <= other * _ALIKE and other <= one * _ALIKE for one, other in pairs)
        if alike and _digits(match[1]) != _digits(number):
            return match[0]
    return ""


def _scales(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    return any(word in powers for powers in _POWERS.values() for word in words)


def _currencies(text: str) -> set[str]:
    return {name for name, pattern in _MONEY.items() if pattern.search(text)}


def _digits(number: str) -> str:
    """Return the digits without separators, and without zeros at both ends, which are its scale."""
    return _SEPARATOR.sub("", number).strip("0")


def _values(text: str, language: str) -> set[Decimal]:
    """Return the values that the only number of a text may have, or none if that is not sure."""
    powers = _POWERS.get(language.partition("-")[0])
    match = _NUMBER.search(text)
    if powers is None or match is None:
        return set()
    power, at = 0, match.end()
    while word := _WORD.match(text, at):
        name, at = word[1].lower(), word.end()
        if name not in powers:
            short = len(name) <= _LONGEST_ABBREVIATION and name not in _CURRENCIES
            if short and power == 0:
                return set()  # it may be an abbreviation of a scale
            break
        power += powers[name]
    return {value.scaleb(power) for value in _readings(match[0])}


def _readings(number: str) -> set[Decimal]:
    """Return the values of a number with separators, which may stand for thousands or decimals."""
    separators = _SEPARATOR.findall(number)
    whole = Decimal(_SEPARATOR.sub("", number))
    if not separators:
        return {whole}
    decimals = len(number) - 1 - max(number.rindex(sign) for sign in separators)
    with_decimals = whole.scaleb(-decimals)
    if len(set(separators)) > 1:
        return {with_decimals}
    if separators[0].isspace() or len(separators) > 1:
        return {whole}
    return {whole, with_decimals} if decimals == 3 else {with_decimals}  # noqa: PLR2004 - a group
