"""How good a model is: loading it as others get it, accuracy with its interval, rounding, statistics."""
import copy
import json
import math
import os

import numpy as np
import torch

import shapes
import tensors
from dit import DiT
from resnet import ResNet
from unet import UNet
from vim import VisionMamba
from vit import VisionTransformer

KINDS = {kind.__name__: kind for kind in (DiT, VisionTransformer, VisionMamba, ResNet)}
KINDS |= {"UNet2DModel": UNet, "UNet2DConditionModel": UNet}
ROW = "per row, s=(max(0,max)-min(0,min))/(2^b-1), z=round(-min/s), "
RTN = ROW + "every linear layer of every block, none outside; convolutions, norms, A_log and D stay"
RTN_OF = {
    "ResNet": ROW + "every convolution, a row an output channel; the last linear layer stays",
    "UNet": ROW + "every convolution and linear layer, a row an output channel; the time embedding's two and the text encoder stay",
}

STAGES = "one picture's tokens x width in row-major order; block.N is the residual stream after block N"
STAGES_OF = {"ResNet": "one picture's channels x rows x columns; embedding is what enters block 0, block.N what leaves block N"}


def load(folder):
    """Weights rounded to F16, computed in float32."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    model = KINDS[config.get("architecture") or config["_class_name"]](config)
    # The counters of batches, which our files leave out, do nothing here.
    missing, unexpected = model.load_state_dict(tensors.read(os.path.join(folder, "model.safetensors")), strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"{folder}: missing {missing}, unexpected {unexpected}")
    return model.eval()


def pictures(path):
    data = np.load(path)
    return torch.from_numpy(shapes.normalise(data["images"])), torch.from_numpy(data["labels"].astype(np.int64))


@torch.no_grad()
def predict(model, images):
    return torch.cat([model(part).argmax(1) for part in images.split(128)])


def wilson(right, total, z=1.959964):
    """95 % interval of a share."""
    p, d = right / total, 1 + z * z / total
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / d
    middle = (p + z * z / (2 * total)) / d
    return [round(middle - half, 4), round(middle + half, 4)]


def share(right):
    """right: one bool a picture."""
    count, total = int(right.sum()), len(right)
    return {"right": count, "of": total, "accuracy": round(count / total, 4), "wilson95": wilson(count, total)}


def rtn(weight, bits):
    """Round to nearest, one asymmetric scale and zero point per row; as in ../measure.py."""
    top = 2 ** bits - 1
    low = weight.min(1, keepdim=True).values.clamp(max=0)
    high = weight.max(1, keepdim=True).values.clamp(min=0)
    scale = (high - low) / top
    zero = torch.round(-low / scale)
    return ((torch.round(weight / scale) + zero).clamp(0, top) - zero) * scale


def rounds(model, name, module):
    """Whether this module's weight is rounded; as RTN and RTN_OF say."""
    if isinstance(model, ResNet):
        return isinstance(module, torch.nn.Conv2d)
    if isinstance(model, UNet):
        outside = name.startswith(("time_embedding.", "text."))
        return isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)) and not outside
    return name.startswith(("blocks.", "layers.")) and isinstance(module, torch.nn.Linear)


@torch.no_grad()
def quantized(model, bits):
    model = copy.deepcopy(model)
    for name, module in model.named_modules():
        if rounds(model, name, module):
            rows = module.weight.flatten(1)
            module.weight.copy_(rtn(rows, bits).view_as(module.weight))
    return model


def rounded(values, digits=6):
    return [round(float(v), digits) for v in values]


def rms(x):
    return round(float(x.double().pow(2).mean().sqrt()), 6)


def statistics(x, first=8):
    """What another engine can be compared by without shipping the whole array; "first" is in row-major order."""
    return {"mean": round(float(x.double().mean()), 6), "rms": rms(x), "first": rounded(x.flatten()[:first])}
