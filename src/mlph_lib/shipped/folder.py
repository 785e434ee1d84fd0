"""The model folder in Hugging Face layout: written whole, or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from mlph_lib.llama import Llama, LlamaConfig
from mlph_lib.shipped.corpus import Document, notice
from mlph_lib.shipped.tokenizer import save

__all__ = ["write"]

README = """# A small Llama that writes documentation

A Llama-2-architecture model with byte-pair tokenizer, trained from nothing by
`make model` on the documentation strings of the packages in this project's lock. It
serves the chapters of the book; it knows nothing but how docstrings read.

`training.json` says what it was trained on, how, for how long, how well it compresses
held-out documents beside other means, how much of them repeats lines of the training
documents, and how documents begin. `NOTICE` lists the packages and their licences.
`heldout.jsonl` holds some of the held-out documents; `mlph model evaluate` measures
the model on them again, in seconds.

The weights are stored in bfloat16 and under the licence of this project (MIT).

    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained("models/docstrings")
    tokenizer = AutoTokenizer.from_pretrained("models/docstrings")
"""


def write(
    folder: Path,
    model: Llama,
    tokenizer: Tokenizer,
    told: dict[str, Any],
    samples: Sequence[Document],
    packages: Sequence[str],
    copies: bool = True,
) -> None:
    """Write the folder beside its place, then put it there in one step.

    Args:
        folder: where it goes; what stood there is replaced.
        model, tokenizer: what to store; the weights in bfloat16.
        told: goes to training.json.
        samples: held-out documents for heldout.jsonl.
        packages: named in NOTICE, with their licences.
        copies: whether the corpus held copies of other projects, which NOTICE says.
    """
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    state = {k: v.to(torch.bfloat16).contiguous() for k, v in model.state_dict().items()}
    save_file(state, new / "model.safetensors", metadata={"format": "pt"})
    (new / "model.safetensors").chmod(0o644)  # safetensors writes it for the owner alone
    save(tokenizer, new, model.config.max_position_embeddings)
    _json(new / "config.json", config_json(model.config))
    _json(new / "generation_config.json", {
        "bos_token_id": model.config.bos_token_id,
        "eos_token_id": model.config.eos_token_id, "do_sample": False,
    })
    _json(new / "training.json", told)
    rows = [json.dumps({"package": d.package, "text": d.text}) for d in samples]
    (new / "heldout.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (new / "NOTICE").write_text(notice(packages, copies), encoding="utf-8")
    (new / "README.md").write_text(README, encoding="utf-8")
    _swap(new, folder)


def _swap(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``, or leave ``folder`` as it was."""
    old = folder.with_name(folder.name + ".old")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)  # of an earlier interruption
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def config_json(config: LlamaConfig) -> dict[str, Any]:
    """The config.json that `AutoModelForCausalLM` reads.

    Example:
        >>> config_json(LlamaConfig(10, 8, 16, 1, 2, 1))["architectures"]
        ['LlamaForCausalLM']
    """
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "dtype": "bfloat16", "hidden_act": "silu", "attention_bias": False,
        "mlp_bias": False, "head_dim": config.head_dim, "pad_token_id": 0,
        **asdict(config),
    }


def _json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
