#!/usr/bin/env bash
# Stands in rustc's place for the workspace's own crates in `make test`: clippy compiles them, and rustdoc reads those that are
# documented, both with warnings as errors. `cargo clippy` and `cargo doc` would first compile every dependency a second time,
# only to look at it; this way one build serves the lints, the documentation and the tests.
# CLIPPY_ARGS comes from the Makefile: Cargo sees that a crate was read with it, and would build all of them anew without.
set -euo pipefail
clippy-driver "$@"

# What rustdoc needs of the compiler's arguments: the crate's file, name and edition, and where its dependencies lie.
kept=() documented=yes
while [ $# -gt 0 ]; do
  case $1 in
    --crate-name) crate=$2; kept+=("$1" "$2"); shift ;;
    --crate-type) [[ $2 == lib || $2 == bin ]] || documented=no; kept+=("$1" "$2"); shift ;;
    --cfg | --check-cfg | --extern | -L) kept+=("$1" "$2"); shift ;;
    --edition=* | *.rs) kept+=("$1") ;;
    --out-dir) out=$2; shift ;;
    --test) documented=no ;;
  esac
  shift
done
# Build scripts, examples, benches and questions about the compiler itself have no page.
[[ ${crate-___} != ___ && $crate != build_script_* && -n ${out-} && ${out##*/} == deps ]] || documented=no
if [ "$documented" = yes ]; then
  rustdoc -Dwarnings --out-dir "${out%/*}/doc" "${kept[@]}"
fi
