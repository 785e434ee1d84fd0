"""How well a model compresses held-out documents, beside gzip, xz and bigrams."""

from __future__ import annotations

import gzip
import json
import lzma
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from mlph_lib.llama import Llama
from mlph_lib.shipped.tokenizer import EOS
from mlph_lib.shipped.training import mean_loss

__all__ = [
    "beginnings",
    "bigram_bits",
    "bits_per_byte",
    "compared",
    "ids_of",
    "measure_again",
    "rivals",
    "token_bigram_bits",
]

SMOOTHING = 0.1  # a count that every pair of bytes has before any text is seen


def bits_per_byte(
    model: Llama, ids: Sequence[np.ndarray], texts: Sequence[str]
) -> float:
    """sum_t -log2 p(x_t | x_<t) / bytes: code length of each text with its end.

    One spelling of a text is counted, the tokenizer's: others would add to its
    probability, so this is an upper bound.

    Args:
        model: a `Llama`.
        ids: of each text, BOS first, EOS last; BOS is free, EOS is not.
        texts: the same as strings, measured in UTF-8.

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> model = Llama(LlamaConfig(16, 8, 16, 1, 2, 1))
        >>> round(bits_per_byte(model, [np.array([1, 5, 2])], ["ab"]))  # 2 log2(16) / 2
        4
    """
    tokens = sum(len(x) - 1 for x in ids)
    return mean_loss(model, ids) * tokens / math.log(2) / _bytes(texts)


def ids_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[np.ndarray]:
    """Each text as BOS, its pieces, EOS."""
    encoded = tokenizer.encode_batch(list(texts))
    return [np.array([*e.ids, EOS], dtype=np.int32) for e in encoded]


def measure_again(folder: Path) -> dict[str, float]:
    """Bits per byte of a model folder on its own heldout.jsonl, by what lies in it.

    Returns:
        "model", "gzip" and "xz"; training.json holds the same under
        bits_per_byte, shipped.

    Raises:
        FileNotFoundError: if the folder lacks a file.
    """
    lines = (folder / "heldout.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = Llama.from_pretrained(folder)
    found = {"model": bits_per_byte(model, ids_of(tokenizer, texts), texts)}
    return found | _compressors(texts)


def compared(folder: Path, tol: float = 1e-3) -> tuple[list[str], bool]:
    """`measure_again` beside training.json, in lines; whether the model's agree.

    Compressors may differ by some bytes from one version to the next.

    Raises:
        FileNotFoundError: if there is no such folder.
    """
    file = folder / "training.json"
    if not file.is_file():
        raise FileNotFoundError(f"expected {file}, found none: run `make model`")
    told = json.loads(file.read_text("utf-8"))
    stored = told["bits_per_byte"]["shipped"]
    found = measure_again(folder)
    lines = ["bits per byte   now      training.json"]
    lines += [f"{name:<15} {found[name]:<8.4f} {stored[name]:.4f}" for name in found]
    return lines, abs(found["model"] - stored["model"]) <= tol


def rivals(training: Sequence[str], held_out: Sequence[str]) -> dict[str, float]:
    """Bits per byte of gzip -9 and xz -9e on all texts at once, and of byte bigrams.

    "xz_primed" is xz that has read the training texts before: what the held-out
    ones add to its output. Its window of 64 MiB holds them all.

    Example:
        >>> found = rivals(["abab" * 50], ["abab" * 50])
        >>> sorted(found), found["bigram"] < 1.0
        (['bigram', 'gzip', 'xz', 'xz_primed'], True)
    """
    before, both = (len(_xz(_joined(t))) for t in (training, [*training, *held_out]))
    return _compressors(held_out) | {
        "xz_primed": 8 * (both - before) / _bytes(held_out),
        "bigram": bigram_bits(training, held_out) / _bytes(held_out),
    }


def bigram_bits(training: Sequence[str], held_out: Sequence[str]) -> float:
    """sum -log2 p(byte | byte before), counts of the training texts, smoothed.

    Each text starts and ends with a byte 0.
    """
    counts = np.full((256, 256), SMOOTHING)
    for text in training:
        before, after = _pairs(text)
        np.add.at(counts, (before, after), 1)
    log_p = np.log2(counts / counts.sum(1, keepdims=True))
    return -sum(float(log_p[_pairs(text)].sum()) for text in held_out)


def token_bigram_bits(
    training: Sequence[np.ndarray], held_out: Sequence[np.ndarray], vocab_size: int
) -> float:
    """sum -log2 p(v | u), p = (c(u, v) + s(u) p(v)) / (c(u) + s(u)), over token pairs.

    c counts the training documents, s(u) is the number of different tokens seen
    after u, and p(v) = (c(v) + 1) / (n + V).

    Source: I. Witten and T. Bell, The zero-frequency problem, IEEE Trans. Inf.
    Theory 37 (1991), 1085-1094, method C.

    Example:
        >>> text = [np.array([1, 0, 2])]
        >>> round(2 ** -token_bigram_bits(text, text, 3), 6)  # (1 + 2/5) / 2, squared
        0.49
    """
    pairs = np.zeros((vocab_size, vocab_size))
    for ids in training:
        np.add.at(pairs, (ids[:-1], ids[1:]), 1)
    single = (pairs.sum(0) + 1) / (pairs.sum() + vocab_size)
    seen, after = pairs.sum(1, keepdims=True), (pairs > 0).sum(1, keepdims=True)
    # a token without a successor in training leaves only p(v)
    law = (pairs + np.maximum(after, 1) * single) / (seen + np.maximum(after, 1))
    log_p = np.log2(law)
    return -sum(float(log_p[ids[:-1], ids[1:]].sum()) for ids in held_out)


def beginnings(ids: Sequence[np.ndarray], top: int = 40) -> dict:
    """How documents begin: the tokens after BOS and how often, most frequent first.

    Example:
        >>> beginnings([np.array([1, 7, 2]), np.array([1, 7, 9])], top=1)
        {'documents': 2, 'ids': [7], 'counts': [2]}
    """
    counts = Counter(int(x[1]) for x in ids)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    return {
        "documents": len(ids),
        "ids": [token for token, _ in ranked],
        "counts": [count for _, count in ranked],
    }


def _compressors(texts: Sequence[str]) -> dict[str, float]:
    whole, size = _joined(texts), 8 / _bytes(texts)
    return {
        "gzip": len(gzip.compress(whole, 9, mtime=0)) * size,
        "xz": len(_xz(whole)) * size,
    }


def _xz(raw: bytes) -> bytes:
    return lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)


def _joined(texts: Sequence[str]) -> bytes:
    return "\x00".join(texts).encode()


def _pairs(text: str) -> tuple[np.ndarray, np.ndarray]:
    raw = np.frombuffer(b"\x00" + text.encode() + b"\x00", dtype=np.uint8)
    return raw[:-1], raw[1:]


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)
