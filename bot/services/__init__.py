"""Use cases for the command line and any other front end.

They return views, which are frozen values, or raise ``GroundswellError``. Nothing here prints::

    login      log an account in and out: grant, identify, store; revoke, remove
    plan       check the campaign files, and show the plan of ``run``
    adding     add one post to ``queue.yaml``
    prospects  when new posts will be queued and sent, or why they will not
    costs      the costs of this month and the next
    importing  import a spreadsheet
    exporting  the planned posts as a spreadsheet or a calendar
    accounts   list the accounts, and check their credentials with the platforms
    identity   adopt another account of the platform for a name of the config
    disclosure mark an account as automated; record who read its page of disclosure
    checking   check the config and the campaigns; explain a code
    pausing    pause and resume everything, or one account, campaign or platform
    database   copies, workers, and the check of the audit log
    alerting   messages to a team's channels, and their URLs
    reporting  the evidence of a report, and writing it in a format
    sharing    texts for an account or a partner
    marked_links the links of posts and share pages, with their marks
    views      values that front ends show: posts, deliveries, parts; views_… for other subjects
    posts      find posts by name or number, and show them with all of their deliveries
    post_words how a post differs between its accounts, in words
    queue      the reason for each delivery's state, and the attempts to send it
    post_page  everything about one post at one moment
    post_versions the versions of a post, with the accounts that say the same
    post_problems the problems of the campaign files that are about one post
    post_decisions the decisions about one post, and those that people can still make
    planned_post one post at one moment, as the campaign files plan it
    calendar   the posts of a month, a week or a day; calendar_entries describes them,
               calendar_days has the days, calendar_choices what the forms offer
    calendar_feed the calendar of one person as iCalendar
    sent_media pictures and films of posts as they are sent
    concealing hide sentences about posts that a person may not see
    dropping   take posts out of the queue
    health     one verdict: whether the loop works, and whether a person is needed
    needs      the posts and files that need a person, in words
    status     running loops, the next posts, and the number of posts that need a person
    monitoring the figures for monitoring systems, and the token with which they read them
    inbox      the posts that need a person, and settling them
    sources    the entry in the files behind a post, its facts and statements
    left_files posts that left the files in large numbers, and letting them be cancelled
    approving  approve the shown texts, withdraw an approval, let a campaign need fewer
    refusing   refuse the shown texts with a reason, take a refusal back
    deciding   decide about a post on each of its accounts, with one result
    version_names the versions that a typed name or digest means
    approval_views posts that wait for approval, with versions, changes and sources
    approvals_page the posts to approve and the refused ones, for one page
    history    the audit log, with one row for an action on several accounts
    log_pages  pages of the audit log, narrowed to a search and a person, and its export
    people     who can sign in to the control room: their roles, passwords, sessions and links
    managing   the same from a page: by an administrator, or about oneself
    passwords  which passwords are allowed, and their hashes
    starting   write a starter config and campaign
    simulation the simulated platforms for some accounts
    share_page build the share pages of the campaigns
    share_preview the share pages to look at and to download
    demo       the loop against the sandbox, in fast time
    demo_web   the control room beside the demo
    demo_share the share pages of the campaigns that the demo plays
    units      units of systemd for the loop, the control room and the share page
"""

from __future__ import annotations

CODES = {
    "D101": "The demo writes a project of its own, which would overwrite yours.",
    "D102": "The demo needs at least one post to play.",
    "G107": "Existing files are never overwritten.",
    "G113": "Without a channel, nobody is notified of failures.",
    "G114": "A channel that cannot be reached notifies nobody of failures.",
    "G205": "Secrets are stored only after the platform has confirmed their account.",
    "G206": "A login needs an answer to each of its questions.",
    "G207": "Only secrets that are stored on this machine can be removed.",
    "G208": "A secret that is removed but not revoked stays valid, and nobody here can revoke it.",
    "G209": "Readers see the mark of automated accounts only once the platform has set it.",
    "G210": "Without the address of the page in the config, nobody knows which page was read.",
    "G213": "Only an account without faults can be adopted.",
    "L101": "Before the files have been read once without mistakes, nothing can be published.",
    "N101": "The sandbox and the control room need a free port on this machine.",
    "N102": "The sandbox needs exactly one handle for each account that it simulates.",
    "N103": "The config of a rehearsal must not overwrite your own file, or copy itself.",
    "N104": "A rehearsal needs an account of the config.",
    "Q101": "Nothing in the queue has this number, key or name.",
    "Q102": "The name fits several posts, and only one can be meant.",
    "Q104": "The number of a delivery could mean that delivery or its post on all accounts.",
    "Q201": "A post is added only if nothing about it has to be guessed.",
    "Q301": "Only a pause that is in force can be ended, and the name may be a typing error.",
    "Q302": "A decision about posts that left the files covers those that somebody has seen.",
    "Q303": "A pause that cannot be noted anywhere must not look like one.",
    "Q401": "Only a post that waits for a person can be settled.",
    "Q402": "A post is identified by the id in its address on the platform.",
    "Q403": "One post on the platform cannot be two posts of the queue.",
    "Q404": "Without its account in the config, a post cannot be settled.",
    "Q405": "Nobody can permit two accounts of a platform to say the same.",
    "Q406": "Each account has its own page, and needs its own answer.",
    "Q501": "An approval needs the name of a post in the queue, or its name with a digest.",
    "Q512": "The file asks for as many approvals as are needed already.",
    "Q518": "A person with another role, or of a partner, decides only about their own posts.",
    "Q602": "No campaign lists an account or partner of this name.",
    "U104": "Only people whom somebody has added can sign in.",
    "U105": "Whoever guesses a password can approve, pause and settle in that person's name.",
    "U106": "Of two passwords that differ, nobody knows which one was meant.",
    "U107": "Only the password shows that it is this person.",
    "U108": "A person who sees only a part of the posts could give the other parts to themselves.",
    "U109": "A form that was shown before another change would undo that change.",
    "U110": "There is always an administrator left who can sign in.",
    "U111": "Of no account at all, a person would see nothing.",
    "V101": "A unit of systemd has one line for each value.",
    "V102": "systemd starts a service as a user and a group of the machine.",
    "W101": "A time zone has a name, which the machine knows.",
    "W102": "A form without a choice could mean everything or nothing.",
    "W103": "A person decides only about what they see all of.",
    "W104": "An answer has to say what became of the post.",
    "W105": "Without HTTPS, others on the way can read passwords and take over sessions.",
    "W201": "A report is about days that have begun.",
    "W202": "A report or a search is made only if nothing about it has to be guessed.",
}
"""Every code of a problem that commands find, with the reason for it in one sentence."""
