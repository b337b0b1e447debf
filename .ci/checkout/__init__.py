"""The sets of locked packages of a checkout: how they are locked, and how they are installed."""
