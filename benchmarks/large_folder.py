"""A folder of campaign files as large as a coalition's whole year, with 100,000 posts in 500 files.

It is generated from a seed, so that every run reads the same. A hundred campaigns have five files
each, one with the header and its posts, and four bare lists that name the campaign. Posts differ in
their words (some of them rare, as words are), facts, templates, links, pictures, wordings and
schedules. One in a hundred is nearly the same as another. They are spread over a year and over 24
accounts, so that about one in ten is due within the loop's horizon of 30 days.
"""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILES, POSTS_PER_FILE = 500, 200
FILES_PER_CAMPAIGN = 5
ACCOUNTS = tuple(f"org-{number}-x" for number in range(1, 25))
PICTURES = 40

_COMMON = """
the a of and to in that is for on with they it as are who by this from have we our their not what
people workers cloud data police contract profit power camera city community street family border
migrant record voice face print doorbell footage customer consent office summit speaker keynote
statement demand coalition neighbour teacher nurse driver parent child judge law court council vote
street march rally letter petition signature promise answer silence question price cost budget money
million billion public private secret system machine server software tool search scan store share
sell buy build host run end stop drop cancel keep hold take give tell ask join stand speak write
read learn know see hear watch listen remember today tomorrow week month year morning evening night
"""
_SYLLABLES = "ba do ri ma lu ten sor ka vin pel ga mo shi tra ne qui zo fer lan hu bri cho dal"
_ENDINGS = (".", ".", ".", "!", "?", " \u2014 and that is all.", "\u2026")
_KINDS = ("at", "event", "events", "every", "slot")
_SHARES = (70, 15, 4, 3, 8)


def write(folder: Path, start: date) -> None:
    """Write the folder, its year beginning on ``start``."""
    chance = random.Random(20220718)  # noqa: S311 - repeatable figures, no secret
    maker = Maker(chance, start, FILES * POSTS_PER_FILE)
    media = folder / "media"
    media.mkdir(parents=True)
    for number in range(PICTURES):
        (media / f"picture-{number}.png").write_bytes(_png(number))
    for number in range(FILES):
        name, part = divmod(number, FILES_PER_CAMPAIGN)
        text = maker.file(name, part)
        (folder / f"campaign-{name:03}-{part}.yaml").write_text(text, encoding="utf-8")


