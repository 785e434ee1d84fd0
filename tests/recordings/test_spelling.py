"""Pieces spell what the tokenizers' own decoder makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import decoders

from mlph_lib.recordings.spelling import spell, spells

DECODER = decoders.Sequence(
    [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
)
PIECES = [
    "▁the", "a", "▁", "▁▁", "é", "<s>", "</s>", "<0x41>", "<0xC3>", "<0xA9>", "<0xF0>",
    "<0x9F>", "<0x99>", "<0x82>", "<0x0A>", "<0xFF>", "<0x4g>", "<", "0x41>", "日",
]


def test_spelling_is_that_of_tokenizers():
    rng = np.random.default_rng(0)
    for _ in range(3000):
        pieces = [PIECES[i] for i in rng.integers(len(PIECES), size=rng.integers(1, 9))]
        assert spell(pieces) == DECODER.decode(pieces)
    assert spell([]) == ""


@pytest.mark.parametrize(
    ("pieces", "text", "right"),
    [
        (["▁a", "b"], "ab", True),
        (["▁a", "b"], " ab", True),
        (["▁a", "b"], "  ab", False),
        (["▁a", "b"], "ab ", False),
        (["▁▁a"], " a", True),
        (["▁▁a"], "a", False),
        (["a", "</s>"], "a", True),
        (["a", "</s>"], "a</s>", True),
        (["a", "</s>", "</s>"], "a", False),
        (["</s>"], "", True),
        (["a", "<0x0A>"], "a", False),
        (["a", "<0x0A>"], "a\n", True),
        ([], "", True),
        ([], "a", False),
    ],
)
def test_a_first_space_and_a_last_mark_may_be_left_out(pieces, text, right):
    assert spells(pieces, text) is right
