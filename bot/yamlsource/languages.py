"""Tells whether the tag of a language in the files is one that platforms know."""

from __future__ import annotations

import re

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")

TWO_LETTERS = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da "
    "de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy "
    "hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg "
    "li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or "
    "os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta "
    "te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
"""The languages of ISO 639-1, for which the registry of all languages need not be read."""


def language_hint(tag: str) -> str | None:
    """Return a hint for a tag that no platform knows, or None if it is the tag of a language.

    Mastodon and GoToSocial (https://github.com/superseriousbusiness/gotosocial/issues/2066) take
    the tags of BCP 47. Mastodon drops an unknown tag without a word, and GoToSocial refuses the
    whole post.
    """
    if tag in TWO_LETTERS.split():
        return None
    from langcodes import standardize_tag, tag_is_valid  # slow to import

    if not (_LANGUAGE.fullmatch(tag) and tag_is_valid(tag)):
        return "write its tag, as en or pt-BR"
    short, given = standardize_tag(tag).partition("-")[0], tag.partition("-")[0]
    is_longer = len(short) < len(given)
    return f"write {short}, which is its tag" if is_longer else None
