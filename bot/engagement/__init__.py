"""Engagement: ``reading`` says when to read what (pure), ``poller`` reads it, ``spend`` pays."""
