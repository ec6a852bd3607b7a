"""Which figures a piece of work used.

A recording is opened by whoever wants the list; look-ups inside it are noted
in its log. Nothing is noted outside a recording, and one recording does not
see another's thread unless its context is carried there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gigaplan.catalogue.figures import Figure


class FigureLog:
    """The figures used so far, each once, in the order of first use; safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, Figure] = {}

    def add(self, figure: Figure) -> None:
        """Note that a figure was used."""
        with self._lock:
            self._used.setdefault(figure.id, figure)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures used so far, in the order of first use."""
        with self._lock:
            return tuple(self._used.values())

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the figures used so far, in the order of first use."""
        with self._lock:
            return tuple(self._used)

    def __len__(self) -> int:
        with self._lock:
            return len(self._used)

    def __contains__(self, figure_id: object) -> bool:
        with self._lock:
            return figure_id in self._used


_open_logs: ContextVar[tuple[FigureLog, ...]] = ContextVar("open_logs", default=())


@contextmanager
def recording(log: FigureLog | None = None) -> Iterator[FigureLog]:
    """Note every figure looked up inside the ``with`` block.

    Recordings nest: an outer one also notes what an inner one sees. A new
    thread starts without recordings; run it in ``contextvars.copy_context()``,
    or open a recording in it on the same log, to be noted.

    Parameters
    ----------
    log : FigureLog, optional
        The log to add to; a new one if left out.

    Examples
    --------
    >>> from gigaplan import catalogue
    >>> with catalogue.recording() as log:
    ...     mw = catalogue.technology("natrium").value("unit_mw")
    >>> log.ids
    ('technology.natrium.unit_mw',)
    """
    log = FigureLog() if log is None else log
    token = _open_logs.set((*_open_logs.get(), log))
    try:
        yield log
    finally:
        _open_logs.reset(token)


def note_use(figure: Figure) -> None:
    """Add a figure to every recording under way in this context."""
    for log in _open_logs.get():
        log.add(figure)
