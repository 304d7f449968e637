"""What a processor's int8 dot products allow at most: tokens per second and core, were an encoder nothing but its int8 matrices.

Reads: an ONNX file's shapes, and /proc/cpuinfo. Guarantees: multiply-adds are counted in the graph, each int8 matrix once a token.
Assumes: two vector instructions a cycle, which the widest cores do. A dot product does 64 multiply-adds with AVX-512 VNNI, 32 with
AVX-VNNI; without either, AVX2 takes two instructions for 32. Does not: measure, or count what else a token costs: attention's own
products, which grow with the length of a text, normalisation, the heads.
"""
import math
import pathlib

import onnx

# (flag of /proc/cpuinfo, multiply-adds a cycle and core); the first that a processor has.
DOT_PRODUCTS = (("avx512_vnni", 128), ("avx_vnni", 64), ("avx2", 32))


def multiply_adds(path):
    """Multiply-adds of int8 matrices that an encoder does for each token."""
    graph = onnx.load(str(path)).graph
    matrices = {constant.name: math.prod(constant.dims) for constant in graph.initializer if constant.data_type == onnx.TensorProto.INT8}
    return sum(matrices.get(name, 0) for node in graph.node if "MatMul" in node.op_type for name in node.input)


def processor(text):
    """(flag, multiply-adds a cycle, MHz) of what /proc/cpuinfo says; none where it does not say enough."""
    values = [[part.strip() for part in line.split(":", 1)] for line in text.splitlines() if ":" in line]
    flags = {flag for name, value in values if name == "flags" for flag in value.split()}
    clocks = [float(value) for name, value in values if name == "cpu MHz"]
    known = [(flag, each) for flag, each in DOT_PRODUCTS if flag in flags]
    return (*known[0], max(clocks)) if known and clocks else None


def told(model, tokens_a_core, cpuinfo=pathlib.Path("/proc/cpuinfo")):
    """A line that sets what was measured beside the limit."""
    found, each = processor(cpuinfo.read_text() if cpuinfo.exists() else ""), multiply_adds(model)
    if not found or not each:
        return "the arithmetic limit is not known: an x86 processor with AVX2 and a model with int8 matrices are needed"
    flag, a_cycle, mhz = found
    most = a_cycle * mhz * 1e6 / each
    return (f"the arithmetic limit of this CPU's int8 dot products ({flag}: {a_cycle} multiply-adds a cycle, taken to be two instructions'; {mhz:.0f} MHz; "
            f"{each / 1e6:.1f} M a token): {most:.0f} tokens/s a core, of which ours is {tokens_a_core / most:.0%}")
