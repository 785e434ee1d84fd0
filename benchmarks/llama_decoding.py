"""Greedy text from the shipped model: our decoder beside transformers'.

One process, one thread, float32, batch 1, from BOS on, the end of a text ignored so
that all write the same number of tokens. The methods take turns, and all must write
the same text. Tokens per second change from machine to machine, ratios less.

    python benchmarks/llama_decoding.py --out benchmarks/llama_decoding.json
"""

from __future__ import annotations

import argparse
import dataclasses
import platform
from collections.abc import Callable
from pathlib import Path

from common import in_turns, machine, write  # before NumPy: one thread

import numpy as np
import torch
import transformers

from mlph_lib.llama import Llama
from mlph_lib.llama.cost import parameters

__all__ = ["main"]

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "docstrings"
PEER = "generate (transformers)"


def load(folder: Path) -> tuple[Llama, transformers.PreTrainedModel]:
    """The same checkpoint, by both; neither stops at EOS."""
    ours = Llama.from_pretrained(folder)
    ours.config = dataclasses.replace(ours.config, eos_token_id=ours.config.vocab_size)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    theirs.generation_config = transformers.GenerationConfig(pad_token_id=0)
    return ours, theirs.eval()


@torch.inference_mode()
def with_modules(model: Llama, ids: torch.Tensor, n: int) -> torch.Tensor:
    """Greedy steps of the printed model and its cache, without the lean step."""
    cache, new = model.new_cache(1, ids.shape[1] + n), ids
    for _ in range(n):
        new = model(new, cache)[:, -1].argmax(dim=-1, keepdim=True)
        ids = torch.cat((ids, new), dim=1)
    return ids


@torch.no_grad()
def without_cache(model, ids: torch.Tensor, n: int) -> torch.Tensor:
    """The whole text again for every token, as the course's loop does."""
    for _ in range(n):
        logits = model(ids, use_cache=False).logits[:, -1]
        ids = torch.cat((ids, logits.argmax(dim=-1, keepdim=True)), dim=1)
    return ids


def contenders(folder: Path, n: int) -> tuple[dict[str, Callable], Llama]:
    """What to time, by name, once all have written the same text."""
    torch.set_num_threads(1)
    ours, theirs = load(folder)
    ids = torch.tensor([[ours.config.bos_token_id]])
    run = {
        "Llama.generate (ours)": lambda: ours.generate(ids, n),
        "printed model (ours)": lambda: with_modules(ours, ids, n),
        PEER: lambda: theirs.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, do_sample=False
        ),
        "no cache (transformers)": lambda: without_cache(theirs, ids, n),
    }
    wanted = run[PEER]()
    for name, call in run.items():
        text = call()
        if not torch.equal(text, wanted):
            raise SystemExit(f"{name} wrote another text than {PEER}: nothing to compare")
    return run, ours


def rows(run: dict[str, Callable], n: int, runs: int) -> dict[str, dict]:
    """Tokens per second: median, least and most, and the ratio to the peer."""
    speeds = {name: n / np.array(t) for name, t in in_turns(run, runs).items()}
    peer = float(np.median(speeds[PEER]))
    return {
        name: {
            "median": float(np.median(s)),
            "least": float(s.min()),
            "most": float(s.max()),
            "ratio": float(np.median(s)) / peer,
        }
        for name, s in speeds.items()
    }


def report(result: dict) -> str:
    """The table that a reader sees."""
    lines = [f"{'tokens per second':<28}{'median':>9}{'least':>9}{'most':>9}{'ratio':>8}"]
    for name, row in result["rows"].items():
        lines.append(f"{name:<28}{row['median']:>9.1f}{row['least']:>9.1f}"
                     f"{row['most']:>9.1f}{row['ratio']:>8.2f}")
    lines.append(f"{result['n']} tokens of {result['parameters']:,} parameters; "
                 f"ratio: to {PEER}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Run, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where to write the results as JSON")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="checkpoint folder")
    parser.add_argument("--n", type=int, default=256, help="tokens a run")
    parser.add_argument("--runs", type=int, default=11, help="runs that count")
    options = parser.parse_args(argv)
    run, model = contenders(options.model, options.n)
    result = {
        "machine": machine(),
        "model": options.model.name,
        "n": options.n,
        "parameters": parameters(model.config)["total"],
        "python": platform.python_version(),
        "rows": rows(run, options.n, options.runs),
        "runs": options.runs,
        "versions": {
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
        },
    }
    print(report(result))
    if options.out:
        write(result, options.out)


if __name__ == "__main__":
    main()
