"""`mlph record pretraining-laboratory`: shard after shard, kept, resumed, compared."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from mlph_lib import recordings
from mlph_lib.pretraining.scale import process_pool
from mlph_lib.recorder.machine import commit, device_facts, now, versions
from mlph_lib.recordings.plain import full_request
from mlph_lib.recordings.replay import checked
from mlph_lib.recordings.store import Store
from mlph_lib.trainings.bench import Bench, OutOfTime, small_bench
from mlph_lib.trainings.compare import differences
from mlph_lib.trainings.plan import SOURCE, Shard, reduced, selected

__all__ = ["REDUCED", "dry_run", "record"]

Say = Callable[[str], None]
REDUCED = f"{SOURCE}-reduced"  # what a trial on a small machine is called
# What differs between two runs of the same code on one machine, or between machines.
OWN = (
    "seconds", "waiting_seconds", "exam_seconds", "training_seconds",
    "tokens_per_second", "token_rates", "flop_rates", "flops_per_second",
    "matmul_flops_per_second", "utilisation", "weights_sha256",
)


def dry_run(patterns: Sequence[str] = (), say: Say = print) -> None:
    """Say which shards there are, and how long each may take on a GPU."""
    shards = selected(patterns)
    for shard in shards:
        say(f"  {shard.name:32} {shard.seconds / 60:5.1f} min")
    total = sum(shard.seconds for shard in shards)
    say(f"{len(shards)} shards, about {total / 3600:.1f} h on a data-centre GPU (an "
        "estimate from counted kernels, not a measurement); each is resumed if stopped")


def record(
    *,
    by: str | None = None,
    device: str = "cuda",
    patterns: Sequence[str] = (),
    minutes: float | None = None,
    workers: int = 0,
    check: bool = False,
    small: bool = False,
    root: Path | str | None = None,
    work: Path | None = None,
    code: str | None = None,
    say: Say = print,
) -> int:
    """Run the shards that are not recorded yet, or compare what is with a new run.

    Args:
        by: who records; shown on the pages.
        device: where to train; the full shards run on a CUDA device alone.
        patterns: names of shards, as in a shell; none takes all.
        minutes: stop after so long; the same command goes on.
        workers: processes that make batches ahead.
        check: run the recorded shards anew and compare; nothing is written to `root`.
        small: reduced shards under another source name, into `root`, which must be
            given then: a trial is never taken for the run.
        root: the folder of recordings; by default the checkout's.
        work: folder of unfinished work; what a finished shard kept there is removed.
        code: the commit of the code; by default git is asked.
        say: where progress goes.

    Returns:
        0 if all is done and agrees, 1 if a shard failed or disagrees, 75 if time was
        over before all was done.

    Raises:
        ValueError: for a wrong device, a missing name or an unknown pattern.
    """
    _check(by, device, check, small, root)
    shards = selected(patterns)
    shards = [reduced(shard) for shard in shards] if small else shards
    source, until = REDUCED if small else SOURCE, None
    if minutes is not None:
        until = time.monotonic() + 60 * minutes
    if work is not None:
        work = work / ("check" if check else "record") / source
    making = {"recorded_by": by or "", "commit": code or commit()}
    failed = 0
    pool = process_pool(workers)
    try:
        for count, shard in enumerate(shards, 1):
            head = f"[{count}/{len(shards)}] {source}/{shard.name}"
            folder = work and work / f"{shard.name}-{_code(shard)[:12]}"
            bench = Bench(device, pool, folder, until, lambda line: say(f"  {line}"))
            do = _compare if check else _make
            try:
                failed += not do(shard, source, bench, making, root, head, say)
                if folder is not None:  # the next run is to be a new one
                    shutil.rmtree(folder, ignore_errors=True)
            except OutOfTime:
                say(f"{head}: time is over; the same command goes on from here")
                return 75
            except (FloatingPointError, recordings.RecordingError, ValueError) as error:
                say(f"{head}: FAILED, {error}")
                failed += 1
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)
    return 1 if failed else 0


def _check(by, device: str, check: bool, small: bool, root) -> None:
    if not by and not check:
        raise ValueError("say who records with --by NAME: the pages show it")
    kind = torch.device(device).type
    if kind == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "no CUDA device was found: run the laboratory on a machine with one; "
            "--reduced FOLDER --device cpu tries it at a small size, --dry-run lists it"
        )
    if kind != "cuda" and not small:
        raise ValueError(
            f"the full laboratory runs on a CUDA device, not on {device!r}: "
            "--reduced FOLDER tries it elsewhere"
        )
    if small and root is None:
        raise ValueError("a reduced run needs a folder of its own to write to")


def _code(shard: Shard) -> str:
    """The digest of a question's code: other code does not go on where it stopped."""
    return recordings.code_digest(
        (shard.question.__module__, shard.question.__name__)
    )


