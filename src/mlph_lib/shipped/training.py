"""Training of the shipped model: seeded, with progress, resumed exactly."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mlph_lib.llama import Llama, LlamaConfig
from mlph_lib.llama.cost import flops
from mlph_lib.shipped.batches import batches, padded

__all__ = ["CheckpointError", "OutOfTime", "Run", "Settings", "mean_loss", "train"]


class CheckpointError(ValueError):
    """A checkpoint that belongs to another run, or is damaged."""


class OutOfTime(Exception):
    """The time given is over; the checkpoint holds what was done."""


@dataclass(frozen=True)
class Settings:
    """What fixes a run beside its data.

    Args:
        config: shape of the model.
        tokens: ids a batch.
        steps: number of updates.
        peak, warm_up: highest learning rate, and the steps up to it; then a cosine
            falls to a tenth of it.
        every: steps between two looks at the held-out loss, and two checkpoints.
        seed: of the weights and of the order of documents.
        dtype: of products during training; weights and updates are float32.
        patience: looks without a new lowest held-out loss until training stops, and
            the weights of the lowest are taken; 0 trains on and takes the last.
        own: whether copies of other projects are dropped from the corpus.
    """

    config: LlamaConfig
    tokens: int = 2048
    steps: int = 4000
    peak: float = 3e-3
    warm_up: int = 100
    every: int = 200
    seed: int = 9
    dtype: str = "float32"
    patience: int = 0
    own: bool = False

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0.

        Example:
            >>> s = Settings(LlamaConfig(10, 8, 16, 1, 2, 1), steps=300, peak=1.0)
            >>> s.rate(49), round(s.rate(99), 3), round(s.rate(299), 3)
            (0.5, 1.0, 0.1)
        """
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        done = (step + 1 - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.peak * (0.55 + 0.45 * math.cos(math.pi * done))


@dataclass
class Run:
    """A run so far: the model, and one row of its curve at every look.

    The rows hold step, tokens, seconds, train (mean since the last row) and
    held_out, in nats a token. `flops` counts three forward passes a document, without
    padding; `best` holds the weights of the lowest held-out loss if one waits for it.
    """

    model: Llama
    curve: list[dict[str, float]] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0
    seen: int = 0
    flops: float = 0.0
    best: dict[str, Tensor] | None = None

    def lowest(self) -> dict[str, float]:
        """The first row of the curve with the lowest held-out loss."""
        return min(self.curve, key=lambda row: row["held_out"])

    def waits(self) -> int:
        """Rows since the lowest."""
        return len(self.curve) - 1 - self.curve.index(self.lowest())


def train(
    settings: Settings,
    documents: Sequence[np.ndarray],
    held_out: Sequence[np.ndarray],
    checkpoint: Path | None = None,
    say=print,
    device: str = "cpu",
    until: float | None = None,
) -> Run:
    """Minimise the mean -log p(x_t | x_<t) over the documents' tokens by AdamW.

    Args:
        settings: see there.
        documents, held_out: ids of each document, BOS first, EOS last.
        checkpoint: a file to resume from and to write to, or None.
        say: told one line of progress at every look.
        device: where to train.
        until: `time.monotonic()` after which the next look is the last one.

    Returns:
        the finished `Run`; a resumed one follows the same losses to the last bit (on
        one machine, with the same number of threads).

    Raises:
        ValueError: if there are no documents.
        CheckpointError: if the checkpoint is of other settings or documents, or
            damaged.
        OutOfTime: if time was over before the end.
    """
    if not documents or not held_out:
        raise ValueError(
            f"expected documents to train on and held-out ones, got {len(documents)} "
            f"and {len(held_out)}"
        )
    torch.manual_seed(settings.seed)
    run = Run(Llama(settings.config).to(device))
    fused = torch.device(device).type == "cuda"
    optimizer = torch.optim.AdamW(run.model.parameters(), betas=(0.9, 0.95),
                                  weight_decay=0.1, fused=fused)
    key = asdict(settings) | {"documents": _digest(documents)}
    if checkpoint is not None and checkpoint.is_file():
        _resume(checkpoint, key, run, optimizer)
    losses: list[float] = []
    for batch in _from_step(settings, documents, run.step):
        if settings.patience and run.curve and run.waits() >= settings.patience:
            break
        started = time.perf_counter()
        loss, count = _update(run, optimizer, settings, [documents[i] for i in batch])
        losses.append(loss)
        run.seconds += time.perf_counter() - started
        run.seen += count
        run.step += 1
        if run.step % settings.every == 0 or run.step == settings.steps:
            _look(run, losses, held_out, settings, say)
            losses.clear()
            if checkpoint is not None:
                _save(checkpoint, key, run, optimizer)
            if until is not None and time.monotonic() > until:
                _stop(run, settings)
    if run.best is not None:
        run.model.load_state_dict(run.best)
    run.model.requires_grad_(False).eval()
    return run


@torch.no_grad()
def mean_loss(model: Llama, documents: Sequence[np.ndarray], tokens: int = 4096) -> float:
    """Mean -log p(x_t | x_<t) over all tokens of the documents, in nats.

    Example:
        >>> model = Llama(LlamaConfig(10, 8, 16, 1, 2, 1))
        >>> _ = torch.nn.init.zeros_(model.lm_head.weight)
        >>> round(mean_loss(model, [np.array([1, 5, 2])]), 3)  # log 10
        2.303
    """
    total, count = 0.0, 0
    for batch in batches(documents, tokens, np.random.default_rng(0)):
        both = padded([documents[i] for i in batch])
        inputs, targets = (x.to(model.device) for x in both)
        logits = model(inputs).float().flatten(0, 1)
        total += F.cross_entropy(logits, targets.flatten(), reduction="sum").item()
        count += int((targets >= 0).sum())
    return total / count


def _from_step(
    settings: Settings, documents: Sequence[np.ndarray], step: int
) -> Iterator[np.ndarray]:
    """The batches of the steps from ``step`` on; each epoch has its own generator."""
    position, epoch = 0, 0
    while position < settings.steps:
        rng = np.random.default_rng([settings.seed, epoch])
        for batch in batches(documents, settings.tokens, rng):
            if step <= position < settings.steps:
                yield batch
            position += 1
        epoch += 1


def _update(run, optimizer, settings, documents) -> tuple[float, int]:
    for group in optimizer.param_groups:
        group["lr"] = settings.rate(run.step)
    device, dtype = run.model.device, getattr(torch, settings.dtype)
    inputs, targets = (x.to(device) for x in padded(documents))
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        logits = run.model(inputs)
    loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    optimizer.step()
    run.flops += 3.0 * sum(flops(settings.config, len(ids) - 1) for ids in documents)
    return loss.item(), int((targets >= 0).sum())


def _look(run: Run, losses: list[float], held_out, settings: Settings, say) -> None:
    row = {
        "step": run.step, "tokens": run.seen, "seconds": round(run.seconds, 1),
        "train": round(float(np.mean(losses)), 4),
        "held_out": round(mean_loss(run.model, held_out), 4),
    }
    run.curve.append(row)
    if settings.patience and run.lowest() is row:
        weights = run.model.state_dict().items()
        run.best = {name: weight.cpu().clone() for name, weight in weights}
    left = run.seconds / run.step * (settings.steps - run.step) / 60
    say(f"step {row['step']:5d} of {settings.steps}  {run.seen / 1e6:6.2f} M tokens  "
        f"train {row['train']:.3f}  held out {row['held_out']:.3f}  {left:5.1f} min left")


def _stop(run: Run, settings: Settings) -> None:
    """Stop here, unless this is the end anyway."""
    patient = not settings.patience or run.waits() < settings.patience
    if run.step < settings.steps and patient:
        raise OutOfTime(f"time is over at step {run.step}")


def _digest(documents: Sequence[np.ndarray]) -> str:
    found = hashlib.sha256()
    for ids in documents:
        found.update(np.int32(len(ids)).tobytes() + ids.astype(np.int32).tobytes())
    return found.hexdigest()


def _save(path: Path, key: dict, run: Run, optimizer) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    torch.save({
        "key": key, "model": run.model.state_dict(),
        "optimizer": optimizer.state_dict(), "curve": run.curve, "step": run.step,
        "seconds": run.seconds, "seen": run.seen, "flops": run.flops, "best": run.best,
    }, new)
    os.replace(new, path)


def _resume(path: Path, key: dict, run: Run, optimizer) -> None:
    try:
        state = torch.load(path, map_location=run.model.device, weights_only=True)
        other = state["key"] != key
    except Exception as exc:  # torch raises many kinds for a damaged file
        raise CheckpointError(
            f"{path} is damaged ({type(exc).__name__}): delete it, start anew"
        ) from exc
    if other:
        raise CheckpointError(
            f"{path} is of a run with other settings or documents: delete it, or keep "
            "to them"
        )
    run.model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    run.curve, run.step = state["curve"], state["step"]
    run.seconds, run.seen = state["seconds"], state["seen"]
    run.flops, run.best = state["flops"], state["best"]
