"""Measure the finished diffusion sample; write its reference.json, and fixtures for the engine's tests.

    /usr/bin/python3 training/vision/check_dit.py --png /tmp/dit-samples.png

Reads the files in the sample's folder (weights as rounded to F16, computed in float32), and the
ViT sample next to it, which says whether a generated picture shows what was asked for.
"""
import argparse
import json
import os

import numpy as np
import torch

import measure
import png
import shapes
import tensors
from diffusion import Diffusion, guided, sample
from train_dit import ROOT

SEED, CLASSES, SCALE, STEPS = 20, [0, 3], 2.0, 10
NOTES = {
    "time": "the t given here is the training schedule's, 0..999; a respaced run keeps round(k * 999 / (count - 1)), "
            "halves to even, and the model always sees the kept t, never k",
    "guidance": "eps = uncond + scale * (cond - uncond), on all in_channels eps channels. facebookresearch/DiT guides "
                "the first three channels of its output only, for reproducibility, and says so; its latents have four. "
                "With three channels both are the same. The variance half of the conditional pass is kept unguided.",
    "clip": "the guess of the finished picture is clamped to [-1, 1] before the posterior mean, and before DDIM derives "
            "its eps from it (DiT's own sample.py works on latents and does not clamp)",
    "ddpm": "mean = posterior mean of the clamped guess; log variance = part * log beta + (1 - part) * log of the clipped "
            "posterior variance, part = (v + 1) / 2, with the respaced betas; no noise at the last step",
    "ddim": "eta = 0",
}


def grey(x):
    """Back to uint8 [n, H, W, 3]."""
    return ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


@torch.no_grad()
def forward_check(model, x, t):
    """One forward pass a class: the output, and the residual stream after every block."""
    checks = []
    for k, y in enumerate(CLASSES):
        record = {}
        output = model(x[k:k + 1], torch.tensor([t]), torch.tensor([y]), record)[0]
        stages = {name: measure.statistics(value[0]) for name, value in record.items() if name != "output"}
        checks.append({"t": t, "class": y, "output": measure.statistics(output, 16), "stages": stages})
    return checks


@torch.no_grad()
def posterior_check(model, process, k, x):
    """One guided DDPM step, short of its noise."""
    i, t = torch.full((2,), k), torch.full((2,), process.steps[k])
    mean, log_variance, start = process.step(guided(model, x, t, torch.tensor(CLASSES), SCALE), x, i)
    each = {"mean": mean, "log_variance": log_variance, "pred_xstart": start}
    return mean, {"t": process.steps[k], **{name: measure.statistics(v, 16) for name, v in each.items()}}


@torch.no_grad()
def noise_error(model, seed):
    """Mean squared error of the predicted noise on pictures of a split of its own, times spread evenly."""
    images, labels = shapes.draw(shapes.generator(seed, "dit-heldout"), 512, calm=True)
    x, y = torch.from_numpy(shapes.normalise(images)), torch.from_numpy(labels)
    gen, process = torch.Generator().manual_seed(seed), Diffusion()
    i = torch.arange(512) * 1000 // 512
    noise = torch.randn(x.shape, generator=gen)
    parts = [process.loss(model, *part) for part in zip(*(v.split(64) for v in (x, y, i, noise)))]
    return round(float(torch.cat([mse for mse, _ in parts]).mean()), 5)


def generate(model, judge, each, count, scale, sampler):
    """`each` pictures a class from one noise for all settings; and whether the judge sees the class."""
    gen = torch.Generator().manual_seed(SEED + 1)
    y = torch.arange(len(shapes.CLASSES)).repeat_interleave(each)
    x = sample(model, torch.randn(len(y), 3, shapes.SIDE, shapes.SIDE, generator=gen), y, count, scale, sampler, gen)
    # Judged as uint8 pictures, like all others the judge has seen.
    return x, y, measure.predict(judge, torch.from_numpy(shapes.normalise(grey(x)))) == y


