"""What a model is made of: its modules, its pieces of text, its embeddings."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from mlph_lib.questions.model import LanguageModel

__all__ = ["embedding", "module_tree", "pieces"]


def module_tree(lm: LanguageModel) -> dict[str, Any]:
    """The modules in order, the layers' copies counted in one row.

    Returns:
        modules: one row each with path, name, type, weight ([out, in] or None), copies;
        parameters: number of parameters in all; dtype: of the weights, "float16".
    """
    rows: dict[str, dict[str, Any]] = {}
    for path, module in lm.model.named_modules():
        path = re.sub(r"\.\d+(?=\.|$)", ".*", path)
        weight = dict(module.named_parameters(recurse=False)).get("weight")
        row = {
            "path": path,
            "name": path.rpartition(".")[2],
            "type": type(module).__name__,
            "weight": None if weight is None else list(weight.shape),
        }
        seen = rows.setdefault(path, row | {"copies": 0})
        seen["copies"] += 1
    return {
        "modules": list(rows.values()),
        "parameters": sum(p.numel() for p in lm.model.parameters()),
        "dtype": str(lm.dtype).removeprefix("torch."),
    }


def pieces(lm: LanguageModel, ids: list[int]) -> dict[str, Any]:
    """The pieces that ids stand for, and what each decodes to on its own.

    Returns:
        ids: (n,) int64; pieces: n strings, a leading space shown as the tokenizer
        stores it; texts: n strings, each id decoded alone; text: all decoded;
        vocabulary: number of pieces, `len(tokenizer)`.
    """
    return {
        "ids": np.array(ids, dtype=int),
        "pieces": lm.pieces(ids),
        "texts": [lm.text([i]) for i in ids],
        "text": lm.text(ids),
        "vocabulary": len(lm.tokenizer),
    }


def embedding(lm: LanguageModel, text: str) -> dict[str, Any]:
    """The rows of the embedding matrix that a text picks, BOS first.

    Returns:
        prompt: the text; ids: (T,) int64; pieces: T strings; text: the ids decoded;
        shape: [T, hidden_size]; vectors: (T, hidden_size) in the model's dtype
        (bfloat16 as float32).
    """
    ids = lm.encode(text)
    vectors = lm.embed(ids)
    return {
        "prompt": text,
        "ids": np.array(ids),
        "pieces": lm.pieces(ids),
        "text": lm.text(ids),
        "shape": list(vectors.shape),
        "vectors": vectors.astype(lm.numpy_dtype),
    }
