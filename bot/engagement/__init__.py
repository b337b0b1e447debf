"""Engagement: ``reading`` plans when to read which counters, ``poller`` reads and records them.

``budget`` books what calls cost and compares it with the accounts' budgets; ``forecast`` estimates
what a month will cost.
"""
