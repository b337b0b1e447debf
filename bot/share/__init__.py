"""The page from which a campaign's supporters post in words of their own.

The page works without JavaScript, loads nothing from elsewhere and stores nothing. Nothing posts by
itself, and no wording is assigned to anybody::

    networks.py   the networks, their addresses, and how they count
    content.py    what one page consists of
    page.py       the page as HTML, from page.html.j2, page.css, early.js and page.js
    words.py      the page's own words in several languages, from words/*.json
    serving.py    the server of a built folder
    listed.py     the files and redirects that it answers for
    counters.py   how often its links were opened, by day
"""

from __future__ import annotations

CODES = {
    "H201": "Only the files that a build has listed are served, and only its links are counted.",
    "H202": "The numbers of openings have a file of their own, which nothing else writes to.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
