"""How good is the model: perplexity, unigram baseline, round-to-nearest, sampling."""
import copy
import json
import math

import torch
import torch.nn.functional as F

from llama import PROJECTIONS

WINDOW = 256


def read_texts(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line)["text"] for line in f]


def windows_of(texts, tokenizer):
    """Every text with its BOS, all in a row, cut into windows; the rest is dropped."""
    ids = [i for t in texts for i in tokenizer.encode(t)]
    n = len(ids) // WINDOW
    return torch.tensor(ids[:n * WINDOW]).view(n, WINDOW), len(ids)


@torch.no_grad()
def perplexity(model, windows):
    """exp of the mean negative log-likelihood of positions 1..255 of every window."""
    total = 0.0
    for part in windows.split(16):
        logits = model(part)[:, :-1]
        total += F.cross_entropy(logits.reshape(-1, logits.shape[-1]), part[:, 1:].reshape(-1),
                                 reduction="sum").double().item()
    return math.exp(total / (windows.shape[0] * (WINDOW - 1)))


def unigram_perplexity(train_ids, windows, vocab_size):
    """A model that knows only how often each token occurs in the training text."""
    counts = torch.bincount(train_ids, minlength=vocab_size).double() + 1
    nll = -(counts / counts.sum()).log()
    return math.exp(nll[windows[:, 1:]].mean().item())


def rtn(weight, bits):
    """Round to nearest, one asymmetric scale and zero point per row."""
    top = 2 ** bits - 1
    low = weight.min(1, keepdim=True).values.clamp(max=0)
    high = weight.max(1, keepdim=True).values.clamp(min=0)
    scale = (high - low) / top
    zero = torch.round(-low / scale)
    return ((torch.round(weight / scale) + zero).clamp(0, top) - zero) * scale


@torch.no_grad()
def quantized(model, bits):
    model = copy.deepcopy(model)
    for name, p in model.named_parameters():
        if name.split(".")[-2] in PROJECTIONS:
            p.copy_(rtn(p, bits))
    return model


@torch.no_grad()
def greedy(model, ids, count, stop=()):
    ids = list(ids)
    for _ in range(count):
        ids.append(int(model(torch.tensor([ids[-model.config["max_position_embeddings"]:]]))[0, -1].argmax()))
        if ids[-1] in stop:
            break
    return ids
