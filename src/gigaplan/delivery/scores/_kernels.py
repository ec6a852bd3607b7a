"""Compiled loops: random words, standard normals, and months at a normal score, 256 at a time.

Random numbers. A stream is a key; draw d takes word ``(d mod 256) div 64`` of the
Philox4x32 counter ``64 (d div 256) + d mod 64``, so a number depends on its key and
draw alone. A word w, read as signed, is the uniform ``(w + 1/2) / 2^32 + 1/2``: 32 bits.

Normals. G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates",
Ann. Math. Stat. 29 (1958) 610-611: the words of draws d and d + 128 of a block give the radius
``sqrt(-2 ln u)`` and the angle of two independent normals. The logarithm is that of S. L. Moshier's
Cephes library in single precision; sine and cosine are least-squares polynomials on Chebyshev
points. Against double precision the score is off by less than 4e-5 near zero, where the radius
has few bits, and by less than 3e-6 elsewhere.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core._kernels import log_near_one, split
from gigaplan.core.random_streams import philox4x32
from gigaplan.delivery.arrays import Array
from gigaplan.delivery.durations import KNOTS, KNOTS_PER_UNIT, Z_MAX

BLOCK = 256
"""Draws that are worked on at once."""

_WORD = 64
_MASK = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_ZERO = np.uint64(0)
_FAST = {"contract", "nsz"}  # products and sums may fuse; infinities keep their meaning

_f = np.float32
_SIN = (_f(3.141592580), _f(-5.167706866), _f(2.550031194), _f(-0.5980441939), _f(0.07721838615))
_COS = (
    _f(0.9999999998),
    _f(-4.934802137),
    _f(4.058709160),
    _f(-1.335212003),
    _f(0.2349373138),
    _f(-0.02439632435),
)

_HALF, _ONE, _TWO, _NONE = _f(0.5), _f(1.0), _f(2.0), _f(0.0)
_LN2, _SCALE, _BITS = _f(0.6931471805599453), _f(2.0**-31), _f(31.0)
_HALF_BLOCK = BLOCK // 2
_Z_MAX, _PER_UNIT, _TOP = _f(Z_MAX), _f(KNOTS_PER_UNIT), _f(KNOTS - 2)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def words(key: np.uint64, block: int, out: Array) -> None:
    """Fill out[256] with the block's random words of a stream, as signed integers."""
    low, high = key & _MASK, key >> _32
    first = np.uint64(block) * np.uint64(_WORD)
    for j in range(_WORD):
        counter = first + np.uint64(j)
        a, b, c, d = philox4x32(counter & _MASK, counter >> _32, _ZERO, _ZERO, low, high)
        out[j] = np.int32(a)
        out[j + _WORD] = np.int32(b)
        out[j + 2 * _WORD] = np.int32(c)
        out[j + 3 * _WORD] = np.int32(d)


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def scores(word: Array, near: Array, out: Array) -> None:
    """Turn random words into standard normals; `near` is scratch, all of shape [256]."""
    bits = near.view(np.int32)
    for d in range(_HALF_BLOCK):
        near[d] = np.float32(word[d] ^ (word[d] >> np.int32(31))) + _HALF
    split(near, bits, out, _HALF_BLOCK)
    for d in range(_HALF_BLOCK):
        log = log_near_one(near[d] - _ONE) + (out[d] - _BITS) * _LN2
        radius = np.sqrt(max(-_TWO * log, _NONE))
        turn = np.float32(word[d + _HALF_BLOCK]) * _SCALE
        y = abs(turn) - _HALF
        q = y * y
        sine = ((((_SIN[4] * q + _SIN[3]) * q + _SIN[2]) * q + _SIN[1]) * q + _SIN[0]) * y
        cosine = (((_COS[5] * q + _COS[4]) * q + _COS[3]) * q + _COS[2]) * q + _COS[1]
        out[d] = -radius * sine
        out[d + _HALF_BLOCK] = np.copysign(radius * (cosine * q + _COS[0]), turn)


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def look_up(z: Array, knot: Array, table: Array, out: Array) -> None:
    """Fill out[256] with months at normal scores; a score beyond the table is held at its end.

    Spoils z; knot[256] of uint32 is scratch. Two loops, for the first has no look-up in it and
    runs on whole vectors.
    """
    whole = knot.view(np.int32)  # whole vectors turn into signed numbers only, without AVX-512
    for d in range(BLOCK):
        x = (z[d] + _Z_MAX) * _PER_UNIT
        x = x if x < _TOP else _TOP
        x = x if x > _NONE else _NONE
        whole[d] = np.int32(x)
        z[d] = x - np.float32(whole[d])
    for d in range(BLOCK):
        low = table[knot[d]]
        out[d] = low + z[d] * (table[knot[d] + np.uint32(1)] - low)
