"""The encoder and its heads in torch, for training only.

Reads: base.npz as base.py wrote it.
Guarantees: exactly the arithmetic that graph.py writes as ONNX: post-norm transformer, GELU (erf), one attention pooling
and one linear layer per head. A head's pooling starts as the mean over tokens and learns which tokens its marker lives in.
Does not: quantise, or know labels.
"""
import torch
from torch import nn
from torch.nn import functional as F

import base


def attention(q, k, v, bias):
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    # On a processor torch's joined kernel goes back three to five times slower than its parts do in bfloat16.
    return (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2) + bias.to(q.dtype)).softmax(-1).to(v.dtype) @ v


class Layer(nn.Module):
    def __init__(self, hidden, ff, heads, eps):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.attention_out = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps)
        self.feed_in = nn.Linear(hidden, ff)
        self.feed_out = nn.Linear(ff, hidden)
        self.feed_norm = nn.LayerNorm(hidden, eps)

    def forward(self, x, bias, dropout):
        b, s, h = x.shape
        q, k, v = self.qkv(x).view(b, s, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        mixed = attention(q, k, v, bias).transpose(1, 2).reshape(b, s, h)
        x = self.attention_norm(x + F.dropout(self.attention_out(mixed), dropout, self.training))
        return self.feed_norm(x + F.dropout(self.feed_out(F.gelu(self.feed_in(x))), dropout, self.training))


class Encoder(nn.Module):
    def __init__(self, config, heads, dropout=0.1):
        """`config` is base.json; `heads` is the list of their output widths."""
        super().__init__()
        hidden = config["hidden"]
        self.dropout = dropout
        self.word = nn.Embedding(config["vocabulary"], hidden)
        self.position = nn.Embedding(config["positions"], hidden)
        self.embedding_norm = nn.LayerNorm(hidden, config["eps"])
        self.layers = nn.ModuleList(Layer(hidden, config["ff"], config["heads"], config["eps"]) for _ in range(config["layers"]))
        # One tensor a head, not a matrix of all: the optimizer leaves alone what a batch does not teach.
        self.attend = nn.ParameterList(nn.Parameter(torch.zeros(hidden)) for _ in heads)
        self.outputs = nn.ModuleList(nn.Linear(hidden, width) for width in heads)

    def load_base(self, path):
        state = {(n + ".weight" if n in ("word", "position") else n): torch.tensor(values) for n, values in base.load(path).items()}
        missing, unexpected = self.load_state_dict(state, strict=False)
        assert not unexpected and all(n.startswith(("attend", "outputs")) for n in missing), (missing, unexpected)

    def hidden(self, ids):
        mask = ids != 1  # PAD
        # Finite, so that a row of padding alone could never become NaN.
        bias = torch.zeros(mask.shape).masked_fill(~mask, -1e4)[:, None, None, :].expand(-1, 1, ids.shape[1], -1)
        x = self.word(ids) + self.position.weight[: ids.shape[1]]
        x = F.dropout(self.embedding_norm(x), self.dropout, self.training)
        for layer in self.layers:
            x = layer(x, bias, self.dropout)
        return x, mask

    def forward(self, ids, heads):
        """Logits of the heads named by index, a list, for a batch of equally padded id rows: one pass for all of them."""
        x, mask = self.hidden(ids)
        scores = (x @ torch.stack([self.attend[head] for head in heads]).T).transpose(1, 2).masked_fill(~mask[:, None, :], -1e4)
        pooled = F.dropout(scores.softmax(-1) @ x, 0.1, self.training)
        return [self.outputs[head](pooled[:, i]) for i, head in enumerate(heads)]

    def tensors(self):
        """Arrays by name as graph.py wants them: the heads' attention in one matrix."""
        out = {name: value.numpy() for name, value in self.state_dict().items() if not name.startswith("attend.")}
        out["attend.weight"] = torch.stack(list(self.attend)).detach().numpy()
        return out
