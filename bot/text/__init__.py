"""What is in a text: links, names, hashtags and words; and what is in it without being seen.

The ground that all else stands on: it knows nothing of campaigns, and imports nothing of ours.
"""
