"""Recorded layers as the scripts that cut fixtures read and write them: safetensors of float32, by hand, with numpy alone."""
import json
import struct

import numpy


class Recording:
    """A file's tensors by name, rows as recorded, and its metadata."""

    def __init__(self, path):
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            self.header = json.loads(file.read(length))
            self.data = file.read()
        self.metadata = self.header.pop("__metadata__")

    def __contains__(self, name):
        return name in self.header

    def __iter__(self):
        return iter(sorted(self.header))

    def __getitem__(self, name):
        entry = self.header[name]
        begin, end = entry["data_offsets"]
        return numpy.frombuffer(self.data[begin:end], "<f4").reshape(entry["shape"])


def write(path, tensors, metadata):
    out, at, parts = {"__metadata__": metadata}, 0, []
    for name in sorted(tensors):
        part = tensors[name].astype("<f4").tobytes()
        out[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(part)]}
        at += len(part)
        parts.append(part)
    text = json.dumps(out).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
