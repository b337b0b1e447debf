# ruff: noqa: RUF001 - look-alike letters and odd punctuation are what is tested
"""A table of pairs that say the same or not, and honest posts that must pass."""

from __future__ import annotations

import io
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.extras import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.model import Content, LinkCard, Media, Part, Poll
from bot.text import find_as_x
from bot.voice.pictures import look
from bot.voice.said import said
from bot.voice.sameness import SHARED_KEYS, index_keys, likeness, near, rarest, units
from bot.voice.words import canonical_words

if TYPE_CHECKING:
    from collections.abc import Sequence

NINE = "Amazon must end its contracts with the police now"
ASK = "Whose streets does a doorbell watch, and who may look at what it saw?"
LONG = (
    "We met forty neighbours on Tuesday, and every one of them had the same question for the mayor."
)
OWN = "Our members walked to the town hall in the rain, because letters had changed nothing there."
ARMY = (
    "Amazon must end all of its contracts with the police",
    "and with the army before the end of this very year",
)
FILLER = "A lot has happened since the spring, and we are tired of waiting for an honest answer. "
OTHER_FILLER = "Those who rode the bus this morning know how cold it was, and who was out there. "


def text(words: str) -> Content:
    return Content((Part(words),))


def thread(*parts: str) -> Content:
    return Content(tuple(map(Part, parts)))


def warned(words: str, warning: str) -> Content:
    return Content((Part(words),), warning=warning)


def asked(words: str, *options: str) -> Content:
    return Content((Part(words, poll=Poll(options, 60)),))


def carded(words: str, title: str, about: str = "") -> Content:
    return Content((Part(words, card=LinkCard("https://example.org/a", title, about)),))


def shown(words: str, alt: str, sha256: str = "a", look_of: str = "") -> Content:
    media = Media(Path("/m.png"), alt, sha256, "image/png", 9, look=look_of)
    return Content((Part(words, (media,)),))


def likeness_of(one: Content | str, other: Content | str) -> str | None:
    posts = (item if isinstance(item, Content) else text(item) for item in (one, other))
    found = likeness(*(said(post, find_as_x) for post in posts))
    return found and found.what


LOGO = "Two hands that hold a megaphone, our logo"
THEIRS = "The athena wheel in blue on white, with the name of the group under it"

