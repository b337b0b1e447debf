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
