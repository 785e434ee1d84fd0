"""Any objective on any language: trained, and set beside its exact limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.evaluation import PairedGap, log_probs, paired_gap
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.objectives import Objective
from mlph_lib.pretraining.tasks import Task, task
from mlph_lib.pretraining.training import Data, Recipe, Trainer
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["LIVE_RECIPE", "LIVE_TASKS", "Run", "build", "exam", "measure", "train"]

TEST_SEED = 20_201
# Nine objectives that come within 3.2 % of their limits on Mess3 by this recipe, with
# three seeds tried: 8 s of processor time each on one core. BART, UL2, NSP and SOP
# stay on a plateau for longer than that.
LIVE_TASKS = (
    "clm", "mlm", "mlm40", "bert", "rtd", "prefix", "fim", "mtp", "diffusion",
)
LIVE_RECIPE = Recipe(steps=200, lr=5e-3)


@dataclass(frozen=True)
class Run:
    """One objective, trained.

    Attributes:
        name: of the task.
        objective: the trained module.
        vocab: its ids.
        losses: the loss of every step, in nats.
        gap: to the exact limit on the test texts; None where no limit is known.
        seconds: of processor time, for training alone.
    """

    name: str
    objective: Objective
    vocab: Vocabulary
    losses: np.ndarray
    gap: PairedGap | None
    seconds: float


def train(
    name: str,
    language: Language,
    recipe: Recipe = Recipe(),
    *,
    length: int = 32,
    hidden_size: int = 64,
    num_hidden_layers: int = 2,
    test_texts: int = 1024,
    checkpoint: str | Path | None = None,
    report: Callable[[Trainer], None] | None = None,
    device: str = "cpu",
) -> Run:
    """Train an objective on a language and measure its gap to the exact limit.

    Args:
        name: a key of `TASKS`.
        language: where the texts come from.
        recipe: steps, batch size, learning rate, seed.
        length: tokens a text.
        hidden_size, num_hidden_layers: of the network, or of each half of two.
        test_texts: number of texts for the gap, a multiple of the batch size.
        checkpoint: file to go on from and to write to, or None.
        report: called after every step.
        device: where to train.

    Returns:
        the trained objective with its losses, gap and processor time.

    Raises:
        ValueError: for a name or a number that makes no sense.
        LeakError: if the model is better than the best that is possible.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> quick = Recipe(steps=2, batch_size=8, warmup=1)
        >>> run = train("clm", mess3(), quick, length=8, test_texts=8)
        >>> len(run.losses), run.gap.gap > 0
        (2, True)
    """
    found, vocab = task(name), Vocabulary(language.words)
    sizes = TransformerConfig(vocab.size, hidden_size, num_hidden_layers)
    data = texts(found, language, vocab, length)
    # First of all: what has no limit, or no such batches, should not train in vain.
    tests = exam(name, language, vocab, test_texts, recipe.batch_size, length)
    objective = build(found, sizes, vocab, recipe.seed)
    trainer = Trainer(objective, data, recipe, device)
    start = time.process_time()
    losses = trainer.run(checkpoint, report=report)
    seconds = time.process_time() - start
    gap = measure(objective, tests, found.coupling == "C", device) if tests else None
    return Run(name, objective, vocab, np.array(losses), gap, seconds)


def build(
    found: Task, sizes: TransformerConfig, vocab: Vocabulary, seed: int
) -> Objective:
    """The network and heads of a task, with weights that the seed decides."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return found.wrap(sizes, vocab)


def texts(found: Task, language: Language, vocab: Vocabulary, length: int) -> Data:
    """Fresh texts for every batch, changed as the task says."""
    return lambda n, rng: found.corrupt(language.sample(n, length, rng), vocab, rng)


Exam = list[tuple[Batch, np.ndarray]]


def exam(
    name: str,
    language: Language,
    vocab: Vocabulary,
    test_texts: int,
    batch_size: int,
    length: int,
) -> Exam:
    """Test batches with log p* of their targets, the same for every model and seed.

    All tasks get the same texts, because choices have a generator of their own.
    They have the size trained with, because a contrastive loss is one of its batch.

    Returns:
        (batch, log p*) pairs; none if no exact limit is known for the task.

    Raises:
        ValueError: if the batch size does not divide the number of test texts, or
            the language cannot answer for this task.
    """
    found = task(name)
    if found.best is None:
        return []
    if test_texts % batch_size:
        raise ValueError(
            f"{test_texts} test texts do not fill batches of {batch_size}; "
            "take a multiple"
        )
    rng, choices = (np.random.default_rng((TEST_SEED, i)) for i in (0, 1))
    pairs = []
    for _ in range(test_texts // batch_size):
        tokens = language.sample(batch_size, length, rng)
        batch = found.corrupt(tokens, vocab, choices)
        try:
            star = found.best(language, tokens, batch, vocab)
        except TypeError as error:  # the language has no states, say
            raise ValueError(f"{name!r} has no exact limit here: {error}") from error
        pairs.append((batch, star))
    return pairs


def measure(
    objective: Objective, tests: Exam, coupled: bool = False, device: str = "cpu"
) -> PairedGap:
    """The gap of a model on test batches.

    Args:
        objective: the trained model.
        tests: what `exam` returned.
        coupled: whether a draw is a whole batch, as for a contrastive loss, and not a
            text in it.
        device: where the model is.

    Raises:
        LeakError: if the model is better than the best that is possible.
    """
    columns = [
        (star, log_probs(objective, batch, device=device), batch.weights)
        for batch, star in tests
    ]
    parts = (joined(each, coupled) for each in zip(*columns, strict=True))
    return paired_gap(*parts)


def joined(parts: tuple[np.ndarray, ...], coupled: bool) -> np.ndarray:
    """Batches as draws along the first axis: their texts, or each whole if coupled."""
    return np.stack(parts) if coupled else _under(parts)


def _under(parts: tuple[np.ndarray, ...]) -> np.ndarray:
    """The batches under one another, each row filled up with zeros on the right."""
    widest = max(p.shape[1] for p in parts)
    filled = [np.zeros((len(p), widest, *p.shape[2:])) for p in parts]
    for rows, p in zip(filled, parts, strict=True):
        rows[:, : p.shape[1]] = p
    return np.concatenate(filled)
