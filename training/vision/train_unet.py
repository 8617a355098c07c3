"""Train the captioned U-Net sample: pictures of captions.py, diffusion in pixels, guidance by dropped captions.

    /usr/bin/python3 training/vision/train_unet.py --seed 7 --state /tmp/unet.pt      # again: goes on where the state was kept

As with the diffusion transformer, the error of a picture is divided by its running mean at about that time and times come mostly from
the middle (see train_dit.py). Min-SNR's weight (Hang et al. 2023, arXiv 2303.09556) would turn early times down once more, so the two
are not multiplied. More pixels show more through the same noise, so the middle lies later than with 16x16 pixels.
"""
import argparse
import copy
import json
import os
import time

import numpy as np
import torch

import captions
import tensors
import unet
from diffusion import Diffusion
from train_dit import ROOT, rate

DIFFUSION = {
    "schedule": "linear", "num_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02, "prediction": "epsilon",
    "variance": "fixed_small", "clip_denoised": True,
}
CONFIG = {
    "_class_name": "UNet2DConditionModel", **unet.COMMON,
    "block_out_channels": [16, 24, 48],
    "down_block_types": ["DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"],
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"],
    "cross_attention_dim": 64, "attention_head_dim": 4, "use_linear_projection": True,
    "text": {"vocabulary": "vocabulary.json", "vocabulary_size": len(captions.WORDS), "max_length": captions.LENGTH,
             "start_token": "<bos>", "pad_token": "<pad>", "layer_norm_eps": 1e-5},
}
DROPPED = 0.1


def times(n, gen):
    """One time a picture, spread evenly over the batch, most from the middle of the schedule."""
    share = (np.arange(n) + torch.rand(n, generator=gen).numpy()) / n
    return torch.from_numpy(np.interp(share, [0, 0.1, 0.85, 1], [0, 120, 800, 1000])).long().clamp(max=999)


class Run:
    """All that a run needs to go on: model, average, optimizer, step, random state, running errors."""

    def __init__(self, args):
        torch.manual_seed(args.seed)
        self.args, self.step, self.seconds = args, 0, 0.0
        self.model = unet.UNet(CONFIG)
        self.model.init_weights()
        self.average = copy.deepcopy(self.model)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=args.lr, betas=(0.9, 0.99), weight_decay=0.0)
        self.gen = torch.Generator().manual_seed(args.seed)
        self.usual = torch.ones(20)
        self.parts = {name: getattr(self, name) for name in ("model", "average", "opt")}
        if args.state and os.path.exists(args.state):
            kept = torch.load(args.state)
            for name, part in self.parts.items():
                part.load_state_dict(kept[name])
            self.gen.set_state(kept["gen"])
            self.step, self.seconds, self.usual = kept["step"], kept["seconds"], kept["usual"]

    def keep(self):
        if self.args.state:
            kept = {name: part.state_dict() for name, part in self.parts.items()}
            kept |= {"gen": self.gen.get_state(), "step": self.step, "seconds": self.seconds, "usual": self.usual}
            torch.save(kept, self.args.state + ".new")
            os.replace(self.args.state + ".new", self.args.state)
        save(self.average, self.args.out)

    def learn(self, images, facts, process):
        """One batch; the error of each picture."""
        x = torch.from_numpy(images)
        ids = torch.from_numpy(captions.tokens(facts))
        ids[torch.rand(len(ids), generator=self.gen) < DROPPED] = torch.from_numpy(captions.empty(1))[0]
        i = times(len(x), self.gen)
        noise = torch.randn(x.shape, generator=self.gen)
        error = (self.model(process.noised(x, i, noise), i, ids) - noise).pow(2).mean((1, 2, 3))
        stretch = i * len(self.usual) // 1000
        for group in self.opt.param_groups:
            group["lr"] = rate(self.step, self.args.steps, self.args.lr, 200)
        self.opt.zero_grad(set_to_none=True)
        (error / self.usual[stretch].clamp(min=0.001)).mean().backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.opt.step()
        share = min(self.args.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for k in stretch.unique():
                self.usual[k].lerp_(error[stretch == k].mean(), 0.05)
            for a, p in zip(self.average.parameters(), self.model.parameters()):
                a.lerp_(p, 1 - share)
        return error.mean().item()


def train(args):
    run, process = Run(args), Diffusion(c=DIFFUSION)
    began, mean = time.time() - run.seconds, None
    for images, facts in captions.batches(args.seed, "unet-train", args.batch, run.step):
        if run.step >= min(args.steps, args.stop or args.steps):
            break
        error = run.learn(images, facts, process)
        mean = error if mean is None else 0.98 * mean + 0.02 * error
        run.step += 1
        run.seconds = time.time() - began
        if run.step % 100 == 0:
            print(f"{run.step} mse {mean:.4f} {run.seconds:.0f} s", *(f"{value:.4f}" for value in run.usual[::3]), flush=True)
        if run.step % 250 == 0:
            run.keep()
    run.keep()


def save(model, folder):
    os.makedirs(folder, exist_ok=True)
    tensors.write(os.path.join(folder, "model.safetensors"), model.state_dict(), "F16")
    files = {"config.json": {**CONFIG, "image": captions.IMAGE, "diffusion": DIFFUSION}, "vocabulary.json": captions.WORDS}
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3100)
    parser.add_argument("--stop", type=int, help="stop at this step, short of the schedule's end")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--state", help="a file that a stopped run goes on from")
    parser.add_argument("--out", default=os.path.join(ROOT, "public/samples/shapes-unet"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    train(args)
