"""Keeps freed memory with the process, for work that frees and takes the same pieces again."""

from __future__ import annotations

import ctypes
from functools import cache

# Numbers of glibc's mallopt(3).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3


@cache
def keep_freed_memory() -> bool:
    """Ask the C library not to give freed memory back to the system, for the rest of the process.

    Arrays of a megabyte are else handed back and taken anew thousands of times, and the system
    clears every page each time: a tenth of the time of an outlook. What a process needs at most
    does not grow. Return whether it was asked; where the library is not glibc nothing is done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    asked = ((_MMAP_THRESHOLD, 1 << 25), (_TRIM_THRESHOLD, 1 << 30), (_TOP_PAD, 1 << 26))
    done = [mallopt(what, size) for what, size in asked]
    return all(each == 1 for each in done)
