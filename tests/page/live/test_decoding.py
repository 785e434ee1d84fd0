"""Temperature, top-k and top-p by script: the kept sets of transformers."""

import re

import numpy as np
import pytest
import torch
from mlph_lib.page.live import decoding_figure, decoding_live
from transformers.generation.logits_process import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

BARS = 12
PIECES = [f"▁w{i}" for i in range(BARS)]
SAID = re.compile(
    r"temperature ([\d.]+), top-k (\d+|off), top-p ([\d.]+|off): ([\d,]+) tokens kept, "
    r"entropy ([\d.]+) nats, first token (.+) with probability ([\d.]+)$"
)


def by_transformers(logits, temperature, top_k, top_p):
    scores = torch.tensor(logits)[None]
    scores = TemperatureLogitsWarper(temperature)(None, scores)
    if top_k:
        scores = TopKLogitsWarper(top_k)(None, scores)
    if top_p < 1:
        scores = TopPLogitsWarper(top_p)(None, scores)
    return np.sort(scores.softmax(-1)[0].numpy())[::-1]


def settings(rng, off):
    """As the sliders give them: steps of 0.05, 1 and 0.01; ``off`` and 1 keep all."""
    k = int(rng.integers(1, off)) if rng.random() < 0.6 else off
    p = int(rng.integers(5, 100)) / 100 if rng.random() < 0.7 else 1
    return {"temperature": int(rng.integers(2, 41)) / 20, "topk": k, "topp": p}


@pytest.mark.parametrize("size", [BARS, 60, 200, 4_000])
def test_the_script_keeps_what_transformers_keeps(played, size):
    rng = np.random.default_rng(size)
    logits = 2 * rng.gumbel(size=size)
    off = min(100, size - 1) + 1
    moves = [settings(rng, off) for _ in range(200)]
    states = played(decoding_live("k", PIECES, logits), moves)
    for move, page in zip(moves, states[1:], strict=True):
        k = 0 if move["topk"] == off else move["topk"]
        p = by_transformers(logits, move["temperature"], k, move["topp"])
        shows(page, p, size)
        said = SAID.match(page["k-out"]["textContent"])
        assert float(said[1]) == pytest.approx(move["temperature"])
        assert said[2] == (str(k) if k else "off")
        assert said[3] == ("off" if move["topp"] == 1 else f"{move['topp']:.2f}")
        assert page["k-topk"]["attributes"]["aria-valuetext"] == said[2]
        assert page["k-topp"]["attributes"]["aria-valuetext"] == said[3]


def shows(page, p, size):
    """Bars, values, names and words of the page tell the law ``p``, falling."""
    said = SAID.match(page["k-out"]["textContent"])
    kept, entropy = np.sum(p > 0), -np.sum(p[p > 0] * np.log(p[p > 0]))
    close = 0 if kept <= 200 else 0.005 * kept
    assert int(said[4].replace(",", "")) == pytest.approx(kept, abs=close)
    assert float(said[5]) == pytest.approx(entropy, abs=1e-3 if size <= 200 else 3e-3)
    assert said[6] == "␣w0" and float(said[7]) == pytest.approx(p[0], abs=2e-4)
    scale = float(page["k-s2"]["textContent"])
    for i, mass in enumerate([*p[:BARS], p[BARS:].sum()]):
        gone = not np.any((p[i : i + 1] if i < BARS else p[BARS:]) > 0)
        value = page[f"k-v{i}"]["textContent"]
        struck = page[f"k-n{i}"]["attributes"]["text-decoration"]
        dashed = page[f"k-o{i}"]["attributes"]["stroke-dasharray"]
        width = float(page[f"k-b{i}"]["attributes"]["width"]) / 196 * scale
        assert width == pytest.approx(mass, abs=5e-4 * scale + 2e-4)
        if gone:
            assert (value, struck, dashed) == ("removed", "line-through", "2 2")
        else:
            assert (struck, dashed) == ("none", "none")
            assert float(value) == pytest.approx(mass, abs=2e-4)


@pytest.mark.parametrize("now", [(1.0, 0, 1.0), (0.6, 0, 0.9), (1.5, 5, 1.0)])
def test_the_first_state_is_drawn_without_a_script(taken_apart, now):
    logits = np.linspace(4, -4, 30)
    markup = decoding_live(
        "k", PIECES, logits, temperature=now[0], top_k=now[1], top_p=now[2]
    )
    page = taken_apart(markup)
    shown = {
        ident: {"attributes": attributes, "textContent": page.text_of[ident]}
        for ident, attributes in page.by_id.items()
    }
    shows(shown, by_transformers(logits, *now), 30)


def test_the_markup_stays_small():
    logits = 2 * np.random.default_rng(0).gumbel(size=32_000)
    markup = decoding_live("k", [f"▁piece{i}" for i in range(24)], logits)
    assert len(markup.encode()) < 30_000


def test_names_are_data_not_markup(taken_apart):
    pieces = ["</text><b>", "$key", '" onload="', "<0x0A>", "a" * 40]
    page = taken_apart(decoding_live("k", pieces, np.arange(9.0)))
    names = [page.text_of[f"k-n{i}"] for i in range(6)]
    shown = ["</text><b>", "$key", '"␣onload="', "↵", "a" * 12 + "…", "4 others"]
    assert names == shown


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pieces": []}, "pieces of the 2 to 30"),
        ({"pieces": ["a"] * 31}, "got 31"),
        ({"logits": np.zeros(BARS - 1)}, "pieces of the 2 to 11"),
        ({"logits": np.append(np.zeros(30), np.nan)}, "finite logits"),
        ({"logits": np.zeros((2, 30))}, "finite logits"),
        ({"temperature": 0.0}, "temperature from 0.1 to 2"),
        ({"temperature": float("nan")}, "temperature from 0.1 to 2"),
        ({"top_k": -1}, "top_k from 0 to 39"),
        ({"top_k": 40}, "top_k from 0 to 39"),
        ({"top_p": 0.0}, "top_p from 0.05 to 1"),
        ({"top_p": 1.1}, "top_p from 0.05 to 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, words):
    asked = {"pieces": PIECES, "logits": np.zeros(40)} | changed
    with pytest.raises(ValueError, match=words):
        decoding_live("k", **asked)
    now = {name: asked.pop(name) for name in ("temperature", "top_k", "top_p")
           if name in asked}  # fmt: skip
    with pytest.raises(ValueError, match=words):
        decoding_figure(**asked, settings=[now])


def test_settings_of_the_print_are_named_and_known():
    with pytest.raises(ValueError, match="a setting for each panel"):
        decoding_figure(PIECES, np.zeros(40), [])
    with pytest.raises(ValueError, match="settings among"):
        decoding_figure(PIECES, np.zeros(40), [{"topp": 0.9}])
