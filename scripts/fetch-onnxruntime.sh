#!/usr/bin/env bash
# Fetches ONNX Runtime's shared library out of its Python wheel into .runtime/onnxruntime: pinned, verified, once.
# The wheel's Python version does not matter: only the C library inside it is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=1.31.1
target=.runtime/onnxruntime
library="$target/libonnxruntime.so"
[ -f "$library" ] && [ "$(cat "$target/VERSION" 2>/dev/null)" = "$version" ] && exit 0

case "$(uname -m)" in
  x86_64) platform=manylinux_2_28_x86_64 hash=5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f ;;
  aarch64) platform=manylinux_2_28_aarch64 hash=da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3 ;;
  *) echo "ONNX Runtime has no wheel for $(uname -m): set ORT_DYLIB_PATH to a libonnxruntime.so >= 1.24" >&2; exit 1 ;;
esac
echo "fetching ONNX Runtime $version"
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
echo "onnxruntime==$version --hash=sha256:$hash" > "$wheels/requirements.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
  --python-version 3.11 --implementation cp --abi cp311 --platform "$platform" \
  --dest "$wheels" --requirement "$wheels/requirements.txt"
mkdir -p "$target"
python3 - "$wheels" "$target" "$version" <<'PY'
import glob, os, sys, zipfile
wheels, target, version = sys.argv[1:]
with zipfile.ZipFile(glob.glob(os.path.join(wheels, "*.whl"))[0]) as wheel:
    for name, kept in ((f"onnxruntime/capi/libonnxruntime.so.{version}", "libonnxruntime.so"), ("onnxruntime/LICENSE", "LICENSE")):
        partial = os.path.join(target, kept + ".part")
        with wheel.open(name) as source, open(partial, "wb") as out:
            out.write(source.read())
        os.replace(partial, os.path.join(target, kept))
with open(os.path.join(target, "VERSION"), "w") as f:
    f.write(version)
PY
