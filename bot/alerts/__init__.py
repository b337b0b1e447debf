"""Alerts for a team, and the weekly digest.

``notices`` and ``takeoff`` decide which events deserve an alert (pure), and ``notifier`` notes and
sends them by ``channels``. An alert is noted in the database first and sent from there. Each is
thus sent once on each channel, across restarts and by any number of workers. If a worker dies while
a channel answers, or the answer is lost, the alert is sent again, because twice is better than not
at all. The same holds if a channel has not answered a second after the program was asked to stop.
"""
