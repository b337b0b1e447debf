"""What counts as a disclosure in a bio, and what only speaks of bots."""

from __future__ import annotations

import pytest

from bot.platforms.disclosure import MAX_BIO, says_automated

DISCLOSES = (
    "Automated account",
    "Automated account.",
    "AUTOMATED ACCOUNT",
    "🤖 Automated account",
    "An automated account run by MediaJustice",
    "This is an automated account.",
    "This account is an automated account",
    "This account is automated.",
    "This account is partly automated.",
    "Bot account",
    "Bot account run by @mediajustice.",
    "A bot account operated by the MediaJustice team",
    "This is a bot account managed by our staff.",
    "A bot.",
    "I am a bot.",
    "I'm a bot",
    "I\u2019m a bot",
    "We are a robot",
    "This account is a bot run by the Communications Office of MediaJustice",
    "Posts are automated",
    "Posts are scheduled and automated by our team.",
    "Some posts are automated.",
    "Some of our posts are automated",
    "All posts on this account are automated",
    "Our posts are posted automatically",
    "Posts here are automatically published.",
    "Updates are sent by a bot",
    "Tweets may be automated",
    "Automated posts",
    "Automated updates from MediaJustice",
    "Automated reminders by @mediajustice",
    "Media is a right. Automated account.",
    "Media is a right!\nAutomated account run by MediaJustice",
    "Media is a right\nAutomated account",
    "Media is a right | Automated account",
    "Media is a right • Posts are automated by our team • Oakland",
    "Stop robot police dogs. Posts are scheduled and automated by our team.",
    "Against license plate readers. Automated account.",
    "Cuenta automatizada",
    "Esta es una cuenta automatizada.",
    "Justicia en los medios. Cuenta automatizada.",
    "Compte automatisé",
    "Conta automatizada",
    "Dies ist ein automatisiertes Konto.",
    "\uff21utomated account",
)
SILENT = (
    "",
    "Media is a right.",
    "Against automated license plate readers",
    "Stop robot police dogs. Written by people.",
    "None of this is automated",
    "anti-bot activists",
    "Anti-bot activists. We report every bot account.",
    "Not a bot.",
    "Not a bot account",
    "We aren't automated",
    "We aren\u2019t automated",
    "100 % non-automated",
    "This account is not automated.",
    "This account is never automated",
    "No bot, no automation: people.",
    "No automated posts",
    "No posts are automated",
    "Written by humans, not by a bot",
    "Human, not bot",
    "Stop automated decisions",
    "Stop automated accounts",
    "Ban automated posts",
    "Block every automated account",
    "We track automated accounts",
    "Automated account takeovers are a threat",
    "Automated accounts are ruining public debate",
    "Automated posts are ruining public debate",
    "Automated updates on police violence must stop",
    "Bot accounts spread lies",
    "A bot decides who goes to jail",
    "A bot account is no voice",
    "A bot fired me.",
    "I was fired by a bot",
    "I'm a bot researcher",
    "I am a bot hunter.",
    "We are robotics teachers",
    "Robotics club of Oakland High",
    "Robot",
    "Bots",
    "Automatically yours",
    "Automated",
    "Posts are scheduled",
    "Posts are ours. Automated license plate readers are not.",
    "Posts are about automated warfare",
    "Some posts are about bots",
    "Our posts are automated surveillance's worst enemy",
    "Down with\nautomated posts",
    "This is not\na bot",
    "We report every\nbot account",
    "🚫 Automated account",
    "Say no to: automated account",
    "(anti) automated account",
    "Aut\u043emated account",
    "Auto\u200bmated account",
    "Ninguna cuenta automatizada",
    "Contra la cuenta automatizada",
    "Sin bots",
    "Kein automatisiertes Konto",
    "Pas un compte automatisé",
    "Automated account. Not really a bot, though.",
    "Not a bot, yet some posts are automated",
)


@pytest.mark.parametrize("bio", DISCLOSES)
def test_a_phrase_about_this_account_discloses(bio: str) -> None:
    assert says_automated(bio)


@pytest.mark.parametrize("bio", SILENT)
def test_what_only_speaks_of_bots_discloses_nothing(bio: str) -> None:
    assert not says_automated(bio)


@pytest.mark.parametrize("piece", ["a ", "Automated updates from A ", "not ", "\n", "posts ", "@a"])
def test_a_bio_of_any_length_is_read_in_little_time(piece: str) -> None:
    assert not says_automated(piece * 100_000)
    assert len(piece * 100_000) > MAX_BIO
