"""Whether a text reads as if one person spoke of their own life.

Supporters speak for themselves. A text that is offered to all of them and says "as a nurse" or "my
neighbour told me" puts a life into their mouths that is not theirs. Many who leave it as it is look
like a crowd that somebody made up. Words in quotation marks are another's, and do not count.
"""

from __future__ import annotations

import re
from functools import cache

from bot.text import strip_entities, strip_hidden
from bot.voice.quotations import outside_quotations

_NUMBERED = """
    Act Amendment Annex Appendix Article Book Category Chapter Class Division Grade Level Part Phase
    Region Schedule Section Stage Tier Title Type Volume War
    Charles Elizabeth Francis George James Leopold Mary Napoleon Nicholas"""
"""Words before a number, which may be a Roman one, as in Article I and Elizabeth I."""
_NO_NUMBER = "".join(f"(?<!\\b{word} I)" for word in _NUMBERED.split())

_PRONOUNS = {
    "en": rf"I(?:'(?:m|ve|d|ll))?(?![\w'.-]){_NO_NUMBER}"
    r"|i'(?:m|ve|d|ll)|i(?= (?:am|have|just|was|saw|heard|found|think|can)\b)"
    r"|(?!Me Too\b)[Mm](?:e|y|yself)\b(?!-)"
    r"|[Oo]ur (?:family|household|son|daughter|mom|mum|dad)\b(?!-| of\b)",
    "es": r"(?i:yo|m[ií]|mis|m[ií][oa]s?|me|conmigo|soy|estoy|tengo|creo|pienso|quiero|vivo|digo"
    r"|pido|exijo|acabo de|nuestra familia(?! de\b)|nuestr[oa] hij[oa]"
    r"|he (?:\w{1,20}(?:ado|ido)|visto|hecho|dicho|escrito|leído|oído))\b",
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
    "en": "shopper|nurse|doctor|teacher|worker"
    "|employee|engineer|developer|programmer|student|mother|father|mom|mum|dad"
    "|grandmother|grandfather|neighbou?r|resident|citizen|voter|taxpayer|veteran|immigrant|migrant"
    "|refugee|woman|man|person|survivor|patient|renter|tenant|homeowner|lawyer|scientist|farmer"
    "|journalist|believer|christian|muslim|jew|catholic|republican|democrat|fan"
    r"|latina|(?:latino|latinx)(?!\s(?!(?:and|from|in|who)\b)\w)",
    "es": "enfermer[oa]|médic[oa]|doctora?|maestr[oa]|profesora?"
    "|trabajadora?|emplead[oa]|conductora?|ingenier[oa]|estudiante|madre|padre|abuel[oa]|vecin[oa]"
    "|ciudadan[oa]|votante|contribuyente|inmigrante|migrante|refugiad[oa]|mujer|hombre|persona"
    "|paciente|inquilin[oa]|propietari[oa]|abogad[oa]|consumidora?",
    "fr": "infirmi(?:er|ère)|médecin|professeure?|enseignante?"
    "|ouvri(?:er|ère)|employée?|salariée?|travailleu(?:r|se)|ingénieure?|étudiante?|mère|père"
    "|voisine?|habitante?|citoyen(?:ne)?|élect(?:eur|rice)|contribuable|immigrée?|migrante?"
    "|réfugiée?|femme|homme|personne|patiente?|locataire|propriétaire|avocate?",
    "de": "krankenschwester|(?:kranken)?pfleger(?:in)?|arzt|ärztin"
    "|lehrer(?:in)?|arbeiter(?:in)?|angestellter?|mitarbeiter(?:in)?|fahrer(?:in)?"
    "|ingenieur(?:in)?|entwickler(?:in)?|student(?:in)?|mutter|vater|oma|opa|nachbar(?:in)?"
    "|bürger(?:in)?|wähler(?:in)?|steuerzahler(?:in)?|migrant(?:in)?|geflüchteter?|frau|mann"
    "|mensch|patient(?:in)?|mieter(?:in)?|anwalt|anwältin|verbraucher(?:in)?",
    "pt": "enfermeir[oa]|médic[oa]|professora?|trabalhadora?|mãe|pai|cidadã"
    "|cidadão|estudante|mulher|homem|pessoa",
    "it": "infermier[ea]|medico|insegnante|lavorat(?:ore|rice)|madre|padre"
    "|cittadin[oa]|studente|studentessa|donna|uomo|persona",
    "nl": "verpleegkundige|arts|leraar|lerares|werknemer|moeder|vader|burger"
    "|student|vrouw|man|mens",
}
"""Nouns for a person who may speak, by language."""

