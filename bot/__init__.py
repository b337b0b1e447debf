"""Groundswell: queue, publish and measure an advocacy campaign from accounts you own, as a bot.

``docs/architecture.md`` follows one post, one picture and one counter through the packages::

    posts/*.yaml ─ campaigns ─ planning ─ store(queue) ─ delivery ─ platforms
                                             │                         │
                                  reports ─ store(metrics) ─ engagement┘

People write the YAML files, and the program writes the database, which records what happened. A
package imports only from layers below its own; ``tests/docs/test_architecture.py`` checks every
import against them::

    cli          the commands, in thin modules; ``main`` turns errors into exit codes
    web          the control room: pages to see, approve, pause and settle; rights in one table
    services     use cases and typed views for any front end, such as plan, review, inbox
    runtime      app (the wiring), loop, scheduler, sync (files → queue), logs
    spreadsheets a sheet of posts into the campaign files, and planned posts into a sheet
    checking     every rule of ours and of the platforms, applied to the campaign files
    evidence     the records from which a report and the digest are made, read from the store
    delivery     sends, and never twice: decide, transitions (pure); dispatcher, probing
    engagement   when to read counters, forecast (both pure), poller, budget
    alerts       notices, takes off, needs a person (pure); the digest; sending it
    store        queue, claims, outcomes, metrics, ledger, approvals
    database     connections, tables, migrations, workers, audit log, backup: SQLite or PostgreSQL
    lint         rules of a careful colleague for texts, timing, figures, quotes           (pure)
    reports      figures → tables → terminal, CSV, JSON, Markdown, page                   (pure)
    arrivals     counts arrivals by marked links, from web logs and analytics
    share        the page from which supporters post in words of their own
    planning     campaigns → occurrences; occurrences and the queue → actions             (pure)
    campaigns    YAML → Campaigns: schema, templates, media, loading
    config       config.yaml → Config; secrets, and how they stay out of output
    platforms    base (protocol), outcomes; x, mastodon, bluesky: rules, prices, client
    schedules    kinds of ``when``: at, event, every, slot; quiet hours, phrases          (pure)
    media        pictures and films, whole and without hidden data                        (pure)
    voice        whether two posts say the same; quotations and figures in texts          (pure)
    extras       whether the libraries that not every team needs are installed
    link_marks   marks links, so that the site's statistics tell where people came from   (pure)
    yamlsource   YAML as strings that know their line and column
    model        the nouns; beside it clock (the wall clock), errors, files
    secrecy      finds known secrets in a text, in any form, and takes them out           (pure)
    text         the words, names and hidden characters of a text                         (pure)
    sandbox      simulated platforms over HTTP; imports nothing of ours but xtext
    xtext        a text as X reads it: length, links, hashtags, mentions, cashtags        (pure)
    pages        the look of every page: style, icons, how a template is read

To add a platform, add a module, a line in ``platforms.PLATFORMS`` and, in its tests, a subclass of
the contract. A report is an entry of ``reports.groupings._GROUPINGS``, or a function and a line in
``reports.catalogue.REPORTS``. A command is a file in ``cli`` and a line in ``cli.main.COMMANDS``.
``CONTRIBUTING.md`` has the steps.
"""

__version__ = "0.1.0"
