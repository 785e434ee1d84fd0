"""Seeded random weights, written as a Llama 2 checkpoint is, a few tensors at a time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from mlph_lib.architecture.layout import (
    FREQUENCIES,
    INDEX,
    Tensor,
    file_sizes,
    header,
    index,
    shards,
)
from mlph_lib.llama import LlamaConfig
from mlph_lib.llama.rope import angles

__all__ = ["DTYPES", "STD", "digest", "draw", "kept", "write"]

STD = 0.02  # initializer_range of the published configuration
DTYPES = {torch.float16: "F16", torch.bfloat16: "BF16"}
AT_ONCE = 16  # tensors drawn side by side: NumPy lets go of the interpreter
SPARE = 10**9  # bytes that stay free on the disk
MADE = "made.json"


def draw(
    config: LlamaConfig, seed: int, dtype: torch.dtype, stored: list[Tensor]
) -> Iterator[tuple[Tensor, torch.Tensor]]:
    """N(0, 0.02^2) for matrices and embeddings, 1 for norms, as transformers starts.

    Each tensor has a generator of its own, seeded by the pair of seed and place: the
    weights are the same in whichever order, and by however many threads.

    Args:
        config: the model's.
        seed: of the weights.
        dtype: what the float32 draws are rounded to.
        stored: the tensors to draw, as `layout.tensors` names them.

    Example:
        >>> from mlph_lib.architecture.layout import tensors
        >>> config = LlamaConfig(10, 8, 16, 1, 2, 1)
        >>> found = dict(draw(config, 0, torch.float16, tensors(config)[-2:]))
        >>> [(tensor.name, tuple(values.shape)) for tensor, values in found.items()]
        [('model.norm.weight', (8,)), ('lm_head.weight', (10, 8))]
    """

    def one(tensor: Tensor) -> torch.Tensor:
        if tensor.name.endswith(FREQUENCIES):
            at_one = angles(torch.tensor([1]), config.head_dim, config.rope_theta)
            return at_one[0].to(dtype)
        if len(tensor.shape) == 1:
            return torch.ones(tensor.shape, dtype=dtype)
        rng = np.random.default_rng([seed, tensor.place])
        values = rng.standard_normal(tensor.shape, dtype=np.float32)
        return torch.from_numpy(values).mul_(STD).to(dtype)

    with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
        for start in range(0, len(stored), AT_ONCE):
            group = stored[start : start + AT_ONCE]
            yield from zip(group, pool.map(one, group), strict=True)


def write(
    folder: Path, config: LlamaConfig, seed: int = 0, dtype: torch.dtype = torch.float16
) -> str:
    """Write a checkpoint of random weights, all of it or nothing.

    Args:
        folder: must not be there yet.
        config: the model's.
        seed: of the weights.
        dtype: float16 or bfloat16.

    Returns:
        The digest of the checkpoint.

    Raises:
        OSError: if the disk has too little room; nothing is written then.
    """
    sizes = file_sizes(config, DTYPES[dtype])
    _check_disk(folder.parent, sum(sizes.values()))
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    part.mkdir(parents=True)
    try:
        for file, stored in shards(config).items():
            with (part / file).open("wb") as stream:
                stream.write(header(stored, DTYPES[dtype]))
                for _, values in draw(config, seed, dtype, stored):
                    stream.write(values.view(torch.int16).numpy().data)
        (part / INDEX).write_bytes(index(config))
        (part / "config.json").write_text(_config(config, dtype), encoding="utf-8")
        made = _request(config, seed, dtype) | {"digest": digest(part)}
        (part / MADE).write_text(json.dumps(made), encoding="utf-8")
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made["digest"]


def kept(folder: Path, config: LlamaConfig, seed: int, dtype: torch.dtype) -> str | None:
    """The digest of a checkpoint that was left here, None if it is not whole."""
    try:
        made = json.loads((folder / MADE).read_text(encoding="utf-8"))
        found = made.pop("digest")
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    same = made == json.loads(json.dumps(_request(config, seed, dtype)))
    return found if same and digest(folder) == found else None


def digest(folder: Path) -> str:
    """One sha256 for configuration, index and weights together."""
    files = [*sorted(folder.glob("*.safetensors")), folder / INDEX, folder / "config.json"]
    with ThreadPoolExecutor() as pool:
        lines = pool.map(lambda file: f"{file.name} {_sha256(file)}\n", files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _request(config: LlamaConfig, seed: int, dtype: torch.dtype) -> dict[str, object]:
    return {"config": vars(config), "seed": seed, "dtype": DTYPES[dtype]}


def _config(config: LlamaConfig, dtype: torch.dtype) -> str:
    """config.json with the published keys, and no name of a trained model."""
    said = vars(config) | {
        "architectures": ["LlamaForCausalLM"],
        "hidden_act": "silu",
        "initializer_range": STD,
        "model_type": "llama",
        "pretraining_tp": 1,
        "rope_scaling": None,
        "torch_dtype": str(dtype).removeprefix("torch."),
        "use_cache": True,
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def _check_disk(folder: Path, size: int) -> None:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise OSError(
            f"expected {(size + SPARE) / 1e9:.1f} GB free at {folder} for the weights, "
            f"found {free / 1e9:.1f} GB: name a folder on another disk with --work"
        )
