"""Vision Mamba under Vim's names: bidirectional mixers of type v2, the class token in the middle.

A block adds what the mixer before it gave to the residual stream, norms the sum and mixes it; the
last mixer's output is added before the final norm. That is the order of the published code, which
fuses the sum and the norm, and the result is that of x + mixer(norm(x)).
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from parts import PatchEmbed, note
from scan import selective_scan
from shapes import CLASSES

CONFIG = {
    "architecture": "VisionMamba", "input_size": 16, "patch_size": 2, "stride": 2, "in_channels": 3,
    "hidden_size": 64, "depth": 4, "expand": 2, "d_inner": 128, "d_state": 8, "d_conv": 4, "dt_rank": 4,
    "num_classes": len(CLASSES), "rms_norm": True, "rms_norm_eps": 1e-5, "bimamba_type": "v2",
    "if_divide_out": True, "if_abs_pos_embed": True, "if_rope": False, "if_cls_token": True,
    "use_middle_cls_token": True, "use_double_cls_token": False, "fused_add_norm": True, "residual_in_fp32": True,
    "final_pool_type": "none",
}


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def causal_conv(x, weight, bias):
    """Each channel by itself; a token sees itself and the three before it, the last weight is its own."""
    width, tokens = weight.shape[-1], x.shape[1]
    padded = F.pad(x, (0, 0, width - 1, 0))
    return bias + sum(padded[:, k:k + tokens] * weight[:, 0, k] for k in range(width))


class Mixer(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, d, n, self.rank = c["hidden_size"], c["d_inner"], c["d_state"], c["dt_rank"]
        self.divide, self.state = c["if_divide_out"], n
        self.in_proj = nn.Linear(h, 2 * d, bias=False)
        for end in ("", "_b"):
            setattr(self, "conv1d" + end, nn.Conv1d(d, d, c["d_conv"], groups=d, padding=c["d_conv"] - 1))
            setattr(self, "x_proj" + end, nn.Linear(d, self.rank + 2 * n, bias=False))
            setattr(self, "dt_proj" + end, nn.Linear(self.rank, d))
        self.A_log = nn.Parameter(torch.zeros(d, n))
        self.D = nn.Parameter(torch.ones(d))
        self.A_b_log = nn.Parameter(torch.zeros(d, n))
        self.D_b = nn.Parameter(torch.ones(d))
        self.out_proj = nn.Linear(d, h, bias=False)

    def init_weights(self, depth):
        with torch.no_grad():
            self.out_proj.weight /= depth ** 0.5
            for dt, a in ((self.dt_proj, self.A_log), (self.dt_proj_b, self.A_b_log)):
                nn.init.uniform_(dt.weight, -self.rank ** -0.5, self.rank ** -0.5)
                # Steps between 0.001 and 0.1 to begin with, evenly in their logarithm.
                step = torch.exp(torch.rand(len(dt.bias)) * math.log(100) + math.log(0.001))
                dt.bias.copy_(step + torch.log(-torch.expm1(-step)))
                a.copy_(torch.log(torch.arange(1, self.state + 1.0)).expand_as(a))

    def direction(self, x, z, end, record, name):
        """One way through the tokens; the way back gets them turned round and has weights of its own."""
        own = lambda part: getattr(self, part + end)
        x = F.silu(note(record, name + ".conv", causal_conv(x, own("conv1d").weight, own("conv1d").bias)))
        dt, b, c = own("x_proj")(x).split([self.rank, self.state, self.state], -1)
        delta = note(record, name + ".delta", F.softplus(own("dt_proj")(dt)))
        a, skip = (self.A_b_log, self.D_b) if end else (self.A_log, self.D)
        y = selective_scan(x, delta, -a.exp(), b, c)
        y = note(record, name + ".scan", y + skip * x)
        return y * F.silu(z)

    def forward(self, x, record=None, name=""):
        x, z = note(record, name + ".in_proj", self.in_proj(x)).chunk(2, -1)
        y = note(record, name + ".forward", self.direction(x, z, "", record, name + ".forward"))
        back = self.direction(x.flip(1), z.flip(1), "_b", record, name + ".backward")
        y = y + note(record, name + ".backward", back).flip(1)
        if self.divide:
            y = y / 2
        return note(record, name, self.out_proj(y))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.mixer = Mixer(c)


class VisionMamba(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config, h = c, c["hidden_size"]
        tokens = (c["input_size"] // c["patch_size"]) ** 2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, h))
        self.pos_embed = nn.Parameter(torch.zeros(1, tokens + 1, h))
        self.patch_embed = PatchEmbed(c["patch_size"], c["in_channels"], h)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["depth"]))
        self.norm_f = RMSNorm(h, c["rms_norm_eps"])
        self.head = nn.Linear(h, c["num_classes"])

    def init_weights(self):
        for p in (self.cls_token, self.pos_embed):
            nn.init.normal_(p, std=0.02)
        for p in (self.patch_embed.proj.bias, self.head.bias):
            nn.init.zeros_(p)
        for layer in self.layers:
            layer.mixer.init_weights(len(self.layers))

    def forward(self, x, record=None):
        x = self.patch_embed(x)
        middle = x.shape[1] // 2
        x = torch.cat([x[:, :middle], self.cls_token.expand(len(x), -1, -1), x[:, middle:]], 1)
        hidden, residual = x + self.pos_embed, 0
        note(record, "embedding", hidden)
        for i, layer in enumerate(self.layers):
            residual = residual + hidden
            hidden = layer.mixer(layer.norm(residual), record, f"block.{i}.mixer")
            note(record, f"block.{i}", residual + hidden)
        x = note(record, "norm_f", self.norm_f(residual + hidden))
        return note(record, "logits", self.head(x[:, middle]))
