"""Lists the rules about share pages. ``rules`` adds them to all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.lint import share, share_review
from bot.lint.context import Rule

if TYPE_CHECKING:
    from bot.lint.context import PlanContext

_HEADER = """\
language: en
facts:
  hart:
    claim: The HART system for the data of migrants runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2022-07-18
demands:
  end-it: {ask: End the contract, target: Andy Jassy, facts: [hart]}
"""
_POST = """\
posts:
  - id: one
    when: 2026-12-01 12:00
    text: Amazon must end its contracts with the police now.
"""
_FAIR = "'It costs {{ fact.hart.figure }}. {{ demand.ask }}, {{ demand.target }}.'"
_CLAIM = """\
      facts:
        hart: {claim: El sistema HART funciona en AWS, figure: 6000 millones de dólares}
"""
_SPANISH = f"""\
    es:
      title: Un ejemplo
      demands:
        end-it: {{ask: Terminen el contrato}}
{_CLAIM}      wordings:
        - {{id: uno, demand: end-it, text: "Basta. {{{{ demand.ask }}}}, {{{{ demand.target }}}}."}}
"""


def _page(*texts: str, header: str = _HEADER, languages: str = "") -> str:
    rows = "".join(
        f"    - id: {name}\n      demand: end-it\n      text: {text}\n"
        for name, text in zip(("first", "second"), texts, strict=False)
    )
    more = f"  languages:\n{languages}" if languages else ""
    wordings = f"  wordings:\n{rows}" if rows else ""
    share = f"share:\n  organisation: Ours\n  link: https://example.org\n{more}{wordings}"
    return f"{header}{share}{_POST}"


SHARE_RULES: tuple[Rule[PlanContext], ...] = (
    Rule(
        "L820",
        "warning",
        "A text for everybody that says “as a nurse” makes up a person, and a crowd of them.",
        _page("As a nurse, I see what it does to families."),
        _page("Nurses see what it does to families."),
        share.invented_person,
    ),
    Rule(
        "L821",
        "warning",
        "Many supporters post a text as it is, with all that was left to fill in.",
        _page("Come to the hearing in [your city] and say so."),
        _page("Come to the hearing in Albany and say so."),
        share.unfilled_placeholder,
    ),
    Rule(
        "L822",
        "warning",
        "Supporters who leave such a text as it is look like copies of your own account.",
        _page("Amazon must end its contracts with the police today."),
        _page("Whose streets does a doorbell watch?"),
        share.repeated_wording,
    ),
    Rule(
        "L823",
        "warning",
        "A demand without a wording leaves supporters with nothing to start from.",
        _page(),
        _page(_FAIR),
        share.missing_wordings,
    ),
    Rule(
        "L824",
        "warning",
        "A page in one language with texts in another leaves its readers out.",
        _page(_FAIR, languages=_SPANISH.replace(_CLAIM, "")),
        _page(_FAIR, languages=_SPANISH),
        share.missing_translations,
    ),
    Rule(
        "L825",
        "warning",
        "A link in the text stands there twice, once without the marks that tell where it stood.",
        _page("See https://example.org/end for what it does to families."),
        _page("See what it does to families."),
        share.typed_link,
    ),
    Rule(
        "F907",
        "warning",
        "A fact that nobody has reviewed leaves the page, and so do the texts that rely on it.",
        _page(_FAIR, header=_HEADER.replace("as_of:", "review_by: 2026-10-01\n    as_of:")),
        _page(_FAIR, header=_HEADER.replace("as_of:", "review_by: 2026-12-31\n    as_of:")),
        share_review.facts_due,
    ),
    Rule(
        "F908",
        "error",
        "A translated figure with another number is as wrong as any other wrong figure.",
        _page(_FAIR, languages=_SPANISH.replace("6000 millones", "6 millones")),
        _page(_FAIR, languages=_SPANISH),
        share.wrong_translation,
    ),
)
