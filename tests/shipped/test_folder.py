"""The model folder: read by transformers, replaced whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from mlph_lib.llama import Llama
from mlph_lib.shipped import folder as room
from mlph_lib.shipped.build import rounded
from mlph_lib.shipped.corpus import Document
from mlph_lib.shipped.folder import write
from mlph_lib.shipped.tokenizer import train_tokenizer


@pytest.fixture
def put(texts, settings, tmp_path):
    """Writes a folder with a random model of a seed."""
    tokenizer = train_tokenizer(texts, 400)

    def put(seed: int = 0) -> tuple[Path, Llama]:
        torch.manual_seed(seed)
        model = rounded(Llama(settings.config))
        samples = [Document("numpy", text) for text in texts[:3]]
        write(tmp_path / "m", model, tokenizer, {"seed": seed}, samples, ["numpy"])
        return tmp_path / "m", model

    return put


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_transformers_reads_it(put, texts):
    folder, model = put()
    theirs = AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ids = torch.tensor([tokenizer.encode(texts[0])])
    with torch.no_grad():
        torch.testing.assert_close(theirs(ids).logits, model(ids), atol=1e-4, rtol=0)
    assert type(theirs).__name__ == "LlamaForCausalLM"
    assert theirs.generation_config.eos_token_id == 2
    assert AutoModelForCausalLM.from_pretrained(folder).dtype == torch.bfloat16


def test_our_own_model_comes_back_to_the_last_bit(put):
    folder, model = put()
    back = Llama.from_pretrained(folder)
    assert back.config == model.config
    for name, weight in model.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight), name


def test_every_file_is_there_and_readable(put):
    folder, _ = put()
    assert sorted(contents(folder)) == [
        "NOTICE", "README.md", "config.json", "generation_config.json",
        "heldout.jsonl", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json", "training.json",
    ]
    assert all(file.stat().st_mode & 0o044 == 0o044 for file in folder.iterdir())
    rows = (folder / "heldout.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row)["package"] for row in rows] == ["numpy"] * 3
    assert "numpy 2" in (folder / "NOTICE").read_text()


def test_the_same_again_gives_the_same_bytes(put):
    before = contents(put()[0])
    assert contents(put()[0]) == before != contents(put(1)[0])


@pytest.mark.parametrize("name", ["save_file", "save", "notice", "config_json"])
def test_a_write_that_fails_leaves_the_folder_as_it_was(name, put, monkeypatch):
    folder = put()[0]
    before = contents(folder)

    def failing(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(room, name, failing)
    with pytest.raises(OSError, match="disk full"):
        put(1)
    assert contents(folder) == before
    monkeypatch.undo()
    assert contents(put(1)[0]) != before
    assert [f.name for f in folder.parent.iterdir()] == ["m"]


def test_an_exchange_that_fails_puts_the_old_one_back(put, monkeypatch):
    folder = put()[0]
    before, rename = contents(folder), Path.rename

    def failing(self, target):
        if self.suffix == ".new":
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError):
        put(1)
    assert contents(folder) == before


def test_what_a_killed_write_left_behind_is_no_hindrance(put):
    folder = put()[0]
    for left in (".old", ".new"):
        (folder.with_name(f"m{left}")).mkdir()
        (folder.with_name(f"m{left}") / "file").write_text("left")
    put(1)
    assert json.loads((folder / "training.json").read_text()) == {"seed": 1}
    assert [f.name for f in folder.parent.iterdir()] == ["m"]
