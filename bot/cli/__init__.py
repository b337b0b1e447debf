"""The command line: thin modules, one for each subject, which ``main`` imports when needed.

``main`` lists the commands and the options that they share, opens the app, and turns errors into
exit codes; ``output`` prints. What another front end could use is in ``bot.services``.
"""
