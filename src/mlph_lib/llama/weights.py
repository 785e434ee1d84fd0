"""Weights of a Hugging Face Llama folder, strict about names, shapes and dtypes."""

from __future__ import annotations

import json
import re
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
        FileNotFoundError: if the folder lacks a file, with its name.
        ConfigError: if the configuration is not a plain Llama's.
        WeightsError: if a tensor is missing, unknown, of another shape or dtype, or a
            file is damaged.
    """
    config = LlamaConfig.from_pretrained(folder)
    with torch.device("meta"):
        model = Llama(config)
    wanted = {name: t.shape for name, t in model.state_dict().items()}
    if config.tie_word_embeddings:
        wanted.pop("lm_head.weight")
    state = {}
    for path in tensor_files(Path(folder)):
        state |= _read(path, wanted, config, dtype, device, state)
    missing = sorted(set(wanted) - set(state))
    if missing:
        raise WeightsError(
            f"{folder} lacks {len(missing)} tensors, the first is {missing[0]}: is the "
            "download complete?"
        )
    model.load_state_dict(state, strict=not config.tie_word_embeddings, assign=True)
    if config.tie_word_embeddings:
        model.lm_head.weight = model.model.embed_tokens.weight
    return model.requires_grad_(False).eval()


def tensor_files(folder: Path) -> list[Path]:
    """model.safetensors, or the shards that the index names.

    Raises:
        FileNotFoundError: if there is neither, or a shard is missing.
    """
    index = folder / "model.safetensors.index.json"
    names = ["model.safetensors"]
    if index.is_file():
        placed = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        names = sorted(set(placed.values()))
    for name in names:
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"expected weights in {folder / name}, found none: this model reads "
                "safetensors, in one file or in shards with an index"
            )
    return [folder / name for name in names]


def _read(
    path: Path,
    wanted: dict[str, torch.Size],
    config: LlamaConfig,
    dtype: torch.dtype,
    device: torch.device | str,
    seen: dict[str, Tensor],
) -> dict[str, Tensor]:
    """The tensors of one file, checked and cast."""
    state = {}
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():
                if _skipped(name, config):
                    continue
                tensor = file.get_tensor(name)
                _check(path, name, tensor, wanted, seen)
                state[name] = tensor.to(device=device, dtype=dtype)
    except SafetensorError as exc:
        raise WeightsError(f"{path} is damaged ({exc}): fetch it again") from exc
    return state


def _skipped(name: str, config: LlamaConfig) -> bool:
    tied = config.tie_word_embeddings and name == "lm_head.weight"
    return tied or STORED_FREQUENCIES.fullmatch(name) is not None


def _check(path, name, tensor, wanted, seen) -> None:
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
