"""Campaigns: YAML in, Campaigns out, and every problem with its place.

The way through: ``source`` (a file) → ``encoding`` (bytes to text) → ``marks`` (text to a tree of
strings with places; ``syntax`` explains YAML's errors) → ``form`` (the form of the file, of
``kinds`` of value; ``form_errors`` places its errors) → ``header`` and ``posting`` with
``content``, ``templates`` and ``media`` (Campaigns and Posts) → ``reading`` (one file, and what it
stood on) → ``assembly`` (the files to campaigns) → ``loading`` (the folder as a whole, again and
again; ``prints`` tell which files are still as they were). ``problems`` has every code with its
reason; ``queue_file`` adds a post to a file; ``schema`` tells an editor the form. It knows neither
platforms nor the database nor the network, and reads no clock.
"""
