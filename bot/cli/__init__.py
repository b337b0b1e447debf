"""The command line: every noun has a thin module of its own, which ``main`` imports when needed.

``main`` lists the commands and the options that they share, and turns errors into exit codes;
``output`` prints.
"""
