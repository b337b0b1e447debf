"""Rules that check posts before they are published, as a careful colleague would. Pure.

- ``rules.RULES`` lists all rules. ``engine`` applies them, and the comments that allow a finding.
- ``context`` has what a rule is given and what it returns.
- ``style``: tone, mentions, hidden characters and alt texts. ``links``: links and hashtags.
- ``figures`` compares the figures of a text with the campaign's facts. ``amounts`` finds figures,
  and ``altered`` what beside a figure changes it.
- ``quotes`` compares quotations with the campaign's statements.
- ``plan``: when posts are due, and accounts that say the same. ``near_duplicates`` finds texts that
  are almost the same.

A rule is one function with a code, a level, a reason in one line, and a bad and a good example that
the tests run. An error keeps the whole plan from being applied. It is for posts that would
embarrass or deceive.
"""

from __future__ import annotations

CODES = {
    "L890": "A year later nobody knows why a rule was broken, unless the reason stands beside it.",
    "L891": "An unknown code suppresses nothing.",
    "L892": "A comment that allows nothing any more would hide the next mistake of its kind.",
    "L893": "No comment can allow a deception, or a thing that the format or a platform refuses.",
}
"""The codes of mistakes in comments that allow a finding; the codes of rules are in ``rules``."""
