"""`mlph record`: from the name of a model to recordings, or to what they would cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from mlph_lib.llama import LlamaConfig
from mlph_lib.questions import LanguageModel
from mlph_lib.recorder.cost import estimate
from mlph_lib.recorder.hub import weights_folder
from mlph_lib.recorder.identity import identify
from mlph_lib.recorder.known import known_model
from mlph_lib.recorder.plan import PLAN, Ask, within
from mlph_lib.recorder.published import measured
from mlph_lib.recorder.run import Making, compare_all, record_all

__all__ = ["dry_run", "record"]

DTYPES = ("float16", "bfloat16", "float32")


def record(
    source: str,
    weights: str,
    *,
    by: str | None = None,
    name: str | None = None,
    device: str = "cuda",
    dtype: str = "float16",
    check: bool = False,
    asks: Iterable[Ask] | None = None,
    say: Callable[[str], None] = print,
) -> bool:
    """Make every recording that the book asks for, or compare them with a new run.

    Args:
        source: the folder in recordings/; llama-2-7b-chat and llama-2-7b are checked
            against what is published of them.
        weights: checkpoint folder or hub id.
        by: who records; shown on the pages.
        name: what any other model is called.
        device, dtype: where and how to run it.
        check: compare with what is recorded, and write nothing.
        asks: what to ask; None is the whole plan.
        say: where progress goes.

    Returns:
        False if a comparison exceeds its tolerance, else True.

    Raises:
        ValueError: if the weights are not what the source says, the device is
            missing, or a recording does not verify.
        OSError: if the weights cannot be had.
    """
    if not by and not check:
        raise ValueError("say who records with --by NAME: the pages show it")
    _check_device(device, dtype)
    known = known_model(source)
    folder = weights_folder(weights, known.revision if known else None)
    say(f"checking that {folder} is {known.name if known else name}")
    identity = identify(source, folder, known, name, say)
    say("loading")
    lm = LanguageModel.load(folder, "transformers", getattr(torch, dtype), device)
    published = measured(lm, source)
    for entry in published:
        say("{fact}: differs by {difference:.3g} ({tolerance})".format(**entry))
    making = Making(
        source, identity.name, identity.revision, identity.digest, by or "",
        tuple(published),
    )
    asks = within(PLAN, len(lm.tokenizer)) if asks is None else asks
    if check:
        return compare_all(lm, making, asks, say=say)
    record_all(lm, making, asks, say=say)
    return True


def dry_run(
    source: str,
    weights: str,
    *,
    name: str | None = None,
    dtype: str = "float16",
    say: Callable[[str], None] = print,
) -> None:
    """Say what would be asked, and what it would cost; nothing is loaded or written.

    Raises:
        FileNotFoundError: if neither a folder nor a published model tells the sizes.
    """
    known = known_model(source)
    if (Path(weights) / "config.json").is_file():
        config = LlamaConfig.from_pretrained(weights)
    elif known:
        config = known.config
    else:
        raise FileNotFoundError(
            f"expected a checkpoint folder with config.json, got {weights!r}: only "
            "published models are known without one"
        )
    say(f"{source}: {known.name if known else name}, from {weights}")
    for line in estimate(config, getattr(torch, dtype).itemsize):
        say(line)


def _check_device(device: str, dtype: str) -> None:
    if dtype not in DTYPES:
        raise ValueError(f"expected a dtype among {DTYPES}, got {dtype!r}")
    if torch.device(device).type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "no CUDA device was found: record on a machine with one, or say "
            "--device cpu for a small model; --dry-run needs none"
        )