SAME: dict[str, tuple[Content | str, Content | str]] = {
    # --- letters ---
    "capitals": (NINE, NINE.upper()),
    "latin alpha": (NINE, NINE.replace("a", "ɑ")),
    "small capitals": (NINE, "ᴀᴍᴀᴢᴏɴ ᴍᴜꜱᴛ ᴇɴᴅ ɪᴛꜱ ᴄᴏɴᴛʀᴀᴄᴛꜱ ᴡɪᴛʜ ᴛʜᴇ ᴘᴏʟɪᴄᴇ ɴᴏᴡ"),
    "dark circles": ("Amazon must go", "🅐🅜🅐🅩🅞🅝 🅜🅤🅢🅣 🅖🅞"),
    "dark squares": ("Amazon must go", "🅰🅼🅰🆉🅾🅽 🅼🆄🆂🆃 🅶🅾"),
    "squares": ("Amazon must go", "🄰🄼🄰🅉🄾🄽 🄼🅄🅂🅃 🄶🄾"),
    "circles": ("Amazon must go", "ⓐⓜⓐⓩⓞⓝ ⓜⓤⓢⓣ ⓖⓞ"),
    "regional indicators": ("Amazon must go", "🇦🇲🇦🇿🇴🇳 🇲🇺🇸🇹 🇬\u200b🇴 go"),
    "mathematical letters": (NINE, "𝐀𝐦𝐚𝐳𝐨𝐧 𝓶𝓾𝓼𝓽 𝕖𝕟𝕕 𝘪𝘵𝘴 𝚌𝚘𝚗𝚝𝚛𝚊𝚌𝚝𝚜 with the police now"),
    "full width": (NINE, "Ａｍａｚｏｎ ｍｕｓｔ ｅｎｄ its contracts with the police now"),
    "superscript": (NINE, "Amazon ᵐᵘˢᵗ ᵉⁿᵈ ⁱᵗˢ contracts with the police now"),
    "cyrillic": (NINE, "Аmаzоn muѕt еnd іtѕ соntrасtѕ with the police now"),
    "cyrillic capitals": (NINE, "АМАZОN МUSТ ЕND ІТS СОNТRАСТS WIТН ТНЕ РОLIСЕ NОW"),
    "greek": (NINE, "Amazοn must end its cοntracts with the pοlice nοw"),
    "armenian": ("Stop HART now", "Ѕtօp HART nօw"),
    "accents": (NINE, "Ámàzõn müšt ënď įts çôntrăcts with the police now"),
    "strokes": ("Stop the raids", "Sŧøp ŧħe raiđs"),
    "struck through": (
        NINE,
        "A\u0336m\u0336a\u0336z\u0336o\u0336n\u0336 must end its contracts now with the police",
    ),
    "letters with hooks": (NINE, "Amaʐon musƭ enɗ its ƈontraƈts wiƭh ƭhe ƥoliƈe now"),
    "dotless i and script g": ("Fight the big lie tonight", "Fıɡht the bıɡ lıe tonıɡht"),
    "zero for O": ("No more ICE contracts for Amazon", "N0 m0re ICE c0ntracts f0r Amaz0n"),
    "one for l and I": ("All will fill the hall in July", "A11 wi11 fi11 the ha11 1n Ju1y"),
    "capital I for l": ("All will fill the hall", "AII wiII fiII the haII"),
    "leet": (NINE, "4m4z0n mu5t 3nd 1ts c0ntr4ct5 w1th th3 p0l1c3 n0w"),
    "at for a": (NINE, "Am@zon must end its contr@cts with the police now"),
    "dollar and euro": ("Stop the raids in Essex", "$top the raid$ in €ssex"),
    "rn for m": ("Modem makers must not spy", "Modern makers rnust not spy"),
    "vv for w": ("We will win when we walk", "VVe vvill vvin vvhen vve vvalk"),
    "zero width": (NINE, "Ama\u200bzon m\u200cust end its con\u2060tracts with the police now"),
    "soft hyphens": (
        NINE,
        NINE.replace("Amazon", "Ama\u00adzon").replace("police", "po\u00adlice"),
    ),
    "ligatures": ("Office staff first", "Oﬃce staﬀ ﬁrst"),
    "sharp s": ("Die Straße gehört uns", "DIE STRASSE GEHÖRT UNS"),
    "whole words in cyrillic": ("A scope for peace", "А ѕсоре for реасе"),
    "cyrillic text in capitals": ("Москва должна ответить нам", "МОСКВА ДОЛЖНА ОТВЕТИТЬ НАМ"),
    "points of Arabic": ("العدالة للجميع الآن في المدينة", "الْعَدَالَةُ لِلْجَمِيعِ الآنَ فِي الْمَدِينَةِ"),
    "a stretched Arabic word": ("العدالة للجميع في المدينة", "العـــدالة للجمــيع في المدينــة"),
    "points of Hebrew": ("שלום לכל השכנים בעיר", "שָׁלוֹם לְכָל הַשְּׁכֵנִים בָּעִיר"),
    "a figure in words": (
        "Ring works with 2,000 police departments",
        "Ring works with two thousand police departments",
    ),
    "figures in words": (
        "12 cities, 30 groups, 2,000 people",
        "Twelve cities, thirty groups, two thousand people",
    ),
    "a sign for and": ("Faces and voices, with no consent", "Faces & voices w/ no consent"),
    # --- words glued and cut ---
    "apostrophe glues": ("Join us at the hearing", "Join'us at'the hearing"),
    "typographic apostrophe glues": ("Join us at the hearing", "Join’us at’the’hearing"),
    "hyphens glue": ("Join us now at the hall", "Join-us-now at the hall"),
    "hyphens everywhere": ("Join us now at the hall", "Join-us-now-at-the-hall"),
    "underscores": ("Join us now at the hall", "Join_us_now_at_the_hall"),
    "dots": (NINE, NINE.replace(" ", "...")),
    "slashes": (NINE, NINE.replace(" ", "/")),
    "words cut by hyphens, and one more": (
        f"{NINE} friends",
        "Ama-zon must end its con-tracts with the pol-ice now",
    ),
    "words cut by hyphens beside filler": (
        f"{FILLER}{NINE}.",
        f"{OTHER_FILLER}Ama-zon must end its con‑tracts with the pol-ice now.",
    ),
    "words cut by dots in an alt text": (
        f"{FILLER}{NINE}.",
        shown(OWN, "A.mazon must end its con.tracts with the po·lice now"),
    ),
    "middle dots": (NINE, NINE.replace(" ", "·")),
    "contraction without apostrophe": (
        "Don't let Amazon's cameras in",
        "Dont let Amazons cameras in",
    ),
    "no blanks": (NINE, NINE.replace(" ", "")),
    "blanks within words": (NINE, "Ama zon mu st end its con tracts with the pol ice now"),
    "letter by letter": ("Stop HART", "S T O P  H A R T"),
    "no-break spaces": (NINE, NINE.replace(" ", "\u00a0")),
    "line by line": (NINE, NINE.replace(" ", "\n")),
    "emoji between words": (NINE, NINE.replace(" ", "👏")),
    "no blanks in Chinese": ("亚马逊必须终止与警察的合同", "亚 马逊必须 终止与警察的合同。"),
    # --- Pairs that do not say the same ---
    "punctuation": (NINE, f"{NINE}!!!"),
    "hashtag at the end": (NINE, f"{NINE} #Amazon"),
    "other hashtags": (f"{NINE} #NoTech", f"{NINE} #People #Profit"),
    "words as hashtags": (NINE, "#Amazon must end its #contracts with the #police now"),
    "all words but the first as hashtags": (
        NINE,
        "Amazon #must #end #its #contracts #with #the #police #now",
    ),
    "hashtags between words": (NINE, "Amazon #x must end #y its contracts with #z the police now"),
    "links": (f"{NINE} https://example.org/a", f"{NINE} https://example.org/b"),
    "mentions": (NINE, f"@somebody {NINE} @other"),
    "emoji at the end": ("See you in Boston, friends", "See you in Boston, friends 👋"),
    "only hashtags": ("#NoTechForICE #StopHART", "#StopHART #NoTechForICE"),
    "only hashtags, and a link": (
        "#NoTechForICE #StopHART",
        "#NoTechForICE #StopHART https://a.org",
    ),
    "only one hashtag": ("#StopHART", "#stophart"),
    "only emoji": ("🔥🔥", "🔥"),
    "emoji of another skin": ("✊🏽", "✊🏿"),
    "only punctuation": ("?!", "?!"),
    "only arrows": ("→→→", "→→→ "),
    "only mentions": ("@amazon @google", "@google @Amazon"),
    "only a link": ("https://example.org/a", "https://example.org/a/"),
    # --- one word, or few ---
    "one word exchanged": (NINE, NINE.replace("police", "army")),
    "one word exchanged in four": ("Take HART off AWS", "Take HART off Azure"),
    "one word exchanged in five": ("Say no to the raids", "Say no to the cameras"),
    "one word more": ("Thank you all", "Thank you all, friends"),
    "one word less": (NINE, NINE.removesuffix(" now")),
    "another city": ("Come to the hearing in Oakland", "Come to the hearing in Fresno"),
    "another figure": (
        "Ring works with 2,000 police departments",
        "Ring works with 2,600 police departments",
    ),
    "another day": ("The council votes on Tuesday at noon", "The council votes on Friday at noon"),
    "words in another order": ("Now Amazon must end it", "Amazon must end it now"),
    "two in ten exchanged": (
        "Amazon must end all of its secret contracts with the local police",
        "Amazon should end all of its secret contracts with the state police",
    ),
    "one word": ("Shame!", "SHAME"),
    "two words": ("Thank you", "thank you…"),
    # --- sentences as a set ---
    "sentences in another order": (f"{NINE}. {ASK}", f"{ASK} {NINE}."),
    "a sentence twice": (NINE, f"{NINE}. {NINE}!"),
    "filler before": (NINE, f"{FILLER}{NINE}."),
    "filler around": (f"{FILLER}{NINE}. {FILLER}", f"{OTHER_FILLER}{NINE}! {OTHER_FILLER}"),
    "much filler": (f"{FILLER * 3}{NINE}.", f"{OTHER_FILLER * 3}{NINE}."),
    "filler, and one word exchanged": (
        f"{FILLER}{NINE}.",
        f"{OTHER_FILLER}{NINE.replace('now', 'today')}.",
    ),
    "filler behind a comma": (f"{NINE}, {FILLER}", f"{OTHER_FILLER.strip()} {NINE}."),
    "filler behind a colon": (f"{NINE}: {FILLER}", f"{OTHER_FILLER} {NINE}."),
    "filler behind a dash": (f"{NINE} – {FILLER}", f"{OTHER_FILLER} {NINE}."),
    "filler on lines": (
        f"{FILLER}\n\n{NINE}\n\n{FILLER}",
        f"{OTHER_FILLER}\n{NINE}\n{OTHER_FILLER}",
    ),
    "in quotes": (f"{FILLER}They say “{NINE}” again.", f"{OTHER_FILLER} {NINE}."),
    "clauses in capitals with a date": (
        f"{FILLER}July 12, Amazon Must End All, Its Contracts, With The Police, And Now.",
        f"{OTHER_FILLER}July 12, Amazon Must End All, Its Contracts, With The Police, And Now.",
    ),
    "short words with a figure": (
        f"{FILLER}We are not a lab, we are not for you, and 12 of us say so.",
        f"{OTHER_FILLER}We are not a lab, we are not for you, and 12 of us say so.",
    ),
    "a slogan in capitals with a date": (
        f"{FILLER}Amazon Must End Its Contracts With The Police Now, July 12.",
        f"{OTHER_FILLER}Amazon Must End Its Contracts With The Police Now, July 12.",
    ),
    "in brackets": (f"{FILLER}({NINE})", f"{OTHER_FILLER} {NINE}."),
    "two short sentences": (
        f"{FILLER}End the raids this week. Open the files for all.",
        f"{OTHER_FILLER}Open the files for all. End the raids this week.",
    ),
    "half of a short post": (
        "Sign the petition today. Thanks!",
        f"{LONG} Sign the petition today.",
    ),
    "disguised in filler": (f"{FILLER}{NINE}.", f"{OTHER_FILLER}{NINE.replace('a', 'ɑ')}."),
    # --- threads ---
    "a thread cut elsewhere": (thread(f"{LONG} {NINE}.", ASK), thread(LONG, f"{NINE}. {ASK}")),
    "a thread as one post": (thread(LONG, ASK), f"{LONG} {ASK}"),
    "a thread in another order": (thread(LONG, NINE, ASK), thread(ASK, LONG, NINE)),
    "a part of a thread": (thread(NINE, "One of them"), thread(LONG, NINE)),
    "a part as a post": (thread(NINE, ASK, LONG, OWN), NINE),
    "numbered parts": (thread(f"1/2 {LONG}", f"2/2 {ASK}"), thread(LONG, ASK)),
    "a sentence over two parts": (
        thread("Amazon must end its contracts", "with the police now"),
        NINE,
    ),
    # --- cut into pieces, with filler ---
    "cut by stops": (
        f"{FILLER}Amazon must end its contracts. With the police. Now.",
        f"{OTHER_FILLER}{NINE}.",
    ),
    "a stop after each word": (f"{FILLER}{NINE.replace(' ', '. ')}.", f"{OTHER_FILLER}{NINE}."),
    "cut by a blank line": (
        f"{FILLER}Amazon must end its contracts\n\nwith the police now.",
        f"{OTHER_FILLER}{NINE}.",
    ),
    "cut over two parts": (
        thread(f"{FILLER}Amazon must end its contracts", f"with the police now. {FILLER}"),
        thread(f"{OTHER_FILLER}{NINE}."),
    ),
    "a long sentence cut over two parts": (
        thread(f"{FILLER}{ARMY[0]}", f"{ARMY[1]}."),
        thread(f"{OTHER_FILLER}{' '.join(ARMY)}."),
    ),
    "a long sentence cut by a blank line": (
        f"{FILLER}{ARMY[0]}\n\n{ARMY[1]}.",
        f"{OTHER_FILLER}{' '.join(ARMY)}.",
    ),
    "cut over the options of a poll": (
        asked(LONG, "Amazon must end its", "contracts with the police now"),
        f"{OWN} {NINE}.",
    ),
    "cut over a card": (
        carded(LONG, "Amazon must end its contracts", "with the police now"),
        f"{OWN} {NINE}.",
    ),
    "cut over the text and an alt text": (
        shown(f"{LONG} Amazon must end its contracts", "with the police now"),
        f"{OWN} {NINE}.",
    ),
    "cut over the warning and the text": (
        warned(f"with the police now. {LONG}", "Amazon must end its contracts"),
        f"{OWN} {NINE}.",
    ),
    "short slogans in another order": (
        f"{FILLER}Stop HART. Stop Ring. Drop Nimbus. Free them. End it. Now.",
        f"{OTHER_FILLER}Free them. End it. Stop Ring. Stop HART. Drop Nimbus. Now.",
    ),
    # --- beside the text ---
    "the same warning": (
        warned(LONG, "This post describes what police did to a child"),
        warned(OWN, "This post describes what police did to a child"),
    ),
    "a warning as text": (warned(LONG, NINE), f"{OWN} {NINE}."),
    "the same poll": (
        asked(LONG, "Close the camera network", "Keep it as it is", "Ask the people first"),
        asked(OWN, "Keep it as it is", "Ask the people first", "Close the camera network"),
    ),
    "the same poll of names": (
        asked(LONG, "Oakland", "Fresno", "San Jose", "Sacramento"),
        asked(OWN, "Sacramento", "Oakland", "San Jose", "Fresno"),
    ),
    "the same poll of three names": (
        asked(LONG, "Amazon", "Google", "Palantir"),
        asked(OWN, "Palantir", "Amazon", "Google"),
    ),
    "a poll with disguised options": (
        asked(LONG, "Close the network", "Keep the cameras"),
        asked(OWN, "CIose the netw0rk", "Keep the cɑmeras!"),
    ),
    "the text as an option": (asked(LONG, NINE, "No"), f"{OWN} {NINE}."),
    "the same card": (
        carded(
            LONG, "People over profit: the petition", "End the contracts with police and ICE now"
        ),
        carded(
            OWN, "People over profit: the petition", "End the contracts with police and ICE now"
        ),
    ),
    "a card as text": (carded(LONG, NINE), f"{OWN} {NINE}."),
    "the same alt text": (
        shown(LONG, f"A poster that says {NINE}", "a"),
        shown(OWN, f"A poster that says {NINE}", "b"),
    ),
    "an alt text as text": (shown(LONG, NINE), f"{OWN} {NINE}."),
    "the same picture and alt text": (shown(LONG, LOGO), shown(OWN, LOGO)),
    "the same picture and nearly the alt text": (
        shown(LONG, LOGO),
        shown(OWN, LOGO.replace("our", "their")),
    ),
    "the same picture and a short alt text": (shown(LONG, "Our logo"), shown(OWN, "our LOGO")),
    "the same picture alone": (shown("", LOGO), shown("", THEIRS)),
    "the same picture and hardly a word": (shown("Look here", LOGO), shown("See this now", THEIRS)),
    "a picture saved again": (
        shown(LONG, LOGO, "a", "0084c4e48c8ccc84e0e0e0e0e470f0d0"),
        shown(OWN, LOGO, "b", "0084c4e48c8ccc84e0e0e0e0e470f0d7"),
    ),
}

