"""Rules that check posts before they are published, as a careful colleague would. Pure.

- ``engine``: what a rule is given, and what it finds; it applies the rules, and the comments that
  suppress findings, each with a reason. ``rules.RULES`` lists all rules.
- ``links`` also has the rules for hashtags; ``style`` those for tone, mentions, hidden characters
  and alt texts.
- ``facts`` compares the ``figures`` of a text with the facts; ``altered`` says what beside a figure
  makes another one of it. ``quotes`` compares quotations with the statements.
- ``plan`` has the rules about posts together: when they are due, and who publishes the same;
  ``near_duplicates`` finds texts that are almost the same.

A rule is one function with a code, a level, the reason in one line, and a bad and a good example
that the tests run. An error keeps the whole plan from being applied: it is for what would embarrass
or deceive.
"""
