"""U-Nets of diffusers' UNet2DModel and UNet2DConditionModel, under their names and configuration keys.

Pictures [n, channels, side, side], times [n], and for the conditioned one what the text encoder says [n, tokens, cross_attention_dim].
Ho et al. 2020, arXiv 2006.11239 (the network); Rombach et al. 2022, arXiv 2112.10752 (transformer blocks, cross-attention).
Written here after the published behaviour of huggingface/diffusers; of its options, those that the samples and fixtures use.

Two keys mislead, and are kept as published: "attention_head_dim" is the width of a head in UNet2DModel but the number of heads in
UNet2DConditionModel, and up_blocks.0 is the coarsest level, as down_blocks.0 is the finest.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from parts import note

COMMON = {
    "sample_size": 32, "in_channels": 3, "out_channels": 3, "layers_per_block": 1, "norm_num_groups": 8, "norm_eps": 1e-5,
    "act_fn": "silu", "flip_sin_to_cos": True, "freq_shift": 0, "downsample_padding": 1,
}


def sinusoid(t, width, flip, shift):
    """Of each time [n] as [n, width]: sines then cosines, or flipped."""
    half = width // 2
    rates = torch.exp(-math.log(10000) * torch.arange(half, device=t.device).to(torch.float64) / (half - shift))
    angle = t.to(torch.float64)[:, None] * rates
    parts = [angle.sin(), angle.cos()]
    return torch.cat(parts[::-1] if flip else parts, 1)


class ResnetBlock2D(nn.Module):
    def __init__(self, c, inputs, outputs):
        super().__init__()
        groups, eps = c["norm_num_groups"], c["norm_eps"]
        self.norm1 = nn.GroupNorm(groups, inputs, eps)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = nn.Linear(4 * c["block_out_channels"][0], outputs)
        self.norm2 = nn.GroupNorm(groups, outputs, eps)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x, emb, record=None, name=""):
        h = note(record, name + ".conv1", self.conv1(F.silu(self.norm1(x))))
        h = h + self.time_emb_proj(F.silu(emb))[:, :, None, None]
        h = note(record, name + ".conv2", self.conv2(F.silu(self.norm2(h))))
        return note(record, name, (self.conv_shortcut(x) if self.conv_shortcut else x) + h)


def attend(q, k, v, heads):
    """[n, tokens, width] each; keys and values may be of another number of tokens than queries."""
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k, v))
    weights = (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)).softmax(-1)
    return (weights @ v).transpose(1, 2).flatten(2)


class Attention(nn.Module):
    """Of the tokens among themselves, or to those of the context."""

    def __init__(self, width, heads, context=None, bias=False):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=bias)
        self.to_k = nn.Linear(context or width, width, bias=bias)
        self.to_v = nn.Linear(context or width, width, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x, context=None):
        context = x if context is None else context
        return self.to_out[0](attend(self.to_q(x), self.to_k(context), self.to_v(context), self.heads))


class PlainAttention(Attention):
    """UNet2DModel's: the pixels among themselves after a norm, added to what came in."""

    def __init__(self, c, width):
        super().__init__(width, width // c["attention_head_dim"], bias=True)
        self.group_norm = nn.GroupNorm(c["norm_num_groups"], width, c["norm_eps"])

    def forward(self, x, context, record=None, name=""):
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)
        out = note(record, name + ".attn", super().forward(tokens))
        return note(record, name, x + out.transpose(1, 2).unflatten(2, x.shape[2:]))


