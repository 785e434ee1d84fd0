"""From a density alone to a distribution."""
from __future__ import annotations
import numpy as np
from mlph_lib.transport.arguments import as_shape, check_generator
from mlph_lib.transport.mesh import initial_mesh
from mlph_lib.transport.panels import resolve
__all__ = ["PdfDistribution", "from_pdf"]


def from_pdf(pdf, support, *, points=()):
    """first version"""
    return PdfDistribution(pdf, tuple(map(float, support)), tuple(points))


class PdfDistribution:
    def __init__(self, pdf, support, points):
        self._pdf, self._support = pdf, support
        self._panels = resolve(pdf, initial_mesh(support, points))

    def support(self):
        return self._support

    def pdf(self, x):
        x = np.asarray(x, float)
        a, b = self._support
        inside = (x >= a) & (x <= b)
        out = np.zeros(x.shape)
        with np.errstate(all="ignore"):
            out[inside] = self._pdf(x[inside]) / self._panels.total
        return out[()]

    def cdf(self, x):
        return self._panels.cdf_sf(np.clip(np.atleast_1d(np.asarray(x, float)), *self._support))[0].reshape(np.shape(x))[()]

    def sf(self, x):
        return self._panels.cdf_sf(np.clip(np.atleast_1d(np.asarray(x, float)), *self._support))[1].reshape(np.shape(x))[()]

    def ppf(self, q):
        q = np.atleast_1d(np.asarray(q, float))
        return self._panels.quantile(np.minimum(q, 1 - q), q > 0.5).reshape(q.shape)

    def isf(self, q):
        q = np.atleast_1d(np.asarray(q, float))
        return self._panels.quantile(np.minimum(q, 1 - q), q <= 0.5).reshape(q.shape)

    def rvs(self, size, rng):
        shape, n = as_shape(size)
        check_generator(rng)
        return self.ppf(rng.random(n)).reshape(shape)
