"""Tiny random U-Nets in three dialects of names: the yardstick of their forward passes here.

    /usr/bin/python3 make_unet.py        # needs torch and numpy

Files as make.py writes them: weights, the configuration and the times `t` in the metadata, `input.x` (pictures x channel-height-width),
`input.context` for the conditioned ones, (pictures * tokens) x width, and what PyTorch gives in float64 as `expected.*`: (pictures * pixels)
x channels for what lies between parts, row by row of each picture; pictures x width for `time_embedding`; and `output` as the input is.

Names of `expected.*` are those of diffusers in every dialect, so one test reads all. After every part: `down_blocks.0.resnets.0` and so
on; within one, `.conv1` and `.conv2` (before the time and the shortcut are added), `.attn`, or `.proj_in`, `.attn1`, `.attn2`, `.ff`,
each before it is added. The last fixture is a captioned one with its text encoder: `input.tokens` in place of a context.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../../training/vision"))

import torch  # noqa: E402

import tensors  # noqa: E402
import unet  # noqa: E402
import unet_names  # noqa: E402
from make import fill  # noqa: E402

PLAIN = {
    **unet.COMMON, "_class_name": "UNet2DModel", "sample_size": 8, "block_out_channels": [8, 16], "norm_num_groups": 2,
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "attention_head_dim": 8,
}
CONDITIONED = {
    **PLAIN, "_class_name": "UNet2DConditionModel", "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "mid_block_type": "UNetMidBlock2DCrossAttn", "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "cross_attention_dim": 12, "attention_head_dim": 2, "use_linear_projection": False,
}
# Attention on all levels and one head, with DDPM's constants; two resnets a level where indices are to be told apart.
DDPM = {
    **PLAIN, "layers_per_block": 2, "down_block_types": ["AttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "AttnUpBlock2D"],
    "norm_eps": 1e-6, "downsample_padding": 0, "flip_sin_to_cos": False, "freq_shift": 1,
}
TEXT = {"vocabulary_size": 7, "max_length": 5, "start_token": "<bos>", "pad_token": "<pad>", "layer_norm_eps": 1e-5}
CASES = {
    "unet-plain": ("diffusers", PLAIN),
    "unet-conditioned": ("diffusers", {**CONDITIONED, "layers_per_block": 2}),
    "unet-conditioned-linear": ("diffusers", {**CONDITIONED, "use_linear_projection": True}),
    "unet-ddpm": ("ddpm", DDPM),
    "unet-ldm": ("ldm", {**CONDITIONED, "layers_per_block": 2}),
    "unet-ldm-plain": ("ldm", PLAIN),
    "unet-text": ("diffusers", {**CONDITIONED, "use_linear_projection": True, "text": TEXT}),
}
TIMES, TOKENS = [20, 500], 5
# Attention as wide as a level at both its widths: one head, as DDPM has it, would need an attention_head_dim a level.
ONE_HEAD = {"unet-ddpm": 1}


def build(name):
    """The model with its random weights; fixture and oracle are made from the same."""
    dialect, config = CASES[name]
    gen = torch.Generator().manual_seed(sum(map(ord, name)))
    model = unet.UNet(config).eval()
    with torch.no_grad():
        fill(model, gen)
    for part in model.modules():
        if name in ONE_HEAD and isinstance(part, unet.PlainAttention):
            part.heads = ONE_HEAD[name]
    return dialect, config, model, gen


def inputs(config, gen):
    side = config["sample_size"]
    x = torch.randn(len(TIMES), config["in_channels"], side, side, generator=gen).double()
    if "text" in config:
        return x, torch.tensor([[1, 4, 2, 6, 0], [1, 0, 0, 0, 0]])
    if "cross_attention_dim" in config:
        return x, torch.randn(len(TIMES), TOKENS, config["cross_attention_dim"], generator=gen).double()
    return x, None


def matrix(name, value):
    if name == "output" or value.dim() == 2:
        return value.flatten(1)
    return (value.flatten(2).transpose(1, 2) if value.dim() == 4 else value).flatten(0, 1)


@torch.no_grad()
def make(name):
    dialect, config, model, gen = build(name)
    weights = {key: value.clone() for key, value in unet_names.DIALECTS[dialect](model).items()}
    model, record = model.double(), {}
    x, context = inputs(config, gen)
    model(x, torch.tensor(TIMES), context, record)
    given = {"input.x": x.flatten(1)}
    if context is not None:
        given["input.tokens" if "text" in config else "input.context"] = context if "text" in config else context.flatten(0, 1)
    expected = {"expected." + key: matrix(key, value) for key, value in record.items()}
    path = os.path.join(HERE, name + ".safetensors")
    metadata = {"config": json.dumps(config), "dialect": json.dumps(dialect), "t": json.dumps(TIMES)}
    tensors.write(path, {**weights, **given, **expected}, "F32", metadata)
    print(name, os.path.getsize(path), len(record), sum(p.numel() for p in model.parameters()))


if __name__ == "__main__":
    for name in CASES:
        make(name)
