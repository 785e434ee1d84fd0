"""One command from installed packages to a model folder: corpus, tokenizer, training."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer

from mlph_lib.llama import Llama, LlamaConfig
from mlph_lib.shipped.corpus import (
    NOT_INSTALLED,
    Document,
    corpus,
    digest,
    licence,
    locked,
    repeated,
    sample,
    usable,
)
from mlph_lib.shipped.evaluate import (
    beginnings,
    bits_per_byte,
    ids_of,
    rivals,
    token_bigram_bits,
)
from mlph_lib.shipped.folder import write
from mlph_lib.shipped.tokenizer import train_tokenizer
from mlph_lib.shipped.training import Run, Settings, train
from mlph_lib.speed import matmul_rate

__all__ = [
    "LARGE",
    "SETTINGS",
    "Data",
    "machine",
    "make",
    "prepare",
    "project_packages",
]

LOCKS = ("requirements.txt", "requirements-torch.txt")
SAMPLED = 200  # held-out documents that ship with the model
WATCHED = 200  # held-out documents whose loss is followed during training
SETTINGS = Settings(
    LlamaConfig(
        vocab_size=2048, hidden_size=128, intermediate_size=352, num_hidden_layers=6,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
    ),
    steps=3800,
)
# As large as a folder of 16 MiB allows; a billion tokens, unless it stops learning.
LARGE = Settings(
    LlamaConfig(
        vocab_size=2048, hidden_size=256, intermediate_size=672, num_hidden_layers=10,
        num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=1024,
    ),
    tokens=32_768, steps=36_000, peak=2e-3, warm_up=500, patience=20,
    dtype="bfloat16", own=True,
)


class Data(NamedTuple):
    """What a run learns from: tokenizer, documents, and their ids."""

    tokenizer: Tokenizer
    training: list[Document]
    held_out: list[Document]


def prepare(packages: Sequence[str], settings: Settings, say=print) -> Data:
    """The corpus of the packages, split, and a tokenizer learned on its training part.

    Documents longer than the model's max_position_embeddings are left out, and if the
    settings say so, copies of other projects (`Document.own`).

    Raises:
        ValueError: if the corpus is empty, or one of its parts.
    """
    documents = corpus(packages)
    if settings.own:
        documents = [d for d in documents if d.own]
    say(f"corpus: {len(documents):,} documents of {len(packages)} packages")
    texts = [d.text for d in documents if not d.held_out]
    tokenizer = train_tokenizer(texts, settings.config.vocab_size)
    longest = settings.config.max_position_embeddings
    encoded = ids_of(tokenizer, [d.text for d in documents])
    kept = [d for d, ids in zip(documents, encoded) if len(ids) <= longest]
    training = [d for d in kept if not d.held_out]
    held_out = [d for d in kept if d.held_out]
    if not training or not held_out:
        raise ValueError(
            f"expected documents in both parts, got {len(training)} and "
            f"{len(held_out)}: the corpus is too small"
        )
    return Data(tokenizer, training, held_out)


def project_packages(root: Path) -> list[str]:
    """The packages of the project's own lock."""
    return locked(*(root / name for name in LOCKS))


def make(
    root: Path,
    folder: Path,
    settings: Settings = SETTINGS,
    say=print,
    *,
    device: str = "cpu",
    minutes: float | None = None,
    name: str = "checkpoint",
    beside: Path | None = None,
) -> None:
    """Corpus, tokenizer, training, evaluation, and the folder; goes on if interrupted.

    Args:
        root: the project's folder; checkpoints lie in its _build/model.
        folder: the model folder to write.
        settings: of the run.
        say: told what happens.
        device: where to train and to measure.
        minutes: stop training after so long; the same call goes on.
        name: of the checkpoint.
        beside: another model folder, measured on the same held-out documents.

    Raises:
        OutOfTime: if the minutes were over before training was.
    """
    until = None if minutes is None else time.monotonic() + 60 * minutes
    packages = project_packages(root)
    data = prepare(packages, settings, say)
    training, held_out = (_ids(data, part) for part in (data.training, data.held_out))
    checkpoint = root / "_build" / "model" / f"{name}.pt"
    run = train(
        settings, training, held_out[:WATCHED], checkpoint, say, device, until
    )
    model = rounded(run.model).to(device)
    shipped = sample(data.held_out, SAMPLED)
    told = {
        "corpus": _corpus_facts(data) | {"left_out": _left_out(packages)},
        "settings": asdict(settings),
        "machine": machine(device),
        "seconds": run.seconds,
        "tokens": run.seen,
        "speed": _speed(run, settings, device),
        "curve": run.curve,
        "taken": run.lowest() if settings.patience else run.curve[-1],
        "bits_per_byte": {
            "all": _compressed(model, data, data.held_out),
            "shipped": _compressed(model, data, shipped),
        },
        "beginnings": {"training": beginnings(training), "held_out": beginnings(held_out)},
    }
    if beside is not None:
        told["beside"] = _beside(beside, data.held_out, device)
    named = sorted({d.package for d in data.training + data.held_out})
    write(folder, model.cpu(), data.tokenizer, told, shipped, named, not settings.own)
    say(f"wrote {folder}; bits per byte: {told['bits_per_byte']['all']}")


