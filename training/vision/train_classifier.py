"""Train one of the three classifier samples, and write its calibration and held-out pictures.

    /usr/bin/python3 training/vision/train_classifier.py vit --seed 7
    /usr/bin/python3 training/vision/train_classifier.py vim --seed 7
    /usr/bin/python3 training/vision/train_classifier.py resnet --seed 7
"""
import argparse
import json
import os
import time

import torch
import torch.nn.functional as F

import resnet
import shapes
import tensors
import vim
import vit
from train_dit import ROOT, rate

# Steps and batch as the committed samples had them: the scan is slow, so its model sees fewer pictures in smaller batches.
MODELS = {"vit": (vit.VisionTransformer, vit.CONFIG, 2500, 128), "vim": (vim.VisionMamba, vim.CONFIG, 1800, 64),
          "resnet": (resnet.ResNet, resnet.CONFIG, 700, 128)}
PICTURES = {"calibration": 128, "heldout": 512}


def groups(model, decay):
    """Weight decay for the matrices and a ResNet's convolutions; not for A_log, norms, biases, tokens and positions."""
    sizes = (2, 4) if isinstance(model, resnet.ResNet) else (2,)
    heavy = lambda name, p: p.dim() in sizes and not name.endswith("_log")
    pick = lambda wanted: [p for name, p in model.named_parameters() if heavy(name, p) == wanted]
    return [{"params": pick(True), "weight_decay": decay}, {"params": pick(False), "weight_decay": 0.0}]


def train(model, args):
    opt = torch.optim.AdamW(groups(model, args.decay), lr=args.lr, betas=(0.9, 0.98))
    began, mean = time.time(), None
    for step, (images, labels) in zip(range(args.steps), shapes.batches(args.seed, "train", args.batch)):
        for group in opt.param_groups:
            group["lr"] = rate(step, args.steps, args.lr)
        logits, y = model(torch.from_numpy(images)), torch.from_numpy(labels)
        loss = F.cross_entropy(logits, y)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        now = torch.stack([loss, (logits.argmax(1) == y).float().mean()]).detach()
        mean = now if mean is None else 0.98 * mean + 0.02 * now
        if step % 50 == 49:
            print(f"{step + 1} loss {mean[0]:.4f} right {mean[1]:.4f} {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.05)
    parser.add_argument("--out")
    args = parser.parse_args()
    out = args.out or os.path.join(ROOT, "public/samples/shapes-" + args.model)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    kind, config, steps, batch = MODELS[args.model]
    args.steps, args.batch = args.steps or steps, args.batch or batch
    model = kind(config)
    model.init_weights()
    train(model, args)
    os.makedirs(out, exist_ok=True)
    tensors.write(os.path.join(out, "model.safetensors"), resnet.stored(model), "F16")
    with open(os.path.join(out, "config.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps({**config, "class_names": shapes.CLASSES, "image": shapes.IMAGE}, indent=2) + "\n")
    for split, count in PICTURES.items():
        shapes.save(os.path.join(out, split + ".npz"), args.seed, split, count)
