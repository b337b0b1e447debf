"""Telling a team: what deserves an alert (``notices``, ``takeoff``, ``digest``: pure), sending it.

An alert is noted in the database first and sent from there, so that each is sent once on each
channel, over restarts and by however many workers. Should a worker die while a channel answers, or
the answer be lost, it is sent again: told twice is better than not told. So it is too with what a
channel has not answered a second after the program was told to end.
"""