def main(args):
    torch.set_num_threads(1)
    model, judge = measure.load(args.folder), measure.load(args.judge)
    gen = torch.Generator().manual_seed(SEED)
    noise = torch.randn(2, 3, shapes.SIDE, shapes.SIDE, generator=gen)
    images, labels = shapes.draw(shapes.generator(SEED, "dit-fixture"), 64, calm=True)
    picture = torch.from_numpy(shapes.normalise(np.stack([images[labels == y][0] for y in CLASSES])))
    process = Diffusion()
    inputs = {t: process.noised(picture, torch.full((2,), t), noise) for t in (500, 20)}
    walk = []
    final = sample(model, noise, torch.tensor(CLASSES), STEPS, SCALE, each=lambda k, x: walk.append(measure.rms(x)))
    first_mean, first = posterior_check(model, Diffusion(STEPS), STEPS - 1, noise)
    _, middle = posterior_check(model, process, 500, inputs[500])
    tensors.write(os.path.join(ROOT, "src/model/testing/fixtures-vision/shapes-dit.safetensors"), {
        "noise": noise, "input.500": inputs[500], "input.20": inputs[20], "ddim.final": final, "ddpm.mean": first_mean,
    }, "F32")

    low = {bits: measure.quantized(model, bits) for bits in (4, 3, 2)}
    settings = [(50, 2.0, "ddim"), (50, 4.0, "ddim"), (50, 1.0, "ddim"), (10, 2.0, "ddim"), (50, 2.0, "ddpm")]
    made = {s: generate(model, judge, args.each, *s) for s in settings}
    x, y, right = made[settings[0]]
    damage = {}
    for bits, rough in low.items():
        z, _, still = generate(rough, judge, args.each, *settings[0])
        damage[str(bits)] = {"noise_mse": noise_error(rough, SEED), "picture_rms_difference": measure.rms(z - x),
                             "judged": measure.share(still)}
    if args.png:
        shown = [k * args.each + j for k in range(len(shapes.CLASSES)) for j in range(min(16, args.each))]
        png.write(args.png, png.grid(grey(x)[shown], min(16, args.each)))
    reference = {
        "made_by": "training/vision/check_dit.py, PyTorch float32, weights as rounded to F16",
        "parameters": sum(p.numel() for p in model.parameters()),
        "notes": NOTES,
        "fixtures": "noise and input.T [2, 3, 16, 16], the pictures of classes 0 and 3; ddim.final: the guided DDIM run's "
                    "end; ddpm.mean: the mean of the guided DDPM run's first step, both in 10 steps from noise",
        "seed": SEED, "classes": CLASSES, "cfg_scale": SCALE, "steps": STEPS,
        "forward": [check for t in (500, 20) for check in forward_check(model, inputs[t], t)],
        "ddim": {"timesteps": Diffusion(STEPS).steps[::-1], "rms_after_step": walk, "final": measure.statistics(final, 16)},
        "ddpm": {"respaced_first_step": first, "full_schedule": middle},
        "quality": {
            "judge": "the ViT sample's accuracy on generated pictures; the noise is the same for all settings and bits",
            "pictures_per_class": args.each,
            "noise_mse": noise_error(model, SEED),
            "generated": [{"sampler": s, "steps": n, "cfg_scale": g, **measure.share(ok)}
                          for (n, g, s), (_, _, ok) in made.items()],
            "per_class_ddim50_cfg2": {n: measure.share(right[y == k]) for k, n in enumerate(shapes.CLASSES)},
            "rtn": measure.RTN, "rtn_ddim50_cfg2": damage,
        },
    }
    with open(os.path.join(args.folder, "reference.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(reference, indent=1) + "\n")
    print(json.dumps(reference["quality"], indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default=os.path.join(ROOT, "public/samples/shapes-dit"))
    parser.add_argument("--judge", default=os.path.join(ROOT, "public/samples/shapes-vit"))
    parser.add_argument("--each", type=int, default=32)
    parser.add_argument("--png")
    main(parser.parse_args())
