"""Counters and their cost.

``reading`` plans when counters are read, and forecasts a month's cost. ``poller`` reads and records
them. ``budget`` books the cost of calls, and compares it with the accounts' budgets.
"""
