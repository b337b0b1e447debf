"""Arrivals by marked links, counted from what the organisation has already.

::

    reading.py    read_arrivals, which opens all files first, and then reads them
    sources.py    the kinds of files, recognised by their contents
    opening.py    a file, plain or compressed, as pieces of bytes
    exports.py    an export of Plausible as a ZIP
    tables.py     exports of Plausible and Matomo as tables
    counters.py   the counters of groundswell share serve
    weblog.py     the lines of a web log that may have marks, in blocks
    formats.py    one line of a web log as a request
    marks.py      the marks in the address of a request, by their meaning
    robots.py     whether a user agent is that of a robot or a previewer
    copies.py     which requests several web logs have
    counting.py   the counts, in bounded memory

Of a request, only the day and the marks are kept, as a count. Its address and its user agent are
read to count it, and are forgotten with its line. While several web logs are read, a hash without
the visitor's address tells whether two of them have the same request.
"""

from __future__ import annotations

CODES = {
    "A101": "Only a plain file that can be read to its end can be counted.",
    "A102": "A file in an unknown format would be counted wrong, or not at all.",
    "A103": "Rows behind a damaged place would be missing from the counts.",
    "A104": "A database of something else has no counters.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
