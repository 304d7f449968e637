#!/bin/sh
# Installs Debian packages: install-debian.sh WHAT PACKAGE… Needs apt-get, and root or sudo. WHAT is for messages.
set -eu
what=$1
shift

fail() {
    printf 'install: %s\n' "$1" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || fail "there is no $what here, and no apt-get to install it with."
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "there is no $what here; installing it needs root, and there is no sudo."
    as_root="sudo"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'install: %s with apt-get\n' "$*" >&2
{
    $as_root apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
} >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install $what; its last lines are above."
}
