"""YAML as text with places: read strictly, every problem with its file, line and column.

``nodes`` turns bytes into a tree, ``syntax`` explains YAML's own errors and misreadings, ``forms``
reads a tree by a pydantic model, and ``problems`` lists what is wrong.
"""
