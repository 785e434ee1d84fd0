"""What must hold of a tree's texts, of what was seen inside a model, and of speed."""

from __future__ import annotations

import numpy as np

from mlph_lib.recordings.rules import Answer, Request, rule
from mlph_lib.recordings.spelling import spells

__all__: list[str] = []

HALF = 2e-3  # float16 rounds each of the weights that sum to 1 by up to 2^-11


@rule("a node's text is spelt by the pieces on its path", "parent", "pieces", "texts")
def _paths_spelt(request: Request, answer: Answer) -> bool:
    paths: list[list[str]] = []
    for parent, piece in zip(answer["parent"].tolist(), answer["pieces"], strict=True):
        paths.append([*(paths[parent] if parent >= 0 else []), piece])
    pairs = zip(paths, answer["texts"], strict=True)
    return all(spells(path, text) for path, text in pairs)


@rule("the last layer differs from itself by nothing, no other by less",
      "entropies", "divergences")
def _divergences(request: Request, answer: Answer) -> bool:
    divergences = answer["divergences"]
    return bool(
        np.all(divergences >= -1e-6)
        and np.all(np.abs(divergences[-1]) <= 1e-9)
        and np.all(answer["entropies"] >= 0)
    )


@rule("each layer and position has its likeliest tokens",
      "ids", "top_ids", "divergences")
def _lens_shape(request: Request, answer: Answer) -> bool:
    layers = answer["divergences"].shape
    return layers[1] == answer["ids"].size and answer["top_ids"].shape[:2] == layers


@rule("norms are finite and positive, one a layer and position", "ids", "norms")
def _norms(request: Request, answer: Answer) -> bool:
    norms = answer["norms"]
    sound = np.isfinite(norms) & (norms > 0)
    return bool(np.all(sound) and norms.shape[1] == answer["ids"].size)


@rule("attention sums to 1 and never looks ahead", "ids", "weights")
def _attention(request: Request, answer: Answer) -> bool:
    weights = answer["weights"].astype(float)
    t = answer["ids"].size
    return bool(
        weights.shape[2:] == (t, t)
        and np.all(weights >= 0)
        and np.all(np.triu(weights, 1) == 0)
        and np.allclose(weights.sum(axis=-1), 1, atol=HALF, rtol=0)
    )


@rule("one vector for each id", "ids", "shape", "vectors")
def _vectors(request: Request, answer: Answer) -> bool:
    vectors = answer["vectors"]
    return list(vectors.shape) == answer["shape"] and len(vectors) == answer["ids"].size


@rule("a shape begins with the number of ids", "ids", "shape")
def _shape(request: Request, answer: Answer) -> bool:
    return answer["shape"][0] == answer["ids"].size


@rule("speed is tokens over the median time",
      "new_tokens", "seconds", "tokens_per_second", "bytes_per_token",
      "gigabytes_per_second")
def _speed(request: Request, answer: Answer) -> bool:
    speed = answer["new_tokens"] / np.median(answer["seconds"])
    read = answer["tokens_per_second"] * answer["bytes_per_token"] / 1e9
    return bool(
        np.isclose(answer["tokens_per_second"], speed, rtol=1e-9)
        and np.isclose(answer["gigabytes_per_second"], read, rtol=1e-9)
        and answer["new_tokens"] == request["new_tokens"]
    )
