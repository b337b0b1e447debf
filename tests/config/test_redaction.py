"""A secret is taken out of a text in whatever form somebody wrote it down."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.secrets import Redactor

SECRET = "4242-zQ7/x+Vk9?mP2~wL0&sD4"
RAW = SECRET.encode()

FORMS = {
    "plain": SECRET,
    "JSON": json.dumps({"token": SECRET}),
    "percent": quote(SECRET, safe=""),
    "form": quote_plus(SECRET),
    "base64": b64encode(RAW).decode(),
    "base64 without its end": b64encode(RAW).decode().rstrip("="),
    "base64 for URLs": urlsafe_b64encode(RAW).decode(),
    "Basic": b64encode(b"user:" + RAW).decode(),
    "Basic, secret first": b64encode(RAW + b":x").decode(),
    "in the middle of base64": b64encode(b'{"t":"' + RAW + b'"}').decode(),
    "hex": RAW.hex(),
    "hex in capitals": RAW.hex().upper(),
    "HTML": "4242-zQ7/x+Vk9?mP2~wL0&amp;sD4",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_secret_is_hidden(name: str) -> None:
    form = FORMS[name]
    shown = Redactor([SECRET])(f"the token {form} is not valid")
    assert "[hidden]" in shown
    # The rest of base64 stands for less than two characters at either end.
    left = shown.replace("[hidden]", "").replace("the token ", "").replace(" is not valid", "")
    assert not any(left[start : start + 8] in form[8:-8] for start in range(len(left) - 7))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_base64_is_hidden_wherever_the_secret_begins(before: bytes, after: bytes) -> None:
    text = b64encode(before + RAW + after).decode()
    shown = Redactor([SECRET])(text)
    assert "[hidden]" in shown
    assert len(shown) - len("[hidden]") <= len(text) - len(b64encode(RAW)) + 8


def test_many_secrets_are_hidden_together_and_nothing_else_is() -> None:
    secrets = [f"secret-number-{number:04}" for number in range(500)]
    hide = Redactor(secrets)
    text = "people/hart/our-x/once published: https://x.com/ours/status/2028442695889846272"
    assert hide(text) == text
    for secret in secrets[::50]:
        assert secret not in hide(f"x {secret} y")
        assert hide(b64encode(secret.encode()).decode()).startswith("[hidden]")


def test_short_values_stay_readable() -> None:
    assert Redactor(["abc"])("abc") == "abc"
