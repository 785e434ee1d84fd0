"""placeholder"""
from mlph_lib.transport.law import as_law
def pushforward(dist, h, inv=None, derivative=None):
    raise NotImplementedError
