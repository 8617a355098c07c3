"""Pictures of shapes: 16x16 pixels, one shape each, and the kind of shape is the class.

    /usr/bin/python3 training/vision/shapes.py --seed 7 --count 80 --out /tmp/shapes.png

Position, size, turn, colours and textures are random. Edges are antialiased by the signed
distance to the shape's outline. A split is a generator with a name of its own, so that no two
splits draw the same random numbers.
"""
import argparse
import zlib

import numpy as np

import png

SIDE = 16
CLASSES = ("disc", "ring", "square", "frame", "triangle", "plus", "saltire", "bars", "diamond", "crescent")
# How the models take a picture: (value / 255 - mean) / std, channels first, red before green before blue.
IMAGE = {"height": SIDE, "width": SIDE, "channels": "RGB", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}


def _cross(u, v, r):
    arm = 0.3 * r
    return np.minimum(np.maximum(np.abs(u) - arm, np.abs(v) - r), np.maximum(np.abs(v) - arm, np.abs(u) - r))


def _bars(u, v, r):
    nearest = 0.75 * r * np.clip(np.round(v / (0.75 * r)), -1, 1)
    return np.maximum(np.abs(u) - 0.95 * r, np.abs(v - nearest) - 0.22 * r)


def distances(hypot):
    """Signed distances, below zero inside: u to the right, v down, r the shape's radius, all in pixels."""
    slant = np.hypot(1.75, 1.0)
    return {
        "disc": lambda u, v, r: hypot(u, v) - 0.95 * r,
        "ring": lambda u, v, r: np.abs(hypot(u, v) - 0.76 * r) - 0.2 * r,
        "square": lambda u, v, r: np.maximum(np.abs(u), np.abs(v)) - 0.84 * r,
        "frame": lambda u, v, r: np.abs(np.maximum(np.abs(u), np.abs(v)) - 0.7 * r) - 0.19 * r,
        # Tip at (0, -r), base at v = 0.75 r with half width r.
        "triangle": lambda u, v, r: np.maximum(v - 0.75 * r, (1.75 * np.abs(u) - (v + r)) / slant),
        "plus": _cross,
        "saltire": lambda u, v, r: _cross((u + v) * 0.5 ** 0.5, (u - v) * 0.5 ** 0.5, r),
        "bars": _bars,
        "diamond": lambda u, v, r: (np.abs(u) + np.abs(v) - 1.05 * r) * 0.5 ** 0.5,
        "crescent": lambda u, v, r: np.maximum(hypot(u, v) - r, 0.78 * r - hypot(u - 0.55 * r, v)),
    }


DISTANCES = distances(np.hypot)


def generator(seed, split):
    return np.random.default_rng([seed, zlib.crc32(split.encode())])


def _colours(rng, n):
    """Pairs that can be told apart: at least 0.5 between shape and ground in the unit cube."""
    pair = rng.random((2, n, 3))
    while True:
        close = np.linalg.norm(pair[0] - pair[1], axis=1) < 0.5
        if not close.any():
            return pair
        pair[:, close] = rng.random((2, int(close.sum()), 3))


def _texture(rng, colour, x, y, odds):
    """One colour a pixel: flat, a gradient, stripes or noise, drawn with these odds."""
    n = len(colour)
    kind = rng.choice(4, n, p=odds)[:, None, None]
    angle, phase = rng.random((2, n, 1, 1)) * 2 * np.pi
    along = (x * np.cos(angle) + y * np.sin(angle)) / SIDE
    period = rng.uniform(3.0, 4.5, (n, 1, 1)) / SIDE
    mix = np.where(kind == 1, along, np.where(kind == 2, 0.5 * np.sin(2 * np.pi * along / period + phase), 0.0))
    mix = np.where(kind == 3, rng.normal(0.0, 0.3, mix.shape), mix)
    second = rng.uniform(-0.35, 0.35, (n, 1, 1, 3))
    return colour[:, None, None] + mix[..., None] * second


def draw(rng, n, calm=False):
    """n pictures [n, 16, 16, 3] as uint8, and their classes.

    Calm ones are easier to learn to draw: one large, nearly upright shape close to the middle, flat or
    shaded, with less grain.
    """
    labels = rng.integers(len(CLASSES), size=n)
    r = rng.uniform(5.0 if calm else 3.8, 6.2, (n, 1, 1))
    margin = np.maximum(r + 0.4, 7.2 if calm else 0.0)
    centre = margin + rng.random((2, n, 1, 1)) * (SIDE - 2 * margin)
    # A crescent may open in any direction; the others only lean, or a square would be a diamond.
    free = (labels == CLASSES.index("crescent")) & (not calm)
    turn = np.where(free, np.pi, np.pi / 36 if calm else np.pi / 12)[:, None, None] * rng.uniform(-1, 1, (n, 1, 1))
    y, x = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5, indexing="ij")
    dx, dy = x - centre[0], y - centre[1]
    u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    cover = np.empty((n, SIDE, SIDE))
    for k, name in enumerate(CLASSES):
        own = labels == k
        cover[own] = np.clip(0.5 - DISTANCES[name](u[own], v[own], r[own]), 0.0, 1.0)
    shape, ground = _colours(rng, n)
    shape = _texture(rng, shape, x - 8, y - 8, (0.5, 0.5, 0, 0) if calm else (0.4, 0.3, 0.15, 0.15))
    ground = _texture(rng, ground, x - 8, y - 8, (0.5, 0.5, 0, 0) if calm else (0.4, 0.4, 0.1, 0.1))
    grain = rng.normal(0.0, 0.01 if calm else 0.02, (n, SIDE, SIDE, 3))
    image = ground + cover[..., None] * (shape - ground) + grain
    return np.round(np.clip(image, 0.0, 1.0) * 255).astype(np.uint8), labels


def normalise(images):
    """uint8 [n, H, W, 3] to float32 [n, 3, H, W] in [-1, 1], as every model here takes it."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)).astype(np.float32) / 127.5 - 1.0


def batches(seed, split, size, calm=False, chunk=8192):
    """Endless training batches, drawn fresh: no picture is seen twice."""
    rng = generator(seed, split)
    while True:
        images, labels = draw(rng, chunk, calm)
        images = normalise(images)
        for at in range(0, chunk - size + 1, size):
            yield images[at:at + size], labels[at:at + size]


def save(path, seed, split, n):
    images, labels = draw(generator(seed, split), n)
    np.savez_compressed(path, images=images, labels=labels.astype(np.uint8))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    images, labels = draw(generator(args.seed, "look"), args.count)
    png.write(args.out, png.grid(images[np.argsort(labels, kind="stable")], columns=args.count // 10))
