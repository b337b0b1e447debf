"""Campaign files: check them, add a post or a spreadsheet of posts, and export what is planned.

``checking`` applies every rule to the campaign files, and is what the loop runs as well. ``adding``
adds one post to ``queue.yaml``.

A spreadsheet: ``sheet`` reads the bytes of a CSV file (or by ``workbook``, of an XLSX file) into
rows whose cells know their places; ``columns`` explains what each column means; ``entries`` turns
each row into what a person would have typed into ``queue.yaml``, and ``sheet`` finds the cell of
each line of that. ``importing`` checks all of it as the loop does, and adds what is new:
``records`` remember which row a post came from, and ``comparing`` finds by them which rows are new
and which have changed.

``exporting`` gathers what is to be published, and writes it as iCalendar. ``exports`` writes it as
a spreadsheet, and carries cells that were changed there into the files.
"""
