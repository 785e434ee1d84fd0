"""`mlph record llama-2-7b-architecture`: weights, shards, and what they would cost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch

from mlph_lib.architecture import Untrained, file_sizes, kept, write
from mlph_lib.architecture.sizes import files
from mlph_lib.recorder.architecture.cost import estimate
from mlph_lib.recorder.architecture.plan import (
    SIZES,
    Shards,
    model_name,
    plan,
    source_name,
)
from mlph_lib.recorder.architecture.run import measure, remeasure
from mlph_lib.recorder.machine import commit as commit_here
from mlph_lib.recorder.run import Making
from mlph_lib.recordings import facts

__all__ = ["dry_run", "record", "selected"]

Say = Callable[[str], None]
SEED = 0
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
FACT = "chat-files"  # the published sizes


def record(
    *,
    by: str | None = None,
    reduced: Path | None = None,
    size: str | None = None,
    only: Sequence[str] = (),
    device: str = "cuda",
    dtype: str = "float16",
    work: Path | None = None,
    keep: bool = False,
    check: bool = False,
    commit: str | None = None,
    say: Say = print,
) -> bool:
    """Draw the weights, measure what the book shows of them, remove them again.

    Args:
        by: who records; shown on the pages.
        reduced: a folder to try everything in, at a reduced size and under other
            names; None is the full size, which needs a CUDA device.
        size: "small" or "tiny" (the default) of a reduced trial.
        only: names of shards, as in a shell; none takes all.
        device: where to run.
        dtype: of the weights, "float16" or "bfloat16".
        work: where the weights lie meanwhile; by default the system's folder for
            temporary files, or ``reduced``.
        keep: leave the weights there; the next call takes them if they are whole.
        check: compare with what is recorded, and write nothing.
        commit: of the code; by default git is asked.
        say: where progress goes.

    Returns:
        False if a comparison exceeds its tolerance, else True.

    Raises:
        ValueError: for a wrong device, dtype, size or shard, if nobody is named, or if
            the files are not of the published sizes.
        OSError: if the disk has too little room.
    """
    size = _size(reduced, size)
    _check(by, size, device, dtype, check)
    config = SIZES[size]
    shards = selected(plan(config), only)
    code = "" if check else commit or commit_here()
    source, kind = source_name(size, dtype), DTYPES[dtype]
    folder = (work or reduced or Path(tempfile.gettempdir())) / f"{source}-weights"
    try:
        digest = _weights(folder, config, kind, say)
        subject = Untrained(folder, config, torch.device(device), kind)
        published = _published(subject) if size == "full" and dtype == "float16" else ()
        making = Making(
            source, model_name(size, SEED), f"seed {SEED}", digest, by or "", published
        )
        asks = tuple(ask for each in shards.values() for ask in each)
        root = reduced / "recordings" if reduced else None
        if check:
            return remeasure(subject, making, asks, root, say)
        measure(subject, making, asks, code, root, say)
        return True
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def dry_run(
    reduced: Path | None = None,
    size: str | None = None,
    only: Sequence[str] = (),
    say: Say = print,
) -> None:
    """Say what would be measured, and what it would cost; nothing is written."""
    size = _size(reduced, size)
    say(f"{source_name(size)}: {model_name(size, SEED)}")
    for line in estimate(SIZES[size], selected(plan(SIZES[size]), only)):
        say(line)


def selected(shards: Shards, patterns: Sequence[str]) -> Shards:
    """The shards that a pattern names, in their order; all without patterns.

    Raises:
        ValueError: for a pattern that names none.

    Example:
        >>> list(selected(plan(SIZES["tiny"]), ["decode-ours*"]))
        ['decode-ours', 'decode-ours-graph', 'decode-ours-compiled']
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in shards):
            raise ValueError(
                f"no shard is named {pattern!r}; there are {', '.join(shards)}"
            )
    wanted = patterns or ["*"]
    return {
        name: asks for name, asks in shards.items()
        if any(fnmatchcase(name, pattern) for pattern in wanted)
    }


def _weights(folder: Path, config: Any, dtype: torch.dtype, say: Say) -> str:
    """The digest of the weights in a folder, drawn anew unless they are there, whole."""
    if folder.exists():
        if found := kept(folder, config, SEED, dtype):
            say(f"weights: those in {folder}, unchanged since they were written")
            return found
        say(f"weights: those in {folder} are not whole, or others: drawing anew")
        shutil.rmtree(folder)
    say(f"weights: drawing {sum(file_sizes(config).values()) / 1e9:.3f} GB to {folder}")
    return write(folder, config, SEED, dtype)


def _published(subject: Untrained) -> tuple[dict[str, Any], ...]:
    """The files beside the published ones: sizes to the byte, the index by its digest.

    Raises:
        ValueError: naming the file that differs.
    """
    told, found = facts(FACT), files(subject)
    for name, size in found["files"].items():
        if size != told["files"][name]["bytes"]:
            raise ValueError(
                f"{name} has {size:,} bytes, published are "
                f"{told['files'][name]['bytes']:,}: the layout is another"
            )
    index = next(name for name in found["files"] if name.endswith("index.json"))
    if found["index_sha256"] != told["files"][index]["sha256"]:
        raise ValueError(f"{index} is not, byte for byte, the published one")
    return ({"fact": FACT, "difference": 0.0, "tolerance": 0.0},)


def _size(reduced: Path | None, size: str | None) -> str:
    if reduced is None and size not in (None, "full"):
        raise ValueError(
            f"a model of size {size!r} is not the architecture of Llama 2 7B: say with "
            "--reduced FOLDER where its recordings go"
        )
    name = (size or "tiny") if reduced else "full"
    if name not in SIZES or reduced and name == "full":
        smaller = ", ".join(known for known in SIZES if known != "full")
        raise ValueError(f"expected a reduced size among {smaller}, got {name!r}")
    return name


def _check(by: str | None, size: str, device: str, dtype: str, check: bool) -> None:
    if not by and not check:
        raise ValueError("say who records with --by NAME: the pages show it")
    if dtype not in DTYPES:
        raise ValueError(f"expected a dtype among {', '.join(DTYPES)}, got {dtype!r}")
    kind = torch.device(device).type
    if kind == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "no CUDA device was found: record on a machine with one; --reduced FOLDER "
            "--device cpu tries everything at a reduced size, --dry-run needs nothing"
        )
    if kind != "cuda" and size == "full":
        raise ValueError(
            f"the full size is measured on a CUDA device, not on {device!r}: --reduced "
            "FOLDER tries it elsewhere"
        )
