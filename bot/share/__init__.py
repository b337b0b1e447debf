"""The page from which a campaign's supporters post in words of their own.

The page works without JavaScript, loads nothing from elsewhere and stores nothing. Nothing posts by
itself, and no wording is assigned to anybody::

    networks.py   the networks, their addresses, and how they count
    content.py    what one page consists of
    page.py       the page as HTML, from page.html.j2, page.css, early.js and page.js
    words.py      the page's own words in several languages, from words/*.json
    filling.py    the pages of a campaign, as they stand on a day
    buttons.py    the buttons of a wording, and the wordings that are too long for every network
    standing.py   the texts that may stand on a page on a day
    links.py      the links of the pages, their ways through the counters, and names of pictures
    filled.py     the filled pages, and the things that are not on them
    card.py       the picture that networks show with a link to the page
    overview.py   the page that lists the campaigns of a folder
    build.py      all of them as files of a folder
    serving.py    the server of a built folder
    listed.py     the files and redirects that it answers for
    counters.py   how often its links were opened, by day
"""

from __future__ import annotations

CODES = {
    "H102": "A build replaces and removes only the files that a build has written.",
    "H103": "A page that is written in part only could show a wrong figure.",
    "H104": "Only the pictures that were checked are published.",
    "H105": "Without share: in a campaign there is no page to build.",
    "H106": "A download of hundreds of megabytes would fill the disk of the control room.",
    "H107": "Links that supporters have posted lead on as long as the folder exists.",
    "H108": "A web server shows the folder of the pages, and campaign files are not public.",
    "H109": "Links that supporters have posted stay in the name in which they were posted.",
    "H110": "Building one campaign again takes no page of another campaign offline.",
    "H111": "A page cannot do without its title and its demands, and must not show a stale figure.",
    "H201": "Only the files that a build has listed are served, and only its links are counted.",
    "H202": "The numbers of openings have a file of their own, which nothing else writes to.",
    "H301": "A campaign's words for the page are those that the page has, with the same values.",
    "H302": "The words of the page itself, and its first line above all, are in its language.",
    "H303": "A wording that is too long for every network has no button on the page.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
