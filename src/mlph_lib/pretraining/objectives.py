"""Objectives as modules that wrap any network: hidden states in, losses out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from mlph_lib.pretraining import parallel
from mlph_lib.pretraining.losses import Sum, binary_nll, token_nll, weigh
from mlph_lib.pretraining.network import Block, rotation
from mlph_lib.pretraining.tensors import Tensors

__all__ = [
    "BinaryObjective",
    "ContrastiveObjective",
    "MultiTokenObjective",
    "Objective",
    "SpanBoundaryObjective",
    "TokenObjective",
]

Terms = dict[str, tuple[Tensor, Tensor]]


class Objective(nn.Module, ABC):
    """The loss of a batch as sums and counts of its parts.

    A network is any module with `config.hidden_size` that maps ids and a mask to
    hidden states, as `Transformer` does; with a source it takes the source's as well,
    as `EncoderDecoder` does. Heads read only positions that have a target: the
    softmax over a large vocabulary costs as much as blocks do.

    Args:
        net: the network.
        query_id: what stands in the rows of a query stream, usually the mask id.
    """

    coefficients: Mapping[str, float] = {"loss": 1.0}

    def __init__(self, net: nn.Module, query_id: int | None = None) -> None:
        super().__init__()
        self.net, self.query_id = net, query_id

    def forward(self, x: Tensors) -> dict[str, Sum]:
        """{part: (sum of weights * loss, sum of weights)}, in nats."""
        return {name: weigh(nll, w) for name, (nll, w) in self.terms(x).items()}

    @abstractmethod
    def terms(self, x: Tensors) -> Terms:
        """{part: (loss of every target, its weight)}; the first part is the limit's."""

    def states(self, x: Tensors) -> Tensor:
        """Hidden states of the rows that have targets, shape (P, d)."""
        return self.hidden(x).flatten(0, 1)[x.keep]

    def hidden(self, x: Tensors) -> Tensor:
        """Hidden states of all rows, of the query stream if there is one."""
        if x.source is not None:
            return self.net(x.ids, x.mask, x.source, x.source_mask, x.cross_mask)
        if x.queries is None:
            return self.net(x.ids, x.mask, types=x.types)
        return self.two_streams(x)

    def two_streams(self, x: Tensors) -> Tensor:
        """Rows that know their place but not their token look at the content stream.

        Both streams run as one: the queries stand behind the T tokens, all rows look
        at the tokens, none at a query.
        """
        n, length = x.ids.shape
        rows = torch.arange(length, device=x.ids.device).expand(n, -1)
        blank = torch.full_like(x.queries, self.query_id)
        hidden = self.net(
            torch.cat([x.ids, blank], dim=1),
            torch.cat([x.mask.expand(n, -1, -1), x.query_mask], dim=1),
            positions=torch.cat([rows, x.queries], dim=1),
        )
        return hidden[:, length:]


class TokenObjective(Objective):
    """Cross-entropy of a token at every target: the larger half of all objectives.

    Causal and masked models, prefix, span corruption, denoising, fill-in-the-middle,
    permutation and diffusion differ in their batches alone.
    """

    def __init__(self, net: nn.Module, query_id: int | None = None) -> None:
        super().__init__(net, query_id)
        config = net.config
        self.head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def terms(self, x: Tensors) -> Terms:
        logits = self.head(self.states(x))  # (P, V)
        return {"loss": (token_nll(logits, x.targets), x.weights)}


