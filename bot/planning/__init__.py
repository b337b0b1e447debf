"""From campaigns to a plan, and from a plan to changes in the queue. Pure."""

from __future__ import annotations

CODES = {
    "P101": "The account is not in the config, so nothing could be published from it.",
    "P102": "Two posts of one name on an account could not be told apart.",
    "P103": "A post that takes the next slot of an account without slots would wait forever.",
    "P104": "No slot is free before the post ends, or before a fact of it is due for review.",
    "P105": "A post that goes out over 1,000 times within the horizon has a mistake in its when:.",
    "P106": "Over 20,000 posts within the horizon are a mistake, or an attack on the loop.",
    "P107": "X accepts 50 posts a day of an unverified account, and people put up with fewer.",
    "P108": "Posts over an account's daily_cap wait for the next day, or are missed.",
    "P109": "A post that is given a time in the past is sent late, or not at all.",
    "P110": "With a wrong year, a post is in the past and would never be sent.",
    "P111": "No slot is free within the planning horizon: the post waits until the horizon moves.",
    "P113": "Each part of a thread is a post on the platform, which counts them all.",
    "P114": "What an account has sent today counts, whatever the files say now.",
    "P112": "With a wrong year, a post that is queued would leave the queue for months.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
