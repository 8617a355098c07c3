"""A U-Net's tensors under the names of two other dialects: pesser/pytorch_diffusion and ermongroup/ddim ("ddpm"), and CompVis/latent-diffusion,
which has those of openai/guided-diffusion ("ldm").

The networks are the same but for constants that no tensor shows; the dialect's configuration has to state them. ddpm: sines first
(flip_sin_to_cos false, freq_shift 1), norm_eps 1e-6, downsample_padding 0, one head. ldm: those of diffusers.
"""
import re

import torch

DDPM = [
    (r"^time_embedding\.linear_(\d)", lambda m, n: f"temb.dense.{int(m[1]) - 1}"),
    (r"^conv_norm_out", lambda m, n: "norm_out"),
    (r"^mid_block\.resnets\.(\d)", lambda m, n: f"mid.block_{int(m[1]) + 1}"),
    (r"^mid_block\.attentions\.0", lambda m, n: "mid.attn_1"),
    # Levels are counted from the finest, upwards too.
    (r"^down_blocks\.(\d+)", lambda m, n: f"down.{m[1]}"),
    (r"^up_blocks\.(\d+)", lambda m, n: f"up.{n - 1 - int(m[1])}"),
    (r"\.resnets\.", lambda m, n: ".block."),
    (r"\.attentions\.", lambda m, n: ".attn."),
    (r"\.(down|up)samplers\.0", lambda m, n: f".{m[1]}sample"),
    (r"\.time_emb_proj", lambda m, n: ".temb_proj"),
    (r"\.conv_shortcut", lambda m, n: ".nin_shortcut"),
    (r"\.group_norm", lambda m, n: ".norm"),
    (r"\.to_([qkv])", lambda m, n: f".{m[1]}"),
    (r"\.to_out\.0", lambda m, n: ".proj_out"),
]
LDM_RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
              "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
LDM_ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "conv_in": "input_blocks.0.0",
            "conv_norm_out": "out.0", "conv_out": "out.2", "mid_block.resnets.0": "middle_block.0",
            "mid_block.attentions.0": "middle_block.1", "mid_block.resnets.1": "middle_block.2"}


def ddpm(model):
    """Attention's matrices are convolutions of 1x1."""
    levels, state = len(model.config["block_out_channels"]), {}
    for name, value in model.state_dict().items():
        square = re.search(r"\.to_(q|k|v|out\.0)\.weight$", name)
        for pattern, to in DDPM:
            name = re.sub(pattern, lambda m: to(m, levels), name)
        state[name] = value[:, :, None, None] if square else value
    return state


def ldm_places(model):
    """Where each part stands: input and output blocks are counted through all levels."""
    places, at = dict(LDM_ENDS), 1
    for k, level in enumerate(model.down_blocks):
        for j in range(len(level.resnets)):
            places[f"down_blocks.{k}.resnets.{j}"] = f"input_blocks.{at}.0"
            places[f"down_blocks.{k}.attentions.{j}"] = f"input_blocks.{at}.1"
            at += 1
        if level.downsamplers is not None:
            places[f"down_blocks.{k}.downsamplers.0.conv"] = f"input_blocks.{at}.0.op"
            at += 1
    at = 0
    for k, level in enumerate(model.up_blocks):
        for j in range(len(level.resnets)):
            places[f"up_blocks.{k}.resnets.{j}"] = f"output_blocks.{at}.0"
            places[f"up_blocks.{k}.attentions.{j}"] = f"output_blocks.{at}.1"
            at += 1
        # Stands behind the level's last resnet, and behind its attention if it has one.
        places[f"up_blocks.{k}.upsamplers.0.conv"] = f"output_blocks.{at - 1}.{1 if level.attentions is None else 2}.conv"
    return places


def together(q, k, v, heads):
    """One matrix or bias: the first head's queries, keys and values, then the next head's."""
    parts = [part.unflatten(0, (heads, -1)) for part in (q, k, v)]
    return torch.cat(parts, 1).flatten(0, 1)


def ldm(model, prefix="model.diffusion_model."):
    """Plain attention has one qkv; its matrices are convolutions over a sequence."""
    places, state, source = ldm_places(model), {}, model.state_dict()
    for name, value in source.items():
        place = max((p for p in places if name.startswith(p + ".")), key=len)
        part = name[len(place):]
        plain = place + ".to_q.weight" in source
        if ".resnets." in place:
            part = re.sub(r"^\.(\w+)", lambda m: "." + LDM_RESNET[m[1]], part)
        if part.startswith(".to_q"):
            end = part[len(".to_q"):]
            qkv = [source[place + f".to_{c}" + end] for c in "qkv"]
            heads = qkv[0].shape[0] // model.config["attention_head_dim"]
            part, value = ".qkv" + end, together(*qkv, heads)
        elif part.startswith((".to_k", ".to_v")):
            continue
        if plain:
            part = part.replace(".group_norm", ".norm").replace(".to_out.0", ".proj_out")
            value = value[:, :, None] if value.dim() == 2 else value
        state[prefix + places[place] + part] = value
    return state


DIALECTS = {"diffusers": lambda model: model.state_dict(), "ddpm": ddpm, "ldm": ldm}
