"""The control room: pages on which people without a terminal see, approve, pause and settle.

A process of its own, which shares the database with ``run`` and reads no secret of a platform. It
shows the views of ``services`` and calls their use cases. It decides nothing::

    rights      every route, with the role that it needs
    server      the application and its server
    protection  headers, known hosts, requests from other sites, limits of bodies
    visit       a request of a signed-in person, and the pages that answer it
    signin      passwords, login links, the session's cookie
    slowing     wrong passwords, counted by address and by name
    made        results that take long, made once for all who ask at the same time
    events      a stream of version numbers, after which a page loads itself again
    pictures    the pictures and films of posts

The other modules are a page each: today, calendar, post, approvals, floors, inbox, pauses, reports,
share, log, people and me (one's own account).
"""
