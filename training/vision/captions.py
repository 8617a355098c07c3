"""Captioned pictures of shapes: 32x32 pixels, and a caption such as "small red disc on blue".

    /usr/bin/python3 training/vision/captions.py --seed 7 --count 80 --out /tmp/captions.png

Ten kinds of shape, two sizes, eight named colours; place, lean, size and the exact colour vary, and there is a little grain.

Every picture takes the same number of random numbers, all uniform, so picture k of a split is the same however many are drawn
with it. The arithmetic is + - * / and the square root alone: these are exact to the last bit everywhere, so another language
draws the same bytes (a sine or a hypotenuse depends on the library).
"""
import argparse

import numpy as np

import png
from shapes import CLASSES, distances, generator, normalise

SIDE = 32
SIZES = ("small", "large")
COLOURS = {
    "red": (0.85, 0.12, 0.12), "orange": (0.95, 0.55, 0.1), "yellow": (0.95, 0.9, 0.2), "green": (0.15, 0.65, 0.2),
    "blue": (0.15, 0.25, 0.85), "purple": (0.6, 0.2, 0.75), "white": (0.95, 0.95, 0.95), "black": (0.06, 0.06, 0.06),
}
NAMES = tuple(COLOURS)
# A caption is the start, five words and padding. A word's place in this list is its token.
WORDS = ("<pad>", "<bos>", "on") + SIZES + NAMES + CLASSES
LENGTH = 8
IMAGE = {"height": SIDE, "width": SIDE, "channels": "RGB", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
# Smallest radius, how much larger it may be, and how far the centre may be from the middle: by size.
RADIUS, MORE, AWAY = (6.0, 9.5), (1.5, 2.0), (6.0, 3.0)
JITTER, GRAIN = 0.06, 0.02
# Random numbers a picture takes: four words, radius, place (2), lean, colours (3 + 3), then the grain of every pixel.
FACTS = 14
DRAWS = FACTS + SIDE * SIDE * 3
DISTANCES = distances(lambda u, v: np.sqrt(u * u + v * v))


def paint(u):
    """Random numbers [n, DRAWS] to pictures [n, 32, 32, 3] as uint8 and facts [n, 4]: size, colour, shape, ground."""
    n = len(u)
    size, colour, shape = (np.floor(u[:, k] * len(words)).astype(int) for k, words in ((0, SIZES), (1, NAMES), (2, CLASSES)))
    # Any colour but the shape's own.
    ground = (colour + 1 + np.floor(u[:, 3] * (len(NAMES) - 1)).astype(int)) % len(NAMES)
    wide = lambda values: values[:, None, None]
    r = wide(np.array(RADIUS)[size] + np.array(MORE)[size] * u[:, 4])
    away = np.array(AWAY)[size]
    y, x = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5, indexing="ij")
    dx, dy = (axis - wide(SIDE / 2 + away * (2 * u[:, k] - 1)) for axis, k in ((x, 5), (y, 6)))
    # The lean is drawn as a tangent: cosine and sine then need no more than a root.
    lean = 0.15 * (2 * u[:, 7] - 1)
    cos = 1 / np.sqrt(1 + lean * lean)
    sin = lean * cos
    a, b = dx * wide(cos) + dy * wide(sin), dy * wide(cos) - dx * wide(sin)
    cover = np.empty((n, SIDE, SIDE))
    for k, name in enumerate(CLASSES):
        own = shape == k
        cover[own] = np.clip(0.5 - DISTANCES[name](a[own], b[own], r[own]), 0.0, 1.0)
    palette = np.array(list(COLOURS.values()))
    front = (palette[colour] + JITTER * (2 * u[:, 8:11] - 1))[:, None, None]
    back = (palette[ground] + JITTER * (2 * u[:, 11:14] - 1))[:, None, None]
    grain = GRAIN * (2 * u[:, FACTS:].reshape(n, SIDE, SIDE, 3) - 1)
    image = back + cover[..., None] * (front - back) + grain
    return np.round(np.clip(image, 0.0, 1.0) * 255).astype(np.uint8), np.stack([size, colour, shape, ground], 1)


def draw(rng, n):
    return paint(rng.random((n, DRAWS)))


def tokens(facts):
    """[n, 4] to [n, LENGTH]: <bos> size colour shape on ground, then padding."""
    word = {name: k for k, name in enumerate(WORDS)}
    ids = np.full((len(facts), LENGTH), word["<pad>"])
    ids[:, 0], ids[:, 4] = word["<bos>"], word["on"]
    for place, (k, words) in {1: (0, SIZES), 2: (1, NAMES), 3: (2, CLASSES), 5: (3, NAMES)}.items():
        ids[:, place] = np.array([word[name] for name in words])[facts[:, k]]
    return ids


def empty(n):
    """The caption that says nothing: the start, then padding."""
    ids = np.full((n, LENGTH), WORDS.index("<pad>"))
    ids[:, 0] = WORDS.index("<bos>")
    return ids


def text(facts):
    return [f"{SIZES[s]} {NAMES[c]} {CLASSES[k]} on {NAMES[g]}" for s, c, k, g in facts]


def batches(seed, split, size, start=0):
    """Training batches from batch `start` on, drawn fresh: no picture is seen twice."""
    rng = generator(seed, split)
    rng.bit_generator.advance(start * size * DRAWS)
    while True:
        images, facts = draw(rng, size)
        yield normalise(images), facts


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--out", required=True, help="a .png of pictures, or a .txt of captions, each once")
    args = parser.parse_args()
    if args.out.endswith(".txt"):
        _, facts = draw(generator(args.seed, "captions"), args.count)
        with open(args.out, "w") as file:
            file.write("".join(f"{line}\n" for line in dict.fromkeys(text(facts))))
        raise SystemExit
    images, facts = draw(generator(args.seed, "look"), args.count)
    png.write(args.out, png.grid(images[np.argsort(facts[:, 2], kind="stable")], columns=args.count // 10))
