"""The judge of captioned pictures: which shape, size and colours explain a picture best.

A picture is one colour on another, so each shape that could have been drawn, at every size and place, explains a share of its variance: that of
the best mixture of two colours by its cover. The best one names shape and size; the two colours of its fit are the named ones they lie nearest to.
Nothing is learned: it cannot be fooled by having seen the same pictures as the network it judges.
"""
import numpy as np

import captions
from shapes import CLASSES

PIXELS = captions.SIDE ** 2
PALETTE = np.array(list(captions.COLOURS.values()))


def templates():
    """Covers [templates, pixels], and of each its size and shape: radii in steps of 0.5, centres of one pixel, three leans."""
    at = np.arange(captions.SIDE) + 0.5
    y, x = np.meshgrid(at, at, indexing="ij")
    covers, names = [], []
    for size, (least, more, away) in enumerate(zip(captions.RADIUS, captions.MORE, captions.AWAY)):
        centres = captions.SIDE / 2 + np.arange(-away, away + 1)
        for r in np.arange(least, least + more + 0.01, 0.5):
            for lean in (-0.1, 0.0, 0.1):
                cos = 1 / np.sqrt(1 + lean * lean)
                for cy in centres:
                    dx, dy = x - centres[:, None, None], (y - cy)[None]
                    u, v = (dx + dy * lean) * cos, (dy - dx * lean) * cos
                    for shape, name in enumerate(CLASSES):
                        covers.append(np.clip(0.5 - captions.DISTANCES[name](u, v, r), 0, 1).reshape(len(centres), PIXELS))
                        names += [(size, shape)] * len(centres)
    return np.concatenate(covers).astype(np.float32), np.array(names)


class Judge:
    def __init__(self):
        self.covers, self.names = templates()
        centred = self.covers - self.covers.mean(1, keepdims=True)
        self.directions = centred / np.linalg.norm(centred, axis=1, keepdims=True)

    def answers(self, images):
        """uint8 [n, 32, 32, 3] to facts [n, 4], as captions.draw gives them."""
        return np.concatenate([self._some(images[at:at + 25]) for at in range(0, len(images), 25)])

    def _some(self, images):
        pixels = images.reshape(-1, PIXELS, 3) / 255
        beside = pixels.transpose(1, 0, 2).reshape(PIXELS, -1).astype(np.float32)
        explained = ((self.directions @ beside) ** 2).reshape(len(self.covers), -1, 3).sum(2)
        return np.stack([self._named(one, best) for one, best in zip(pixels, explained.argmax(0))])

    def _named(self, pixels, best):
        size, shape = self.names[best]
        design = np.stack([np.ones(PIXELS), self.covers[best]], 1)
        back, more = np.linalg.lstsq(design, pixels, rcond=None)[0]
        colour, ground = (int(((PALETTE - found) ** 2).sum(1).argmin()) for found in (back + more, back))
        return np.array([size, colour, shape, ground])
