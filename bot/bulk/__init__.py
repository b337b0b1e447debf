"""Many posts at once: a spreadsheet in, a spreadsheet or a calendar out.

``sheet`` reads the bytes of a CSV file into rows whose cells know their places; ``columns`` says
what each column means; ``entries`` makes of each row what a person would have typed into
``queue.yaml``; ``importing`` checks all of it as the loop does, and adds what is new. ``records``
remembers which row a post came from; ``comparing`` tells by that which rows are new, and which have
changed. ``planned``
gathers what is to go out, ``exporting`` writes it as CSV that ``importing`` reads back, and
``calendar`` as iCalendar.
"""
