"""A small hidden Markov language with all its texts and their probabilities."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from mlph_lib.pretraining.languages import (
    HiddenMarkov,
    Language,
    mess3,
    random_hierarchy,
)
from mlph_lib.pretraining.vocabulary import Vocabulary


class Listed(NamedTuple):
    language: Language
    texts: np.ndarray
    p: np.ndarray
    vocab: Vocabulary

    def given(self, weight):
        """The law of the texts given evidence of this weight."""
        joint = self.p * weight
        return joint / joint.sum()


def random_chain(words=3, states=2):
    rng = np.random.default_rng(0)
    emit = rng.dirichlet(np.ones(words * states), size=states)
    emit = emit.reshape(states, words, states).transpose(1, 0, 2)
    return HiddenMarkov(rng.dirichlet(np.ones(states)), emit)


def listed(language, length):
    texts = np.array(list(product(range(language.words), repeat=length)))
    p = np.exp(language.log_prob(texts))  # itself checked beside sums over paths
    return Listed(language, texts[p > 0], p[p > 0], Vocabulary(language.words, 4))


CHAINS = {"mess3": (mess3(0.1, 0.7), 5), "chain": (random_chain(), 5)}
TREE = {"tree": (random_hierarchy(3, 2, 2, 2, seed=1), 4)}


@pytest.fixture(params=CHAINS)
def chain(request):
    return listed(*CHAINS[request.param])


@pytest.fixture(params=CHAINS | TREE)
def small(request):
    return listed(*(CHAINS | TREE)[request.param])
