"""Rates are operations over seconds."""

from mlph_lib.speed import matmul_rate


def test_a_rate_is_operations_over_seconds(monkeypatch):
    ticks = iter(range(100))
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks))
    assert matmul_rate("cpu", size=10, repeats=3) == 2000.0
