"""safetensors written and read by hand: a length, a JSON header and the raw bytes."""
import json
import struct

import numpy as np
import torch

TYPES = {"F16": np.float16, "F32": np.float32}


def write(path, tensors, dtype, metadata=None):
    header, blobs, at = {"__metadata__": metadata or {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        blob = np.ascontiguousarray(tensor.detach().numpy().astype(TYPES[dtype])).tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read(path):
    """Every tensor as float32."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        a, b = entry["data_offsets"]
        values = np.frombuffer(data[a:b], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(np.float32))
    return tensors
