"""Known secrets are found in whatever form they are written, and nothing else is."""

from __future__ import annotations

import html
import json
import time
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.secrecy import KnownSecrets

TOKEN = "ZWVJYZC4MWUTMTVIOS0ZZJM2LWE3ZDCTNZM5OWE1MZM1NJJM"
"""As GoToSocial's are: 48 letters and digits, all of them capitals."""
PASSWORD = 'p/ss "w&rd"+\u00e9'
KNOWN = KnownSecrets([TOKEN, PASSWORD, "abcd-efg2-hijk-lmno", "short"])


def spellings(secret: str) -> dict[str, str]:
    raw = secret.encode()
    return {
        "as it is": secret,
        "small": secret.lower(),
        "capitals": secret.upper(),
        "swapped": secret.swapcase(),
        "JSON": json.dumps(secret),
        "JSON of Unicode": json.dumps(secret, ensure_ascii=False),
        "URL": quote(secret, safe=""),
        "URL in small letters": quote(secret, safe="").lower(),
        "HTML": html.escape(secret),
        "hexadecimal": raw.hex(),
        "base64": b64encode(raw).decode(),
        "base64 of a URL": urlsafe_b64encode(raw).decode(),
        "base64 behind one": b64encode(b"u" + raw + b"!").decode(),
        "base64 behind two": b64encode(b"u:" + raw + b"??").decode(),
        "base64 of a header": b64encode(f"Bearer {secret}\r\n".encode()).decode(),
    }


@pytest.mark.parametrize("form", spellings(""))
@pytest.mark.parametrize("secret", [TOKEN, PASSWORD])
def test_a_secret_is_found_and_hidden_in_every_form(secret: str, form: str) -> None:
    written = spellings(secret)[form]
    text = f"401 for {written}; again"
    assert KNOWN.are_in(text)
    hidden = KNOWN.hide(text, "[hidden]")
    assert "[hidden]" in hidden
    assert hidden.startswith("401 for ")
    assert hidden.endswith("; again")
    assert not KNOWN.are_in(hidden)
    inner = written.strip('"')
    assert inner[2:-3] not in hidden, "at most a letter or two of base64 is left at its ends"


@pytest.mark.parametrize(
    "text",
    [
        f"{TOKEN[:20]} {TOKEN[20:]}",
        "\u200b".join(TOKEN),
        "-".join((TOKEN[:16], TOKEN[16:32], TOKEN[32:])),
        "".join(chr(ord(char) + 0xFEE0) for char in TOKEN),
        f"%{ord(TOKEN[0]):x}{TOKEN[1:]}",
        f"&#{ord(TOKEN[0])};{TOKEN[1:]}",
        "our password: abcd efg2 hijk lmno",
    ],
)
def test_a_reader_who_could_put_it_together_has_it(text: str) -> None:
    assert KNOWN.are_in(text)


@pytest.mark.parametrize(
    "text",
    ["", "short", TOKEN[:-1], TOKEN[::-1], "abcd-efg2", "Take HART off AWS. #HART", "a" * 500],
)
def test_other_texts_hold_none_and_stay(text: str) -> None:
    assert not KNOWN.are_in(text)
    assert not KNOWN.are_in(text), "it is remembered"
    assert KNOWN.hide(text, "[hidden]") == text


def test_what_is_added_later_is_found_in_texts_that_were_clean() -> None:
    known = KnownSecrets([TOKEN])
    assert not known.are_in("correct horse battery")
    known.add(["horse battery"])
    assert known.are_in("correct horse battery")


@given(st.lists(st.text(min_size=6, max_size=12)), st.text(max_size=30), st.text(max_size=30))
def test_no_secret_is_left(secrets: list[str], before: str, after: str) -> None:
    known = KnownSecrets(secrets)
    for secret in secrets:
        hidden = known.hide(f"{before}{secret}{after}", "\x00")
        assert secret not in hidden


def test_many_secrets_and_long_texts_take_time_in_proportion() -> None:
    known = KnownSecrets(f"{TOKEN}{number}" for number in range(1000))
    begun = time.process_time()
    for text in (TOKEN * 2000, "a" * 100_000, TOKEN[:6] * 10_000):
        known.hide(text, "[hidden]")
        known.are_in(text)
    assert time.process_time() - begun < 10
