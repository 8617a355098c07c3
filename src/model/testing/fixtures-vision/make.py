"""Tiny random vision models as training/vision computes them: the yardstick of their forward passes here.

    /usr/bin/python3 make.py        # needs torch and numpy

One safetensors file a model: its own weights under their published names, its configuration in the metadata, the
pictures as `input.x` (pictures x channel-height-width), and what PyTorch gives in float64 as `expected.*`, each a
matrix: (pictures * tokens) x width for tokens, pictures x width for the rest.

`expected.embedding` is what enters block 0, `expected.block.N` the residual stream after block N; `.attn` and `.mlp`
are what attention and MLP give before DiT's gate and before they are added. Of the bidirectional mixer: `.conv` before
its SiLU, `.delta` after the softplus, `.scan` with the skip D x and before the gate, `.forward` and `.backward` gated.
Everything of the backward direction is in its own, reversed order of tokens.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../../training/vision"))

import torch  # noqa: E402

import diffusion  # noqa: E402
import dit  # noqa: E402
import tensors  # noqa: E402
import vim  # noqa: E402
import vit  # noqa: E402

SMALL = dict(hidden_size=16, depth=2, num_classes=5)
# Tokens are odd in number everywhere, and not every width is a multiple of 8.
CASES = {
    "dit": (dit.DiT, {**dit.CONFIG, **SMALL, "input_size": 6, "num_heads": 2, "mlp_ratio": 2,
                      "frequency_embedding_size": 32, "diffusion": diffusion.CONFIG}),
    "vit": (vit.VisionTransformer, {**vit.CONFIG, **SMALL, "input_size": 8, "patch_size": 2, "num_heads": 4}),
    "vim": (vim.VisionMamba, {**vim.CONFIG, **SMALL, "input_size": 4, "d_inner": 32, "d_state": 4, "dt_rank": 3,
                              "if_divide_out": False}),
}
PICTURES = {"dit": 2, "vit": 2, "vim": 3}
TIMES, LABELS, SCALE = [20, 500], [3, 5], 2.5  # class 5 is "no class"


def fill(model, gen):
    """Nothing is left at 0 or 1: an engine that forgets a bias or a token has to fail."""
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=gen)
        ones = "norm" in name and name.endswith("weight") or name.endswith((".D", ".D_b"))
        p.copy_(noise * 0.3 + (1.0 if ones else 0.0))


@torch.no_grad()
def make(name, kind, config):
    gen = torch.Generator().manual_seed(sum(map(ord, name)))
    model = kind(config).eval()
    fill(model, gen)
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    model = model.double()
    side = config["input_size"]
    x = torch.randn(PICTURES[name], config["in_channels"], side, side, generator=gen).double()
    record, metadata = {}, {"config": json.dumps(config)}
    if name == "dit":
        t, y = torch.tensor(TIMES), torch.tensor(LABELS)
        model(x, t, y, record)
        classes = torch.tensor([1, 2])
        record["guided"] = diffusion.guided(model, x, t, classes, SCALE)
        metadata |= {"t": json.dumps(TIMES), "y": json.dumps(LABELS), "guided_y": json.dumps(classes.tolist()),
                     "guided_scale": str(SCALE)}
    else:
        model(x, record)
    expected = {"expected." + key: value.flatten(0, -2) if value.dim() == 3 else value.flatten(1)
                for key, value in record.items() if key.startswith("block.0") or not key.startswith("block.1.mixer.")}
    path = os.path.join(HERE, name + ".safetensors")
    tensors.write(path, {**weights, "input.x": x.flatten(1), **expected}, "F32", metadata)
    print(name, os.path.getsize(path), *(f"{key} {tuple(value.shape)}" for key, value in expected.items()), sep="\n  ")


if __name__ == "__main__":
    for name, (kind, config) in CASES.items():
        make(name, kind, config)
