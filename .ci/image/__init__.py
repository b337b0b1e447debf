"""Builds the image from the wheel in dist/, and tries it here: `make image`, `make try-image`.

Podman builds and runs it, from a base that mmdebstrap makes of Debian's packages. On Debian, they
are installed by `apt install podman crun mmdebstrap`.
"""
