"""Try the files of a release as people will install them.

``python -m trying DIST``, with ``.ci`` on the path, is what ``make try-dist`` runs. It takes the
files of that folder as they are. The packages that they need are downloaded once, beside which
nothing has a network: each try is a process in a namespace of its own, in which only loopback works
and the checkout is hidden.

    release    the files of the folder, which have to be those of SHA256SUMS
    wheelhouse the packages, locked and at the floors of pyproject.toml, for each Python
    matrix     which tries there are: a way to install, a Python, versions, with extras or not
    inventory  whether those packages are installed that the constraints and the SBOM name
    attempt    one try, a script of its own that runs where the checkout is hidden
    installed  tests against the wheel, with a copy of them beside which there is no package
"""