SAME |= {
    "a link alone, with other marks": (
        "https://example.org/a?b=1&utm_source=x&utm_medium=post&utm_campaign=c&utm_content=ours#d",
        "https://example.org/a?b=1&utm_source=x&utm_medium=post&utm_campaign=c&utm_content=also#d",
    ),
    "a link alone, with marks and without": (
        "https://example.org/",
        "https://example.org/?utm_source=x&utm_medium=post&utm_campaign=c&utm_content=a%20b",
    ),
    "a text with a link that has other marks": (
        f"{NINE} https://example.org/?utm_source=x&utm_content=ours",
        f"{NINE} https://example.org/?utm_source=x&utm_content=also-ours",
    ),
}

NOT_SAME: dict[str, tuple[Content | str, Content | str]] = {
    "other links alone, with the same marks": (
        "https://example.org/a?utm_source=x&utm_content=ours",
        "https://example.org/b?utm_source=x&utm_content=ours",
    ),
    "links that differ in their own parameters": (
        "https://example.org/a?id=1&utm_source=x",
        "https://example.org/a?id=2&utm_source=x",
    ),
    "two demands": (NINE, ASK),
    "two reports of a day": (LONG, OWN),
    "short ones alike by chance": ("Thank you all", "Thank you, everyone"),
    "two words of three": ("Vote on Tuesday", "Vote on Friday"),
    "one word of two": ("Shame!", "Shame now"),
    "a short call at the end": (
        f"{LONG} Sign the petition today.",
        f"{OWN} Sign the petition today.",
    ),
    "a short call, spelled otherwise": (
        f"{LONG} Sign the petition today.",
        f"{OWN} SIGN the petition, today!",
    ),
    "a short call and the same link": (
        f"{LONG} Sign the petition today. https://example.org/a",
        f"{OWN} Sign the petition today. https://example.org/a",
    ),
    "the same hashtags": (f"{LONG} #NoTechForICE #HART", f"{OWN} #NoTechForICE #HART"),
    "short posts with the same hashtags": (
        "Vote today #NoTechForICE #HART #Ring",
        "March with us #NoTechForICE #HART #Ring",
    ),
    "other hashtags alone": ("#NoTechForICE", "#StopHART"),
    "other emoji alone": ("🔥", "✊"),
    "emoji, and emoji with a hashtag": ("🔥 https://a.org", "🔥 #StopHART https://a.org"),
    "other links alone": ("https://example.org/a", "https://example.org/b"),
    "two countries' flags": ("🇺🇸", "🇲🇽"),
    "the same name": (
        "Amazon sells face recognition to police",
        "Workers at Amazon walk out over heat",
    ),
    "the same fact in own words": (
        "HART will cost over $6 billion, and nobody voted for it.",
        "Who agreed to spend $6 billion on a database of our faces?",
    ),
    "the same event in own words": (
        "See you at City Hall on Tuesday at 6 pm. Bring your neighbours.",
        "The hearing starts at 6 pm. City Hall has room for all of us.",
    ),
    "the same time, place and name": (
        (
            "Parents, teachers: this is your evening.\n\n📍 Oakland City Hall\n"
            "🗓️ Tuesday, July 12, 6 pm\n"
            "People's Hearing on Police Surveillance\n\nInterpreters are there. https://example.org/h"
        ),
        (
            "What has a camera seen of you? Come and tell the council.\n\n"
            "People's Hearing on Police Surveillance\n📅 Tuesday, July 12, 6 pm\n"
            "📍 Oakland City Hall\n"
            "https://example.org/h"
        ),
    ),
    "the same event within sentences": (
        (
            "We will be at Oakland City Hall on Tuesday, July 12, at 6 pm for the People's Hearing "
            "on Police Surveillance. Bring a friend. #PeoplesHearing"
        ),
        (
            "Our lawyers explain what police may keep, and for how long, at the People's Hearing "
            "on Police Surveillance (Tuesday, July 12, 6 pm, Oakland City Hall). #PeoplesHearing"
        ),
    ),
    "the same source": (
        (
            "What HART costs would pay a nurse for every school in the state.\n\n"
            "Source: Department of Homeland Security, HART Privacy Impact Assessment, 2020"
        ),
        (
            "Iris scans and DNA of migrants, all in one place. We were never asked.\n\n"
            "Source: Department of Homeland Security, HART Privacy Impact Assessment, 2020"
        ),
    ),
    "the same press office": (
        f"{LONG} Press: Ana Roe, press@example.org, 510 555 0100",
        f"{OWN} Press: Ana Roe, press@example.org, 510 555 0100",
    ),
    "a short call that is joined": (f"{LONG} Sign-up-today!", f"{OWN} Sign up today!"),
    "the same greeting": (f"Good morning, everyone. {LONG}", f"Good morning, everyone. {OWN}"),
    "the same short warning": (warned(LONG, "Police violence"), warned(OWN, "Police violence")),
    "a yes or a no": (asked(LONG, "Yes", "No"), asked(OWN, "Yes", "No")),
    "yes, no or not sure": (
        asked(LONG, "Yes, I will", "No", "Not sure yet"),
        asked(OWN, "Yes, I will", "No", "Not sure yet"),
    ),
    "a mark from one to five": (asked(LONG, "1", "2", "3", "4"), asked(OWN, "1", "2", "3", "4")),
    "none of the above": (
        asked(LONG, "Amazon", "Google", "None of the above"),
        asked(OWN, "Amazon", "Oracle", "None of the above"),
    ),
    "no opinion": (
        asked(LONG, "Agree", "Disagree", "I don't know"),
        asked(OWN, "Agree", "Disagree", "I don't know"),
    ),
    "agree or not": (asked(LONG, "I agree", "I do not"), asked(OWN, "We agree", "Never")),
    "polls of other options": (
        asked(LONG, "Close the camera network", "Keep it as it is"),
        asked(OWN, "More buses at night", "Cheaper tickets for pupils"),
    ),
    "a logo with the account's own alt text": (shown(LONG, LOGO), shown(OWN, THEIRS)),
    "two pictures with own alt texts": (shown(LONG, LOGO, "a"), shown(OWN, THEIRS, "b")),
    "pictures that look different": (
        shown(LONG, LOGO, "a", "0084c4e48c8ccc84e0e0e0e0e470f0d0"),
        shown(
            OWN,
            LOGO + " in the rain at night by the town hall",
            "b",
            "0c8cacacac8ccccc94b4f45410808080",
        ),
    ),
    "a card with a short title": (carded(LONG, "The petition"), carded(OWN, "The petition")),
    "threads that end alike": (
        thread(LONG, ASK, "Read on: thread"),
        thread(OWN, "Who decides, and when?", "Read on: thread"),
    ),
    "threads with numbers": (
        thread(f"1/2 {LONG}", "2/2 More on Friday."),
        thread(f"1/2 {OWN}", "2/2 We will be there."),
    ),
    "Chinese": ("亚马逊必须终止与警察的合同", "谁可以看门铃拍到的街道画面"),
    "Russian": ("Москва должна ответить нам сегодня", "Кто смотрит на наши улицы ночью"),
    "nothing and something": (NINE, shown("", LOGO)),
    "a quotation in part": (
        f"{LONG} “No comment,” said the company.",
        f"{OWN} The company says “no comment” again.",
    ),
    "half is not reached": (
        f"{LONG} {ASK.replace('doorbell', 'drone')} Say no to HART.",
        f"{OWN} {FILLER} Say no to HART.",
    ),
}


