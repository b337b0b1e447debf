"""Groundswell: queue, publish and measure an advocacy campaign from accounts you own, as a bot.

The map of the house. One way through, no way back::

    posts/*.yaml ─ campaigns ─ planning ─ store(queue) ─ delivery ─ platforms
                                             │                         │
                                  reports ─ store(metrics) ─ engagement┘

YAML says what should be said and when; the database says what happened. A module imports only from
floors below its own; ``tests/test_architecture.py`` holds the floors against the code::

    cli/            one thin file per noun; frame.py turns errors into exit codes
    demo            the loop against the sandbox, in fast time, and held against it
    reviewing       what waits for approval, as a person reviews it
    needs           what needs a person, and how much of it
    status          whether all is well: the loop, pauses, what is next, what needs a person
    settling        the inbox: a person's decisions carried out
    showing         what a person is told about the queue
    evidence        what a report draws on, gathered from store and YAML
    loop            begin, beat, stop: what `run` and the demo have in common
    app             the composition root: the only place where parts are wired
    intake          notices changed YAML, checks, plans, applies to the queue
    adding          a post typed on the command line → an entry of queue.yaml
    bulk/           a spreadsheet of posts → YAML; the plan → spreadsheet, calendar
    checking        campaigns + the platforms' rules: every problem, before anything is sent
    config/         config.yaml → Config; secrets from environment or keyring, and out of output
    delivery/       never twice, never silently lost: decide, settle, verdict (pure); dispatcher,
                    reconciler
    alerts/         what deserves an alert, takes off, moved in a week (pure); telling it
    engagement/     when to read what, forecast (both pure), poller, spend, budget, thinning
    campaigns/      YAML in, Campaigns out: strictness and marks, form, templates, media, loading
    scheduler       the heartbeat: the only importer of APScheduler
    logs            lines for people, or JSON
    lint/           what a careful colleague would say: texts, timing, figures, quotes       (pure)
    flood           more than anyone can mean is refused                                 (pure)
    vanishing       much that left the files at once is held back                        (pure)
    sharing         what an account or partner says, and who else says the same          (pure)
    horizon         what is due later than is planned                                    (pure)
    past            what has no time to come, and was never queued                       (pure)
    slots           which post takes which queue slot of its account                     (pure)
    planning        campaigns → occurrences; occurrences against the queue → actions     (pure)
    facts           what a post stands on, and until when that may be said               (pure)
    wordings        which wording of a post goes where                                   (pure)
    approval        whose approval counts, and what still waits for it                   (pure)
    changes         what differs between two contents, as a person reads it              (pure)
    schedules/      kinds of `when`: at, event, every, slot; slots, quiet hours, phrases (pure)
    reports/        figures → tables → terminal, CSV, JSON, Markdown, page               (pure)
    platforms/      base (protocol, outcomes); x: rules, prices, client by tweepy
    lookalikes      which names read the same, which characters cannot be seen           (pure)
    store/          tables, queue, sending, metrics, history, ledger, audit, backup: SQLAlchemy
                    Core, SQLite or PostgreSQL
    model/          the nouns; clock: the only reader of the wall clock; errors: the error tree;
                    memory: the garbage collector waits; files: plain ones only
    text/           what is in a text: words, names, hidden characters                   (pure)
    sandbox/        a simulated X API v2 over HTTP; imports nothing of ours but xtext
    xtext/          how X reads a text: its length, links, hashtags, mentions, cashtags      (pure)

What differs from the first design, and why: ``loop``, ``intake``, ``checking``, ``adding``,
``showing``, ``settling`` and ``evidence`` are what would have made ``app`` and the commands thick;
``secrets`` is apart from the config that may never hold any.

Where a newcomer adds things: a platform is a module, a line in ``platforms.PLATFORMS`` and a
subclass of ``tests/platform_contract.py``; a report is a function and a line in
``reports.catalogue.REPORTS``; a command is a file in ``cli`` and a line in ``cli.frame.COMMANDS``.
"""

__version__ = "0.1.0"
