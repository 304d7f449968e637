#!/bin/sh
# Installs Debian's R with the packages that tests/parity compares with, where they are missing (about 300 MB).
# R and its packages are GPL: they are run beside the product to compare numbers, and are no part of it.
set -eu

found() {
    command -v Rscript >/dev/null 2>&1 && Rscript -e 'quit(status = !requireNamespace("surveillance"))' >/dev/null 2>&1
}

found && exit 0
if "$(dirname "$0")/install-debian.sh" "R with surveillance" r-base-core r-cran-surveillance && found; then
    exit 0
fi
printf 'Install R and its package surveillance by hand and run again.\n' >&2
exit 1
