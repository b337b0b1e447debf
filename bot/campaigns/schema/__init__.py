"""The form of a campaign file, as pydantic models.

``campaign`` has the header with its facts, statements, demands and events, ``post`` a post,
``when`` the times, and ``fields`` the other values.

The JSON Schema for editors is made from these models (``bot.campaigns.validation``), and their
descriptions document the format. Every value arrives as the text that was typed. Whether an account
or a fact exists is checked elsewhere.
"""
