"""Counter-based random numbers, keyed by (seed, purpose, entity, draw, index).

A number depends on its key alone: not on how many numbers were asked for
before, nor on threads, workers or other entities. The generator is
Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
easy as 1, 2, 3" (SC11), checked against its published known answers.

The compiled functions may be called from kernels of any engine; `uniforms`
and `normals` are the array form of the same numbers.
"""

from __future__ import annotations

import hashlib

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_MASK = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_ROUNDS = 10


def stream_key(seed: int, purpose: str, entity: str = "") -> np.uint64:
    """Return the 64-bit key of one stream of numbers.

    Parameters
    ----------
    seed : int
        The run's seed.
    purpose : str
        What the numbers are for, such as ``"delivery.duration"``.
    entity : str
        Which project, unit or site they are for, by its name in the programme.
    """
    text = f"{int(seed)}\x1f{purpose}\x1f{entity}".encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


@nb.njit(cache=True, inline="always")
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return four random 32-bit words (each in a uint64) for a 4x32 counter and 2x32 key."""
    for _ in range(_ROUNDS):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (
            (p1 >> _32) ^ c1 ^ k0,
            p1 & _MASK,
            (p0 >> _32) ^ c3 ^ k1,
            p0 & _MASK,
        )
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@nb.njit(cache=True, inline="always")
def uniform_pair(key: np.uint64, draw: np.uint64, index: np.uint64) -> tuple[float, float]:
    """Return two independent uniforms in (0, 1), of 52 bits each, for one key, draw and index."""
    a, b, c, d = philox4x32(
        draw & _MASK, draw >> _32, index & _MASK, index >> _32, key & _MASK, key >> _32
    )
    first = ((a << np.uint64(20)) | (b >> np.uint64(12))) * 2.0**-52 + 2.0**-53
    second = ((c << np.uint64(20)) | (d >> np.uint64(12))) * 2.0**-52 + 2.0**-53
    return first, second


@nb.njit(cache=True, inline="always")
def uniform(key: np.uint64, draw: np.uint64, index: np.uint64) -> float:
    """Return one uniform in (0, 1): the first or second of its pair by the parity of `index`."""
    first, second = uniform_pair(key, draw, index >> np.uint64(1))
    chosen: float = second if index & np.uint64(1) else first
    return chosen


@nb.njit(cache=True)
def _fill_uniforms(key: np.uint64, first_draw: np.uint64, out: NDArray[np.float64]) -> None:
    rows, draws = out.shape
    for i in range(rows):
        for d in range(draws):
            out[i, d] = uniform(key, first_draw + np.uint64(d), np.uint64(i))


def uniforms(
    seed: int, purpose: str, entity: str, count: int, draws: int, *, first_draw: int = 0
) -> NDArray[np.float64]:
    """Return uniforms in (0, 1), shape [count, draw], for `draws` draws from `first_draw` on."""
    out = np.empty((count, draws))
    _fill_uniforms(stream_key(seed, purpose, entity), np.uint64(first_draw), out)
    return out


def normals(
    seed: int, purpose: str, entity: str, count: int, draws: int, *, first_draw: int = 0
) -> NDArray[np.float64]:
    """Return standard normals by inversion of `uniforms`, shape [count, draw]."""
    result: NDArray[np.float64] = ndtri(
        uniforms(seed, purpose, entity, count, draws, first_draw=first_draw)
    )
    return result
