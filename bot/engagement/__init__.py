"""Engagement: when to read what (``ladder``, pure), reading it (``poller``), paying (``spend``)."""
