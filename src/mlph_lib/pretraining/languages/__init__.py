"""Languages whose every conditional law can be computed, so that losses have limits."""

from mlph_lib.pretraining.languages.entropy import conditional_entropies, entropy_rate
from mlph_lib.pretraining.languages.hidden_markov import HiddenMarkov
from mlph_lib.pretraining.languages.language import Language
from mlph_lib.pretraining.languages.mess3 import mess3
from mlph_lib.pretraining.languages.random_hierarchy import (
    RandomHierarchy,
    random_hierarchy,
)
from mlph_lib.pretraining.languages.topic_stage import topic_stage

__all__ = [
    "HiddenMarkov",
    "Language",
    "RandomHierarchy",
    "conditional_entropies",
    "entropy_rate",
    "mess3",
    "random_hierarchy",
    "topic_stage",
]
