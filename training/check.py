"""Measure the finished sample and write its reference.json.

    /usr/bin/python3 training/check.py

Reads only the files in the sample's folder (weights as rounded to F16, computed in
float32), except for the unigram baseline, which counts freshly written training
stories. What is written here is what the studio's own engine has to reproduce.
"""
import argparse
import itertools
import json
import os

import torch

import llama
import measure
from bpe import BPE, BOS_ID, EOS_ID
from story_grammar import stories

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROMPT = "Once upon a time, there was a little girl named Mia. One windy day, she took her shiny red kite to the park."


def rounded(values, digits=6):
    return [round(float(v), digits) for v in values]


@torch.no_grad()
def forward_check(model, first_window):
    ids = first_window[:8]
    states = model.hidden_states(ids[None])
    logits = model(ids[None])[0, -1]
    return {"ids": ids.tolist(),
            "hidden_mean_abs": rounded(s.abs().mean() for s in states),
            "hidden_mean_abs_per_token": [rounded(s[0].abs().mean(-1)) for s in states],
            "last_logits_first8": rounded(logits[:8]),
            "last_argmax": int(logits.argmax())}


def main(folder, seed):
    torch.set_num_threads(2)
    tokenizer, model = BPE.load(folder), llama.load_model(folder)
    heldout = measure.read_texts(os.path.join(folder, "heldout.jsonl"))
    windows, tokens = measure.windows_of(heldout, tokenizer)
    cal_windows, cal_tokens = measure.windows_of(measure.read_texts(os.path.join(folder, "calibration.jsonl")), tokenizer)

    train_ids = [i for t in itertools.islice(stories(seed, "train"), 5000) for i in tokenizer.encode(t)]
    unigram = measure.unigram_perplexity(torch.tensor(train_ids), windows, model.config["vocab_size"])
    full = measure.perplexity(model, windows)
    low = {bits: measure.quantized(model, bits) for bits in (4, 3, 2)}
    quantized = {bits: measure.perplexity(m, windows) for bits, m in low.items()}

    prompt = tokenizer.encode(PROMPT)
    sample = measure.greedy(model, prompt, 40)
    story = measure.greedy(model, prompt, 220, stop=(BOS_ID, EOS_ID))
    reference = {
        "made_by": "training/check.py, PyTorch float32, weights as rounded to F16",
        "protocol": "texts tokenized with BOS, concatenated, windows of 256, rest dropped; "
                    "perplexity over positions 1..255 of every window",
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "heldout": {"texts": len(heldout), "tokens": tokens, "windows": len(windows),
                    "scored_positions": len(windows) * (measure.WINDOW - 1), "perplexity": round(full, 6),
                    "unigram_perplexity": round(unigram, 4),
                    **{f"rtn{bits}_perplexity": round(p, 6) for bits, p in quantized.items()}},
        "calibration": {"tokens": cal_tokens, "windows": len(cal_windows)},
        "rtn": "per row, s=(max(0,max)-min(0,min))/(2^b-1), z=round(-min/s), "
               "all q,k,v,o,gate,up,down projections",
        "greedy": {"prompt": PROMPT, "prompt_ids": prompt, "ids": sample[len(prompt):],
                   "text": tokenizer.decode(sample[len(prompt):])},
        "forward": forward_check(model, windows[0]),
    }
    with open(os.path.join(folder, "reference.json"), "w", encoding="utf-8") as f:
        json.dump(reference, f, indent=1)
        f.write("\n")

    print(f"parameters {reference['parameters']}, held-out tokens {tokens} ({len(windows)} windows), "
          f"calibration tokens {cal_tokens} ({len(cal_windows)} windows)")
    print(f"perplexity: full {full:.4f}, unigram {unigram:.1f}")
    for bits, p in quantized.items():
        print(f"  {bits}-bit round to nearest {p:.4f}  ({100 * (p / full - 1):+.1f} %)")
    print("greedy, full precision:\n  " + tokenizer.decode(story))
    for bits in (4, 3):
        print(f"greedy, {bits} bits:\n  " + tokenizer.decode(measure.greedy(low[bits], prompt, 220, stop=(BOS_ID, EOS_ID))))
    total = sum(e.stat().st_size for e in os.scandir(folder))
    print(f"bytes in the folder: {total}")


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--folder", default=os.path.join(ROOT, "public", "samples", "stories-1m"))
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    main(args.folder, args.seed)
