#!/bin/sh
# Installs Debian's Chromium for tests/browser, where it is missing (about 100 MB).
# Prints the path of the browser on standard output. `TIDEMARK_CHROMIUM=/path/to/chromium` names another one.
set -eu

found() {
    for candidate in "${TIDEMARK_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

found && exit 0
if "$(dirname "$0")/install-debian.sh" Chromium chromium fonts-dejavu-core && found; then
    exit 0
fi
printf 'Install Chromium by hand and run again with TIDEMARK_CHROMIUM=/path/to/chromium.\n' >&2
exit 1
