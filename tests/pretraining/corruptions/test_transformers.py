"""Corruptions beside transformers' collators and the losses of its models.

Where the two differ on purpose, a test says how.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import transformers as tf
from scipy.stats import binom

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.corruptions.permutation import two_streams
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(20, 8)


def near(count, n, p):
    """Inside the central 1 - 1e-9 of Binomial(n, p)."""
    low, high = binom.interval(1 - 1e-9, n, p)
    return low <= count <= high


def examples(framed):
    return [{"input_ids": row.tolist()} for row in np.tile(framed, (10, 1))]


def counts(inputs, targets, chosen):
    """(chosen, masked, changed to another id) tokens."""
    seen = inputs[chosen]
    changed = (seen != VOCAB.mask) & (seen != targets[chosen])
    return chosen.sum(), (seen == VOCAB.mask).sum(), changed.sum()


def test_the_ids_are_the_same(tokenizer, vocab):
    assert len(tokenizer) == vocab.size
    assert tokenizer.mask_token_id == vocab.mask and tokenizer.pad_token_id == vocab.pad
    assert sorted(tokenizer.all_special_ids) == list(range(vocab.pad, vocab.eos + 1))


def test_masks_have_one_law(framed, tokenizer, vocab, rng):
    collate = tf.DataCollatorForLanguageModeling(tokenizer, seed=0)
    theirs = collate(examples(framed))
    inputs, labels = theirs["input_ids"].numpy(), theirs["labels"].numpy()
    tokens = np.tile(framed, (10, 1))
    ours = corruptions.masked_lm(tokens, vocab, rng, 0.15, (0.8, 0.1, 0.1))
    words = (~vocab.is_special(tokens)).sum()
    for chosen, shown, drawn in (
        (labels != -100, inputs, 28 + 12),
        (ours.weights > 0, ours.inputs, 20),
    ):
        n, masked, changed = counts(shown, tokens, chosen)
        assert near(n, words, 0.15) and near(masked, n, 0.8)
        assert near(changed, n, 0.1 * (1 - 1 / drawn))
        assert not (chosen & vocab.is_special(tokens)).any()
    assert np.array_equal(labels[labels != -100], tokens[labels != -100])
    # transformers draws random ids among the special ones as well; ours are words.
    differs = (inputs != tokens) & (inputs != vocab.mask)
    assert (inputs[differs] >= vocab.words).any()
    differs = (ours.inputs != tokens) & (ours.inputs != vocab.mask)
    assert (ours.inputs[differs] < vocab.words).all()


def test_whole_words_are_masked_and_nothing_else(framed, tokenizer, vocab, rng):
    starts = np.zeros(32, dtype=bool)
    starts[[1, 3, 4, 8, 13, 20]] = True
    # Pieces of one word touch; between words stands a space.
    begin = np.arange(32) * 2 + np.where(starts, 1, 0)
    offsets = np.stack([begin, np.append(begin[1:], 99)], axis=1)
    offsets[:, 1] = np.where(np.append(starts[1:], False), begin + 1, offsets[:, 1])
    rows = [e | {"offset_mapping": offsets.tolist()} for e in examples(framed)]
    collate = tf.DataCollatorForLanguageModeling(
        tokenizer, mlm_probability=0.3, whole_word_mask=True, mask_replace_prob=1.0,
        random_replace_prob=0.0, seed=0,
    )  # fmt: skip
    theirs = collate(rows)
    labels, tokens = theirs["labels"].numpy(), np.tile(framed, (10, 1))
    ours = corruptions.whole_word(tokens, vocab, rng, starts, 0.3)
    word = np.cumsum(starts)
    for chosen, shown in (
        (labels != -100, theirs["input_ids"].numpy()),
        (ours.weights > 0, ours.inputs),
    ):
        assert np.array_equal(shown == vocab.mask, chosen)
        for k in range(1, 7):
            row_choice = chosen[:, (word == k)] | vocab.is_special(tokens[:, word == k])
            first = chosen[:, np.flatnonzero(word == k)[0]]
            assert np.array_equal(row_choice.all(axis=1), first | vocab.is_special(
                tokens[:, word == k]).all(axis=1))  # fmt: skip
        firsts = chosen[:, starts].sum()
        assert near(firsts, (~vocab.is_special(tokens))[:, starts].sum(), 0.3)


def test_causal_labels_are_ours_before_the_shift(texts, tokenizer, vocab):
    texts[:, 28], texts[:, 29:] = vocab.eos, vocab.pad
    ours = corruptions.causal_lm(texts, vocab)
    full = np.insert(texts, 0, vocab.bos, axis=1)
    collate = tf.DataCollatorForLanguageModeling(tokenizer, mlm=False)
    theirs = collate([{"input_ids": row.tolist()} for row in full])
    assert np.array_equal(theirs["input_ids"].numpy()[:, :-1], ours.inputs)
    labels = theirs["labels"].numpy()[:, 1:]
    assert np.array_equal(labels, np.where(ours.weights > 0, ours.targets, -100))


def test_permutation_masks_are_theirs(framed, tokenizer, vocab):
    torch.manual_seed(0)
    collate = tf.DataCollatorForPermutationLanguageModeling(tokenizer)
    theirs = collate(examples(framed)[:200])
    asked = theirs["labels"].numpy() != -100
    seen = theirs["perm_mask"].numpy() == 0
    # The place in the order is the number of targets that a target sees.
    rank = (seen & asked[:, None, :]).sum(axis=2)
    _, query = two_streams(asked, rank)
    words = ~vocab.is_special(framed)  # theirs lets CLS and SEP look at targets, too
    assert np.array_equal(query[words], seen[words])
    pairs = asked[:, :, None] & asked[:, None, :] & ~np.eye(32, dtype=bool)
    assert np.array_equal(
        (query ^ query.transpose(0, 2, 1))[pairs], np.ones(pairs.sum(), bool)
    )
    # Theirs also writes MASK over the targets, so that later targets see a MASK where
    # the two-stream model of the paper sees the token.
    assert np.all(theirs["input_ids"].numpy()[asked] == vocab.mask)


def tiny(name, **sizes):
    torch.manual_seed(0)
    config = getattr(tf, f"{name}Config")(vocab_size=VOCAB.size, **sizes)
    return config


def labels(batch):
    return torch.from_numpy(np.where(batch.weights > 0, batch.targets, -100))


def our_loss(logits, batch):
    """sum w nll / sum w over the batch's own targets and weights."""
    width = batch.targets.shape[1]
    flat = logits[:, :width].flatten(0, 1)
    nll = F.cross_entropy(
        flat, torch.from_numpy(batch.targets).flatten(), reduction="none"
    )
    weights = torch.from_numpy(batch.weights).flatten()
    return float((nll * weights).sum() / weights.sum())


