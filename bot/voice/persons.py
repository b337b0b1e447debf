"""Whether a text reads as if one person spoke of their own life.

Supporters speak for themselves. A text that is offered to all of them and says "as a nurse" or "my
neighbour told me" puts a life into their mouths that is not theirs. Many who leave it as it is look
like a crowd that somebody made up. Words in quotation marks are another's, and do not count.
"""

from __future__ import annotations

import re
from functools import cache

from bot.text import strip_entities
from bot.voice.quotations import outside_quotations

_PRONOUNS = {
    "en": r"I(?:'(?:m|ve|d|ll))?(?![\w'.-])(?<!War I)(?<!Part I)(?<!Title I)(?<!Phase I)"
    r"|i'(?:m|ve|d|ll)|i(?= (?:am|have|just|was|saw|heard|found|think|can)\b)"
    r"|[Mm](?:e|y|yself)\b(?!-)",
    "es": r"(?i:yo|m[ií]|mis|m[ií][oa]s?|me|conmigo|soy|estoy|tengo|creo|pienso|quiero|vivo|digo"
    r"|pido|exijo|acabo de|he (?:\w{1,20}(?:ado|ido)|visto|hecho|dicho|escrito|leído|oído))\b",
    "fr": r"(?i:je|moi|me|mon|ma|mes|miens?|miennes?)\b|(?i:[jm]'(?=\w))",
    "de": r"(?i:ich|mir|mich|mein|meine[rms]?|meins)\b|[Mm]einen(?= [A-ZÄÖÜ])",
    "pt": r"(?i:eu|meus?|minhas?|mim|comigo|me|sou|estou|tenho|acho|acabei de)\b",
    "it": r"(?i:io|mi[oae]|miei|mi|me|sono una?|ho appena)\b",
    "nl": r"(?i:ik|mij|mijn|mezelf)\b",
}
"""Words of one person who speaks, by language: pronouns, and verbs in that person."""

_CLAIMS = {
    "en": "(?:speaking )?as an? ",
    "es": "(?:hablo )?como ",
    "fr": "en tant qu(?:e |')|comme ",
    "de": "als (?!(?:der|die|das|es|er|sie|wir) )",
    "pt": "como ",
    "it": "da |come ",
    "nl": "als ",
}
"""The words before a noun by which a sentence begins with who speaks."""

_PERSONS = {
    "en": "customer|client|user|subscriber|shopper|buyer|nurse|doctor|teacher|worker"
    "|employee|driver|engineer|developer|programmer|student|parent|mother|father|mom|mum|dad"
    "|grandmother|grandfather|neighbou?r|resident|citizen|voter|taxpayer|veteran|immigrant|migrant"
    "|refugee|woman|man|person|survivor|patient|renter|tenant|homeowner|lawyer|scientist|farmer"
    "|journalist|believer|christian|muslim|jew|catholic|republican|democrat|shareholder|fan",
    "es": "client[ea]|usuari[oa]|enfermer[oa]|médic[oa]|doctora?|maestr[oa]|profesora?"
    "|trabajadora?|emplead[oa]|conductora?|ingenier[oa]|estudiante|madre|padre|abuel[oa]|vecin[oa]"
    "|ciudadan[oa]|votante|contribuyente|inmigrante|migrante|refugiad[oa]|mujer|hombre|persona"
    "|paciente|inquilin[oa]|propietari[oa]|abogad[oa]|consumidora?",
    "fr": "cliente?|utilisat(?:eur|rice)|infirmi(?:er|ère)|médecin|professeure?|enseignante?"
    "|ouvri(?:er|ère)|employée?|salariée?|travailleu(?:r|se)|ingénieure?|étudiante?|mère|père"
    "|voisine?|habitante?|citoyen(?:ne)?|élect(?:eur|rice)|contribuable|immigrée?|migrante?"
    "|réfugiée?|femme|homme|personne|patiente?|locataire|propriétaire|avocate?",
    "de": "kund(?:e|in)|nutzer(?:in)?|krankenschwester|(?:kranken)?pfleger(?:in)?|arzt|ärztin"
    "|lehrer(?:in)?|arbeiter(?:in)?|angestellter?|mitarbeiter(?:in)?|fahrer(?:in)?"
    "|ingenieur(?:in)?|entwickler(?:in)?|student(?:in)?|mutter|vater|oma|opa|nachbar(?:in)?"
    "|bürger(?:in)?|wähler(?:in)?|steuerzahler(?:in)?|migrant(?:in)?|geflüchteter?|frau|mann"
    "|mensch|patient(?:in)?|mieter(?:in)?|anwalt|anwältin|verbraucher(?:in)?",
    "pt": "cliente|usuári[oa]|enfermeir[oa]|médic[oa]|professora?|trabalhadora?|mãe|pai|cidadã"
    "|cidadão|estudante|mulher|homem|pessoa",
    "it": "cliente|utente|infermier[ea]|medico|insegnante|lavorat(?:ore|rice)|madre|padre"
    "|cittadin[oa]|studente|studentessa|donna|uomo|persona",
    "nl": "klant|gebruiker|verpleegkundige|arts|leraar|lerares|werknemer|moeder|vader|burger"
    "|student|vrouw|man|mens",
}
"""Nouns for somebody who may speak, by language."""

_OPENINGS = {
    "en": r"just (?:found out|learn(?:ed|t)|heard|saw|read|discovered|realis?zed?)|can(?:'|no)t"
    " believe|til(?= )",
    "de": r"habe? (?:gerade|eben)|bin (?!gespannt)\w{1,30}",
}
"""Beginnings of a sentence that leave out the pronoun of the person who speaks, by language."""

_START = r"(?:\A|(?<=[.!?:;…¡¿\n(–—-]))\s{0,3}"
"""The start of a sentence or a clause."""
_WORDS = r"(?:[\w'-]{1,30}\s){0,3}"
"""Up to three words before a noun."""
_APOSTROPHES = str.maketrans("\u2019\u02bc", "''")


def speaks_as_person(text: str, language: str) -> str:
    """Return the words by which a text reads as if one person spoke, or "".

    ``language`` is a BCP 47 tag. The answer for a language that is not in the tables here is "".
    """
    pattern = _patterns().get(language.partition("-")[0])
    if pattern is None:
        return ""
    spoken = outside_quotations(strip_entities(text)).translate(_APOSTROPHES)
    for match in pattern.finditer(spoken):
        found = match[0].strip()
        letters = [char for char in found if char.isalpha()]
        if len(letters) == 1 or not found.isupper():  # ME is Maine, MA is Massachusetts
            return found
    return ""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    patterns = {}
    for language, pronouns in _PRONOUNS.items():
        claim = rf"(?:{_CLAIMS[language]}){_WORDS}(?:{_PERSONS[language]})(?!-)\b"
        openings = "|".join(filter(None, (claim, _OPENINGS.get(language))))
        patterns[language] = re.compile(rf"(?<![\w'-])(?:{pronouns})|{_START}(?i:{openings})\b")
    return patterns
