"""Measure the finished captioned sample; write its reference.json, and fixtures for the engine's tests.

    /usr/bin/python3 training/vision/check_unet.py --png /tmp/unet-samples.png

Reads the files in the sample's folder (weights as rounded to F16, computed in float32); fit.py says whether a generated picture shows
what its caption asks for.
"""
import argparse
import json
import os

import numpy as np
import torch

import captions
import fit
import measure
import png
import tensors
from captioned import sample
from check_dit import grey
from diffusion import Diffusion
from shapes import CLASSES, generator, normalise
from train_dit import ROOT

SEED, SCALE, STEPS = 20, 2.0, 20
QUESTIONS = ("size", "colour", "shape", "ground")
# Size, colour, shape, ground: large red disc on blue; small yellow plus on purple.
ASKED = np.array([[1, 0, 0, 4], [0, 2, 5, 5]])
NOTES = {
    "time": "the t given here is the training schedule's, 0..999; a respaced run keeps round(k * 999 / (count - 1)), "
            "halves to even, and the model always sees the kept t, never k",
    "caption": "words of vocabulary.json by their places: <bos> size colour shape on ground, then <pad>; the empty caption is <bos> and padding, "
               "and padding is attended to like any word",
    "guidance": "eps = empty + scale * (captioned - empty)",
    "clip": "the guess of the finished picture is clamped to [-1, 1] before the posterior mean, and before DDIM derives its eps from it",
    "ddpm": "posterior mean and posterior variance (fixed_small) with the respaced betas; no noise at the last step",
    "ddim": "eta = 0",
}


def asked(facts):
    return torch.from_numpy(captions.tokens(facts))


@torch.no_grad()
def forward_check(model, x, t):
    """One forward pass a caption: the output, and what leaves every part."""
    checks = []
    for k, caption in enumerate(captions.text(ASKED)):
        record = {}
        output = model(x[k:k + 1], torch.tensor([t]), asked(ASKED[k:k + 1]), record)[0]
        stages = {name: measure.statistics(value[0]) for name, value in record.items() if name != "output"}
        checks.append({"t": t, "caption": caption, "output": measure.statistics(output, 16), "stages": stages})
    return checks


@torch.no_grad()
def noise_error(model):
    """Mean squared error of the predicted noise on pictures of a split of its own, times spread evenly."""
    images, facts = captions.draw(generator(SEED, "unet-heldout"), 256)
    x, gen, process = torch.from_numpy(normalise(images)), torch.Generator().manual_seed(SEED), Diffusion()
    i = torch.arange(256) * 1000 // 256
    noise = torch.randn(x.shape, generator=gen)
    parts = zip(*(v.split(64) for v in (process.noised(x, i, noise), i, asked(facts), noise)))
    return round(float(torch.cat([(model(z, t, ids) - e).pow(2).mean((1, 2, 3)) for z, t, ids, e in parts]).mean()), 5)


def wishes(each):
    """Facts of `each` pictures a shape."""
    facts = captions.draw(generator(SEED, "unet-asked"), 30 * each)[1]
    return np.concatenate([facts[facts[:, 2] == k][:each] for k in range(len(CLASSES))])


def generate(model, judge, facts, count, scale, sampler):
    """Pictures from one noise for all settings; for each, which of its four facts the judge sees."""
    gen = torch.Generator().manual_seed(SEED + 1)
    noise = torch.randn(len(facts), 3, captions.SIDE, captions.SIDE, generator=gen)
    ids = asked(facts)
    made = [sample(model, *part, count, scale, sampler, gen) for part in zip(noise.split(50), ids.split(50))]
    x = torch.cat(made)
    return x, torch.from_numpy(judge.answers(grey(x)) == facts)


def verdict(right):
    each = {name: measure.share(right[:, k]) for k, name in enumerate(QUESTIONS)}
    return {"shape_and_colour": measure.share(right[:, 1] & right[:, 2]), "all_four": measure.share(right.all(1)), **each}