def _make(
    shard: Shard, source: str, bench: Bench, making: dict, root, head: str, say: Say
) -> bool:
    """Run a shard and store its answer, unless that is done."""
    store, name = Store(root), f"{source}/{shard.name}"
    state = _state(store, name, shard)
    if state == "kept":
        say(f"{head}: kept, it verifies")
        return True
    say(f"{head}: {state}, about {shard.seconds / 60:.1f} min")
    bench.check_time()
    started = time.perf_counter()
    answer = shard.question(bench, **shard.request)
    recordings.record(
        name, shard.question, shard.request, answer,
        _facts(shard, answer, bench, making), _rehearsal(shard),
        root=store.root, replace=True,
    )
    say(f"{head}: done, {time.perf_counter() - started:.1f} s of this run")
    return True


def _state(store: Store, name: str, shard: Shard) -> str:
    """ "kept", or why there is something to do."""
    if name not in store.lock_or_none():
        return "running"
    try:
        checked(store, name, shard.question)
    except recordings.RecordingError as error:
        return f"running anew, for the old one does not stand ({error})"
    fields = store.manifest(name)["predicate"]
    same = fields["request"] == full_request(shard.question, shard.request)
    return "kept" if same else "running anew, the plan has changed"


def _compare(
    shard: Shard, source: str, bench: Bench, making: dict, root, head: str, say: Say
) -> bool:
    """Run a recorded shard anew and compare; what is not recorded is passed over."""
    store, name = Store(root), f"{source}/{shard.name}"
    if name not in store.lock_or_none():
        say(f"{head}: not recorded")
        return True
    recorded = checked(store, name, shard.question)
    found = differences(recorded, shard.question(bench, **shard.request))
    told = ", ".join(f"{d.what} {d.share:.2g}" for d in found)
    say(f"{head}: {'agrees' if all(found) else 'DISAGREES'}; differences as shares of "
        f"what is allowed: {told}")
    return all(found)


def _facts(
    shard: Shard, answer: dict[str, Any], bench: Bench, making: dict[str, str]
) -> dict[str, Any]:
    """Everything that a recording says of its making."""
    asked = full_request(shard.question, shard.request)
    batch = asked.get("batch_size") or max(asked["sizes"])
    return {
        "model": {
            "name": f"transformer trained anew: {asked['task']} on {asked['language']}",
            "revision": making["commit"],
            "digest": answer["weights_sha256"],
        },
        "device": device_facts(torch.device(bench.device)),
        "versions": versions(),
        "dtype": "float32",
        "attention": "torch scaled_dot_product_attention",
        "batch_shape": [batch, asked["length"]],
        "seconds": answer.get("seconds") or answer["training_seconds"],
        "repeats": asked.get("repeats", 1),
        "recorded_at": now(),
        "published": [],
    } | making


def _rehearsal(shard: Shard) -> recordings.Rehearsal:
    """The same question, reduced, on the CPU."""
    request = full_request(shard.question, reduced(shard).request)
    return recordings.Rehearsal(small_bench, request, rtol=1e-2, ignore=OWN)