def rounded(model: Llama) -> Llama:
    """The same model with its weights as bfloat16 stores them."""
    copy = Llama(model.config)
    copy.load_state_dict(
        {k: v.bfloat16().float() for k, v in model.state_dict().items()}
    )
    return copy.requires_grad_(False).eval()


def _speed(run: Run, settings: Settings, device: str) -> dict[str, float]:
    """Operations of the training, their rate, and the share of what products reach."""
    rate = matmul_rate(device, getattr(torch, settings.dtype))
    return {
        "tokens_per_second": run.seen / run.seconds,
        "flops": run.flops,
        "flops_per_second": run.flops / run.seconds,
        "matmul_flops_per_second": rate,
        "utilisation": run.flops / run.seconds / rate,
    }


def _beside(folder: Path, documents: list[Document], device: str) -> dict[str, Any]:
    """Bits per byte of another model on the same documents, by its own tokenizer.

    Those that are too long for it are left out, on both sides of the division.
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = Llama.from_pretrained(folder).to(device)
    texts = [d.text for d in documents]
    pairs = zip(ids_of(tokenizer, texts), texts, strict=True)
    longest = model.config.max_position_embeddings
    kept = [(ids, text) for ids, text in pairs if len(ids) <= longest]
    bits = bits_per_byte(model, *zip(*kept, strict=True))
    return {"folder": folder.name, "documents": len(kept), "model": round(bits, 5)}


def machine(device: str = "cpu") -> dict[str, Any]:
    """Where and with what a run was made."""
    found = {} if torch.device(device).type != "cuda" else {
        "device": torch.cuda.get_device_name(device), "cuda": torch.version.cuda
    }
    return found | {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "tokenizers": metadata.version("tokenizers"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _corpus_facts(data: Data) -> dict[str, Any]:
    def facts(documents: list[Document]) -> dict[str, int]:
        size = sum(len(d.text.encode()) for d in documents)
        return {"documents": len(documents), "bytes": size}

    return {
        "packages": len({d.package for d in data.training + data.held_out}),
        "training": facts(data.training),
        "held_out": facts(data.held_out),
        "sha256": digest(data.training + data.held_out),
        "held_out_repeated": round(repeated(data.training, data.held_out), 4),
    }


def _left_out(packages: Sequence[str]) -> dict[str, str]:
    """The installed packages whose licence does not do, and that licence."""
    licences = {name: licence(name) for name in packages if not usable(name)}
    return {name: words for name, words in licences.items() if words != NOT_INSTALLED}


def _ids(data: Data, documents: Sequence[Document]) -> list[np.ndarray]:
    return ids_of(data.tokenizer, [d.text for d in documents])


def _compressed(
    model: Llama, data: Data, documents: Sequence[Document]
) -> dict[str, float]:
    """Bits per byte of the documents by the model and by its rivals."""
    before, texts = ([d.text for d in part] for part in (data.training, documents))
    training, ids = _ids(data, data.training), _ids(data, documents)
    bits = token_bigram_bits(training, ids, model.config.vocab_size)
    found = {"model": bits_per_byte(model, ids, texts)}
    found |= rivals(before, texts)
    found["token_bigram"] = bits / sum(len(text.encode()) for text in texts)
    return {name: round(figure, 5) for name, figure in found.items()}
