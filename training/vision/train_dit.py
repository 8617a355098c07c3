"""Train the diffusion sample.

    /usr/bin/python3 training/vision/train_dit.py --seed 7

Adam on the squared error of the noise plus the variational bound, which reaches only the variance
half of the output; the file gets the moving average of the weights.

Unlike in DiT, the error is divided by its own running mean at about that time. Late in the
schedule the noise is nearly all there is to see and the error small, early it is large because
the pictures' own grain cannot be told from noise; unweighted, the training is spent on grain
while the shapes, which take form in the middle, are learned slowly.
"""
import argparse
import copy
import json
import math
import os
import time

import numpy as np
import torch

import diffusion
import dit
import shapes
import tensors

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def rate(step, steps, peak, warm=100):
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))))


def times(n, gen):
    """One time a picture, spread evenly over the batch: less noise in the loss than drawing each alone.

    Most from the middle of the schedule: after 700 little can be seen but a colour, before 100 little is left to do.
    """
    share = (np.arange(n) + torch.rand(n, generator=gen).numpy()) / n
    return torch.from_numpy(np.interp(share, [0, 0.12, 0.85, 1], [0, 100, 700, 1000])).long().clamp(max=999)


def train(args):
    torch.manual_seed(args.seed)
    model, process = dit.DiT(dit.CONFIG), diffusion.Diffusion()
    model.init_weights()
    average = copy.deepcopy(model)
    weights = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(weights, lr=args.lr, betas=(0.9, 0.99), weight_decay=0.0)
    gen = torch.Generator().manual_seed(args.seed)
    usual = torch.ones(20)  # the error's running mean in 20 stretches of the schedule
    began, mean = time.time(), None
    for step, (images, labels) in zip(range(args.steps), shapes.batches(args.seed, "dit-train", args.batch, calm=True)):
        for group in opt.param_groups:
            group["lr"] = rate(step, args.steps, args.lr)
        x, y = torch.from_numpy(images), torch.from_numpy(labels)
        y[torch.rand(len(y), generator=gen) < dit.CONFIG["class_dropout_prob"]] = dit.CONFIG["num_classes"]
        i = times(len(y), gen)
        mse, bound = process.loss(model, x, y, i, torch.randn(x.shape, generator=gen))
        opt.zero_grad(set_to_none=True)
        stretch = i * len(usual) // 1000
        (mse / usual[stretch].clamp(min=0.001) + bound).mean().backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        opt.step()
        keep = min(args.average, (1 + step) / (10 + step))
        with torch.no_grad():
            for k in stretch.unique():
                usual[k].lerp_(mse[stretch == k].mean(), 0.05)
            for a, p in zip(average.parameters(), model.parameters()):
                a.lerp_(p, 1 - keep)
        now = torch.stack([mse.mean(), bound.mean()]).detach()
        mean = now if mean is None else 0.98 * mean + 0.02 * now
        if step % 50 == 49:
            print(f"{step + 1} mse {mean[0]:.4f} bound {mean[1]:.4f} {time.time() - began:.0f} s",
                  *(f"{value:.3f}" for value in usual[::3]), flush=True)
        if step % 500 == 499:
            save(average, args.out)
    return average


def save(model, folder):
    os.makedirs(folder, exist_ok=True)
    tensors.write(os.path.join(folder, "model.safetensors"), model.state_dict(), "F16")
    config = {**dit.CONFIG, "class_names": shapes.CLASSES, "image": shapes.IMAGE, "diffusion": diffusion.CONFIG}
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3500)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--out", default=os.path.join(ROOT, "public/samples/shapes-dit"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    save(train(args), args.out)
