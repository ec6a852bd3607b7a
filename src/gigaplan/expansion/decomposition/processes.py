"""Workers that are processes of this machine: a worker that is killed costs only its tasks.

The recipe is written to a file once. Each process maps it, so that the hourly series are in memory
once for all of them, makes the blocks from it, and then answers chunks of tasks: a task is a
block's number and where to operate it, which is short.

A block has a home among the workers, in which its hours are kept. Who has nothing left to do at
home takes a chunk from the worker with the most left, but never blocks that are hourly programs:
making one anew costs more than waiting, and its solver goes on from where it last was.
"""

from __future__ import annotations

import mmap
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from gigaplan.core.errors import SolverError, require
from gigaplan.expansion.decomposition.block import Answer, Block
from gigaplan.expansion.decomposition.hourly_block import HourlyBlock
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.workers import Recipe, Task, answer

MOST_DEATHS = 4
"""How often a chunk of tasks may be lost with its worker before the solve ends."""

CHUNKS = 8
"""Into how many chunks the tasks of a worker are split."""

_ALIGNED = 64
_SIZE_BYTES = 8
_BEGIN = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from gigaplan.expansion.decomposition.processes import work; work(sys.argv[1])"
)


@dataclass(frozen=True)
class Processes:
    """Processes of this machine; plans are the same, to the last bit, as those of threads.

    Nothing is asked of the script that uses them: it needs no ``if __name__ == "__main__"``.

    Parameters
    ----------
    count : int
    """

    count: int

    def __post_init__(self) -> None:
        require(self.count >= 1, f"count is {self.count}; it must be 1 or more.", field="count")

    def open(self, recipe: Recipe, master: Master) -> AbstractContextManager[ProcessWorkers]:
        """Return workers for the blocks of a master, which was made of the recipe."""
        return ProcessWorkers(recipe, master.blocks, self.count)


class ProcessWorkers:
    """Processes that operate blocks, until they are closed.

    Parameters
    ----------
    recipe : Recipe
    blocks : sequence of Block
        What the recipe makes.
    count : int
    """

    def __init__(self, recipe: Recipe, blocks: Sequence[Block], count: int) -> None:
        self._homes = _homes(blocks, count)
        self._stays = [isinstance(block.oracle, HourlyBlock) for block in blocks]
        self._asked = _Asked([], [], [])
        self._folder = tempfile.TemporaryDirectory(prefix="gigaplan-")
        try:
            path = Path(self._folder.name) / "recipe"
            write_recipe(recipe, path)
            self._workers = [_Worker(path) for _ in range(count)]
        except BaseException:
            self._folder.cleanup()
            raise
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self) -> ProcessWorkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._asked.end()
        for worker in self._workers:
            worker.close()
        self._threads.shutdown()
        self._folder.cleanup()

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the workers there are now."""
        return [worker.pid for worker in self._workers]

    def answers(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """Return the answers of each task, in the order of the tasks.

        Raises
        ------
        SolverError
            If a block's operation has no optimum, or workers end again and again.
        """
        self._asked.end()  # what nobody waits for any more
        homes = [self._homes[b] for b, _ in tasks]
        self._asked = asked = _Asked(tasks, homes, [self._stays[b] for b, _ in tasks])
        for home in sorted(set(homes) if all(asked.stays) else range(len(self._workers))):
            self._threads.submit(self._serve, home, asked)
        return asked.found()

    def _serve(self, home: int, asked: _Asked) -> None:
        """Have a worker answer tasks until none is left for it."""
        with self._workers[home].lock:
            while (chunk := asked.take(home)) is not None:
                try:
                    asked.give(chunk, self._workers[home].ask([asked.tasks[i] for i in chunk]))
                except BaseException as error:
                    asked.end(error)


def _homes(blocks: Sequence[Block], count: int) -> list[int]:
    """Return the worker of each block: each gets as many of every route, near enough."""
    dealt: dict[str, int] = {}
    homes = []
    for block in blocks:
        place = dealt[block.route] = dealt.get(block.route, -1) + 1
        homes.append(place % count)
    return homes


class _Asked:
    """Tasks that were asked at once, in chunks by home, and what was found of them."""

    def __init__(self, tasks: Sequence[Task], homes: Sequence[int], stays: Sequence[bool]) -> None:
        self.tasks = tasks
        self.stays = stays
        self._found: list[list[Answer] | None] = [None] * len(tasks)
        self._error: BaseException | None = None
        self._change = threading.Condition()
        self._left: dict[int, deque[list[int]]] = {home: deque() for home in homes}
        groups: dict[tuple[int, bool], list[int]] = {}
        for i, group in enumerate(zip(homes, stays, strict=True)):
            groups.setdefault(group, []).append(i)
        for (home, _), places in groups.items():
            size = -(-len(places) // CHUNKS)
            chunks = (places[i : i + size] for i in range(0, len(places), size))
            self._left[home].extend(chunks)

    def take(self, home: int) -> list[int] | None:
        """Return the places of tasks for a worker to do next, None if there are none."""
        with self._change:
            if self._left.get(home):
                return self._left[home].popleft()
            for other in sorted(self._left.values(), key=len, reverse=True):
                for chunk in reversed(other):
                    if not self.stays[chunk[0]]:
                        other.remove(chunk)
                        return chunk
            return None

    def give(self, chunk: list[int], answers: list[list[Answer]]) -> None:
        """Note what was found of some tasks."""
        with self._change:
            for i, found in zip(chunk, answers, strict=True):
                self._found[i] = found
            self._change.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Drop what is not begun, and tell who waits of an error."""
        with self._change:
            self._left.clear()
            self._error = self._error or error
            self._change.notify_all()

    def found(self) -> Iterator[list[Answer]]:
        """Return the answers of each task in order, as they come."""
        try:
            for i in range(len(self.tasks)):
                yield self._wait(i)
        finally:
            self.end()

    def _wait(self, i: int) -> list[Answer]:
        with self._change:
            while (found := self._found[i]) is None:
                if self._error is not None:
                    raise self._error
                self._change.wait()
            self._found[i] = None
            return found


