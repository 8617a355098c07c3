"""Train the judge of captioned pictures: a narrow ResNet-20 that names size, colour, shape and ground, each among its own outputs.

    /usr/bin/python3 training/vision/train_judge.py --seed 7
"""
import argparse
import json
import os
import time

import torch
import torch.nn.functional as F

import captions
import tensors
from resnet import CONFIG, ResNet, stored
from train_dit import ROOT, rate

# The outputs, one after the other: of a picture's facts, which word each may be.
QUESTIONS = {"size": captions.SIZES, "colour": captions.NAMES, "shape": captions.CLASSES, "ground": captions.NAMES}
WIDTHS = [len(words) for words in QUESTIONS.values()]
JUDGE = {**CONFIG, "input_size": captions.SIDE, "widths": [8, 16, 32], "num_classes": sum(WIDTHS)}


def answers(logits):
    """[n, 28] to [n, 4]."""
    return torch.stack([part.argmax(1) for part in logits.split(WIDTHS, 1)], 1)


def soiled(x, gen):
    """Generated pictures are rougher than drawn ones: some noise, of another strength in each."""
    return x + 0.25 * torch.rand(len(x), 1, 1, 1, generator=gen) ** 2 * torch.randn(x.shape, generator=gen)


def train(args):
    torch.manual_seed(args.seed)
    gen, model = torch.Generator().manual_seed(args.seed), ResNet(JUDGE)
    model.init_weights()
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01)
    began = time.time()
    for step, (images, facts) in zip(range(args.steps), captions.batches(args.seed, "judge-train", args.batch)):
        for group in opt.param_groups:
            group["lr"] = rate(step, args.steps, args.lr)
        logits, y = model(soiled(torch.from_numpy(images), gen)), torch.from_numpy(facts)
        loss = sum(F.cross_entropy(part, y[:, k]) for k, part in enumerate(logits.split(WIDTHS, 1)))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 50 == 49:
            right = (answers(logits) == y).float().mean(0).tolist()
            print(f"{step + 1} loss {loss.item():.4f} right", *(f"{value:.3f}" for value in right), f"{time.time() - began:.0f} s", flush=True)
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--out", default=os.path.join(ROOT, "public/samples/shapes-judge"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = train(args)
    os.makedirs(args.out, exist_ok=True)
    tensors.write(os.path.join(args.out, "model.safetensors"), stored(model), "F16")
    names = [("on " if question == "ground" else "") + word for question, words in QUESTIONS.items() for word in words]
    with open(os.path.join(args.out, "config.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps({**JUDGE, "class_names": names, "image": captions.IMAGE}, indent=2) + "\n")
