"""The diffusion transformer under DiT's names, directly on pixels.

Every block is steered by the sum of a time and a class embedding: adaLN gives it a shift, a scale
and a gate for attention, and the same three for the MLP. The model has one class more than there
are: the last one stands for "no class". The output has twice the channels of the input: the noise,
then the variance between its two bounds.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from parts import Attention, Mlp, PatchEmbed, note
from shapes import CLASSES

CONFIG = {
    "architecture": "DiT", "input_size": 16, "patch_size": 2, "in_channels": 3, "hidden_size": 96, "depth": 4,
    "num_heads": 4, "mlp_ratio": 4, "num_classes": len(CLASSES), "class_dropout_prob": 0.1, "learn_sigma": True,
    "frequency_embedding_size": 256, "layer_norm_eps": 1e-6, "activation": "gelu_tanh",
}


def position_table(hidden, grid):
    """Fixed 2-D sines: the first half of the width tells the column, the second the row, sines before cosines."""
    omega = 10000.0 ** (-torch.arange(hidden // 4, dtype=torch.float64) / (hidden // 4))
    place = torch.arange(grid, dtype=torch.float64)[:, None] * omega
    line = torch.cat([place.sin(), place.cos()], 1)
    column = line[None].expand(grid, -1, -1)
    row = line[:, None].expand(-1, grid, -1)
    return torch.cat([column, row], 2).reshape(1, grid * grid, hidden).float()


def wave(t, size):
    """Cosines, then sines, of t at frequencies from 1 down to almost 1/10000."""
    frequency = torch.exp(-math.log(10000.0) / (size // 2) * torch.arange(size // 2, dtype=t.dtype))
    angle = t[:, None] * frequency
    return torch.cat([angle.cos(), angle.sin()], 1)


def modulate(x, shift, scale):
    return x * (1 + scale[:, None]) + shift[:, None]


class TimeEmbedder(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.size = size
        self.mlp = nn.Sequential(nn.Linear(size, hidden), nn.SiLU(), nn.Linear(hidden, hidden))

    def forward(self, t):
        return self.mlp(wave(t.to(self.mlp[0].weight.dtype), self.size))


class LabelEmbedder(nn.Module):
    def __init__(self, classes, hidden):
        super().__init__()
        self.embedding_table = nn.Embedding(classes + 1, hidden)

    def forward(self, y):
        return self.embedding_table(y)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, self.eps = c["hidden_size"], c["layer_norm_eps"]
        self.attn = Attention(h, c["num_heads"])
        self.mlp = Mlp(h, h * c["mlp_ratio"], "tanh")
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(h, 6 * h))

    def forward(self, x, c, record=None, name=""):
        steer = note(record, name + ".modulation", self.adaLN_modulation(c))
        shift_msa, scale_msa, gate_msa, shift_mlp, scale_mlp, gate_mlp = steer.chunk(6, 1)
        norm = lambda y: F.layer_norm(y, y.shape[-1:], eps=self.eps)  # no weight of its own
        attn = note(record, name + ".attn", self.attn(modulate(norm(x), shift_msa, scale_msa)))
        x = x + gate_msa[:, None] * attn
        mlp = note(record, name + ".mlp", self.mlp(modulate(norm(x), shift_mlp, scale_mlp)))
        return note(record, name, x + gate_mlp[:, None] * mlp)


class FinalLayer(nn.Module):
    def __init__(self, c, out):
        super().__init__()
        h, self.eps = c["hidden_size"], c["layer_norm_eps"]
        self.linear = nn.Linear(h, c["patch_size"] ** 2 * out)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(h, 2 * h))

    def forward(self, x, c):
        shift, scale = self.adaLN_modulation(c).chunk(2, 1)
        return self.linear(modulate(F.layer_norm(x, x.shape[-1:], eps=self.eps), shift, scale))


class DiT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config, h = c, c["hidden_size"]
        self.grid = c["input_size"] // c["patch_size"]
        self.out = c["in_channels"] * (2 if c["learn_sigma"] else 1)
        self.x_embedder = PatchEmbed(c["patch_size"], c["in_channels"], h)
        self.pos_embed = nn.Parameter(position_table(h, self.grid), requires_grad=False)
        self.t_embedder = TimeEmbedder(c["frequency_embedding_size"], h)
        self.y_embedder = LabelEmbedder(c["num_classes"], h)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c["depth"]))
        self.final_layer = FinalLayer(c, self.out)

    def init_weights(self):
        for name, p in self.named_parameters():
            if name == "pos_embed":
                continue
            if name.endswith("bias") or "adaLN" in name or name.startswith("final_layer"):
                nn.init.zeros_(p)  # every block starts as the identity, the output as zero
            elif name.startswith("t_embedder"):
                nn.init.normal_(p, std=0.02)
            elif name.startswith("y_embedder"):
                nn.init.normal_(p, std=0.5)  # DiT's 0.02 let the time drown the class in so short a training
            else:
                nn.init.xavier_uniform_(p.view(len(p), -1))

    def pixels(self, x):
        """Tokens back to a picture: within a token, row of the patch, column, channel."""
        p = self.config["patch_size"]
        x = x.view(-1, self.grid, self.grid, p, p, self.out).permute(0, 5, 1, 3, 2, 4)
        return x.reshape(-1, self.out, self.grid * p, self.grid * p)

    def forward(self, x, t, y, record=None):
        x = note(record, "embedding", self.x_embedder(x) + self.pos_embed)
        c = note(record, "condition", self.t_embedder(t) + self.y_embedder(y))
        for i, block in enumerate(self.blocks):
            x = block(x, c, record, f"block.{i}")
        x = note(record, "final_layer", self.final_layer(x, c))
        return note(record, "output", self.pixels(x))
