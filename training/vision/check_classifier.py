"""Measure a finished classifier sample and write its reference.json.

    /usr/bin/python3 training/vision/check_classifier.py public/samples/shapes-vit
    /usr/bin/python3 training/vision/check_classifier.py public/samples/shapes-vim
    /usr/bin/python3 training/vision/check_classifier.py public/samples/shapes-resnet

Reads only the files in the folder: weights as rounded to F16, computed in float32.
"""
import json
import os
import sys

import torch

import measure
from resnet import stored


@torch.no_grad()
def stages(model, image):
    """The whole forward pass of one picture: statistics a stage, the logits in full."""
    record = {}
    logits = model(image[None], record)[0]
    kept = [name for name in record if name != "logits" and (name.startswith("block.0") or name.count(".") < 2)]
    return {"logits": measure.rounded(logits), "stages": {name: measure.statistics(record[name][0]) for name in kept}}


def main(folder):
    torch.set_num_threads(1)
    model = measure.load(folder)
    images, labels = measure.pictures(os.path.join(folder, "heldout.npz"))
    full = measure.predict(model, images)
    low = {bits: measure.predict(measure.quantized(model, bits), images) for bits in (4, 3, 2)}
    calibration, calibration_labels = measure.pictures(os.path.join(folder, "calibration.npz"))
    names = model.config["class_names"]
    reference = {
        "made_by": "training/vision/check_classifier.py, PyTorch float32, weights as rounded to F16",
        "parameters": sum(p.numel() for p in stored(model).values()),
        "heldout": measure.share(full == labels),
        "heldout_per_class": {n: measure.share((full == labels)[labels == k]) for k, n in enumerate(names)},
        "heldout_predictions": full.tolist(),
        "calibration": measure.share(measure.predict(model, calibration) == calibration_labels),
        "rtn": measure.RTN_OF.get(type(model).__name__, measure.RTN),
        "heldout_rtn": {str(bits): measure.share(guess == labels) for bits, guess in low.items()},
        "first_images": [{"label": int(labels[k]), **stages(model, images[k])} for k in (0, 1)],
        "stages": measure.STAGES_OF.get(type(model).__name__, measure.STAGES),
    }
    with open(os.path.join(folder, "reference.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(reference, indent=1) + "\n")
    print(json.dumps({k: reference[k] for k in ("parameters", "heldout", "calibration", "heldout_rtn")}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1])
