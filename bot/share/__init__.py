"""The page from which a campaign's supporters post in words of their own.

The page works without JavaScript, loads nothing from elsewhere and stores nothing. Nothing posts by
itself, and no wording is assigned to anybody::

    networks.py   the networks, their addresses, and how they count
    content.py    what one page consists of
    page.py       the page as HTML, from page.html.j2, page.css and page.js
    words.py      the page's own words in several languages, from words/*.json
"""
