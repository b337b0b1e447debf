"""Use cases that the command line shares with any other front end.

They return views, which are frozen values, or raise ``GroundswellError``; nothing here prints::

    login      log an account in and out: grant, identify, store; revoke, remove
    plan       check the campaign files; what ``run`` would do with the posts
    adding     add one post to ``queue.yaml``
    prospects  what becomes of posts that were just written into the files
    costs      what the posts of this month and the next will cost
    importing  import a spreadsheet
    exporting  what is planned, as a spreadsheet or a calendar
    accounts   list the accounts, and ask their platforms whose the credentials are
    identity   adopt another account of the platform for a name of the config
    disclosure mark an account as automated; record who read the page that says so
    checking   check the config and the campaigns; explain a code
    pausing    pause and resume everything, or one account, campaign or platform
    database   copies, old snapshots, workers, and whether the audit log is whole
    alerting   messages to a team's channels, and their URLs
    reporting  what a report is made of
    sharing    what an account or a partner is to say
    views      what front ends show: posts, deliveries, parts; views_…, of other subjects
    posts      find posts by name or number, and describe them with all of their deliveries
    post_words how a post differs between its accounts, in words
    queue      why each delivery is in its state, and what was tried to send it
    dropping   take posts out of the queue
    status     what runs, what is next, and how much needs a person
    inbox      what only a person can settle, and settling it
    approving  approve what was shown, withdraw an approval, let a campaign need fewer
    history    the audit log, with a row for what was done to a post at once
    starting   write a starter config and campaign
    simulation the platforms that the sandbox plays for some accounts
    demo       the loop against the sandbox, in fast time
"""

from __future__ import annotations

CODES = {
    "L101": "Until the files have once been read without a mistake, there is nothing to publish.",
    "G107": "Existing files are never overwritten.",
    "G113": "Without a channel, nobody is notified of failures.",
    "G114": "A channel that cannot be reached notifies nobody of failures.",
    "G205": "Secrets are stored only once the platform has said that they are the account's.",
    "G206": "A login needs an answer to what it asks.",
    "G207": "Only what is stored here can be removed.",
    "G208": "What is removed before it is revoked stays valid, and nobody can revoke it from here.",
    "G209": "Readers see the platform's mark of automated accounts only once the platform has it.",
    "G210": "Without its address in the config, nobody can say which page was read.",
    "G213": "Only an account that is in order can be adopted.",
    "D101": "The demo writes a project of its own, and would overwrite yours.",
    "D102": "The demo plays posts, and there are none.",
    "N101": "The sandbox needs a port of this machine for itself.",
    "N102": "The sandbox needs exactly one handle for each account that it simulates.",
    "N103": "A rehearsal must not overwrite a file of yours, or be made of itself.",
    "N104": "A rehearsal is one of the accounts that the config has.",
    "Q101": "Nothing in the queue has this number, key or name.",
    "Q102": "A name that fits several posts does not say which is meant.",
    "Q104": "The number of one delivery could mean that one, or the post on all its accounts.",
    "Q201": "A post is added only if nothing about it has to be guessed.",
    "Q301": "What is not paused cannot be resumed: another name may be meant.",
    "Q401": "Only what waits for a person can be settled by one.",
    "Q402": "A post is identified by the id in its address.",
    "Q403": "One post on the platform cannot be two deliveries.",
    "Q404": "Without its account in the config, a delivery cannot be settled.",
    "Q405": "No person can let two accounts of a platform say the same.",
    "Q406": "Each account has a page of its own to look at, and so an answer of its own.",
    "Q501": "What is approved is named by its digest or its post.",
    "Q512": "Only what a file asks for can be confirmed, and it asks for no less.",
    "Q602": "No campaign lists an account or partner of this name.",
}
"""Every code of a problem that commands find, with the reason for it in one sentence."""
