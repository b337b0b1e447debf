"""Make the files of a release: one wheel, one sdist, and what describes them.

``python -m distribution FOLDER``, with ``.ci`` on the path, is what ``make dist`` runs. Everything
is made from what git tracks at HEAD, so that a stray file of a checkout cannot get in, and every
byte depends on the commit alone. Nothing is downloaded.

    release       all files, in their order
    sbom          what an installed Groundswell consists of, with licences and hashes
    sbom_hook     puts this list into the wheel; hatchling calls it
    source        a clean copy of the last commit, or of an unpacked sdist
    archives      the sdist of that copy, and the wheel of that sdist, by hatchling
    runtime       the pins of the lock that an installed Groundswell needs
    dependencies  licences and safe versions of these, for the list and a page of the docs
"""
