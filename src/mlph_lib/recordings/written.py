"""What must hold between ids, pieces and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from mlph_lib.recordings.rules import Answer, Request, rule
from mlph_lib.recordings.spelling import spells

__all__: list[str] = []


@rule("the answer repeats the prompt that was asked", "prompt")
def _prompt(request: Request, answer: Answer) -> bool:
    return answer["prompt"] == request.get("prompt", request.get("text", ""))


@rule("an id has one piece, wherever it stands")
def _one_piece_each(request: Request, answer: Answer) -> bool:
    known: dict[int, str] = {}
    groups = ("", "top_", "used_", "prompt_")
    pairs = (pair for group in groups for pair in _pairs(answer, group))
    return all(known.setdefault(i, piece) == piece for i, piece in pairs)


@rule("the pieces of the prompt spell it", "prompt_pieces", "prompt_text")
def _prompt_spelt(request: Request, answer: Answer) -> bool:
    return spells(answer["prompt_pieces"], answer["prompt_text"])


@rule("the pieces spell the text", "ids", "pieces", "text")
def _text_spelt(request: Request, answer: Answer) -> bool:
    return spells(answer["pieces"], answer["text"])


@rule("the pieces of every id spell the texts",
      "ids", "lengths", "used_ids", "used_pieces", "texts")
def _texts_spelt(request: Request, answer: Answer) -> bool:
    piece = dict(zip(answer["used_ids"].tolist(), answer["used_pieces"], strict=True))
    rows = zip(answer["ids"].tolist(), answer["lengths"], answer["texts"], strict=True)
    return all(spells([piece[i] for i in row[:n]], text) for row, n, text in rows)


@rule("ids go on to their length, -1 follows", "ids", "lengths")
def _ended(request: Request, answer: Answer) -> bool:
    before = np.arange(answer["ids"].shape[1]) < answer["lengths"][:, None]
    ids = answer["ids"]
    return bool(np.array_equal(ids >= 0, before) and np.all(ids >= -1))


@rule("each id decodes alone to its text", "ids", "pieces", "texts")
def _alone(request: Request, answer: Answer) -> bool:
    if "parent" in answer:  # a tree's texts are those of whole paths
        return True
    pairs = zip(answer["pieces"], answer["texts"], strict=True)
    return all(spells([piece], text) for piece, text in pairs)


@rule("each likely token decodes alone to its text", "top_pieces", "top_texts")
def _top_alone(request: Request, answer: Answer) -> bool:
    pairs = zip(answer["top_pieces"], answer["top_texts"], strict=True)
    return all(spells([piece], text) for piece, text in pairs)


@rule("ids lie in the vocabulary and are those asked for", "ids", "vocabulary")
def _asked_ids(request: Request, answer: Answer) -> bool:
    ids = answer["ids"]
    return ids.tolist() == request["ids"] and bool(ids.max() < answer["vocabulary"])


@rule("there are as many as were asked for", "top_probabilities")
def _as_many(request: Request, answer: Answer) -> bool:
    top = request.get("top", answer["top_probabilities"].shape[-1])
    return answer["top_probabilities"].shape[-1] == top


@rule("one text for each probability", "top_texts", "top_probabilities")
def _texts_of_top(request: Request, answer: Answer) -> bool:
    return len(answer["top_texts"]) == answer["top_probabilities"].size


@rule("filtered texts hold what the filter keeps, as many as asked",
      "filtered_texts", "kept")
def _filtered(request: Request, answer: Answer) -> bool:
    texts = answer["filtered_texts"]
    kept = re.compile(f"{answer['kept']}*")
    return len(texts) == request["max_new_tokens"] and all(map(kept.fullmatch, texts))


def _pairs(answer: Answer, group: str) -> Iterator[tuple[int, str]]:
    """(id, piece) for a group of keys such as "top_", nested as they may be."""
    if {f"{group}ids", f"{group}pieces"} <= answer.keys():
        ids = answer[f"{group}ids"]
        pieces = np.array(answer[f"{group}pieces"], dtype=object)
        if ids.shape != pieces.shape:
            raise ValueError(f"{ids.shape} ids, {pieces.shape} pieces")
        yield from zip(ids.ravel().tolist(), pieces.ravel().tolist(), strict=True)
