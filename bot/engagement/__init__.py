"""Engagement: ``reading`` says when to read what (pure), ``poller`` reads it, ``spend`` pays.

``budget`` is what a month may cost, ``forecast`` what it will; ``thinning`` lets old readings go.
"""
