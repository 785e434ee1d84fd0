import pytest
from mlph_lib.page.results import benchmark, project_root


def test_the_root_is_where_the_toc_is(tmp_path):
    (tmp_path / "_toc.yml").write_text("")
    deep = tmp_path / "book" / "flows"
    deep.mkdir(parents=True)
    assert project_root(deep) == tmp_path.resolve()


def test_outside_a_checkout_the_error_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="_toc.yml"):
        project_root(tmp_path)


def test_results_are_read_or_asked_for(tmp_path):
    (tmp_path / "_toc.yml").write_text("")
    with pytest.raises(FileNotFoundError, match="make bench"):
        benchmark("results", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "results.json").write_text('{"n": 3}')
    assert benchmark("results", tmp_path) == {"n": 3}
