#!/bin/sh
# Installs Debian's R with the packages that tests/parity compares with, where they are missing. Needs apt-get, and root
# or sudo. R and its packages are GPL: they are run beside the product to compare numbers, and are no part of it.
set -eu

found() {
    command -v Rscript >/dev/null 2>&1 && Rscript -e 'quit(status = !requireNamespace("surveillance"))' >/dev/null 2>&1
}

found && exit 0

fail() {
    printf 'install-r: %s\n' "$1" >&2
    printf 'Install R and its package surveillance by hand and run again.\n' >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || fail "no R with surveillance here, and no apt-get to install it with."
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "no R with surveillance here; installing needs root or sudo."
    as_root="sudo"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'install-r: installing r-base-core and r-cran-surveillance with apt-get (about 300 MB)\n' >&2
{
    $as_root apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            r-base-core r-cran-surveillance
} >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install them; its last lines are above."
}
found || fail "apt-get finished, but Rscript does not find surveillance."
