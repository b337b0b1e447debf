#!/bin/sh
# Makes the root of the image in a folder: Debian's Python, the libraries that it and the wheels load,
# and the venv with Groundswell. Run by the Containerfile in a Debian that has all of it installed.
#
#     root.sh FOLDER VENV
set -eu
root=$1 venv=$2
packages='base-files ca-certificates netbase media-types
  libc6 libgcc-s1 libstdc++6 zlib1g libbz2-1.0 liblzma5 libzstd1 libexpat1 libffi8 libuuid1 libdb5.3t64
  libssl3t64 openssl-provider-legacy libsqlite3-0 libreadline8t64 libncursesw6 libtinfo6
  libpython3.13-minimal libpython3.13-stdlib python3.13-minimal python3.13 python3-minimal'

mkdir -p "$root/var/lib/dpkg/status.d"
for package in $packages; do
  # Their files, with the licences, but without what only people at a shell read, and without the
  # conversions of C's iconv (8 MB), which Python does not use, and its own tests (1 MB).
  dpkg -L "$package" | sed -n '\|^/.|p' \
    | grep -v -e '^/usr/share/\(man\|locale\|lintian\|bug\|doc-base\|pixmaps\|applications\)/' \
        -e '^/usr/share/doc/.*/\(changelog\|NEWS\|README\|examples\|FAQ\)' -e '/gconv/' -e '^/usr/lib/python3.13/\(test\|pydoc_data\)/' \
    | tar -c --no-recursion -T - | tar -x -C "$root"
  # Scanners read from here which versions there are.
  dpkg-query -s "$package" > "$root/var/lib/dpkg/status.d/$package"
done
mkdir -p "$root/etc/ssl/certs" "$root/usr/lib/ssl" "$root$(dirname "$venv")"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"  # where OpenSSL looks
cp -a "$venv" "$root$venv"
printf 'root:x:0:0:root:/:/nonexistent\ngroundswell:x:10001:10001::/nonexistent:/nonexistent\n' > "$root/etc/passwd"
printf 'root:x:0:\ngroundswell:x:10001:\n' > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
install -d -o 10001 -g 10001 "$root/campaign"

# Bytecode that needs no check of the source's time, the same in every build. Only what Debian and the
# wheels bring is compiled, and Debian's own copies are replaced.
find "$root" -name __pycache__ -type d -prune -exec rm -r {} +
python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$root" -p / \
  "$root/usr/lib/python3.13" "$root$venv/lib"

# Every library that a library asks for is here.
missing=$(find "$root" -type f \( -name '*.so' -o -name '*.so.*' -o -path '*/bin/python3.13' \) -exec ldd {} + \
  | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/.*=> not found/&/p' | sort -u \
  | while read -r file; do case $file in "$root"*) ;; *) [ -e "$root$file" ] || echo "$file" ;; esac; done)
[ -z "$missing" ] || { echo "the image lacks: $missing" >&2; exit 1; }