def test_the_table_is_large() -> None:
    assert len(SAME) + len(NOT_SAME) >= 120


@pytest.mark.parametrize("trick", SAME)
def test_one_voice(trick: str) -> None:
    one, other = SAME[trick]
    assert likeness_of(one, other)
    assert likeness_of(other, one)
    _assert_found_by_index(one, other)


@pytest.mark.parametrize("trick", NOT_SAME)
def test_two_voices(trick: str) -> None:
    one, other = NOT_SAME[trick]
    assert likeness_of(one, other) is None
    assert likeness_of(other, one) is None


@pytest.mark.parametrize(
    ("trick", "what"),
    [
        ("capitals", "the same words"),
        ("another city", "almost the same words"),
        ("only emoji", "the same emoji or links"),
        ("much filler", f"the same sentence, “{NINE}”"),
        ("the same poll", "the same poll"),
        ("the same warning", "the same warning, “This post describes what police did to a child”"),
        ("the same picture and alt text", "the same picture with the same alt text"),
        ("the same picture alone", "the same picture"),
        ("the same card", "the same link card, “"),
        ("the same alt text", "the same alt text, “"),
    ],
)
def test_what_is_alike_is_named(trick: str, what: str) -> None:
    assert (likeness_of(*SAME[trick]) or "").startswith(what)