def config() -> str:
    """Return a config.yaml with the accounts."""
    lines = ["accounts:"]
    for name in ACCOUNTS:
        lines += [f"  {name}:", "    platform: x", f"    handle: {name.replace('-', '_')}"]
        lines += ["    slots: [mon-fri 09:00, sat 11:00]"]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Maker:
    """Makes files, posts and texts from a random generator."""

    chance: random.Random
    start: date
    all_posts: int
    words: list[str] = field(init=False)
    weights: list[float] = field(init=False)
    made: int = 0
    recent: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rare = ("".join(self.chance.choices(_SYLLABLES.split(), k=3)) for _ in range(4000))
        self.words = [*_COMMON.split(), *dict.fromkeys(rare)]
        shares = (1 / (rank + 8) for rank in range(len(self.words)))  # Zipf's law, roughly
        self.weights = list(accumulate(shares))

    def file(self, name: int, part: int) -> str:
        """Return the text of one file of a campaign."""
        head = self._header(name) if part == 0 else ""
        indent = "  " if part == 0 else ""
        lines = [line for _ in range(POSTS_PER_FILE) for line in self._post(name, part)]
        return head + "".join(f"{indent}{line}\n" if line else "\n" for line in lines)

    def _header(self, name: int) -> str:
        lines = [f"campaign: campaign-{name:03}", f"title: {self.sentence(4)}"]
        lines += ["timezone: America/New_York"]
        lines += [f"accounts: [{ACCOUNTS[name % 24]}, {ACCOUNTS[(name + 7) % 24]}]"]
        lines += [f"hashtags: [{self._tag()}{name}]", "facts:"]
        for number in range(6):
            lines += [f"  fact-{number}:", f"    claim: {self.sentence(12)}"]
            lines += [f"    figure: ${self.chance.randint(2, 900)} million"]
            lines += ["    source: https://example.org/report", "    as_of: 2022-07-18"]
        lines += ["demands:"]
        for number in range(4):
            lines += [f"  demand-{number}:", f"    ask: {self.sentence(6)}", "    target: Amazon"]
            lines += [f"    facts: [fact-{number}]"]
        lines += ["events:"]
        for number in range(8):
            day = self.start + timedelta(days=self.chance.randrange(20, 360))
            lines += [f"  event-{number}:", f"    name: {self.sentence(3)}", "    place: Town Hall"]
            lines += [f"    starts: {day} 09:00", f"    ends: {day} 18:00"]
        return "\n".join([*lines, "posts:", ""])

    def _post(self, name: int, part: int) -> list[str]:
        self.made += 1
        own = ACCOUNTS[(name + 7 * (self.made % 2)) % 24]
        kind = self.chance.choices(_KINDS, _SHARES)[0]
        lines = [f"id: post-{part}-{self.made}"]
        lines += [] if part == 0 else [f"campaign: campaign-{name:03}"]
        lines += [f"demand: demand-{self.chance.randrange(4)}", f"accounts: [{own}]"]
        lines += self._when(kind)
        lines += self._text_lines(own)
        if self.chance.random() < 0.02:
            picture = self.chance.randrange(PICTURES)
            chance = random.Random(self.made)  # noqa: S311 - no two accounts may say the same here
            alt = " ".join(chance.choices(self.words, k=12))
            lines += [f'media: [{{file: media/picture-{picture}.png, alt: "{alt}"}}]']
        if self.chance.random() < 0.1:
            lines += [f"link: https://example.org/{self.made}"]
        return [("- " if index == 0 else "  ") + line for index, line in enumerate(lines)] + [""]

    def _when(self, kind: str) -> list[str]:
        if kind == "at":
            minutes = int(self.made * 365 * 24 * 60 / self.all_posts) * 37 % (365 * 24 * 60)
            due = datetime.combine(self.start, datetime.min.time()) + timedelta(minutes=minutes)
            due = due.replace(hour=8 + due.hour % 13)
            return [f"when: {due:%Y-%m-%d %H:%M}"]
        number, offset = self.chance.randrange(7), self.chance.randrange(-15, 15)
        clock = f"{self.chance.randrange(8, 20)}:{self.chance.randrange(60):02}"
        if kind == "event":
            return [f'when: {{event: event-{number}, offset: {offset:+}d, at: "{clock}"}}']
        if kind == "events":
            both = f"event-{number}, event-{number + 1}"
            return [f'when: {{events: [{both}], offset: {offset:+}d, at: "{clock}"}}']
        if kind == "every":
            day = self.chance.choice(["mon", "tue", "wed", "thu", "fri"])
            rule = f"FREQ=MONTHLY;BYDAY={self.chance.randint(1, 4)}{day[:2].upper()}"
            return [f'when: {{every: {rule}, at: "{clock}"}}']
        return ["when: {slot: next}"]

    def _text_lines(self, account: str) -> list[str]:
        text = self.text(account)
        if self.chance.random() < 0.03:
            return ["wordings:", *_block("a", text, 2), *_block("b", self.text(account), 2)]
        return _block("text", text, 0)

    def text(self, account: str = "") -> str:
        """Return a post's text, as it stands in a file; no two accounts' texts are similar."""
        roll = self.chance.random()
        if roll < 0.01 and account in self.recent:
            return self.recent[account].replace(" the ", " this ")
        text = self.sentence(self.chance.randint(8, 18))
        if roll < 0.4:
            fact = f"fact_{self.chance.randrange(6)}"
            text = f"{{{{ fact.{fact}.figure }}}}: {text} {{{{ demand.ask }}}}"
        elif roll < 0.5:
            text = text.replace("e", "\u00e9", 2).replace(" we ", " we\u2019re ")
        elif roll < 0.53:
            text += " \U0001f4a1 \u270a\U0001f3fd"
        self.recent[account] = text
        return text

    def sentence(self, count: int) -> str:
        """Return a sentence of so many words."""
        words = self.chance.choices(self.words, cum_weights=self.weights, k=count)
        return " ".join(words).capitalize() + self.chance.choice(_ENDINGS[:3])

    def _tag(self) -> str:
        return "".join(word.capitalize() for word in self.chance.choices(_COMMON.split()[20:], k=2))


def _block(key: str, text: str, indent: int) -> list[str]:
    pad = " " * indent
    return [f"{pad}{key}: |", f"{pad}  {text}"]


def _png(number: int) -> bytes:
    """Return a small picture, different for each number."""
    width = 8 + number
    header = struct.pack(">IIBBBBB", width, 8, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([number]) * width) * 8)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
