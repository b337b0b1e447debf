"""What a careful colleague would say of the posts before they go out. Pure.

- ``rule`` is what a rule is given and what it finds; ``rules.RULES`` lists all of them.
- ``hashtags``, ``links``, ``scripts``, ``writing``, ``pictures``: how a post is written.
- ``timing``: when it is due, beside the others of its account.
- ``figures`` reads figures out of a text; ``ledger`` holds them against the facts, ``quotes`` what
  is quoted against the statements.
- ``near`` finds texts that are almost the same; ``voices`` looks at who says them.
- ``asking`` asks them all; ``allowing`` takes away what a person has allowed, with a reason.

A rule is one function with a code, a level, the reason in one line, and a bad and a good example
that the tests run. An error keeps the whole plan from being taken in: it is for what would
embarrass or deceive.
"""