@torch.no_grad()
def stages(model):
    """What another engine has to reproduce; writes the fixtures beside it."""
    noise = torch.randn(2, 3, captions.SIDE, captions.SIDE, generator=torch.Generator().manual_seed(SEED))
    images, _ = captions.draw(generator(SEED, "unet-fixture"), 2)
    picture, process = torch.from_numpy(normalise(images)), Diffusion()
    inputs = {t: process.noised(picture, torch.full((2,), t), noise) for t in (500, 20)}
    walk = []
    final = sample(model, noise, asked(ASKED), STEPS, SCALE, each=lambda k, x: walk.append(measure.rms(x)))
    outputs = {t: model(x, torch.full((2,), t), asked(ASKED)) for t, x in inputs.items()}
    tensors.write(os.path.join(ROOT, "src/model/testing/fixtures-vision/shapes-unet.safetensors"), {
        "noise": noise, "ddim.final": final, **{f"input.{t}": x for t, x in inputs.items()}, **{f"output.{t}": x for t, x in outputs.items()},
    }, "F32")
    return {
        "forward": [check for t in (500, 20) for check in forward_check(model, inputs[t], t)],
        "ddim": {"timesteps": Diffusion(STEPS).steps[::-1], "rms_after_step": walk, "final": measure.statistics(final, 16)},
    }


def quality(model, each, path):
    """What the judge sees in generated pictures, by guidance, and of rounded networks; yields what is known so far."""
    judge, (drawn, true) = fit.Judge(), captions.draw(generator(SEED, "judge-heldout"), 300)
    facts = wishes(each)
    found = {
        "judge": "shares of generated pictures in which fit.py sees what was asked; the noise is the same for all settings and bits",
        "judge_on_drawn_pictures": verdict(torch.from_numpy(judge.answers(drawn) == true)),
        "pictures_per_shape": each, "noise_mse": noise_error(model), "generated": [],
        "rtn": measure.RTN_OF["UNet"], "rtn_ddim20_cfg2": {},
    }
    x, right = generate(model, judge, facts, 20, 2.0, "ddim")
    found["generated"].append({"sampler": "ddim", "steps": 20, "cfg_scale": 2.0, **verdict(right)})
    found["per_shape_ddim20_cfg2"] = {name: measure.share((right[:, 1] & right[:, 2])[facts[:, 2] == k]) for k, name in enumerate(CLASSES)}
    if path:
        rows = [k * each + j for k in range(len(CLASSES)) for j in range(min(16, each))]
        png.write(path, png.grid(grey(x)[rows], min(16, each)))
    yield found
    for bits in (4, 8, 3):
        rough = measure.quantized(model, bits)
        z, still = generate(rough, judge, facts, 20, 2.0, "ddim")
        found["rtn_ddim20_cfg2"][str(bits)] = {"noise_mse": noise_error(rough), "picture_rms_difference": measure.rms(z - x), **verdict(still)}
        yield found
    for scale in (4.0, 1.0):
        _, right = generate(model, judge, facts, 20, scale, "ddim")
        found["generated"].append({"sampler": "ddim", "steps": 20, "cfg_scale": scale, **verdict(right)})
        yield found


def main(args):
    torch.set_num_threads(1)
    model = measure.load(args.folder)
    reference = {
        "made_by": "training/vision/check_unet.py, PyTorch float32, weights as rounded to F16",
        "parameters": sum(p.numel() for p in model.parameters()),
        "notes": NOTES,
        "fixtures": "noise and input.T [2, 3, 32, 32]; output.T: the noise predicted there under the two captions; ddim.final: the guided run's end",
        "seed": SEED, "captions": captions.text(ASKED), "tokens": asked(ASKED).tolist(), "cfg_scale": SCALE, "steps": STEPS,
        **stages(model),
    }
    parts = quality(model, args.each, args.png) if args.each else []
    write(args.folder, reference)
    for reference["quality"] in parts:
        write(args.folder, reference)
        print(json.dumps(reference["quality"], indent=1), flush=True)


def write(folder, reference):
    with open(os.path.join(folder, "reference.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default=os.path.join(ROOT, "public/samples/shapes-unet"))
    parser.add_argument("--each", type=int, default=10, help="pictures a shape to judge; 0 leaves quality out")
    parser.add_argument("--png")
    main(parser.parse_args())
