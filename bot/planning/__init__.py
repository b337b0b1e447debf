"""From campaigns to a plan, and from a plan to changes in the queue. Pure."""
