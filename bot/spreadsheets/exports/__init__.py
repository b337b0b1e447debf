"""Export planned posts as a spreadsheet, and carry changed cells back into the files.

``rows`` makes the rows of an export. ``comparing`` finds their posts (``planned``) and the cells
that were changed, ``edits`` carries these into the fields of the files (``retyping`` keeps
templates), and ``effects`` refuses what would change anything else.
"""
