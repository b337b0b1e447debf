"""Texts that read as if one person spoke of their own life, and texts that do not."""

from __future__ import annotations

import pytest

from bot.voice.persons import speaks_as_person

AS_PERSON = {
    "en": [
        "I just found out that Amazon sells this to ICE.",
        "I'm done with Ring.",
        "I\u2019ve had enough of it.",
        "As a nurse, I see what this does to families.",
        "As a customer of AWS: stop it.",
        "As an Amazon worker and a parent, this is too much.",
        "Enough. As a longtime Prime customer, enough.",
        "Speaking as a teacher: no.",
        "My neighbour told me that his doorbell films the street.",
        "It happened to my sister.",
        "Amazon, listen to me.",
        "Just found out what HART is. Stop it.",
        "Just learned that Ring shares footage.",
        "Can't believe that this runs on AWS.",
        "Wow, i just saw what HART collects",
        "Who pays for this? Not me.",
        "They call it “a system”. I call it a list.",
    ],
    "es": [
        "Acabo de enterarme de esto.",
        "Mi vecina me contó que su timbre graba la calle.",
        "Como enfermera, veo lo que hace.",
        "Como clienta de Amazon: basta.",
        "Basta. Como madre de dos hijas, basta.",
        "Yo no quiero esto.",
        "Soy trabajadora de AWS.",
        "He visto lo que recoge HART.",
        "No lo hagan con mis datos.",
    ],
    "fr": [
        "Je viens d\u2019apprendre ce que fait Amazon.",
        "J'ai honte de cette entreprise.",
        "Ma voisine m\u2019a dit que sa sonnette filme la rue.",
        "En tant qu'infirmière, cela me choque.",
        "En tant que cliente : ça suffit.",
        "Comme cliente d'Amazon, ça suffit.",
        "Pas avec mes données.",
    ],
    "de": [
        "Ich habe gerade davon erfahren.",
        "Meine Nachbarin hat davon erzählt.",
        "Als Krankenschwester sage: genug.",
        "Als Kundin von Amazon: Schluss damit.",
        "Es reicht. Als langjährige Kundin reicht es.",
        "Das hat mir niemand gesagt.",
        "Habe gerade erfahren, was HART ist.",
        "Sagt es meinen Nachbarn.",
    ],
    "pt-BR": ["Eu acabei de saber disso.", "Minha vizinha contou.", "Como enfermeira, basta."],
    "it": ["Io non ci sto.", "La mia vicina lo sa.", "Ho appena saputo di HART."],
    "nl": ["Ik wist dit niet.", "Niet met mijn gegevens.", "Als verpleegkundige: stop."],
}

NOT_AS_PERSON = {
    "en": [
        "Take HART off AWS.",
        "We ask Amazon to take HART off AWS.",
        "Amazon Ring has over 2,000 partnerships with police departments.",
        "As a company, Amazon can choose its customers.",
        "As a result, migrants are afraid.",
        "It sees you as a customer, and as a source of data.",
        "Amazon treats every worker as a cost.",
        "As customers, people can ask.",
        "As a worker-led coalition, we ask Amazon to stop.",
        "As a member of the Athena coalition, MediaJustice asks Amazon.",
        "World War I ended in 1918.",
        "Title I schools buy it, too.",
        "Take I-95 to the hearing.",
        "Ask your senator in ME and MA today.",
        "#MeToo was a start.",
        "Ana Roe says: “I will not build tools for deportation.”",
        '"My code is used against my neighbours," says an engineer.',
        "They say “I agree” without reading.",
        "Just stop it.",
        "AI reads the plates.",
        "See example.org/my/page or @me_and_you.",
        "Who listens to calls from prison?",
        "Your doorbell, your data, your say.",
        "Can it be stopped? Yes.",
    ],
    "es": [
        "Pedimos a Amazon que saque HART de AWS.",
        "Amazon te ve como cliente y como fuente de datos.",
        "La policía la usa como una persona más.",
        "El trabajo de mil personas.",
        "Dice Ana Roe: «Mi código no es para deportar».",
        "Amazon puede elegir a sus clientes.",
        "Como empresa, Amazon puede elegir.",
        "El siglo XX terminó.",
    ],
    "fr": [
        "Nous demandons à Amazon d\u2019arrêter.",
        "« Mon code ne sert pas à expulser », dit Ana Roe.",
        "Comme entreprise, Amazon a le choix.",
        "Amazon vous voit comme cliente.",
        "M. Jassy, arrêtez.",
        "La police m2 mesure.",
    ],
    "de": [
        "Wir fordern: HART runter von AWS.",
        "Sie meinen, es sei erlaubt.",
        "„Mein Code dient nicht der Abschiebung“, sagt Ana Roe.",
        "Als Unternehmen hat Amazon die Wahl.",
        "Amazon sieht Menschen als Kunden.",
        "Mehr als Menschen zählen hier Daten.",
        "Als der Mann von Amazon kam, war es zu spät.",
        "Wer meint, das sei egal, irrt.",
    ],
    "ja": ["私は看護師です。"],
    "it": ["Chiediamo ad Amazon di smettere.", "Sono dati di tutti."],
    "pt": ["Pedimos à Amazon que pare.", "O meio mais simples."],
    "nl": ["Wij vragen Amazon te stoppen.", "De mijnen zijn dicht."],
}

YES = [(text, language) for language, texts in AS_PERSON.items() for text in texts]
NO = [(text, language) for language, texts in NOT_AS_PERSON.items() for text in texts]


@pytest.mark.parametrize(("text", "language"), YES)
def test_it_reads_as_if_one_person_spoke(text: str, language: str) -> None:
    found = speaks_as_person(text, language)
    assert found
    assert found in text.replace("\u2019", "'")


@pytest.mark.parametrize(("text", "language"), NO)
def test_it_does_not(text: str, language: str) -> None:
    assert speaks_as_person(text, language) == ""
