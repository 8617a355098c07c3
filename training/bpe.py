"""A small byte-level BPE tokenizer: trainer, encoder, and Hugging Face files.

Same scheme as GPT-2: text is cut into words by a pattern, words into bytes, bytes
are shown as printable characters, and the most frequent neighbours are merged. The
file written by save() is read by Hugging Face tokenizers in any language.
"""
import collections
import json
import os
import re

BOS, EOS = "<s>", "</s>"
BOS_ID, EOS_ID = 0, 1

# GPT-2's pattern, with \p{L} and \p{N} spelled for Python's re module.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def _byte_chars():
    """GPT-2's table: printable bytes stand for themselves, others move past 255."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {}, 0
    for b in range(256):
        if b in keep:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + extra)
            extra += 1
    return table


BYTE_TO_CHAR = _byte_chars()
CHAR_TO_BYTE = {c: b for b, c in BYTE_TO_CHAR.items()}


def words_of(text):
    return ["".join(BYTE_TO_CHAR[b] for b in w.encode("utf-8")) for w in WORDS.findall(text)]


def merge_pair(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


class BPE:
    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        self.rank = {m: i for i, m in enumerate(self.merges)}
        tokens = [BOS, EOS] + [BYTE_TO_CHAR[b] for b in range(256)] + [a + b for a, b in self.merges]
        self.vocab = {t: i for i, t in enumerate(tokens)}
        self.tokens = tokens
        self.cache = {}

    @classmethod
    def train(cls, texts, vocab_size):
        counts = collections.Counter(w for t in texts for w in words_of(t))
        # Sorted, so that ties between pairs are broken the same way on every run.
        words = [(list(w), n) for w, n in sorted(counts.items())]
        merges = []
        while len(merges) < vocab_size - 258:
            pairs = collections.Counter()
            for symbols, n in words:
                for pair in zip(symbols, symbols[1:]):
                    pairs[pair] += n
            if not pairs:
                raise ValueError("the text has too few different words for this vocabulary")
            best = max(pairs, key=lambda p: (pairs[p], p))
            merges.append(best)
            words = [(merge_pair(s, best) if best[0] in s else s, n) for s, n in words]
        return cls(merges)

    def encode(self, text, bos=True):
        ids = [BOS_ID] if bos else []
        for word in words_of(text):
            if word not in self.cache:
                symbols = list(word)
                while len(symbols) > 1:
                    best = min(zip(symbols, symbols[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                    if best not in self.rank:
                        break
                    symbols = merge_pair(symbols, best)
                self.cache[word] = [self.vocab[s] for s in symbols]
            ids.extend(self.cache[word])
        return ids

    def decode(self, ids):
        chars = "".join(self.tokens[i] for i in ids if i not in (BOS_ID, EOS_ID))
        return bytes(CHAR_TO_BYTE[c] for c in chars).decode("utf-8", errors="replace")

    def save(self, folder, max_length):
        special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
                    "normalized": False, "special": True} for i, t in enumerate([BOS, EOS])]
        bos = {"SpecialToken": {"id": BOS, "type_id": 0}}
        seq = lambda name, kind: {"Sequence": {"id": name, "type_id": kind}}
        level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        tokenizer = {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
            "normalizer": None, "pre_tokenizer": level,
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [bos, seq("A", 0)],
                "pair": [bos, seq("A", 0), {"SpecialToken": {"id": BOS, "type_id": 1}}, seq("B", 1)],
                "special_tokens": {BOS: {"id": BOS, "ids": [BOS_ID], "tokens": [BOS]}}},
            "decoder": {**level, "add_prefix_space": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "ignore_merges": False, "vocab": self.vocab,
                      "merges": [f"{a} {b}" for a, b in self.merges]}}
        config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BOS, "eos_token": EOS,
                  "add_bos_token": True, "add_eos_token": False, "clean_up_tokenization_spaces": False,
                  "model_max_length": max_length}
        for name, data in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                json.dump(data, f, ensure_ascii=False, indent=1)
                f.write("\n")

    @classmethod
    def load(cls, folder):
        with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as f:
            return cls([m.split(" ") for m in json.load(f)["model"]["merges"]])


if __name__ == "__main__":
    # python3 training/bpe.py FOLDER prints texts and their ids for check-tokenizer.mjs
    import sys
    folder = sys.argv[1]
    tokenizer = BPE.load(folder)
    texts = ["", " ", "It's Mia's  kite.\n\nWe'll  see: 12 + 3 = 15!", "Zoë drank café crème — 3,50 € \U0001f989", "\tEND  "]
    for name in ("heldout", "calibration"):
        with open(os.path.join(folder, name + ".jsonl"), encoding="utf-8") as f:
            texts += [json.loads(line)["text"] for line in f]
    print(json.dumps([{"text": t, "ids": tokenizer.encode(t)} for t in texts]))
