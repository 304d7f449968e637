#!/usr/bin/env bash
# The page in headless Chromium, over the real program running the demo on free ports in a folder of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
(cd tests/browser && npm ci --no-audit --no-fund --loglevel=error)
data=$(mktemp -d)
started=$(date +%s%3N)
target/debug/tidemark up --demo --data "$data" --port 0 >"$data/out" 2>"$data/err" &
platform=$!
stop() { kill "$platform" 2>/dev/null || true; wait "$platform" 2>/dev/null || true; rm -rf "$data"; }
trap stop EXIT
for _ in $(seq 300); do
  [ -f "$data/up.json" ] && break
  kill -0 "$platform" 2>/dev/null || { cat "$data/err" >&2; exit 1; }
  sleep 0.2
done
address=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["http"])' "$data/up.json")
cd tests/browser
status=0
node page.mjs "$address" --started "$started" --screenshot "${TIDEMARK_SCREENSHOT:-$data/page.png}" || status=$?
[ "$status" = 0 ] || tail -n 40 "$data/err" >&2
exit "$status"
