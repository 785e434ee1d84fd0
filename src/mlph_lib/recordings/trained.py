"""What must hold of trainings: gaps above limits, errors, rates, noise scales."""

from __future__ import annotations

import numpy as np

from mlph_lib.recordings.rules import NEAR, Answer, Request, rule

__all__: list[str] = []


@rule("a gap is the loss less the limit, and below zero by chance alone",
      "gaps", "gap_errors", "test_losses", "limit")
def _gaps(request: Request, answer: Answer) -> bool:
    gaps, errors = answer["gaps"], answer["gap_errors"]
    apart = answer["test_losses"] - answer["limit"] - gaps
    return bool(
        np.all(np.abs(apart) < 1e-6)
        and np.all(errors >= 0)
        and np.all(gaps > -4 * errors - 1e-6)
    )


@rule("it was looked at rising steps, and at the last", "steps", "train_losses")
def _steps(request: Request, answer: Answer) -> bool:
    steps = answer["steps"]
    return bool(
        np.all(np.diff(steps) > 0)
        and steps[-1] == request["steps"]
        and np.all(np.isfinite(answer["train_losses"]))
    )


@rule("rates are tokens and operations over seconds",
      "tokens", "seconds", "tokens_per_second", "flops", "flops_per_second",
      "matmul_flops_per_second", "utilisation", "waiting_seconds")
def _rates(request: Request, answer: Answer) -> bool:
    seconds, rate = answer["seconds"], answer["flops_per_second"]
    return bool(
        np.isclose(answer["tokens_per_second"], answer["tokens"] / seconds, **NEAR)
        and np.isclose(rate, answer["flops"] / seconds, **NEAR)
        and np.isclose(
            answer["utilisation"], rate / answer["matmul_flops_per_second"], **NEAR
        )
        and 0 <= answer["waiting_seconds"] <= seconds
    )


@rule("every size has its repeats and its losses; steps times size is the texts",
      "sizes", "steps", "texts", "token_rates", "losses", "factors")
def _sizes(request: Request, answer: Answer) -> bool:
    sizes, rates = answer["sizes"], answer["token_rates"]
    return bool(
        sizes.tolist() == list(request["sizes"])
        and rates.shape == (sizes.size, request["repeats"])
        and np.all(rates > 0)
        and answer["losses"].shape == (sizes.size, answer["factors"].size)
        and np.all(sizes * answer["steps"] == answer["texts"])
    )


@rule("a noise scale is variance over signal, from as many gradients as asked",
      "variance", "signal", "scale", "scale_error", "gradients", "points")
def _noise(request: Request, answer: Answer) -> bool:
    ratio = answer["variance"] / answer["signal"]
    return bool(
        np.allclose(answer["scale"], ratio, **NEAR)
        and np.all(answer["variance"] > 0)
        and np.all(answer["scale_error"] >= 0)
        and answer["gradients"] == request["gradients"]
        and answer["points"].tolist() == list(request["points"])
    )