# ---- a worker, seen from here ----------------------------------------------------------------


class _Gone(Exception):
    """The process at the other end has ended."""


class _Worker:
    """A process, and another in its place when it has ended."""

    def __init__(self, recipe: Path) -> None:
        self.lock = threading.Lock()
        self._recipe = recipe
        self._changing = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        # Ctrl-C is for this process: in a session or group of its own it does not reach a worker,
        # which ends when its input does.
        own: dict[str, Any] = (
            {"start_new_session": True}
            if os.name == "posix"
            else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, str(self._recipe), *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **own,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, chunk: list[Task]) -> list[list[Answer]]:
        """Return the answers of some tasks, asked again if the process ends meanwhile."""
        status = 0
        for _ in range(MOST_DEATHS):
            process = self._process
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                _write(process.stdin, chunk)
                answers, error = _read(process.stdout)
            except _Gone:
                status = self._replace()
                continue
            if error is not None:
                raise error
            return answers  # type: ignore[no-any-return]
        raise SolverError(
            f"worker processes ended {MOST_DEATHS} times in a row before they answered (the last "
            f"{_ended_by(status)}). Fewer processes need less memory; threads need the least."
        )

    def _replace(self) -> int:
        """Put another process in the place of one that is gone; return how that ended."""
        with self._changing:
            if self._closed:
                raise SolverError("the workers were closed before they answered.")
            status = self._end()
            self._start()
            return status

    def _end(self) -> int:
        process = self._process
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        return process.wait()

    def close(self) -> None:
        """End the process, whatever it does."""
        with self._changing:
            self._closed = True
            self._process.kill()
        with self.lock:  # whoever waited for it has seen that it is gone
            self._end()


def _ended_by(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with status {status}"


def _write(stream: IO[bytes], message: object) -> None:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    try:
        stream.write(len(data).to_bytes(_SIZE_BYTES, "little") + data)
        stream.flush()
    except (OSError, ValueError):
        raise _Gone from None


def _read(stream: IO[bytes]) -> Any:
    size = _read_bytes(stream, _SIZE_BYTES)
    return pickle.loads(_read_bytes(stream, int.from_bytes(size, "little")))


def _read_bytes(stream: IO[bytes], count: int) -> bytes:
    try:
        data = stream.read(count)
    except (OSError, ValueError):
        raise _Gone from None
    if len(data) < count:
        raise _Gone
    return data


# ---- the recipe on disk ----------------------------------------------------------------------


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe so that processes can share its arrays in memory."""
    arrays: list[memoryview] = []

    def apart(buffer: pickle.PickleBuffer) -> None:
        arrays.append(buffer.raw())

    data = pickle.dumps(recipe, protocol=5, buffer_callback=apart)
    with path.open("wb") as file:
        ends = []
        for array in arrays:
            file.write(bytes(-file.tell() % _ALIGNED))
            start = file.tell()
            file.write(array)
            ends.append((start, file.tell()))
        start = file.tell()
        file.write(pickle.dumps((data, ends)))
        file.write(start.to_bytes(_SIZE_BYTES, "little"))


def read_recipe(path: Path) -> Recipe:
    """Return a recipe whose arrays are those of the file; what is written to them is not shared."""
    with path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    start = int.from_bytes(mapped[-_SIZE_BYTES:], "little")
    data, ends = pickle.loads(mapped[start:-_SIZE_BYTES])
    recipe = pickle.loads(data, buffers=[mapped[a:b] for a, b in ends])
    assert isinstance(recipe, Recipe)
    return recipe


# ---- inside a worker -------------------------------------------------------------------------


def work(recipe: str) -> None:
    """Answer chunks of tasks that come by the standard input until it ends.

    Parameters
    ----------
    recipe : str
        Path of what `write_recipe` wrote.
    """
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    blocks: Sequence[Block] | None = None
    with suppress(_Gone):  # nobody is there any more to be answered
        while True:
            chunk = _read(asked)
            try:
                if blocks is None:
                    blocks = read_recipe(Path(recipe)).master().blocks
                message: Any = [answer(blocks, task) for task in chunk], None
            except Exception as error:
                message = None, _portable(error)
            _write(told, message)
    os._exit(0)


def _portable(error: Exception) -> Exception:
    """Return an error that can be sent, with where it was raised for who looks closely."""
    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
