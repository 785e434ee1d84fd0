"""A language of documents: the topic stays, the stage of the story moves forward."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.languages.hidden_markov import HiddenMarkov

__all__ = ["topic_stage"]


def topic_stage(
    topics: int = 6,
    stages: int = 3,
    words: int = 3,
    topical: float = 0.4,
    staged: float = 0.3,
    advance: float = 0.25,
) -> HiddenMarkov:
    """state (topic, stage): the topic never changes, the stage never goes back.

    A token is one of the topic's own words with probability `topical`, one of the
    stage's with probability `staged`, else any word; then the stage moves on with
    probability `advance`, but for the last stage. Texts start in stage 0 with a
    uniform topic. Words are numbered topic by topic, then stage by stage.

    Two segments of 16 tokens show what each sentence task is about. Accuracy of the
    exact answer, from 20,000 pairs of each kind (standard error 0.002):

        language                     next sentence   order
        as it is                          0.912      0.951
        one topic                         0.524      0.924
        one stage                         0.909      1/2 exactly

    So topic decides whether B may follow A, and stage decides which came first. With
    one stage the tokens of a text are exchangeable and no model can order segments.

    Args:
        topics, stages: how many of each, at least 1.
        words: own words of each topic and of each stage, at least 1.
        topical, staged: probabilities, none negative, with sum at most 1.
        advance: probability of the next stage after each token, in (0, 1).

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> language = topic_stage()
        >>> language.words, language.start.size
        (27, 18)
    """
    _check(topics, stages, words, topical, staged, advance)
    topic, stage = np.divmod(np.arange(topics * stages), stages)
    size = (topics + stages) * words
    group = np.arange(size) // words
    word = np.full((topics * stages, size), (1 - topical - staged) / size)
    word += topical / words * (group == topic[:, None])
    word += staged / words * (group == topics + stage[:, None])
    onward = np.where(stage < stages - 1, advance, 0.0)
    move = np.diag(1 - onward) + np.diag(onward[:-1], 1)
    return HiddenMarkov((stage == 0) / topics, np.einsum("sv,sr->vsr", word, move))


def _check(topics, stages, words, topical, staged, advance) -> None:
    if min(topics, stages, words) < 1:
        raise ValueError(
            f"topics, stages and words must be at least 1, got {topics}, {stages} and "
            f"{words}"
        )
    if min(topical, staged) < 0 or topical + staged > 1:
        raise ValueError(
            "topical and staged must be probabilities with sum at most 1, got "
            f"{topical} and {staged}"
        )
    if not 0.0 < advance < 1.0:
        raise ValueError(f"advance must lie in (0, 1), got {advance}")
