"""Real measurements pass; one that contradicts itself does not."""

from __future__ import annotations

import copy

import pytest

from mlph_lib import architecture
from mlph_lib.recordings import WrongMeaningError
from mlph_lib.recordings.meaning import check_meaning
from mlph_lib.recordings.plain import full_request

ASKED = {
    "files": {},
    "memory": {"code": "ours", "tokens": 16},
    "agreement": {"dtype": "bfloat16", "positions": 8},
    "decoding": {"path": "ours", "new_tokens": 4, "repeats": 2},
    "prefill": {"code": "ours", "tokens": 8, "repeats": 2},
    "first_laws": {"seeds": [0, 1, 2]},
}
GPU = {  # what a device of 10 MB might say
    "loaded_bytes": 210_000, "filled_bytes": 230_000, "peak_bytes": 250_000,
    "device_bytes": 10_000_000,
}


@pytest.fixture(scope="module")
def answers():
    subject = architecture.small()
    return {
        name: (full_request(getattr(architecture, name), asked),
               getattr(architecture, name)(subject, **asked))
        for name, asked in ASKED.items()
    }


@pytest.mark.parametrize("name", ASKED)
def test_real_answers_pass(answers, name):
    check_meaning(*answers[name], "file.json")


def test_what_a_device_says_of_its_memory_passes(answers):
    request, answer = answers["memory"]
    check_meaning(request, answer | GPU, "file.json")


@pytest.mark.parametrize(
    ("name", "key", "change"),
    [
        ("files", "parameters", lambda x: 2 * x),
        ("files", "total_size", lambda x: 2 * x),
        ("memory", "cache_bytes", lambda x: 0),
        ("agreement", "float32_apart", lambda x: x + 0.01),
        ("agreement", "between", lambda x: x + 0.1),
        ("agreement", "ids", lambda x: x[:-1]),
        ("agreement", "same_choice", lambda x: 1.5),
        ("decoding", "percent_of_copy", lambda x: 2 * x),
        ("decoding", "copy_gigabytes_per_second", lambda x: 2 * x),
        ("decoding", "gigabytes_per_second", lambda x: 2 * x),
        ("decoding", "tokens_per_second", lambda x: 2 * x),
        ("decoding", "seconds", lambda x: x[:1]),
        ("decoding", "shortfall", lambda x: x + 0.3),
        ("decoding", "said", lambda x: x[:2]),
        ("decoding", "path", lambda x: "ours-compiled"),
        ("prefill", "tokens_per_second", lambda x: 2 * x),
        ("prefill", "flops", lambda x: 2 * x),
        ("prefill", "matmul_teraflops_per_second", lambda x: 2 * x),
        ("prefill", "percent_of_matmul", lambda x: x + 1),
        ("first_laws", "entropies", lambda x: x + 0.5),
        ("first_laws", "mean", lambda x: x - 0.1),
        ("first_laws", "standard_error", lambda x: 2 * x),
        ("first_laws", "likeliest", lambda x: x / 100),
        ("first_laws", "seeds", lambda x: [0, 1]),
    ],
)
def test_a_contradiction_is_seen(answers, name, key, change):
    request, answer = copy.deepcopy(answers[name])
    answer[key] = change(answer[key])
    with pytest.raises(WrongMeaningError):
        check_meaning(request, answer, "file.json")


@pytest.mark.parametrize(
    "wrong",
    [{"loaded_bytes": 100}, {"filled_bytes": 206_000}, {"peak_bytes": 220_000},
     {"device_bytes": 240_000}],
)
def test_memory_that_cannot_be_is_seen(answers, wrong):
    request, answer = answers["memory"]
    with pytest.raises(WrongMeaningError):
        check_meaning(request, answer | GPU | wrong, "file.json")
