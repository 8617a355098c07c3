"""Give the trained sample outlier channels without changing what it computes.

    /usr/bin/python3 training/rescale.py --spread 0.3

Large language models have input channels that are ten times larger than others; a model
of one million parameters trained for minutes has not, and rounding would hardly show on
it. Multiplying a norm's gain by s and dividing the next weights' columns by s (likewise
the rows of v_proj and up_proj against the columns of o_proj and down_proj) leaves the
function as it is, and makes weights and activations as uneven as `--spread` says: the
standard deviation of log s. Run once, after train.py; train.py then check.py then this
then check.py again gives the files of public/samples.
"""
import argparse
import os

import torch

import llama

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@torch.no_grad()
def rescale(model, spread, seed):
    generator = torch.Generator().manual_seed(seed)
    weights = dict(model.named_parameters())
    config = model.config

    def factors(n):
        return torch.exp(spread * torch.randn(n, generator=generator))

    def after_norm(norm, projections):
        s = factors(weights[norm].numel())
        weights[norm].mul_(s)
        for name in projections:
            weights[name].div_(s)

    for layer in range(config["num_hidden_layers"]):
        at = next(n for n in weights if f"layers.{layer}.self_attn.q_proj" in n).split("self_attn")[0]
        after_norm(at + "input_layernorm.weight", [at + f"self_attn.{p}_proj.weight" for p in "qkv"])
        after_norm(at + "post_attention_layernorm.weight", [at + f"mlp.{p}_proj.weight" for p in ("gate", "up")])
        # A value head's outputs are read by every query head of its group.
        heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
        value, output = weights[at + "self_attn.v_proj.weight"], weights[at + "self_attn.o_proj.weight"]
        s = factors(value.shape[0])
        value.mul_(s[:, None])
        output.div_(s.view(kv_heads, -1).repeat_interleave(heads // kv_heads, 0).flatten())
        up, down = weights[at + "mlp.up_proj.weight"], weights[at + "mlp.down_proj.weight"]
        s = factors(up.shape[0])
        up.mul_(s[:, None])
        down.div_(s)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spread", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--folder", default=os.path.join(ROOT, "public", "samples", "stories-1m"))
    given = parser.parse_args()
    found = llama.load_model(given.folder)
    rescale(found, given.spread, given.seed)
    llama.save_safetensors(found, os.path.join(given.folder, "model.safetensors"))
