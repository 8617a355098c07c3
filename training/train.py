"""Make the bundled sample from nothing: stories, tokenizer, model, reference figures.

    /usr/bin/python3 training/train.py --seed 7

Everything is drawn from the seed; the result lands in public/samples/stories-1m.
How long it takes and what it needs is in README.md next to this file.
"""
import argparse
import itertools
import json
import math
import os
import time

import torch
import torch.nn.functional as F

import check
import llama
import measure
from bpe import BPE, EOS_ID
from story_grammar import stories

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Streams with names of their own: no two of them draw the same random numbers.
TEXTS = {"calibration": 62_000, "heldout": 30_000}  # characters
# This share of the training stories ends in </s>, the rest run straight into the
# next <s>. So the model can end a story when it is asked for one, and is not
# thrown off by the evaluation stream, which has no </s>.
END_SHARE = 0.75


def write_texts(folder, seed):
    for name, size in TEXTS.items():
        with open(os.path.join(folder, name + ".jsonl"), "w", encoding="utf-8") as f:
            source, written = stories(seed, name), 0
            while written < size:
                text = next(source)
                f.write(json.dumps({"text": text}) + "\n")
                written += len(text)


def token_stream(texts, tokenizer, seed):
    """All training tokens in one row, and where its stories start."""
    gen = torch.Generator().manual_seed(seed)
    ends = torch.rand(len(texts), generator=gen) < END_SHARE
    ids, starts = [], []
    for text, end in zip(texts, ends.tolist()):
        starts.append(len(ids))
        ids.extend(tokenizer.encode(text))
        if end:
            ids.append(EOS_ID)
    return torch.tensor(ids, dtype=torch.int16), torch.tensor(starts)


def learning_rate(step, steps, peak):
    warm = 100
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))))


def train(model, stream, starts, args):
    decay = [p for p in model.parameters() if p.dim() == 2]
    no_decay = [p for p in model.parameters() if p.dim() != 2]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": args.decay}, {"params": no_decay, "weight_decay": 0.0}],
                            lr=args.lr, betas=(0.9, 0.98), eps=1e-8)
    gen = torch.Generator().manual_seed(args.seed)
    window = torch.arange(measure.WINDOW)
    last = len(stream) - measure.WINDOW
    starts = starts[starts < last]
    began, mean = time.time(), None
    for step in range(args.steps):
        for group in opt.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.lr)
        # Windows from anywhere, as in the evaluation; a quarter starts a story, as a prompt does.
        at = torch.randint(0, last, (args.batch,), generator=gen)
        fresh = args.batch // 4
        at[:fresh] = starts[torch.randint(0, len(starts), (fresh,), generator=gen)]
        ids = stream[at[:, None] + window].long()
        logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0 or step == args.steps - 1:
            print(f"step {step:5d}  loss {mean:.4f}  perplexity {math.exp(mean):7.3f}  "
                  f"{(step + 1) * args.batch * measure.WINDOW / (time.time() - began):6.0f} tokens/s  "
                  f"{(time.time() - began) / 60:5.1f} min", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--steps", type=int, default=1500)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--stories", type=int, default=90_000)
    ap.add_argument("--lr", type=float, default=5e-3)
    ap.add_argument("--decay", type=float, default=0.05)
    ap.add_argument("--out", default=os.path.join(ROOT, "public", "samples", "stories-1m"))
    args = ap.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)  # tiny softmax values would slow the backward pass down
    torch.manual_seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    began = time.time()

    write_texts(args.out, args.seed)
    texts = list(itertools.islice(stories(args.seed, "train"), args.stories))
    tokenizer = BPE.train(texts[:6000], llama.CONFIG["vocab_size"])
    tokenizer.save(args.out, llama.CONFIG["max_position_embeddings"])
    stream, starts = token_stream(texts, tokenizer, args.seed)
    print(f"{len(texts)} stories, {len(stream)} tokens, {time.time() - began:.0f} s", flush=True)

    model = llama.Llama(llama.CONFIG)
    model.init_weights()
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    train(model, stream, starts, args)
    with open(os.path.join(args.out, "config.json"), "w", encoding="utf-8") as f:
        json.dump(llama.CONFIG, f, indent=2)
        f.write("\n")
    llama.save_safetensors(model, os.path.join(args.out, "model.safetensors"))
    print(f"trained in {(time.time() - began) / 60:.1f} min", flush=True)
    check.main(args.out, args.seed)


if __name__ == "__main__":
    main()