class GEGLU(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.proj = nn.Linear(width, 2 * inner)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, -1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.ModuleList([GEGLU(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, x):
        return self.net[2](self.net[0](x))


class BasicTransformerBlock(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.attn2 = nn.LayerNorm(width), Attention(width, heads, context)
        self.norm3, self.ff = nn.LayerNorm(width), FeedForward(width)

    def forward(self, x, context, record=None, name=""):
        x = x + note(record, name + ".attn1", self.attn1(self.norm1(x)))
        x = x + note(record, name + ".attn2", self.attn2(self.norm2(x), context))
        return x + note(record, name + ".ff", self.ff(self.norm3(x)))


class Transformer2DModel(nn.Module):
    def __init__(self, c, width):
        super().__init__()
        self.linear = c["use_linear_projection"]
        # "attention_head_dim" is how many heads there are. Its norm has an eps of its own.
        self.norm = nn.GroupNorm(c["norm_num_groups"], width, 1e-6)
        self.proj_in = nn.Linear(width, width) if self.linear else nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList(
            [BasicTransformerBlock(width, c["attention_head_dim"], c["cross_attention_dim"])])
        self.proj_out = nn.Linear(width, width) if self.linear else nn.Conv2d(width, width, 1)

    def forward(self, x, context, record=None, name=""):
        to_tokens = lambda z: z.flatten(2).transpose(1, 2)
        to_pixels = lambda z: z.transpose(1, 2).unflatten(2, x.shape[2:])
        z = self.norm(x)
        z = self.proj_in(to_tokens(z)) if self.linear else to_tokens(self.proj_in(z))
        note(record, name + ".proj_in", z)
        for block in self.transformer_blocks:
            z = block(z, context, record, name)
        z = to_pixels(self.proj_out(z)) if self.linear else self.proj_out(to_pixels(z))
        return note(record, name, x + z)


class Downsample2D(nn.Module):
    """Padding 0 is DDPM's: a row below and a column to the right, and none on the other sides."""

    def __init__(self, width, padding):
        super().__init__()
        self.padding = padding
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=padding)

    def forward(self, x):
        return self.conv(x if self.padding else F.pad(x, (0, 1, 0, 1)))


class Upsample2D(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


ATTENTIONS = {"CrossAttnDownBlock2D": Transformer2DModel, "CrossAttnUpBlock2D": Transformer2DModel,
              "AttnDownBlock2D": PlainAttention, "AttnUpBlock2D": PlainAttention, "DownBlock2D": None, "UpBlock2D": None}
MIDDLES = {"UNet2DConditionModel": Transformer2DModel, "UNet2DModel": PlainAttention}


class Level(nn.Module):
    """The parts of one size on the way down, in the middle or up; the U-Net says in which order they come."""

    def __init__(self, c, pairs, attention, count):
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock2D(c, *pair) for pair in pairs)
        self.attentions = nn.ModuleList(attention(c, pairs[0][1]) for _ in range(count)) if attention else None


class TextEncoder(nn.Module):
    """Tokens [n, length] to [n, length, width]: a table of words, one of places, and a norm."""

    def __init__(self, words, length, width):
        super().__init__()
        self.token_embedding = nn.Embedding(words, width)
        self.position_embedding = nn.Embedding(length, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids):
        return self.final_layer_norm(self.token_embedding(ids) + self.position_embedding.weight)


class UNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        widths, layers = c["block_out_channels"], c["layers_per_block"]
        self.conv_in = nn.Conv2d(c["in_channels"], widths[0], 3, padding=1)
        self.time_embedding = nn.Module()
        self.time_embedding.linear_1 = nn.Linear(widths[0], 4 * widths[0])
        self.time_embedding.linear_2 = nn.Linear(4 * widths[0], 4 * widths[0])
        self.down_blocks, self.up_blocks, skips, at = nn.ModuleList(), nn.ModuleList(), [widths[0]], widths[0]
        for k, (kind, width) in enumerate(zip(c["down_block_types"], widths)):
            level = Level(c, [(at if j == 0 else width, width) for j in range(layers)], ATTENTIONS[kind], layers)
            last = k == len(widths) - 1
            level.downsamplers = None if last else nn.ModuleList([Downsample2D(width, c["downsample_padding"])])
            self.down_blocks.append(level)
            skips += [width] * (layers + (not last))
            at = width
        self.mid_block = Level(c, [(at, at)] * 2, MIDDLES[c["_class_name"]], 1)
        for k, (kind, width) in enumerate(zip(c["up_block_types"], widths[::-1])):
            pairs = []
            for _ in range(layers + 1):
                pairs.append((at + skips.pop(), width))
                at = width
            level = Level(c, pairs, ATTENTIONS[kind], layers + 1)
            level.upsamplers = None if k == len(widths) - 1 else nn.ModuleList([Upsample2D(width)])
            self.up_blocks.append(level)
        self.conv_norm_out = nn.GroupNorm(c["norm_num_groups"], widths[0], c["norm_eps"])
        self.conv_out = nn.Conv2d(widths[0], c["out_channels"], 3, padding=1)
        self.text = None
        if "text" in c:
            self.text = TextEncoder(c["text"]["vocabulary_size"], c["text"]["max_length"], c["cross_attention_dim"])

    def init_weights(self):
        """What a block adds starts at zero: its last convolution, projection, and the network's own."""
        for name, p in self.named_parameters():
            if name.endswith(("conv2.weight", "conv2.bias", "proj_out.weight", "proj_out.bias")) or name.startswith("conv_out."):
                nn.init.zeros_(p)

    def embedding(self, t):
        c, at = self.config, self.time_embedding
        wave = sinusoid(t, c["block_out_channels"][0], c["flip_sin_to_cos"], c["freq_shift"])
        return at.linear_2(F.silu(at.linear_1(wave.to(at.linear_1.weight.dtype))))

    def forward(self, x, t, context=None, record=None):
        """context: tokens of the encoder's vocabulary where the network has one, else [n, tokens, width] or None."""
        emb = note(record, "time_embedding", self.embedding(t))
        if self.text is not None:
            context = note(record, "text", self.text(context))
        x = note(record, "conv_in", self.conv_in(x))
        skips = [x]
        for k, level in enumerate(self.down_blocks):
            for j, resnet in enumerate(level.resnets):
                x = resnet(x, emb, record, f"down_blocks.{k}.resnets.{j}")
                if level.attentions is not None:
                    x = level.attentions[j](x, context, record, f"down_blocks.{k}.attentions.{j}")
                skips.append(x)
            if level.downsamplers is not None:
                x = note(record, f"down_blocks.{k}.downsamplers.0", level.downsamplers[0](x))
                skips.append(x)
        x = self.mid_block.resnets[0](x, emb, record, "mid_block.resnets.0")
        x = self.mid_block.attentions[0](x, context, record, "mid_block.attentions.0")
        x = self.mid_block.resnets[1](x, emb, record, "mid_block.resnets.1")
        for k, level in enumerate(self.up_blocks):
            for j, resnet in enumerate(level.resnets):
                x = resnet(torch.cat([x, skips.pop()], 1), emb, record, f"up_blocks.{k}.resnets.{j}")
                if level.attentions is not None:
                    x = level.attentions[j](x, context, record, f"up_blocks.{k}.attentions.{j}")
            if level.upsamplers is not None:
                x = note(record, f"up_blocks.{k}.upsamplers.0", level.upsamplers[0](x))
        return note(record, "output", self.conv_out(F.silu(self.conv_norm_out(x))))
