"""Finds text right beside a figure that makes another figure of it. Pure.

A figure that is fetched from its fact is right until somebody types three zeros behind it. Letters,
digits and signs that touch a figure, and words that scale it (thousand, percent, half of), are
therefore reported. The whole figure belongs into the fact. Digits in circles and letters that look
like digits are read as the digits that people see.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SCALES = (
    "hundred|thousand|million|billion|trillion|quadrillion|dozen|score|lakh|crore|mil|mille|tausend"
    "|mn|bn|tn|mio|mln|mrd|mld|millón|millones|millions?|milliard|milliards?|milliarden?|millionen"
    "|milhão|milhões|bilhão|bilhões|miljoen|miljard|milioni|miliardi|cientos|cien|cent|cents"
)
_SHARES = (
    r"per\s?cent(?:age)?|pct|percent(?:age)?\spoints?|prozent|por\sciento|por\scento|pour\scent"
)
# Letters without case. To look that up for each of them would take as long as a short command.
_NOT_UNSPACED = "(?-i:(?![\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]))"
_EAST_ASIAN_SCALES = "万億兆千百十萬亿만억조천백십"
_CURRENCIES = "$¢£¤¥֏؋\u20a0-\u20cf＄￠￡￥￦"
_BLANKS = "\u00a0\u2007\u2008\u2009\u202f"
_AFTER = re.compile(
    rf"[{_EAST_ASIAN_SCALES}]|{_NOT_UNSPACED}[^\W_]|[\x19\x1a]|[.,'’·٫٬:/]\d|[-‐‑–−~]\d"
    r"|\s{0,3}[.,](?:\d{3}|\s{1,3}000)(?!\d)|\s?[½⅓⅔¼¾]|\sand\s(?:a|one|two|three)\s(?:half|third|quarter)\b"
    r"|-plus\b|\s(?:times\s(?:\d|two|three|four|five|ten|twenty|a\s)|multiplied\sby)"
    r"|,\sthousand\b|\s\(?in\sthousands\b"
    rf"|[+^]|_\d|[\u0300-\u036f\u20d0-\u20ff]|\s?[%‰‱°]|\s?[x×✕✖*]\s?\d|[{_BLANKS} ]\d{{3}}(?!\d)"
    rf"|(?:\s|[-‐‑(]){{0,3}}(?:{_SCALES}|{_SHARES}|squared|cubed|fold)s?(?![^\W_])",
    re.IGNORECASE,
)
_SINGLE_LETTER = re.compile(r"\s{1,3}[KMBTGkmb](?!\w|['’.]\w)")
_BEFORE = re.compile(
    rf"(?:{_NOT_UNSPACED}[^\W_]|[\x19\x1a]|\d[.,'’·٫٬:/–—~]|\d[{_BLANKS}]"
    rf"|[{_CURRENCIES}+−×~<>≥≤≈±#‐‑-]"
    r"|\d\s?[x×]\s|[½⅓⅔¼¾]\s|\bmultiplied\sby\s"
    r"|\b(?:hundred|thousand|million|billion|dozen|zero|point|minus|negative"
    r"|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty)\s"
    r"|(?:\A|[^\w\s]\s)\d{1,3}\s|(?:\d\s?%|\bper\s?cent)\sof\s(?:the\s)?"
    r"|\b(?:half|quarter|thirds?|fifths?|tenths?|twice|thrice|double|triple|quadruple|halve"
    r"|\w{1,12}\stimes|mitad|doble|triple|moitié|double|hälfte|doppelt|metade|dobro|metà)"
    r"\s(?:(?:of|the|a|an|that|as\smuch\sas|as\smany\sas|more\sthan|de|del|du|der|von|di|da|do)\s){0,2}"
    r"(?:[$€£¥]|USD\s|EUR\s|GBP\s)?)\Z",
    re.IGNORECASE,
)
_REACH = 40
"""Characters on either side of a figure that are searched."""

# --- Digits in disguise ---
_ANY_DISGUISE = re.compile(r"[^\x00-\x7f]|\d[OoIl|]|[OoIl|][.,]?\d")
_LIKE_DIGITS = str.maketrans("OoIl|ОоΟο", "001110000")
_LOOKS_LIKE_NUMBER = re.compile(
    r"(?<![^\W_])(?P<sign>[$€£¥])?(?=[OoIl|ОоΟο.,]{0,9}\d)"
    r"(?P<digits>[\dOoIl|ОоΟο]{1,12}(?:[.,][\dOoIl|ОоΟο]{1,12}){0,5})(?![^\W_])"
    r"(?P<unit>[\s-]?(?:thousand|million|billion|trillion|bn|mn|%|per\s?cent|dollars?|euros?))?",
    re.IGNORECASE,
)


def altered(before: str, after: str) -> str:
    """Return the text beside a figure that makes another figure of it, or "".

    ``before`` and ``after`` are the texts on either side of it, after ``plain_digits``.
    """
    found = _AFTER.match(after[:_REACH]) or _SINGLE_LETTER.match(after[:_REACH])
    if found is None:
        found = _BEFORE.search(before[-_REACH:])
    return found[0].strip() or found[0] if found else ""


class _PlainDigits(dict[int, int]):
    """Maps each character with the value of a digit to that digit, and others to themselves."""

    def __missing__(self, code: int) -> int:
        digit = unicodedata.digit(chr(code), None)
        self[code] = code if digit is None else ord("0") + digit
        return self[code]


_PLAIN_DIGITS = _PlainDigits()


@lru_cache(maxsize=64)  # several rules ask about the same text in a row
def plain_digits(text: str) -> str:
    """Return a text of the same length with plain digits for all that people read as digits."""
    if not _ANY_DISGUISE.search(text):
        return text
    if not text.isascii():
        text = text.translate(_PLAIN_DIGITS)
    return _LOOKS_LIKE_NUMBER.sub(_as_digits, text)


def _as_digits(match: re.Match[str]) -> str:
    digits = match["digits"]
    is_number = match["sign"] or match["unit"] or re.search(r"[.,]\w{3}", digits)
    if digits.isdigit() or not is_number:
        return match[0]
    return match[0].replace(digits, digits.translate(_LIKE_DIGITS), 1)


def disguised(text: str, plain: str) -> bool:
    """Return whether part of a figure is written with characters that only look like digits.

    The digits of other scripts, such as Arabic and Hindi, are digits.
    """
    return any(
        char != digit
        and (unicodedata.category(char) != "Nd" or unicodedata.name(char)[:12] == "MATHEMATICAL")
        for char, digit in zip(text, plain, strict=True)
    )
