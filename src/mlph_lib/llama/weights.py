"""Weights of a Hugging Face Llama folder, strict about names, shapes and dtypes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mlph_lib.llama.config import LlamaConfig
from mlph_lib.llama.model import Llama

__all__ = ["WeightsError", "load", "tensor_files"]

# Old checkpoints store the rotary frequencies of each layer, a pure function of the
# configuration: computed here, and knowingly skipped.
STORED_FREQUENCIES = re.compile(r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq")
DTYPES = (torch.float32, torch.float16, torch.bfloat16)
SINGLE = "model.safetensors"  # read rather than shards, as transformers does


class WeightsError(ValueError):
    """A checkpoint that is not the model its `config.json` describes."""


def load(
    folder: str | Path,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Llama:
    """The `Llama` of a checkpoint folder, ready to run, gradients off.

    Args:
        folder: holds config.json and model.safetensors, or an index and its shards.
        dtype: of the weights in memory; stored float32, float16 and bfloat16 are cast.
        device: where to put them; tensors go there one at a time.

    Raises:
        TypeError: for another dtype.
        FileNotFoundError: if the folder lacks a file, with its name.
        ConfigError: if the configuration is not a plain Llama's.
        WeightsError: if a tensor is missing, unknown, of another shape or dtype, or a
            file is damaged.
    """
    if dtype not in DTYPES:
        raise TypeError(f"expected one of {DTYPES} for the weights, got {dtype}")
    config = LlamaConfig.from_pretrained(folder)
    with torch.device("meta"):
        model = Llama(config)
    shapes = {name: t.shape for name, t in model.state_dict().items()}
    state: dict[str, Tensor] = {}
    for path in tensor_files(Path(folder)):
        for name, tensor in _tensors(path):
            _check(path, name, tensor, shapes, state)
            state[name] = tensor.to(device=device, dtype=dtype)
    if config.tie_word_embeddings:
        _tie(folder, state)
    missing = sorted(set(shapes) - set(state))
    if missing:
        raise WeightsError(
            f"{folder} lacks {len(missing)} tensors, the first is {missing[0]}: is the "
            "download complete?"
        )
    model.load_state_dict(state, assign=True)
    if config.tie_word_embeddings:
        model.lm_head.weight = model.model.embed_tokens.weight
    return model.requires_grad_(False).eval()


def tensor_files(folder: Path) -> list[Path]:
    """model.safetensors, or the shards that the index names.

    Raises:
        FileNotFoundError: if there is neither, or a shard is missing.
        WeightsError: if the index is damaged.
    """
    single, index = folder / SINGLE, folder / f"{SINGLE}.index.json"
    names = [SINGLE]
    if index.is_file() and not single.is_file():
        try:
            placed = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
            names = sorted(set(placed.values()))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise WeightsError(
                f"{index} is damaged ({exc!r}): expected a weight_map of tensors to "
                "files; fetch it again"
            ) from exc
    for name in names:
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"expected weights in {folder / name}, found none: this model reads "
                "safetensors, in one file or in shards with an index"
            )
    return [folder / name for name in names]


def _tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of one file, stored frequencies left out."""
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():
                if not STORED_FREQUENCIES.fullmatch(name):
                    yield name, file.get_tensor(name)
    except SafetensorError as exc:
        raise WeightsError(f"{path} is damaged ({exc}): fetch it again") from exc


def _tie(folder: str | Path, state: dict[str, Tensor]) -> None:
    """One matrix under two names; a stored second one must be the first."""
    table = state.get("model.embed_tokens.weight")
    if table is None:
        return  # reported as missing
    if not torch.equal(state.setdefault("lm_head.weight", table), table):
        raise WeightsError(
            f"{folder} holds an lm_head.weight other than its embedding, while "
            "config.json ties them (tie_word_embeddings): one of the two is wrong"
        )


def _check(
    path: Path,
    name: str,
    tensor: Tensor,
    wanted: dict[str, torch.Size],
    seen: dict[str, Tensor],
) -> None:
    if name not in wanted:
        raise WeightsError(f"{path} holds {name}, which this configuration has not")
    if name in seen:
        raise WeightsError(f"{path} holds {name}, which another shard holds as well")
    if tensor.shape != wanted[name]:
        raise WeightsError(
            f"{path}: expected {name} of shape {tuple(wanted[name])}, got "
            f"{tuple(tensor.shape)}"
        )
    if tensor.dtype not in DTYPES:
        raise WeightsError(
            f"{path}: expected {name} in float32, float16 or bfloat16, got "
            f"{tensor.dtype}: quantised checkpoints are not read"
        )