_CUSTOMERS = {
    "en": "customer|client|user|subscriber|buyer|shareholder|driver|member|parent",
    "es": "client[ea]|usuari[oa]",
    "fr": "cliente?|utilisat(?:eur|rice)",
    "de": "kund(?:e|in)|nutzer(?:in)?",
    "pt": "cliente|usuári[oa]",
    "it": "cliente|utente",
    "nl": "klant|gebruiker",
}
"""Nouns for a person or an organisation, by language."""

_BODIES = {
    "en": "(?:the )?(?:city|county|state|government|police|company|agency|university|council)|we",
    "es": "(?:la (?:ciudad|policía|empresa|agencia|universidad)|el (?:estado|gobierno))",
    "fr": "(?:la (?:ville|police|mairie)|le gouvernement|l'état|l'entreprise)",
    "de": "(?:die (?:stadt|polizei|regierung|firma)|der staat)",
    "pt": "(?:a (?:cidade|polícia|empresa)|o (?:estado|governo))",
    "it": "(?:la (?:città|polizia)|lo stato|il governo)",
    "nl": "(?:de (?:stad|politie|overheid|staat))",
}
"""Words for organisations, by language, as a clause begins with them."""

_NAME = r"(?-i:[A-ZÀÁÄÇÉÈÍÓÖÚÜ])\w"
_OF = r"(?:(?:of|del?|von|van|di|da|do)\b|d')"
"""In every language: a customer of somebody may be an organisation with a name."""
_VERB_FIRST = {
    language: rf"|\s{of}\s\w{{1,30}}\s\w{{1,20}}t\s{_NAME}"
    for language, of in (("de", "von"), ("nl", "van"))
}
"""The rest of a clause with a name behind its verb, as ``Als Kunde von AWS zahlt ICE``."""

_GROUP_WORDS = r"(?!\s(?:compan|organi[sz]ation|firm|group|corporation|agenc|database))"
"""A parent company is not a parent."""

_WORDS = r"(?:[\w'-]{1,30}\s){0,3}"
"""Up to three words before a noun."""

_OPENINGS = {
    "en": r"just (?:found out|learn(?:ed|t)|heard|saw|read|discovered|realis?zed?)|can(?:'|no)t"
    r" believe|til(?= )|(?:speaking )?as some(?:one|body) (?:who|whose|with|from|in|at)"
    rf"|being an? {_WORDS}(?:{_PERSONS['en']}|{_CUSTOMERS['en']})"
    r"(?: (?:of|in|at|from|with|who) [^.,:;!?\n]{1,40})?(?=,)"
    r"|(?:(?:proud|longtime|former|retired|registered|single|working|amazon|aws|prime) ){0,2}"
    rf"(?:{_PERSONS['en']}|{_CUSTOMERS['en']})(?: of [\w'-]{{1,30}})?,? here"
    r"(?= ?(?:[.,:;!–—-]|\Z))",
    "es": "como alguien (?:que|cuy[oa]s?)",
    "de": r"als jemand,? (?:der|die)|habe? (?:gerade|eben)|bin (?!gespannt)\w{1,30}",
}
"""Beginnings of a sentence that leave out the pronoun of the person who speaks, by language."""

_START = r"(?:\A|(?<=[.!?:;…¡¿\n(–—-]))\s{0,3}"
"""The start of a sentence or a clause."""
_OPENING_MARKS = " \n\"'\u2018\u201a\u201c\u201d\u201e\u2019\u00ab\u2039\u00a0\u202f"
"""Marks with which a quotation may begin, and blanks."""
_APOSTROPHES = str.maketrans("\u2019\u02bc", "''")


def speaks_as_person(text: str, language: str) -> str:
    """Return the words by which a text reads as if one person spoke, or "".

    ``language`` is a BCP 47 tag. The answer for a language that is not in the tables here is "".
    """
    pattern = _patterns().get(language.partition("-")[0])
    if pattern is None:
        return ""
    words = strip_entities(text)
    spoken = outside_quotations(words)
    if "@" not in text and not any(map(str.isalnum, spoken)):  # a quotation that names nobody
        spoken = strip_hidden(words).lstrip(_OPENING_MARKS)
    spoken = spoken.translate(_APOSTROPHES)
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
        rest = r"[^.,:;!?\n]{0,60},\s"
        body = rf"{rest}(?:{_BODIES[language]})\b|\s{_OF}{rest}{_NAME}"
        not_of_a_body = f"(?!{body}{_VERB_FIRST.get(language, '')})"  # As a client of AWS, ICE pays
        claim = (
            rf"(?:{_CLAIMS[language]}){_WORDS}"
            rf"(?:(?:{_PERSONS[language]})|(?:{_CUSTOMERS[language]})(?!-)\b{not_of_a_body})"
            rf"(?!-)\b{_GROUP_WORDS}"
        )
        openings = "|".join(filter(None, (claim, _OPENINGS.get(language))))
        patterns[language] = re.compile(rf"(?<![\w'-])(?:{pronouns})|{_START}(?i:{openings})\b")
    return patterns
