"""Our logits beside transformers', and both beside the same weights in float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from mlph_lib.architecture.speed import some_ids
from mlph_lib.architecture.subject import Untrained, check_among

__all__ = ["agreement"]

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
SHOWN = 8  # logits a position that are kept


def agreement(
    subject: Untrained, dtype: str = "float16", positions: int = 128
) -> dict[str, Any]:
    """How far two codes lie apart in half precision, and each from float32.

    The reference is transformers' code in float32 on the weights as ``dtype`` rounds
    them, so that differences are those of the computation alone.

    Args:
        dtype: "float16" or "bfloat16".
        positions: length of the text of random ids, BOS first.

    Returns:
        dtype; ids: (T,); reference: (T, 8) float32, the first logits of each
        position; spread: standard deviation of all reference logits; float32_apart,
        ours_apart, theirs_apart, between: (T,) the largest difference over the
        vocabulary, ours in float32 from the reference, ours and transformers' in
        ``dtype`` from it, and these two from one another; same_choice: share of
        positions whose likeliest token the two agree on.
    """
    check_among("dtype", dtype, DTYPES)
    subject.free()
    ids = some_ids(subject, positions)
    theirs, reference = _both(subject, "transformers", DTYPES[dtype], ids)
    ours, exact = _both(subject, "ours", DTYPES[dtype], ids)
    return {
        "dtype": dtype,
        "ids": ids,
        "reference": reference[:, :SHOWN].cpu().numpy(),
        "spread": float(reference.std()),
        "float32_apart": _apart(exact, reference),
        "ours_apart": _apart(ours, reference),
        "theirs_apart": _apart(theirs, reference),
        "between": _apart(ours, theirs),
        "same_choice": float((ours.argmax(-1) == theirs.argmax(-1)).float().mean()),
    }


@torch.inference_mode()
def _both(
    subject: Untrained, code: str, dtype: torch.dtype, ids: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (T, V) in ``dtype``, and of the same weights in float32."""
    rows = torch.from_numpy(ids[None]).to(subject.device)
    model = subject.load(code, dtype)
    half = _logits(model, rows)
    full = _logits(model.float(), rows)
    del model
    subject.free()
    return half, full


def _logits(model: Any, rows: torch.Tensor) -> torch.Tensor:
    out = model(rows)
    return getattr(out, "logits", out)[0].float()


def _apart(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
    return (a - b).abs().amax(-1).double().cpu().numpy()
