"""Keeps what is quick to make again, up to a given size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar


class Sized(Protocol):
    """Something that knows the memory it takes."""

    @property
    def nbytes(self) -> int:
        """Return bytes of memory."""
        ...


T = TypeVar("T", bound=Sized)


class Kept:
    """What was made first stays as long as there is room; the rest is made anew each time.

    Oracles are asked in the same order every round, so keeping the latest would keep none that is
    asked next; only what a thread had last stays with it.

    Parameters
    ----------
    room_bytes : int
    """

    def __init__(self, room_bytes: int) -> None:
        self._left = room_bytes
        self._found: dict[Hashable, Sized] = {}
        self._lock = threading.Lock()
        self._last = threading.local()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what stands under a key, made if need be."""
        found = self._found.get(key)
        if found is None and getattr(self._last, "key", None) == key:
            found = self._last.value
        if found is None:
            found = make()
            self._last.key, self._last.value = key, found
            with self._lock:
                if key not in self._found and found.nbytes <= self._left:
                    self._found[key] = found
                    self._left -= found.nbytes
        return found  # type: ignore[return-value]
