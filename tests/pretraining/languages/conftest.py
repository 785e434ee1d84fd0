"""Small languages whose every text is listed, by means of their own."""

from itertools import product

import numpy as np
import pytest

from mlph_lib.pretraining.languages import HiddenMarkov, mess3, random_hierarchy


def listed(words, length):
    return np.array(list(product(range(words), repeat=length)))


def over_paths(language, length):
    """p of all texts: the sum over all paths of hidden states, one by one."""
    states = range(language.start.size)
    p = []
    for text in listed(language.words, length):
        total = 0.0
        for path in product(states, repeat=length + 1):
            steps = zip(text, path, path[1:], strict=False)
            total += language.start[path[0]] * np.prod(
                [language.emit[a, s, r] for a, s, r in steps]
            )
        p.append(total)
    return np.array(p)


def grown(language, symbol, level):
    """{text: number of ways} below a symbol, by writing out the grammar."""
    if level == len(language.rules):
        return {(symbol,): 1}
    texts = {}
    for rule in language.rules[level, symbol]:
        parts = [grown(language, int(child), level + 1).items() for child in rule]
        for pieces in product(*parts):
            text = sum((piece for piece, _ in pieces), ())
            ways = int(np.prod([ways for _, ways in pieces]))
            texts[text] = texts.get(text, 0) + ways
    return texts


def over_trees(language, length):
    ways = {}
    for root in range(language.words):
        for text, count in grown(language, root, 0).items():
            ways[text] = ways.get(text, 0) + count
    total = sum(ways.values())
    texts = map(tuple, listed(language.words, length).tolist())
    return np.array([ways.get(text, 0) / total for text in texts])


def random_chain(seed=0, words=3, states=2):
    rng = np.random.default_rng(seed)
    emit = rng.dirichlet(np.ones(words * states), size=states)
    emit = emit.reshape(states, words, states).transpose(1, 0, 2)
    return HiddenMarkov(rng.dirichlet(np.ones(states)), emit)


SMALL = {
    "mess3": (mess3(0.1, 0.7), over_paths, 4),
    "chain": (random_chain(), over_paths, 4),
    "two words": (random_chain(1, words=2, states=3), over_paths, 5),
    "tree": (random_hierarchy(3, 2, 2, 2, seed=1), over_trees, 4),
    "wide tree": (random_hierarchy(2, 3, 3, 1, seed=0), over_trees, 3),
}


@pytest.fixture(params=SMALL)
def small(request):
    """(language, all texts, their probabilities)."""
    language, oracle, length = SMALL[request.param]
    return language, listed(language.words, length), oracle(language, length)
