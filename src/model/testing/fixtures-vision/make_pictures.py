"""Checksums of what numpy draws and of the pictures that training/vision draws from it: the yardstick of their ports to TypeScript.

    /usr/bin/python3 make_pictures.py        # needs numpy
"""
import json
import os
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../../training/vision"))

import numpy as np  # noqa: E402

import captions  # noqa: E402
import shapes  # noqa: E402

ENTROPY = [[0], [7, 123456789], [5, 6, 7, 8, 9, 4294967295]]
LABELLED = [(7, "train", False), (7, "heldout", False), (20, "dit-heldout", True), (4294967295, "", True)]
CAPTIONED = [(7, "unet-train", 0), (7, "unet-train", 100000), (0, "unet-heldout", 3)]
DRAWN, PICTURES, CAPTIONS = 3000, 96, 24


def crc(array, kind):
    return zlib.crc32(np.ascontiguousarray(array, dtype=kind).tobytes())


def numbers(entropy):
    """One generator throughout: what a draw leaves over has to be right for the next."""
    rng = np.random.default_rng(entropy)
    drawn = {
        "integers": crc(rng.integers(10, size=DRAWN + 1), np.int32),
        "uniform": crc(rng.random(DRAWN), np.float64),
        "ranged": crc(rng.uniform(-0.35, 0.35, DRAWN), np.float64),
        "large": crc(rng.integers(3_000_000_000, size=DRAWN), np.uint32),
        "choice": crc(rng.choice(4, DRAWN, p=(0.4, 0.3, 0.15, 0.15)), np.int32),
    }
    normal = rng.normal(0.5, 0.3, DRAWN)
    # Nearer than the tail, where the last bit is the machine's.
    drawn["normal"] = crc(np.where(np.abs(normal - 0.5) < 0.3 * 3.65, normal, 0), np.float64)
    rng.bit_generator.advance(10 ** 12)
    return {"entropy": entropy, **drawn, "skipped": crc(rng.random(5), np.float64)}


def labelled(seed, split, calm):
    images, labels = shapes.draw(shapes.generator(seed, split), PICTURES, calm)
    return {"seed": seed, "split": split, "calm": calm, "pixels": crc(images, np.uint8), "labels": crc(labels, np.uint8)}


def captioned(seed, split, first):
    rng = captions.generator(seed, split)
    rng.bit_generator.advance(first * captions.DRAWS)
    images, facts = captions.draw(rng, CAPTIONS)
    return {"seed": seed, "split": split, "first": first, "pixels": crc(images, np.uint8), "captions": captions.text(facts)}


if __name__ == "__main__":
    record = {
        "numpy": np.__version__, "drawn": DRAWN, "pictures": PICTURES, "captions": CAPTIONS,
        "numbers": [numbers(entropy) for entropy in ENTROPY],
        "labelled": [labelled(*split) for split in LABELLED], "captioned": [captioned(*split) for split in CAPTIONED],
    }
    with open(os.path.join(HERE, "pictures.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(record, indent=1) + "\n")
