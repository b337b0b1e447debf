"""How long a text is on Bluesky, held against Bluesky's own code, over generated texts."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

from emoji import EMOJI_DATA
from helpers.bluesky import INSTALL
from helpers.extras import WANTED, skip_without

from bot.platforms.bluesky.rules import grapheme_count

TESTS = Path(__file__).parents[1]
SCRIPT = """
const { graphemeLen } = require('@atproto/lex-data')
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'))
process.stdout.write(JSON.stringify(texts.map(graphemeLen)))
"""
PIECES = [
    *("a", "Z", " ", "\n", "\r\n", "\r", "\t", "\xa0", "e\u0301", "\u0301", "\u0345", "\xad"),
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u2066", "\u2069", "\ufe0e", "\ufe0f", "\u20e3"),
    *("\u65e5\u672c", "\ud55c\uad6d", "\u1112\u1161\u11ab", "\u304b\u3099", "\u0e01\u0e33"),
    *("\u05e9\u05c1\u05dc\u05d5\u05dd", "\u0627\u0644\u0639\u064e\u0631\u0628\u064a\u0629"),
    *("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0915\u094d\u0937", "\u0bb8\u0bcd\u0bb0\u0bc0"),
    *("\U0001f1fa", "\U0001f1f8", "\U0001f1fa\U0001f1f8", "\U0001f3fd", "\U0001f44d\U0001f3fd"),
    *("\U0001f468", "\U0001f469", "\u2764\ufe0f", "1\ufe0f\u20e3", "\U000e0067", "\U000e007f"),
    *("\u0600", "\u06dd", "\U000110bd", "\u0d4e", "\U00020000", "\ufffe", "\u180e"),
]
EMOJI = sorted(EMOJI_DATA)


def generated(count: int) -> list[str]:
    chance = random.Random(19)  # noqa: S311 - the same texts each time
    kinds = [PIECES, PIECES, EMOJI]
    return [
        "".join(chance.choice(chance.choice(kinds)) for _ in range(chance.randint(1, 30)))
        for _ in range(count)
    ]


def test_a_character_is_what_bluesky_counts_as_one() -> None:
    node = shutil.which("node")
    if not (WANTED and node and (TESTS / "node_modules/@atproto/lex-data").exists()):
        skip_without("Bluesky's own code", INSTALL)
    texts = [*EMOJI, *generated(6_000)]
    command, data = [node, "-e", SCRIPT], json.dumps(texts).encode()
    ran = subprocess.run(command, input=data, capture_output=True, check=True, cwd=TESTS)
    counted = json.loads(ran.stdout)
    differ = [
        (text, ours, theirs)
        for text, ours, theirs in zip(texts, map(grapheme_count, texts), counted, strict=True)
        if ours != theirs
    ]
    assert differ == []
