"""The first look at a density: panels cover the support and crowd where promised."""

import numpy as np
import pytest

from mlph_lib.transport.mesh import initial_mesh

INF = np.inf
CASES = [
    ((0.0, 1.0), ()),
    ((3.0, 5.0), ()),
    ((-2.0, 7.0), (0.0, 1.0)),
    ((0.0, INF), ()),
    ((-INF, 2.0), (-5.0,)),
    ((-INF, INF), ()),
    ((-INF, INF), (1000.0, 1001.0)),
    ((0.0, 1e-250), ()),
]


@pytest.mark.parametrize(("support", "points"), CASES)
def test_panels_follow_one_another_and_cover_the_support(support, points):
    mesh = initial_mesh(support, points)
    start, stop = mesh.anchor + mesh.low, mesh.anchor + mesh.high
    assert np.all(mesh.low < mesh.high)
    np.testing.assert_allclose(start[1:], stop[:-1], rtol=1e-15)
    for end, reached in zip(support, (start[0], stop[-1]), strict=True):
        assert reached == end if np.isfinite(end) else abs(reached) >= 1e300


@pytest.mark.parametrize(("support", "points"), CASES)
def test_caps_touch_the_ends_and_the_points(support, points):
    mesh = initial_mesh(support, points)
    right, left = mesh.cap > 0, mesh.cap < 0
    assert np.all(mesh.low[right] == 0) and np.all(mesh.high[left] == 0)
    places = {e for e in (*support, *points) if np.isfinite(e)}
    places |= {0.0} if np.all(np.isinf(support)) else set()
    assert set(mesh.anchor[right]) == places - {support[1]}
    assert set(mesh.anchor[left]) == places - {support[0]}
    small = np.maximum(np.abs(mesh.anchor[right]) * 2.0**-43, 1e-290)
    assert np.all(mesh.high[right] <= small)


def test_finite_supports_get_panels_of_a_thousandth():
    for support, points in CASES[:3]:
        mesh = initial_mesh(support, points)
        widest = (mesh.high - mesh.low).max()
        assert widest <= (support[1] - support[0]) / 1024 * (1 + 1e-12)


@pytest.mark.parametrize("side", [1, -1])
def test_infinite_supports_get_panels_of_a_32nd_of_the_distance(side):
    mesh = initial_mesh((0.0, INF) if side > 0 else (-INF, 0.0), ())
    near, far = np.sort(np.abs([mesh.low, mesh.high]), axis=0)
    seen = (near >= 2.0**-10) & (far <= 2.0**20)
    assert np.max((far - near)[seen] / near[seen]) <= 1 / 32
    assert near[seen].min() == 2.0**-10 and far[seen].max() == 2.0**20


def test_between_points_of_an_infinite_support_there_are_64_panels():
    mesh = initial_mesh((-INF, INF), (0.0, 64.0))
    between = (mesh.anchor + mesh.low >= 0) & (mesh.anchor + mesh.high <= 64)
    assert (mesh.high - mesh.low)[between].max() == 1.0
