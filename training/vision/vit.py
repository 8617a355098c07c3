"""A vision transformer under timm's names: pre-norm, class token, exact GELU."""
import torch
import torch.nn as nn

from parts import Attention, Mlp, PatchEmbed, note
from shapes import CLASSES

CONFIG = {
    "architecture": "VisionTransformer", "input_size": 16, "patch_size": 4, "in_channels": 3, "hidden_size": 64,
    "depth": 4, "num_heads": 4, "mlp_ratio": 4, "num_classes": len(CLASSES), "layer_norm_eps": 1e-6,
    "activation": "gelu", "pooling": "token", "class_token_position": "first",
}


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        h = c["hidden_size"]
        self.norm1 = nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.attn = Attention(h, c["num_heads"])
        self.norm2 = nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.mlp = Mlp(h, h * c["mlp_ratio"], "none")

    def forward(self, x, record=None, name=""):
        x = x + note(record, name + ".attn", self.attn(self.norm1(x)))
        x = x + note(record, name + ".mlp", self.mlp(self.norm2(x)))
        return note(record, name, x)


class VisionTransformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config, h = c, c["hidden_size"]
        tokens = (c["input_size"] // c["patch_size"]) ** 2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, h))
        self.pos_embed = nn.Parameter(torch.zeros(1, tokens + 1, h))
        self.patch_embed = PatchEmbed(c["patch_size"], c["in_channels"], h)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c["depth"]))
        self.norm = nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.head = nn.Linear(h, c["num_classes"])

    def init_weights(self):
        for name, p in self.named_parameters():
            if p.dim() == 2:
                # The two writers into the residual stream start smaller, GPT-2's rule.
                residual = name.endswith(("attn.proj.weight", "fc2.weight"))
                nn.init.normal_(p, std=0.08 / (2 * len(self.blocks)) ** 0.5 if residual else 0.08)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        for p in (self.cls_token, self.pos_embed):
            nn.init.normal_(p, std=0.02)

    def forward(self, x, record=None):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        note(record, "embedding", x)
        for i, block in enumerate(self.blocks):
            x = block(x, record, f"block.{i}")
        return note(record, "logits", self.head(note(record, "norm", self.norm(x))[:, 0]))
