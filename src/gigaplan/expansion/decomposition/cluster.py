"""Workers that are those of a Dask cluster, on this machine or on many.

The recipe is sent to every worker once. The first task in a process makes the blocks of it, and
they stay there until the solve ends; a task is a block's number and where to operate it. Dask asks
the tasks of a lost worker again elsewhere, and a worker that joins gets the recipe from another.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from gigaplan.core.errors import InputError, Problem, SolverError
from gigaplan.core.version import VERSION
from gigaplan.expansion.decomposition.block import Answer, Block
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.workers import Recipe, Task, answer

if TYPE_CHECKING:
    from distributed import Client

CHUNKS = 4
"""Into how many chunks the tasks are split for each thread of the cluster."""

MOST_LOSSES = 4
"""How often the recipe may be lost with all that hold it before the solve ends."""

CONNECT_SECONDS = 30


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask cluster, which have the same version of gigaplan installed.

    Parameters
    ----------
    client : distributed.Client or str
        A client, which stays open; or the address of a scheduler, ``tcp://host:port``.
    """

    client: Client | str

    def open(self, recipe: Recipe, master: Master) -> AbstractContextManager[ClusterWorkers]:
        """Return workers for the blocks of a master, which was made of the recipe.

        Raises
        ------
        InputError
            If Dask is not installed, or no scheduler answers at the address.
        """
        return ClusterWorkers(self.client, recipe)


def _distributed() -> Any:
    """Return Dask's package."""
    try:
        import distributed
    except ImportError:
        raise InputError(
            Problem(
                "A Dask cluster needs the package distributed, which is not installed.",
                hint="Install it with: pip install 'gigaplan[cluster]'",
            )
        ) from None
    return distributed


class ClusterWorkers:
    """A cluster that operates blocks, until it is closed.

    Parameters
    ----------
    client : distributed.Client or str
        A client, or the address of a scheduler.
    recipe : Recipe
    """

    def __init__(self, client: Client | str, recipe: Recipe) -> None:
        self._dask = _distributed()
        self._recipe = recipe
        self._token = uuid.uuid4().hex
        self._open = ExitStack()
        self._client: Any = client
        if isinstance(client, str):
            try:
                self._client = self._dask.Client(client, timeout=CONNECT_SECONDS)
            except (OSError, ValueError) as error:
                raise InputError(
                    f"no Dask scheduler answers at {client}: {error}", field="client"
                ) from None
            self._open.callback(self._client.close)
        self._open.callback(self._forget)
        self._sent: Any = None
        self._asked: list[Any] = []

    def __enter__(self) -> ClusterWorkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _forget(self) -> None:
        """Drop what is asked, and the blocks in all workers that are there."""
        with suppress(Exception):  # a cluster that has gone holds nothing
            self._client.cancel(self._asked, force=True)
            self._sent = None
            self._client.run(forget, self._token, on_error="ignore")

    def answers(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """Return the answers of each task, in the order of the tasks.

        Raises
        ------
        SolverError
            If a block's operation has no optimum, or workers end again and again.
        """
        self._client.cancel(self._asked, force=True)  # what nobody waits for any more
        chunks = self._chunks(tasks)
        self._asked = self._ask(chunks)
        return self._found(chunks)

    def _chunks(self, tasks: Sequence[Task]) -> list[Sequence[Task]]:
        threads = sum(self._client.nthreads().values()) or 1
        size = -(-len(tasks) // (CHUNKS * threads)) or 1
        return [tasks[i : i + size] for i in range(0, len(tasks), size)]

    def _ask(self, chunks: list[Sequence[Task]]) -> list[Any]:
        if self._sent is None:
            self._sent = self._client.scatter(self._recipe, broadcast=True, hash=False)
        return [
            self._client.submit(
                answer_chunk, self._sent, self._token, VERSION, chunk, pure=False, priority=-place
            )
            for place, chunk in enumerate(chunks)
        ]

    def _found(self, chunks: list[Sequence[Task]]) -> Iterator[list[Answer]]:
        """Return the answers of each task in order; what is lost for good is asked again."""
        place = losses = 0
        try:
            while place < len(chunks):
                try:
                    found = self._asked[place].result()
                except self._lost() as error:
                    losses += 1
                    if losses == MOST_LOSSES or isinstance(error, self._dask.KilledWorker):
                        raise SolverError(
                            "workers of the cluster ended again and again before they answered: "
                            f"{error}. Their logs say why; workers with fewer threads need less "
                            "memory."
                        ) from None
                    self._sent = None
                    self._asked[place:] = self._ask(chunks[place:])
                    continue
                yield from found
                self._asked[place].release()
                place, losses = place + 1, 0
        finally:
            self._client.cancel(self._asked[place:], force=True)
            self._asked = []

    def _lost(self) -> tuple[type[BaseException], ...]:
        """Return what Dask raises of a task that it cannot ask again by itself."""
        from concurrent.futures import CancelledError

        return CancelledError, self._dask.KilledWorker


# ---- inside a worker -------------------------------------------------------------------------

_made: dict[str, Sequence[Block]] = {}
_making = threading.Lock()


def answer_chunk(
    recipe: Recipe, token: str, version: str, chunk: Sequence[Task]
) -> list[list[Answer]]:
    """Return the answers of some tasks, in a worker.

    Parameters
    ----------
    recipe : Recipe
    token : str
        What the blocks made of the recipe are kept under.
    version : str
        Of gigaplan where the tasks come from.
    chunk : sequence of Task
    """
    if version != VERSION:
        raise SolverError(
            f"a worker of the cluster has gigaplan {VERSION}, but tasks come from {version}: "
            "install the same version there."
        )
    with _making:
        if token not in _made:
            _made[token] = recipe.master().blocks
        blocks = _made[token]
    return [answer(blocks, task) for task in chunk]


def forget(token: str) -> None:
    """Drop the blocks that a worker keeps under a token."""
    with _making:
        _made.pop(token, None)
