"""The small vision model in PyTorch: a ViT, a two-layer projector and a llama decoder, as llama.cpp computes them.

Tensors are named so that `files` writes them under their GGUF names. The ViT is that of llama.cpp's projector type
`janus_pro` (SigLIP-like, no class token), activations are SiLU throughout, which llama.cpp computes in float32.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

NORM_EPSILON, RMS_EPSILON, ROPE_BASE = 1e-6, 1e-5, 10000.0


@dataclass(frozen=True)
class Size:
    """Sizes of the network: `image` and `patch` in pixels, widths in channels; `vocabulary` in tokens."""

    vocabulary: int
    image: int = 28
    patch: int = 7
    width: int = 64
    hidden: int = 192
    heads: int = 4
    vision_layers: int = 3
    text_layers: int = 2
    context: int = 4096

    @property
    def image_tokens(self):
        """The number of tokens that a picture becomes."""
        return (self.image // self.patch) ** 2


class VisionBlock(nn.Module):
    """Pre-norm transformer block without mask."""

    def __init__(self, size, dropout):
        super().__init__()
        width = size.width
        self.heads = size.heads
        self.ln1, self.ln2 = nn.LayerNorm(width, NORM_EPSILON), nn.LayerNorm(width, NORM_EPSILON)
        self.attn_q, self.attn_k, self.attn_v, self.attn_out = (nn.Linear(width, width) for _ in range(4))
        self.ffn_up, self.ffn_down = nn.Linear(width, size.hidden), nn.Linear(size.hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        y = self.ln1(x)
        q, k, v = (_split(layer(y), self.heads).transpose(1, 2) for layer in (self.attn_q, self.attn_k, self.attn_v))
        x = x + self.dropout(self.attn_out(_join(functional.scaled_dot_product_attention(q, k, v))))
        return x + self.dropout(self.ffn_down(functional.silu(self.ffn_up(self.ln2(x)))))


class TextBlock(nn.Module):
    """Block of the architecture `llama`: RMS norms, rotary positions on interleaved pairs, gated SiLU."""

    def __init__(self, size, dropout):
        super().__init__()
        width = size.width
        self.heads = size.heads
        self.attn_norm, self.ffn_norm = nn.RMSNorm(width, RMS_EPSILON), nn.RMSNorm(width, RMS_EPSILON)
        self.attn_q, self.attn_k, self.attn_v, self.attn_output = (
            nn.Linear(width, width, bias=False) for _ in range(4)
        )
        self.ffn_gate, self.ffn_up = (nn.Linear(width, size.hidden, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(size.hidden, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, turn, mask):
        y = self.attn_norm(x)
        q, k = (_rotate(_split(layer(y), self.heads), turn).transpose(1, 2) for layer in (self.attn_q, self.attn_k))
        v = _split(self.attn_v(y), self.heads).transpose(1, 2)
        attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.dropout(self.attn_output(_join(attended)))
        y = self.ffn_norm(x)
        return x + self.dropout(self.ffn_down(functional.silu(self.ffn_gate(y)) * self.ffn_up(y)))


class Network(nn.Module):
    """The whole model: `vision` gives a picture's tokens, `read` the logits after them and text, `forward` both."""

    def __init__(self, size, dropout=0.0):
        super().__init__()
        self.size = size
        self.patch_embd = nn.Conv2d(3, size.width, size.patch, size.patch)
        self.position_embd = nn.Parameter(torch.randn(size.image_tokens, size.width) * 0.02)
        self.vision_blocks = nn.ModuleList(VisionBlock(size, dropout) for _ in range(size.vision_layers))
        self.post_ln = nn.LayerNorm(size.width, NORM_EPSILON)
        self.mm_0, self.mm_1 = nn.Linear(size.width, size.hidden), nn.Linear(size.hidden, size.width)
        self.token_embd = nn.Embedding(size.vocabulary, size.width)
        nn.init.normal_(self.token_embd.weight, std=0.5)
        self.text_blocks = nn.ModuleList(TextBlock(size, dropout) for _ in range(size.text_layers))
        self.output_norm = nn.RMSNorm(size.width, RMS_EPSILON)
        self.output = nn.Linear(size.width, size.vocabulary, bias=False)
        channels = size.width // size.heads
        frequencies = ROPE_BASE ** (-torch.arange(0, channels, 2) / channels)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def vision(self, pictures):
        """Return the tokens (B, N, width) of uint8 RGB pictures (B, S, S, 3)."""
        x = pictures.permute(0, 3, 1, 2).float() / 255 / 0.5 - 1
        weight = self.patch_embd.weight
        if not self.training:  # llama.cpp rounds pixels and kernel of the first convolution to half precision
            x, weight = x.half().float(), weight.half().float()
        x = functional.conv2d(x, weight, self.patch_embd.bias, self.size.patch)
        x = x.flatten(2).transpose(1, 2) + self.position_embd
        for block in self.vision_blocks:
            x = block(x)
        return self.mm_1(functional.silu(self.mm_0(self.post_ln(x))))

    def forward(self, pictures, before, after, positions=None, mask=None):
        """Return the logits (B, T, vocabulary) of tokens `before` (N,), pictures (B, S, S, 3), tokens `after` (B, M).

        positions: (B, T), default 0..T-1. mask: boolean (B, 1, T, T), what may be attended to; default causal.
        """
        return self.read(self.vision(pictures), before, after, positions, mask)

    def read(self, shown, before, after, positions=None, mask=None):
        """Return what `forward` does, from a picture's tokens (B, N, width)."""
        start = self.token_embd(before).expand(len(shown), -1, -1)
        x = torch.cat([start, shown, self.token_embd(after)], 1)
        length = x.shape[1]
        if positions is None:
            positions = torch.arange(length)[None]
        if mask is None:
            mask = torch.ones(length, length, dtype=torch.bool).tril()
        angle = (positions[..., None] * self.frequencies)[:, :, None]
        turn = angle.cos(), angle.sin()
        for block in self.text_blocks:
            x = block(x, turn, mask)
        return self.output(self.output_norm(x))


class Probe(nn.Module):
    """Reads off a picture's tokens (B, N, width) on which half of the face each action unit is: logits (B, outputs).

    It teaches the vision encoder all units and sides of a picture at once, where a question teaches one; the files that
    are written do not hold it.
    """

    def __init__(self, size, outputs):
        super().__init__()
        self.output = nn.Linear(size.image_tokens * size.width, outputs)

    def forward(self, shown):
        return self.output(shown.flatten(1))


def _split(x, heads):
    return x.view(*x.shape[:2], heads, -1)


def _join(x):
    return x.transpose(1, 2).flatten(2)


def _rotate(x, turn):
    cos, sin = turn
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)
