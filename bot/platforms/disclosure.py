"""Whether a bio discloses that its account is automated. Pure.

Only X needs this, because its API does not show its *Automated* label. A whole sentence or line of
the bio has to be one of the forms below. A bio that names bots may only be against police robots.
``docs/secrets.md`` lists the forms for people.
"""

from __future__ import annotations

import re
import unicodedata

MAX_BIO = 2_000
"""Characters of a bio that are read; X allows 160."""

_I_AM = "(?:(?:this|it|this account|this profile) is |it's |(?:we are|we're|i am|i'm) )?"
_PARTLY = "(?:fully |partly |partially )?"
_POSTS = "(?:posts|tweets|messages|updates|reminders|alerts)"
_THE_POSTS = (
    f"(?:(?:some|all|most|many)(?: of)? )?(?:(?:our|the|these|its|my) )?{_POSTS}"
    "(?: here| (?:on|from) this account)?"
)
_AUTOMATIC = (
    "(?:scheduled and |partly )?(?:automated|automatic|posted automatically"
    "|automatically (?:posted|published|sent)|(?:posted|published|sent) by (?:a|our) bot)"
    "(?: and scheduled)?"
)
# Who is behind the account. Names begin with a capital or an @.
_NAME = (
    r"(?:@\w+|[A-Z][\w'&-]*|of|the|our|an?|and|at|for|us|own|team|staff|people|volunteers|office)"
)
_NAMES = rf"{_NAME}(?:,? {_NAME}){{0,7}}"
_BY = rf"(?: \(?(?:(?:(?:run|operated|managed|maintained|kept) )?by|of|for) {_NAMES}\)?)?"
_OF = rf"(?: (?:de|do|da|du|des|von|der|des) {_NAMES})?"

_FORMS = (
    # Automated account. This is a bot account run by MediaJustice.
    rf"(?i:{_I_AM}(?:an? |our |the )?{_PARTLY}(?:automated|automatic|bot) account){_BY}",
    # This account is automated.
    rf"(?i:this (?:account|profile) is {_PARTLY}automated){_BY}",
    # A bot. I am a bot. This account is a bot run by @mediajustice.
    rf"(?i:{_I_AM}(?:a|our) (?:ro)?bot){_BY}",
    # Posts are scheduled and automated by our team. Some of our posts are automated.
    rf"(?i:{_THE_POSTS} (?:are|may be|can be) {_AUTOMATIC}){_BY}",
    # Automated updates from MediaJustice.
    rf"(?i:automated {_POSTS})(?: (?:by|from) {_NAMES})?",
    # Automated by @mediajustice, as X's own label says.
    r"(?i:automated by) @\w+",
    # The same in Spanish, French, Portuguese and German.
    f"(?i:(?:esta es )?(?:una )?cuenta automatizada){_OF}",
    "(?i:(?:(?:algunas|todas las|nuestras) )?publicaciones automatizadas)",
    f"(?i:(?:ceci est )?(?:un )?compte automatisé){_OF}|(?i:(?:nos )?publications automatisées)",
    f"(?i:(?:esta é )?(?:uma )?conta automatizada){_OF}|(?i:(?:nossas )?publicações automatizadas)",
    f"(?i:(?:dies ist )?(?:ein )?automatisiertes konto){_OF}|(?i:automatisierte beiträge)",
)
_DISCLOSURE = re.compile("|".join(f"(?:{form})" for form in _FORMS))

_DENIAL = re.compile(
    r"\b(?:no|not|non|never|none|nothing|neither|without|isn't|aren't|ain't|nicht|kein\w*|sin|nunca"
    r"|não|pas)\b[ -](?:\S{1,20} ){0,3}(?:auto\w*|(?:ro)?bots?)\b",
    re.IGNORECASE,
)
_OPPOSED = re.compile(
    r"\b(?:no|stop|against|ban|end|fight|fighting|block|report|resist|refuse|say|reject|abolish"
    r"|down|anti|with|to|every|any|called)$",
    re.IGNORECASE,
)
"""The end of a line that goes on in the next one, as in *Down with / automated accounts*."""

_TAKEN_BACK = re.compile(
    r"(?:^|[.!?\n])\s*(?:no|nope|not|not really|never|wrong|as if|(?:just )?kidding|lol|haha)"
    r"\s*(?:[.!?\n]|$)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"an? |our |the ")
"""The beginning of a line that goes on from another: *Anything but / an automated account*."""

_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s|$)|[;|•·]")


def says_automated(bio: str) -> bool:
    """Return whether a bio says that its own account is automated, and nothing denies that."""
    text = unicodedata.normalize("NFKC", bio[:MAX_BIO]).replace("\u2019", "'")
    if _DENIAL.search(" ".join(text.split())) or _TAKEN_BACK.search(text):
        return False
    return any(
        _DISCLOSURE.fullmatch(clause)
        for sentence in _SENTENCE_END.split(text)
        for clause in _clauses(sentence)
    )


def _clauses(sentence: str) -> list[str]:
    """Return the whole sentence, and each of its lines that does not go on from the one before.

    A question keeps its mark, and has none of the forms.
    """
    words = sentence.rstrip(" .!\n").replace("🤖", " ")
    lines = [" ".join(line.split()) for line in words.splitlines()]
    lines = [line for line in lines if line]
    alone = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if not (
            before and (_OPPOSED.search(before) or before.endswith(":") or _GOES_ON.match(line))
        )
    ]
    return [" ".join(lines), *alone]
