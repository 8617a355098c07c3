"""What the two transformers share: patches, attention, the MLP, and a way to look inside."""
import torch.nn as nn


def note(record, name, value):
    """Keep an intermediate result for the fixtures and reference figures; None keeps nothing."""
    if record is not None:
        record[name] = value
    return value


class PatchEmbed(nn.Module):
    """A convolution whose stride is its kernel; tokens row by row."""

    def __init__(self, patch, channels, hidden):
        super().__init__()
        self.proj = nn.Conv2d(channels, hidden, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Attention(nn.Module):
    """One matrix for q, k and v, in this order; every token sees every token."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.proj = nn.Linear(hidden, hidden)

    def forward(self, x):
        b, t, h = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q * (h // self.heads) ** -0.5 @ k.transpose(-1, -2)).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, t, h))


class Mlp(nn.Module):
    """approximate: "tanh" in DiT, "none" (erf) in ViT."""

    def __init__(self, hidden, inner, approximate):
        super().__init__()
        self.fc1 = nn.Linear(hidden, inner)
        self.act = nn.GELU(approximate=approximate)
        self.fc2 = nn.Linear(inner, hidden)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))