BERT = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 32,
}  # fmt: skip


@torch.no_grad()
def test_berts_losses(framed, texts, vocab, rng):
    model = tf.BertForMaskedLM(tiny("Bert", **BERT)).eval()
    batch = corruptions.masked_lm(framed, vocab, rng)
    out = model(
        torch.from_numpy(batch.inputs),
        attention_mask=torch.from_numpy(batch.attention.keys).long(),
        labels=labels(batch),
    )
    assert our_loss(out.logits, batch) == pytest.approx(float(out.loss), rel=1e-5)

    model = tf.BertForNextSentencePrediction(tiny("Bert", **BERT)).eval()
    pairs = corruptions.next_sentence(texts, vocab, rng)
    out = model(
        torch.from_numpy(pairs.inputs),
        token_type_ids=torch.from_numpy(pairs.segments),
        labels=torch.from_numpy(pairs.targets),
    )  # their label 0, too, says that B follows A
    assert our_loss(out.logits[:, None], pairs) == pytest.approx(
        float(out.loss), rel=1e-5
    )


@torch.no_grad()
def test_electras_loss(framed, vocab, rng):
    model = tf.ElectraForPreTraining(tiny("Electra", embedding_size=16, **BERT)).eval()
    batch = corruptions.replaced_tokens(framed, vocab, rng)
    # Theirs means over attention_mask; only words are asked here.
    out = model(
        torch.from_numpy(batch.inputs),
        attention_mask=torch.from_numpy(batch.weights).long(),
        labels=torch.from_numpy(batch.targets).float(),
    )
    nll = F.binary_cross_entropy_with_logits(
        out.logits, torch.from_numpy(batch.targets).float(), reduction="none"
    ).numpy()
    ours = (nll * batch.weights).sum() / batch.weights.sum()
    assert ours == pytest.approx(float(out.loss), rel=1e-5)


@torch.no_grad()
def test_gpts_loss(texts, vocab):
    texts[:, 28], texts[:, 29:] = vocab.eos, vocab.pad
    model = tf.GPT2LMHeadModel(tiny("GPT2", n_embd=16, n_layer=1, n_head=2)).eval()
    batch = corruptions.causal_lm(texts, vocab)
    full = torch.from_numpy(np.insert(texts, 0, vocab.bos, axis=1))
    out = model(full, labels=torch.where(full == vocab.pad, -100, full))
    logits = model(torch.from_numpy(batch.inputs)).logits
    assert our_loss(logits, batch) == pytest.approx(float(out.loss), rel=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", ["T5", "Bart"])
def test_losses_of_encoders_with_decoders(texts, vocab, rng, name):
    sizes = {
        "T5": {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2},
        "Bart": {
            "d_model": 16, "encoder_layers": 1, "decoder_layers": 1,
            "encoder_attention_heads": 2, "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
        },
    }[name]  # fmt: skip
    # Their decoders start with an id of their own choice: tell them ours.
    start = {"decoder_start_token_id": vocab.bos, "pad_token_id": vocab.pad}
    start |= {"eos_token_id": vocab.eos, "bos_token_id": vocab.bos}
    model = getattr(tf, f"{name}ForConditionalGeneration")(
        tiny(name, **sizes, **start)
    ).eval()
    make = corruptions.mixture if name == "T5" else corruptions.denoising
    batch = make(texts, vocab, rng)
    out = model(
        torch.from_numpy(batch.source.inputs),
        attention_mask=torch.from_numpy(batch.source.attention.keys).long(),
        labels=labels(batch),
    )
    assert our_loss(out.logits, batch) == pytest.approx(float(out.loss), rel=1e-5)
    shifted = {"T5": lambda: model._shift_right(labels(batch)), "Bart": lambda: None}[
        name
    ]()
    if shifted is not None:
        assert np.array_equal(shifted.numpy(), batch.inputs)