# --- the index ------------------------------------------------------------------------------------


def _assert_found_by_index(one: Content | str, other: Content | str) -> None:
    posts = (item if isinstance(item, Content) else text(item) for item in (one, other))
    mine, theirs = (index_keys(said(post, find_as_x)) for post in posts)
    shared = [len({*ours} & {*words}) for ours in mine.units for words in theirs.units]
    assert mine.whole & theirs.whole or max(shared, default=0) >= SHARED_KEYS


WORDS = st.frozensets(st.sampled_from([f"w{'x' * (n % 5)}{n}" for n in range(14)]), min_size=1)


@settings(max_examples=examples(1500))
@given(WORDS, WORDS)
def test_near_texts_always_share_keys(one: frozenset[str], other: frozenset[str]) -> None:
    if near(one, other) and min(len(one), len(other)) > SHARED_KEYS:
        assert len({*rarest(one)} & {*rarest(other)}) >= SHARED_KEYS
    elif near(one, other):
        assert one == other


# --- any text -------------------------------------------------------------------------------------

MOST = 25_000
EVIL = [
    *("a", "a ", "a. ", "a b c d. ", "a, b c d ", "!", "!x", ". ", "\n", "\n ", "- ", " -", "'t "),
    *("@a ", "#a ", "#a b ", "https://a.b ", "a.b ", "🔥", "🇦", "ɑ", "a\u0301", "1", "$a"),
    *("@", "|a"),
    *("Ａ", "亚", "\u200b", "ﬃ", "’s ", "“a” ", "…", "1.2 "),
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_keeps_it_busy(evil: str) -> None:
    begun = time.process_time()
    one, other = (said(text((start + evil * MOST)[:MOST]), find_as_x) for start in ("", "x "))
    likeness(one, other)
    index_keys(one)
    assert time.process_time() - begun < 3


def test_very_many_sentences_are_bounded() -> None:
    one, other = (
        said(text("".join(f"a{n} b{n} c{n} {end}{n}. " for n in range(4000))), find_as_x)
        for end in "de"
    )
    begun = time.process_time()
    assert likeness(one, other)
    assert time.process_time() - begun < 3


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=120))
def test_any_text_says_the_same_as_itself(words: str) -> None:
    post = said(text(words), find_as_x)
    if post.wordings or post.signs:
        assert likeness(post, post)
    assert canonical_words(words) == canonical_words(words.upper().lower()) or not words.isascii()
    assert {frozenset(unit) for unit in units(post)} == units(post)


