"""Groundswell: queue, publish and measure an advocacy campaign from accounts you own, as a bot.

The architecture on one page; ``docs/architecture.md`` walks one post and one counter through it::

    posts/*.yaml ─ campaigns ─ planning ─ store(queue) ─ delivery ─ platforms
                                             │                         │
                                  reports ─ store(metrics) ─ engagement┘

YAML says what should be said and when; the database says what happened. A package imports only
from layers below its own; ``tests/docs/test_architecture.py`` checks every import against them::

    cli          what people touch: thin modules; ``main`` turns errors into exit codes
    services     what front ends share: typed views, and use cases such as plan, review, inbox
    runtime      app (the wiring), loop, scheduler, sync (files → queue), logs
    spreadsheets a sheet of posts into the campaign files, and planned posts into a sheet
    checking     every rule of ours and of the platforms over the campaign files
    evidence     what a report and the digest are made from, read from the store
    delivery     never twice, never silently lost: decide, transitions (pure); dispatcher, probing
    engagement   when to read what, forecast (both pure), poller, budget
    alerts       what deserves an alert, takes off (pure), needs a person; the digest; sending it
    store        what happened: queue, claims, outcomes, metrics, ledger, approvals
    database     connections, tables, migrations, workers, audit log, backup: SQLite or PostgreSQL
    lint         what a careful colleague would say: texts, timing, figures, quotes       (pure)
    reports      figures → tables → terminal, CSV, JSON, Markdown, page                   (pure)
    planning     campaigns → occurrences; occurrences against the queue → actions         (pure)
    campaigns    YAML in, Campaigns out: schema, templates, media, loading
    config       config.yaml → Config; secrets: from where, and out of output
    platforms    base (protocol), outcomes; x, mastodon, bluesky: rules, prices, client
    schedules    kinds of ``when``: at, event, every, slot; quiet hours, phrases          (pure)
    media        pictures and films without what nobody sees in them, and whole             (pure)
    voice        what a post says, and whether two posts say the same                     (pure)
    yamlsource   YAML as text with places: strings that know their line and column
    model        the nouns; clock: the only reader of the wall clock; errors: the error tree;
                 files: opens and writes plain files only
    secrecy      known secrets in a text, in whatever form: found, and taken out            (pure)
    text         what is in a text: words, names, hidden characters                       (pure)
    sandbox      simulated platforms over HTTP; imports nothing of ours but xtext
    xtext        how X reads a text: its length, links, hashtags, mentions, cashtags      (pure)

Where to add things: a platform is a module, a line in ``platforms.PLATFORMS`` and, in its tests, a
subclass of the contract; a report is an entry of ``reports.catalogue._GROUPINGS``, or a
function and a line in ``REPORTS`` there; a command is a file in ``cli`` and a line in
``cli.main.COMMANDS``. ``CONTRIBUTING.md`` has the steps.
"""

__version__ = "0.1.0"
