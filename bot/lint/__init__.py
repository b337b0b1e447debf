"""Rules that check posts before they are published, as a careful colleague would. Pure.

- ``rule``: what a rule is given, and what it finds; ``rules.RULES`` lists all rules.
- ``links`` also has the rules for hashtags; ``style`` those for tone, mentions, hidden characters
  and alt texts.
- ``timing``: when it is due, relative to its event and to the other posts of its account.
- ``facts`` compares figures in a text with the facts, ``quotes`` quotations with the statements.
- ``near_duplicates`` finds texts that are almost the same; ``voices`` looks at who publishes them.
- ``engine`` applies the rules, and the comments that suppress findings, each with a reason.

A rule is one function with a code, a level, the reason in one line, and a bad and a good example
that the tests run. An error keeps the whole plan from being applied: it is for what would embarrass
or deceive.
"""
