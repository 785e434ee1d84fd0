"""What must hold of a model's sizes, speeds and logits as a machine measured them."""

from __future__ import annotations

import numpy as np

from mlph_lib.recordings.rules import NEAR, SLACK, Answer, Request, rule

__all__: list[str] = []

NEAR_TIE = 0.25  # logits; two kinds of GPU differ by half of it in half precision
FLOAT32 = 1e-3  # logits, sums in another order through all layers


@rule("the share of the copy rate is the one over the other",
      "gigabytes_per_second", "copy_gigabytes_per_second", "percent_of_copy")
def _share_of_copy(request: Request, answer: Answer) -> bool:
    share = 100 * answer["gigabytes_per_second"] / answer["copy_gigabytes_per_second"]
    return share > 0 and bool(np.isclose(answer["percent_of_copy"], share, **NEAR))


@rule("every token said was the likeliest of a plain pass, or nearly",
      "said", "shortfall", "new_tokens", "path")
def _said(request: Request, answer: Answer) -> bool:
    short = answer["shortfall"]
    return bool(
        short.shape == answer["said"].shape == (answer["new_tokens"],)
        and np.all((short >= 0) & (short <= NEAR_TIE))
        and answer["path"] == request["path"]
    )


@rule("there are as many times as were asked for", "seconds", "first_seconds")
def _repeats(request: Request, answer: Answer) -> bool:
    return answer["seconds"].shape == (request["repeats"],)


@rule("reading is tokens over the median time, and its share that of the matmul",
      "tokens", "seconds", "tokens_per_second", "flops", "teraflops_per_second",
      "matmul_teraflops_per_second", "percent_of_matmul")
def _reading(request: Request, answer: Answer) -> bool:
    speed = answer["tokens"] / np.median(answer["seconds"])
    reached = speed * answer["flops"] / answer["tokens"] / 1e12
    share = 100 * reached / answer["matmul_teraflops_per_second"]
    return bool(
        answer["seconds"].shape == (request["repeats"],)
        and np.isclose(answer["tokens_per_second"], speed, **NEAR)
        and np.isclose(answer["teraflops_per_second"], reached, **NEAR)
        and np.isclose(answer["percent_of_matmul"], share, **NEAR)
    )


@rule("two codes agree in float32, and differ in half precision by what each loses",
      "ids", "reference", "float32_apart", "ours_apart", "theirs_apart", "between",
      "same_choice")
def _agree(request: Request, answer: Answer) -> bool:
    ours, theirs, between, exact = (
        answer[k] for k in ("ours_apart", "theirs_apart", "between", "float32_apart")
    )
    return bool(
        answer["ids"].size == len(answer["reference"]) == request["positions"]
        and np.all(exact <= FLOAT32)
        and np.all(between <= ours + theirs + 1e-5)  # the triangle's side
        and 0 <= answer["same_choice"] <= 1
    )


@rule("files are larger than what they hold, numbers have two bytes",
      "files", "tensors", "parameters", "total_size")
def _files(request: Request, answer: Answer) -> bool:
    files = answer["files"].items()
    stored = [size for name, size in files if name.endswith(".safetensors")]
    beside = answer["total_size"] - 2 * answer["parameters"]  # rotary frequencies
    return sum(stored) > answer["total_size"] and 0 <= beside < answer["total_size"] / 100


@rule("the device holds the weights, then the cache as well, and never more than it has",
      "weights_bytes", "cache_bytes", "loaded_bytes", "filled_bytes", "peak_bytes",
      "device_bytes")
def _memory(request: Request, answer: Answer) -> bool:
    weights, cache = answer["weights_bytes"], answer["cache_bytes"]
    if answer["device_bytes"] is None:  # a CPU does not say
        return weights > 0 and cache > 0
    loaded, filled = answer["loaded_bytes"], answer["filled_bytes"]
    return (
        weights <= loaded
        and weights + cache <= filled <= answer["peak_bytes"] <= answer["device_bytes"]
    )


@rule("no law is wider than the uniform one; the mean is that of the entropies",
      "entropies", "mean", "standard_error", "uniform", "likeliest", "seeds")
def _laws(request: Request, answer: Answer) -> bool:
    entropies, n = answer["entropies"], len(answer["seeds"])
    error = entropies.std(ddof=n > 1) / np.sqrt(n)
    return bool(
        entropies.shape == answer["likeliest"].shape == (n,)
        and np.all(entropies <= answer["uniform"] + SLACK)
        and np.all(-np.log(answer["likeliest"]) <= entropies + SLACK)
        and np.isclose(answer["mean"], entropies.mean(), **NEAR)
        and np.isclose(answer["standard_error"], error, **NEAR)
    )
