"""Losses beside those of transformers, and sums that add up over samples."""

import pytest
import torch
import transformers as hf

from mlph_lib.pretraining.losses import Sum, binary_nll, mean_loss, token_nll, weigh

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 32, "vocab_size": 20,
}
N, T, V = 3, 7, 20


@pytest.fixture
def ids():
    return torch.randint(3, V, (N, T), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels(ids):
    """Targets at about half of the positions, -100 elsewhere."""
    chosen = torch.rand(N, T, generator=torch.Generator().manual_seed(1)) < 0.5
    return torch.where(chosen, ids, -100)


def ours(logits, labels):
    weights = (labels >= 0).float()
    total, count = weigh(token_nll(logits, labels.clamp_min(0)), weights)
    return total / count


def test_bert_adds_the_means_of_both_tasks(ids, labels):
    torch.manual_seed(0)
    model = hf.BertForPreTraining(hf.BertConfig(**SIZES)).eval()
    is_random = torch.tensor([0, 1, 1])  # 0: B follows A
    out = model(input_ids=ids, labels=labels, next_sentence_label=is_random)
    two = out.seq_relationship_logits
    nsp = binary_nll(two[:, 1] - two[:, 0], is_random).mean()
    expected = ours(out.prediction_logits, labels) + nsp
    torch.testing.assert_close(out.loss, expected)
    first = ours(out.prediction_logits, labels)
    assert (out.loss - first).item() > 0.1  # the second task is in it


def test_electra_averages_over_what_attention_sees(ids):
    torch.manual_seed(0)
    model = hf.ElectraForPreTraining(
        hf.ElectraConfig(**SIZES, embedding_size=16)
    ).eval()
    seen = torch.ones(N, T)
    seen[0, 4:] = 0
    replaced = (ids % 3 == 0).long()
    out = model(input_ids=ids, attention_mask=seen, labels=replaced)
    total, count = weigh(binary_nll(out.logits, replaced), seen)
    torch.testing.assert_close(out.loss, total / count)


def test_gpt2_shifts_and_a_batch_is_shifted_before(ids):
    torch.manual_seed(0)
    config = hf.GPT2Config(vocab_size=V, n_embd=16, n_layer=1, n_head=2, n_positions=T)
    model = hf.GPT2LMHeadModel(config).eval()
    out = model(input_ids=ids, labels=ids)
    torch.testing.assert_close(out.loss, ours(out.logits[:, :-1], ids[:, 1:]))


def test_t5_starts_with_padding_and_ignores_minus_100(ids, labels):
    torch.manual_seed(0)
    config = hf.T5Config(
        vocab_size=V, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0,
    )
    model = hf.T5ForConditionalGeneration(config).eval()
    out = model(input_ids=ids, labels=labels)
    shifted = torch.cat([torch.zeros(N, 1, dtype=torch.long), labels[:, :-1]], 1)
    decoder = shifted.masked_fill(shifted == -100, 0)
    same = model(input_ids=ids, decoder_input_ids=decoder)
    torch.testing.assert_close(out.loss, ours(same.logits, labels))


def test_bart_starts_with_the_end_of_text(ids):
    torch.manual_seed(0)
    config = hf.BartConfig(
        vocab_size=V, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_position_embeddings=T, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
    )
    model = hf.BartForConditionalGeneration(config).eval()
    out = model(input_ids=ids, labels=ids)
    decoder = torch.cat([torch.full((N, 1), 2), ids[:, :-1]], 1)
    same = model(input_ids=ids, decoder_input_ids=decoder)
    torch.testing.assert_close(out.loss, ours(same.logits, ids))


def test_xlnet_scores_its_target_mapping(ids):
    torch.manual_seed(0)
    config = hf.XLNetConfig(vocab_size=V, d_model=16, n_layer=1, n_head=2, d_inner=32)
    model = hf.XLNetLMHeadModel(config).eval()
    pick = torch.zeros(N, 2, T)
    pick[:, 0, 3] = pick[:, 1, 5] = 1.0
    hidden = torch.zeros(N, T, T)
    hidden[:, :, 3] = hidden[:, :, 5] = 1.0
    asked = ids[:, [3, 5]]
    out = model(input_ids=ids, perm_mask=hidden, target_mapping=pick, labels=asked)
    torch.testing.assert_close(out.loss, token_nll(out.logits, asked).mean())


def test_transformers_divides_by_nothing_where_no_token_was_chosen(ids):
    """Their loss is nan; a batch without targets has the loss 0 here."""
    none = torch.full((N, T), -100)
    logits = torch.randn(N, T, V, requires_grad=True)
    assert torch.nn.functional.cross_entropy(logits.mT, none).isnan()
    part = weigh(token_nll(logits, none.clamp_min(0)), torch.zeros(N, T))
    loss = mean_loss({"loss": part}, {"loss": 1.0})
    loss.backward()
    assert loss == 0 and not logits.grad.any()


def test_sums_add_up_where_means_do_not():
    nll, weights = torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 1.0, 1.0])
    whole = weigh(nll, weights)
    a, b = weigh(nll[:2], weights[:2]), weigh(nll[2:], weights[2:])
    assert a.total + b.total == whole.total and a.count + b.count == whole.count
    mean = lambda s: mean_loss({"loss": s}, {"loss": 1.0})  # noqa: E731
    assert mean(whole) == 3 and (mean(a) + mean(b)) / 2 == 3.75


def test_parts_have_their_coefficients():
    part = Sum(torch.tensor(3.0), torch.tensor(2.0))
    assert mean_loss({"a": part, "b": part}, {"a": 1.0, "b": 50.0}) == 76.5


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (4,)])
def test_targets_of_another_shape_are_refused(shape):
    targets = torch.zeros(shape, dtype=torch.long)
    with pytest.raises(ValueError, match="one axis more than targets"):
        token_nll(torch.zeros(2, 3, 4), targets)
    with pytest.raises(ValueError, match="one logit a target"):
        binary_nll(torch.zeros(2, 3), targets)
