"""Spreadsheets of posts: import them into the campaign files, and export planned posts as one.

``sheet`` reads the bytes of a CSV file (or, by ``workbook``, of an XLSX file) into rows whose cells
know their places (``row``). ``columns`` explains each column. ``entries`` turns each row into the
fields that a person would have typed into a campaign file, and ``source_map`` finds the cell of
each line of these as YAML.

``importing`` checks the sheet as the loop does, and adds the posts that are new. ``records``
remember which row a post came from, and ``existing`` finds posts by what they say; with both,
``comparing`` finds the rows that are new and those that have changed.

``exports`` writes planned posts as a spreadsheet, and carries cells that were changed there into
the files.
"""
