"""Compiled loops: random words, standard normals, and months at a normal score, 256 at a time.

Random numbers. A stream is a key; draw d takes word ``(d mod 256) div 64`` of the
Philox4x32 counter ``64 (d div 256) + d mod 64``, so a number depends on its key and
draw alone. A word w, read as signed, is the uniform ``(w + 1/2) / 2^32 + 1/2``: 32 bits.

Normals. M. J. Wichura, "Algorithm AS 241: the percentage points of the normal
distribution", Applied Statistics 37 (1988) 477-484, the form for single
precision, with its logarithm by ``ln m = 2 artanh((m - 1) / (m + 1))``. The error
against double precision is below 2e-6 in the score everywhere.
"""

from __future__ import annotations

import numba as nb
import numpy as np

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
_A = (_f(3.3871327179), _f(50.434271938), _f(159.29113202), _f(59.109374720))
_B = (_f(17.895169469), _f(78.757757664), _f(67.187563600))
_C = (_f(1.4234372777), _f(2.7568153900), _f(1.3067284816), _f(0.17023821103))
_D = (_f(0.73700164250), _f(0.12021132975))
_ONE, _TWO, _HALF = _f(1.0), _f(2.0), _f(0.5)
_THIRD, _FIFTH, _SEVENTH = _f(1 / 3), _f(1 / 5), _f(1 / 7)
_LN2, _SCALE, _CENTRAL, _SPLIT = _f(0.6931471805599453), _f(2.0**-32), _f(0.180625), _f(1.6)
_BITS = _f(32.0)
_ROOT_HALF_BITS = np.int32(0x3F3504F3)
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
    for d in range(BLOCK):
        folded = word[d] ^ (word[d] >> np.int32(31))
        near[d] = np.float32(np.int32(2147483647) - folded) + _HALF
    for d in range(BLOCK):
        power = np.int32((bits[d] - _ROOT_HALF_BITS) >> np.int32(23))
        bits[d] = np.int32(bits[d] - np.int32(power << np.int32(23)))
        out[d] = np.float32(power)
    for d in range(BLOCK):
        s = (near[d] - _ONE) / (near[d] + _ONE)
        s2 = s * s
        log = _TWO * s * (_ONE + s2 * (_THIRD + s2 * (_FIFTH + s2 * _SEVENTH)))
        r = np.sqrt(-(log + (out[d] - _BITS) * _LN2)) - _SPLIT
        tail = (((_C[3] * r + _C[2]) * r + _C[1]) * r + _C[0]) / ((_D[1] * r + _D[0]) * r + _ONE)
        q = np.float32(word[d]) * _SCALE
        r = _CENTRAL - q * q
        top = ((_A[3] * r + _A[2]) * r + _A[1]) * r + _A[0]
        centre = q * top / (((_B[2] * r + _B[1]) * r + _B[0]) * r + _ONE)
        outside = tail if q > 0 else -tail
        out[d] = centre if r >= 0 else outside


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def look_up(z: Array, table: Array, out: Array) -> None:
    """Fill out[256] with months at normal scores; a score beyond the table is held at its end."""
    for d in range(BLOCK):
        x = (z[d] + _Z_MAX) * _PER_UNIT
        x = x if x > 0 else _f(0.0)
        x = x if x < _TOP else _TOP
        i = np.int32(x)
        low = table[i]
        out[d] = low + (x - np.float32(i)) * (table[i + 1] - low)
