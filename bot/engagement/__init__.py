"""Engagement: ``reading`` plans when to read which counters, and estimates what a month will cost.

``poller`` reads and records them; ``budget`` books what calls cost and compares it with the
accounts' budgets.
"""
