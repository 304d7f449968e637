#!/usr/bin/env python3
"""Cuts a checkpoint into small pieces, and joins them: for machines that hand back small files only.

    python bundle.py cut checkpoint-gpu.pt FOLDER        float16, pieces of 14 MiB
    python bundle.py join FOLDER checkpoint-gpu.pt       back to float32

Guarantees: joining gives the weights rounded to float16, which is finer than the int8 they are exported to. Does not: carry
the state of a run; a run that is to go on has to stay on its machine.
"""
import argparse
import io
import pathlib

import torch

PIECE_BYTES = 14 * 1024 * 1024


def cut(checkpoint, folder):
    folder.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    torch.save({name: value.half() for name, value in torch.load(checkpoint, map_location="cpu", weights_only=True).items()}, whole)
    content = whole.getvalue()
    for i, at in enumerate(range(0, len(content), PIECE_BYTES)):
        (folder / f"weights-{i:02}.part").write_bytes(content[at:at + PIECE_BYTES])


def join(folder, checkpoint):
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("weights-*.part")))
    torch.save({name: value.float() for name, value in torch.load(io.BytesIO(content), weights_only=True).items()}, checkpoint)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("what", choices=["cut", "join"])
    a.add_argument("source", type=pathlib.Path)
    a.add_argument("target", type=pathlib.Path)
    a = a.parse_args()
    (cut if a.what == "cut" else join)(a.source, a.target)


if __name__ == "__main__":
    main()