class BinaryObjective(Objective):
    """Binary cross-entropy at every target: replaced or not, next or not, in order."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net)
        self.head = nn.Linear(net.config.hidden_size, 1, bias=False)

    def terms(self, x: Tensors) -> Terms:
        logits = self.head(self.states(x)).squeeze(-1)  # (P,)
        return {"loss": (binary_nll(logits, x.targets), x.weights)}


class SpanBoundaryObjective(TokenObjective):
    """A masked token from its own state and again from the two beside its span.

    SBO(i) = head(f(f([h_left; h_right; p_offset]))), f = LayerNorm . GELU . linear.

    Args:
        net: the network.
        longest: the longest span, so the number of offsets.
        offset_size: width of the embedding p of an offset.

    Source: M. Joshi et al., SpanBERT, TACL 8 (2020), section 3.2; 200 is its width.
    """

    coefficients = {"loss": 1.0, "boundary": 1.0}

    def __init__(
        self, net: nn.Module, longest: int = 10, offset_size: int = 200
    ) -> None:
        super().__init__(net)
        d = net.config.hidden_size
        self.offsets = nn.Embedding(longest, offset_size)
        self.mlp = nn.Sequential(
            nn.Linear(2 * d + offset_size, d, bias=False),
            nn.GELU(),
            nn.LayerNorm(d, bias=False),
            nn.Linear(d, d, bias=False),
            nn.GELU(),
            nn.LayerNorm(d, bias=False),
        )

    def terms(self, x: Tensors) -> Terms:
        h = self.hidden(x).flatten(0, 1)
        own = self.head(h[x.keep])
        sides = torch.cat([h[x.left], h[x.right], self.offsets(x.offset)], dim=-1)
        beside = self.head(self.mlp(sides))  # (Q, V): one output embedding for both
        return {
            "loss": (token_nll(own, x.targets), x.weights),
            "boundary": (token_nll(beside, x.boundary_targets), x.boundary_weights),
        }


class MultiTokenObjective(Objective):
    """The next k tokens at every position, independent given the trunk's state.

    Args:
        net: the trunk.
        k: number of tokens ahead.
        blocks: whether every head but the first is a block of its own under one
            softmax (Gloeckle et al.), not a linear map alone.

    Source: F. Gloeckle et al., Better & faster large language models via multi-token
    prediction, ICML 2024, section 2.
    """

    def __init__(self, net: nn.Module, k: int = 4, blocks: bool = False) -> None:
        super().__init__(net)
        config, self.k = net.config, k
        d, softmaxes = config.hidden_size, 1 if blocks else k
        self.head = nn.Linear(d, softmaxes * config.vocab_size, bias=False)
        self.blocks = nn.ModuleList(Block(config) for _ in range(k - 1) if blocks)
        self.norms = nn.ModuleList(nn.LayerNorm(d, bias=False) for _ in self.blocks)

    def terms(self, x: Tensors) -> Terms:
        vocabulary = self.net.config.vocab_size
        logits = self.head(self.states(x)).unflatten(-1, (-1, vocabulary))
        if self.blocks:
            logits = logits.squeeze(-2)
        return {"loss": (token_nll(logits, x.targets), x.weights)}  # (P, k)

    def states(self, x: Tensors) -> Tensor:
        """Shape (P, d), or (P, k, d) where each head has its own block."""
        trunk = self.hidden(x)
        if not self.blocks:
            return trunk.flatten(0, 1)[x.keep]
        rows = torch.arange(trunk.shape[1], device=trunk.device)
        turn = rotation(rows, self.net.config.head_dim)
        heads = [
            norm(block(trunk, x.mask, turn))
            for norm, block in zip(self.norms, self.blocks, strict=True)
        ]
        return torch.stack([trunk, *heads], dim=2).flatten(0, 1)[x.keep]


class ContrastiveObjective(Objective):
    """-log softmax over the batch of a^T W b: which second text goes with the first?

    a and b are means of hidden states over the texts' tokens. The negatives are the
    other samples, so the samples of all processes must meet: the loss of a batch is
    no sum of losses of its halves.

    Args:
        net: the network, run on both texts.
        gather: brings together the rows of all processes.

    Source: A. van den Oord, Y. Li, O. Vinyals, Representation learning with
    contrastive predictive coding, 2018, arXiv:1807.03748, equation 4.
    """

    def __init__(
        self, net: nn.Module, gather: Callable[[Tensor], Tensor] = parallel.gather
    ) -> None:
        super().__init__(net)
        self.gather, d = gather, net.config.hidden_size
        self.critic = nn.Linear(d, d, bias=False)

    def terms(self, x: Tensors) -> Terms:
        first = self.pooled(x.ids, x.mask, x.words)
        second = self.pooled(x.source, x.source_mask, x.source_words)
        logits = self.critic(first) @ self.gather(second).T  # (n, B)
        return {"loss": (token_nll(logits[x.place], x.targets), x.weights)}

    def pooled(self, ids: Tensor, mask: Tensor, words: Tensor) -> Tensor:
        share = words / words.sum(1, keepdim=True)
        return (self.net(ids, mask) * share[..., None]).sum(1)  # (n, d)
