"""Folders, hub ids, and the access token, which stands nowhere."""

import shutil

import huggingface_hub
import pytest

from mlph_lib import cli
from mlph_lib.recorder import Ask, command
from mlph_lib.recorder.hub import weights_folder
from mlph_lib.recorder.plan import PLAN
from mlph_lib.recorder.run import _rehearsal

TOKEN = "hf_" + "Secret0123456789" * 2


def test_a_folder_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", None)
    assert weights_folder(str(tmp_path)) == tmp_path


def test_what_is_neither_folder_nor_hub_id_is_refused():
    with pytest.raises(FileNotFoundError, match="expected a checkpoint folder or a hub id"):
        weights_folder("/no/such/folder")


def test_a_hub_id_is_fetched_at_its_revision(tmp_path, monkeypatch):
    asked = {}

    def fetch(repository, **how):
        asked.update(how, repository=repository)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert weights_folder("someone/model", "abc") == tmp_path
    assert (asked["repository"], asked["revision"]) == ("someone/model", "abc")
    assert "token" not in asked  # the hub's own login or HF_TOKEN, read by the hub's code


def test_a_refusal_says_what_to_do_without_the_token(monkeypatch):
    def refuse(*args, **how):
        raise RuntimeError(f"401 for url with Authorization: Bearer {TOKEN}")

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(ConnectionError, match="accept the licence .*hf auth login") as e:
        weights_folder("someone/gated")
    assert TOKEN not in str(e.value) and e.value.__suppress_context__


def test_the_token_is_in_no_file_and_no_message(
    checkout, sharded, monkeypatch, capfd, tmp_path
):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download",
        lambda *args, **how: str(shutil.copytree(sharded, tmp_path / "hub")),
    )
    plan = [Ask(a.name, a.question, dict(_rehearsal(a).request)) for a in PLAN[:6]]
    monkeypatch.setattr(command, "PLAN", plan)
    words = ["record", "small", "--weights", "someone/small", "--device", "cpu"]
    assert cli.main([*words, "--by", "a test", "--name", "a small random Llama"]) == 0
    assert TOKEN not in "".join(capfd.readouterr())
    written = [f for f in checkout.rglob("*") if f.is_file()]
    assert len(written) == 13  # six recordings of two files, and the lock
    assert not any(TOKEN.encode() in f.read_bytes() for f in written)
