#!/bin/sh
# Installs Debian's Chromium for tests/browser, where it is missing. Needs apt-get, and root or sudo.
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

fail() {
    printf 'install-browser: %s\n' "$1" >&2
    printf 'Install Chromium by hand and run again with TIDEMARK_CHROMIUM=/path/to/chromium.\n' >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || fail "no Chromium here, and no apt-get to install it with."
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "no Chromium here; installing it needs root, and there is no sudo."
    as_root="sudo"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'install-browser: installing chromium with apt-get (about 100 MB)\n' >&2
{
    $as_root apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            chromium fonts-dejavu-core
} >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install chromium; its last lines are above."
}
found || fail "apt-get finished, but there is no Chromium at /usr/bin/chromium."
