"""The command line: thin modules, one for each subject, which ``main`` imports when needed.

``main`` lists the commands, opens the app, and turns errors into exit codes; ``options`` are those
that commands share; ``output`` prints. What another front end could use is in ``bot.services``.
"""
