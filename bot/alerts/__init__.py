"""Alerts for a team: what deserves one (``notices``: pure), sending it, and the digest.

An alert is noted in the database first and sent from there, so that each is sent once on each
channel, across restarts and by any number of workers. If a worker dies while a channel answers, or
the answer is lost, the alert is sent again: better twice than not at all. The same goes for what a
channel has not answered a second after the program was asked to stop.
"""
