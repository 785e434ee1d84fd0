"""Curves, batches, noise: stopped anywhere they end in the same answer."""

import time

import numpy as np
import pytest

from mlph_lib.trainings import (
    Bench,
    OutOfTime,
    batch_scaling,
    gap_curve,
    noise_scales,
    reduced,
    selected,
)
from mlph_lib.trainings import bench as benches
from mlph_lib.trainings.command import OWN


def request(name):
    return dict(reduced(selected([name])[0]).request)


def same(a, b):
    assert a.keys() == b.keys()
    for key in a.keys() - (set(OWN) - {"weights_sha256"}):
        assert np.array_equal(a[key], b[key], equal_nan=not isinstance(a[key], str)) \
            if isinstance(a[key], np.ndarray) else a[key] == b[key], key


class Clock:
    """Time is over at the n-th question for it."""

    def __init__(self, n):
        self.left = n

    def monotonic(self):
        self.left -= 1
        return 2.0 if self.left < 0 else 0.0


@pytest.mark.parametrize("question, name, stops", [
    (gap_curve, "gap-clm-mess3-0", (1, 3, 4)),
    (gap_curve, "gap-electra-mess3-0", (4,)),
    (batch_scaling, "batch-clm", (1, 4, 6)),
    (noise_scales, "noise-clm-0", (1, 3)),
])
def test_stopped_it_goes_on_to_the_same_answer(
    tmp_path, monkeypatch, question, name, stops
):
    whole = question(Bench(), **request(name))
    for n in stops:
        monkeypatch.setattr(benches.time, "monotonic", Clock(n).monotonic)
        bench = Bench(folder=tmp_path / str(n), until=1.0)
        with pytest.raises(OutOfTime):
            question(bench, **request(name))
        monkeypatch.undo()
        assert (tmp_path / str(n)).exists() or n == 1
        same(question(Bench(folder=tmp_path / str(n)), **request(name)), whole)


def test_a_curve_falls_and_its_parts_agree():
    longer = request("gap-clm-mess3-0") | {"steps": 60, "lr": 1e-2, "looks": 6}
    answer = gap_curve(Bench(), **longer)
    assert answer["gaps"][-1] < answer["gaps"][0] / 3
    assert answer["steps"][0] == 1 and answer["steps"][-1] == 60
    assert answer["tokens"] == 60 * 8 * 32
    assert 0 < answer["waiting_seconds"] < answer["seconds"]
    assert np.isclose(answer["utilisation"] * answer["matmul_flops_per_second"],
                      answer["flops"] / answer["seconds"])


def test_every_size_learns_from_as_many_texts():
    answer = batch_scaling(Bench(), **request("batch-clm"))
    assert np.all(answer["steps"] * answer["sizes"] == answer["texts"])
    assert answer["token_rates"].shape == (2, 2) and answer["losses"].shape == (2, 1)
    assert np.all(np.isfinite(answer["gaps"])) and answer["limit"] > 0
    with pytest.raises(ValueError, match="do not fill batches"):
        batch_scaling(Bench(), **request("batch-clm") | {"sizes": (3,)})


def test_a_loss_that_is_no_number_is_told_as_such():
    wild = request("batch-clm") | {"lr": 1e30}
    answer = batch_scaling(Bench(), **wild)
    assert np.isnan(answer["losses"]).any() and answer["token_rates"].min() > 0


def test_noise_is_that_of_the_points():
    answer = noise_scales(Bench(), **request("noise-mlm-0"))
    assert answer["points"].tolist() == [0, 2] and np.isnan(answer["losses"][0])
    assert np.all(answer["variance"] > 0)
    with pytest.raises(ValueError, match="points must rise"):
        noise_scales(Bench(), **request("noise-mlm-0") | {"points": (2, 1)})


def test_unfinished_work_is_of_one_request(tmp_path):
    bench = Bench(folder=tmp_path)
    assert bench.once("a", {"n": 1}, lambda: {"x": 1}) == {"x": 1}
    assert bench.once("a", {"n": 1}, lambda: {"x": 2}) == {"x": 1}
    assert bench.once("a", {"n": 2}, lambda: {"x": 2}) == {"x": 2}
    assert Bench(until=time.monotonic() + 60).check_time() is None
