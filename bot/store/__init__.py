"""The record of all that happened, on disk. Its queries are the same for SQLite and PostgreSQL.

``queue`` has the deliveries as the plan and people want them, and ``plan_actions`` writes a plan
into it. A worker reads ``situations`` (with ``pauses``, ``duplicates`` and ``voices``), claims by
``claims``, and writes the results of its ``sends`` by ``outcomes``, which also settles sends of an
unknown outcome. ``journal`` is the file that takes results while the database cannot be written.

``metrics`` has the counters, ``poll_votes`` the votes, ``published_parts`` both of single posts.
``thinning`` deletes old counters, ``ledger`` has the money, ``approvals`` who approved which words,
``refusals`` who refused which and why, ``verdicts`` which of both count, ``safeguards`` how many
must approve, and ``alerts`` the messages to a team. ``pauses`` also has the posts that left the
files at once and are held back. ``restore`` is the safe start of a database that may be behind.
``file_checks`` has the mistakes that the loop found in the files. ``calendar`` has the times of
posts without their content. ``people`` has those who can sign in,
``logged_users`` what the log says about them, and ``sign_ins`` their sessions, login links and
calendar feeds.
"""

from __future__ import annotations

CODES = {
    "G211": "Another account is adopted only while no post of the one before is being sent.",
    "G212": "One account that speaks under two names would look like two voices.",
    "Q103": "Only a post that waits, or was cancelled, can be dropped from the queue.",
    "Q502": "A post that is published, dropped or missed cannot be approved or refused any more.",
    "Q503": "An approval or refusal is for the words that were shown, and these have changed.",
    "Q504": "The same person's approval counts once.",
    "Q505": "The author of a post cannot be its second approver, nor end a colleague's refusal.",
    "Q506": "The post's campaign asks for no approval.",
    "Q507": "Only an existing approval can be withdrawn.",
    "Q508": "A name with an invisible character could pass for another person's.",
    "Q510": "Somebody wrote an approval into the database, bypassing groundswell review.",
    "Q511": "Somebody removed an approval or refusal, bypassing groundswell review.",
    "Q513": "A person who approves should know that a colleague has refused.",
    "Q514": "The same person's refusal counts once.",
    "Q515": "Without a reason, an author cannot know what to change.",
    "Q516": "Only an existing refusal can be taken back.",
    "Q517": "One person can type two names, and has one password.",
    "U101": "An approval is by name, and two people of one name could not be told apart.",
    "U102": "A person's name is typed, read and compared by others.",
    "U103": "A person who was removed or changed meanwhile has to sign in again.",
    "U112": "Somebody gave a person rights in the database, bypassing groundswell web.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
