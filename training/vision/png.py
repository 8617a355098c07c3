"""PNG by hand: a signature, and three chunks with a length, a name and a checksum each."""
import struct
import zlib

import numpy as np


def write(path, image):
    """image: [H, W, 3] uint8."""
    height, width, _ = image.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, width * 3)], 1)  # 0: no filter
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n")
        for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
                           (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")):
            f.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))


def grid(images, columns, zoom=3, gap=1):
    """Pictures side by side, row by row, each pixel zoom x zoom."""
    n, h, w, _ = images.shape
    rows = -(-n // columns)
    out = np.full((rows * (h + gap) + gap, columns * (w + gap) + gap, 3), 255, np.uint8)
    for i, image in enumerate(images):
        y, x = i // columns * (h + gap) + gap, i % columns * (w + gap) + gap
        out[y:y + h, x:x + w] = image
    return out.repeat(zoom, 0).repeat(zoom, 1)
