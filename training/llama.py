"""The Llama architecture in plain PyTorch, with Hugging Face's names and layout.

Grouped-query attention, RoPE in the half-split form, RMSNorm, SwiGLU, tied
embeddings. Also reads and writes model.safetensors, by hand: the format is a
length, a JSON header and the raw bytes.
"""
import json
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float16",
    "hidden_size": 128, "intermediate_size": 352, "num_hidden_layers": 5,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
    "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "vocab_size": 1024, "max_position_embeddings": 512, "tie_word_embeddings": True,
    "attention_bias": False, "mlp_bias": False, "bos_token_id": 0, "eos_token_id": 1,
}
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rope_tables(length, head_dim, theta):
    freq = theta ** (-torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim)
    angle = torch.outer(torch.arange(length, dtype=torch.float64), freq)
    angle = torch.cat([angle, angle], -1)  # both halves turn by the same angles
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.kv, self.dim = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        lin = lambda i, o: nn.Linear(i, o, bias=False)
        self.q_proj = lin(c["hidden_size"], self.heads * self.dim)
        self.k_proj = lin(c["hidden_size"], self.kv * self.dim)
        self.v_proj = lin(c["hidden_size"], self.kv * self.dim)
        self.o_proj = lin(self.heads * self.dim, c["hidden_size"])

    def forward(self, x, cos, sin, mask):
        b, t, _ = x.shape
        split = lambda y, n: y.view(b, t, n, self.dim).transpose(1, 2)
        q = rotate(split(self.q_proj(x), self.heads), cos, sin)
        k = rotate(split(self.k_proj(x), self.kv), cos, sin)
        v = split(self.v_proj(x), self.kv)
        # Query heads 0,1 read key-value head 0, query heads 2,3 read head 1.
        group = self.heads // self.kv
        q = q.reshape(b, self.kv, group * t, self.dim)
        scores = q @ k.transpose(-1, -2) * self.dim ** -0.5
        scores = scores.view(b, self.kv, group, t, t) + mask
        out = (scores.softmax(-1).view(b, self.kv, group * t, t) @ v).view(b, self.heads, t, self.dim)
        return self.o_proj(out.transpose(1, 2).reshape(b, t, -1))


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c["hidden_size"], c["intermediate_size"], bias=False)
        self.up_proj = nn.Linear(c["hidden_size"], c["intermediate_size"], bias=False)
        self.down_proj = nn.Linear(c["intermediate_size"], c["hidden_size"], bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.mlp = MLP(c)

    def forward(self, x, *rope_and_mask):
        x = x + self.self_attn(self.input_layernorm(x), *rope_and_mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Block(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        cos, sin = rope_tables(c["max_position_embeddings"], c["head_dim"], c["rope_theta"])
        mask = torch.full((c["max_position_embeddings"],) * 2, float("-inf")).triu(1)
        for name, t in (("cos", cos), ("sin", sin), ("mask", mask)):
            self.register_buffer(name, t, persistent=False)

    def init_weights(self):
        for name, p in self.named_parameters():
            if p.dim() == 2:
                # The two writers into the residual stream start smaller, GPT-2's rule.
                residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(p, std=0.05 / (2 * len(self.layers)) ** 0.5 if residual else 0.05)

    def hidden_states(self, ids):
        """Residual stream after the embedding and after each block."""
        t = ids.shape[1]
        states = [self.embed_tokens(ids)]
        for layer in self.layers:
            states.append(layer(states[-1], self.cos[:t], self.sin[:t], self.mask[:t, :t]))
        return states

    def forward(self, ids):
        return F.linear(self.norm(self.hidden_states(ids)[-1]), self.embed_tokens.weight)


def save_safetensors(model, path):
    tensors = {"model." + n: p.detach().half().numpy() for n, p in model.named_parameters()}
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F16", "shape": list(t.shape), "data_offsets": [offset, offset + t.nbytes]}
        offset += t.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(np.ascontiguousarray(t).tobytes())


def load_model(folder):
    """The model as others get it: weights rounded to F16, computed in float32."""
    with open(f"{folder}/config.json", encoding="utf-8") as f:
        model = Llama(json.load(f))
    with open(f"{folder}/model.safetensors", "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__")
    with torch.no_grad():
        for name, p in model.named_parameters():
            e = header.pop("model." + name)
            a, b = e["data_offsets"]
            p.copy_(torch.from_numpy(np.frombuffer(data[a:b], dtype=np.float16).reshape(e["shape"]).copy()).float())
    assert not header, "unexpected tensors in the file"
    return model.eval()
