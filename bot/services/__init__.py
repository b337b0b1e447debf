"""Use cases that the command line shares with any other front end.

They return plain values or raise ``GroundswellError``; nothing here prints::

    plan       check the campaign files and compute what ``run`` would do to the queue
    lookup     find the delivery that a typed name means
    describe   deliveries and pending approvals as plain values
    review     what waits for approval: approve it, withdraw an approval
    inbox      what needs a person: the status, the inbox, and settling what is in it
    evidence   what a report is computed from
    demo       the loop against the sandbox, in fast time
"""