# --- pictures -------------------------------------------------------------------------------------

PICTURE = Path(__file__).parents[2] / "posts" / "media" / "ring.png"


def _saved(image: Image.Image, form: str, **options: Any) -> Image.Image:
    data = io.BytesIO()
    image.save(data, form, **options)
    return Image.open(data)


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_a_picture_that_was_saved_again_looks_the_same() -> None:
    image = Image.open(PICTURE).convert("RGB")
    looks = [
        look(_saved(image, "JPEG", quality=30)),
        look(_saved(image, "WEBP", quality=50)),
        look(image.resize((image.width // 3, image.height // 3))),
        look(image.convert("L")),
        look(image.convert("RGBA")),
    ]
    assert all(_distance(look(image.copy()), other) <= 7 for other in looks)
    another = look(Image.open(PICTURE.with_name("hart.png")))
    assert _distance(look(image.copy()), another) > 20


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_a_plain_surface_looks_like_nothing(mode: str) -> None:
    assert look(Image.new(mode, (300, 200), 1)) == ""


# --- honest campaigns -----------------------------------------------------------------------------

CITIES = ["Oakland", "Fresno", "Detroit", "Boston", "Memphis", "Atlanta", "Seattle", "Tucson"]
DAYS = ["Monday", "Tuesday", "Friday", "next week", "on May 4", "this evening", "after work"]
TARGETS = ["Amazon", "the county", "the sheriff", "Palantir", "the school board", "the mayor"]
DEMANDS = [
    [
        "{t} has to cancel the camera contract",
        "no more face scans at our doors",
        "tear up the deal, {t}",
    ],
    [
        "open the books on surveillance spending",
        "{t} owes us every invoice",
        "we want to read the bills",
    ],
    [
        "keep agents out of clinics",
        "a hospital is no place for a raid, {t}",
        "patients before arrests",
    ],
    [
        "delete the gang list",
        "{t} must clear the names of our kids",
        "nobody belongs in a secret file",
    ],
]
FACTS = [
    [
        "It costs {n} million dollars a year",
        "{n} million, and not one hearing",
        "{n} million for watching us",
    ],
    [
        "{n} doorbells already feed the police",
        "officers asked for video {n} times",
        "our street alone has {n} of them",
    ],
    ["{n} families have written to us", "we spoke with {n} tenants", "{n} people came last time"],
]
OPENINGS = [
    *("Good news from {c}:", "In {c}, neighbours say it plainly:", "Heard at the bus stop in {c}:"),
    *("A nurse from {c} told us:", "{c} is not for sale.", "Why {c}? Because of this:"),
    "From {c}:",
]
CALLS = [
    *("Sign the petition today.", "Join us {d}.", "Tell {t} {d}.", "Bring a friend {d}."),
    "Read more:",
]


def honest_posts(chance: random.Random, count: int) -> list[str]:
    """Return posts, each with its own wording of a demand, a claim, a place and a day."""
    openings = chance.sample(OPENINGS, len(OPENINGS))
    demands = [(demand, wording) for demand in range(4) for wording in range(3)]
    facts = [(fact, wording) for fact in range(3) for wording in range(3)]
    chance.shuffle(demands)
    chance.shuffle(facts)
    posts = []
    for number in range(count):
        (demand, ask), (fact, claim) = demands[number], facts[number]
        pieces = [
            openings[number],
            DEMANDS[demand][ask].capitalize() + ".",
            FACTS[fact][claim].capitalize() + ".",
            chance.choice(CALLS),
        ]
        values = {"t": chance.choice(TARGETS), "c": chance.choice(CITIES), "d": chance.choice(DAYS)}
        text = " ".join(pieces[:1] + chance.sample(pieces[1:], 3))
        posts.append(text.format(n=chance.randint(2, 900), **values))
    return posts


def test_honest_campaigns_raise_no_alarm() -> None:
    chance = random.Random(24)  # noqa: S311 - repeatable, no secret
    alarms: list[Sequence[str]] = []
    pairs = 0
    for _ in range(2000):
        posts = [(words, said(text(words), find_as_x)) for words in honest_posts(chance, 5)]
        for number, (words, post) in enumerate(posts):
            for other_words, other in posts[:number]:
                pairs += 1
                if found := likeness(post, other):
                    alarms.append((found.what, words, other_words))
    assert pairs == 20_000
    assert alarms == []
