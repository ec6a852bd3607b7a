"""A folder of runs.

A run is written into a hidden folder of its own and renamed into place when
it is whole, so a kill at any moment leaves either the whole run or nothing
that `RunStore.runs` shows. What a killed writer left is removed by the next
writer, which knows it from the lock the dead process no longer holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gigaplan.core.errors import InputError, Problem, nearest

SUMMARY = "run.json"
_DRAFT_PREFIX = ".draft-"
_LOCK = ".lock"
_STAGES = ".stages"
_ORPHAN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that is kept: its name, folder and a few words of its summary."""

    run_id: str
    folder: Path
    programme: str
    created: str
    draws: int
    megabytes: float


def default_store() -> Path:
    """Return the folder runs are kept in: $GIGAPLAN_RUNS, or ``runs`` in the current folder."""
    return Path(os.environ.get("GIGAPLAN_RUNS") or "runs")


class RunStore:
    """Runs kept in one folder.

    Parameters
    ----------
    folder : Path
        The store; made when the first run is written.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def find(self, run_id: str) -> Path | None:
        """Return the folder of a whole run, or None."""
        folder = self.folder / run_id
        return folder if (folder / SUMMARY).is_file() else None

    def get(self, name: str) -> Path:
        """Return the folder of a run by its name, a part of it that is unique, or ``last``.

        Raises
        ------
        InputError
            If no run or more than one has that name.
        """
        records = self.runs()
        if name == "last" and records:
            return records[-1].folder
        found = [r for r in records if r.run_id == name] or [
            r for r in records if name and r.run_id.startswith(name)
        ]
        if len(found) == 1:
            return found[0].folder
        if found:
            names = ", ".join(record.run_id for record in found)
            raise InputError(f"'{name}' begins the names of several runs: {names}.")
        hint = nearest(name, [r.run_id for r in records]) or "List them with: gigaplan runs."
        raise InputError(Problem(f"there is no run '{name}' in {self.folder}.", hint=hint))

    def runs(self) -> list[RunRecord]:
        """Return every whole run, oldest first."""
        if not self.folder.is_dir():
            return []
        out = []
        for folder in self.folder.iterdir():
            summary = folder / SUMMARY
            if folder.name.startswith(".") or not summary.is_file():
                continue
            data = json.loads(summary.read_text("utf-8"))
            size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
            out.append(
                RunRecord(
                    folder.name,
                    folder,
                    str(data["programme"]),
                    str(data["created"]),
                    int(data["draws"]),
                    size,
                )
            )
        return sorted(out, key=lambda record: (record.created, record.run_id))

    @contextlib.contextmanager
    def draft(self, run_id: str, *, replace: bool = False) -> Iterator[Path]:
        """Give a folder to write a run into; it becomes the run if the block ends well.

        Parameters
        ----------
        run_id : str
            The run's name.
        replace : bool
            Put it in the place of a run of that name; else the one that is there stays.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_dead_drafts()
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=self.folder))
        lock = (draft / _LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield draft
            (draft / _LOCK).unlink()
            _flush(draft)
            self._put_in_place(draft, run_id, replace=replace)
        finally:
            lock.close()
            shutil.rmtree(draft, ignore_errors=True)

    def _put_in_place(self, draft: Path, run_id: str, *, replace: bool) -> None:
        target = self.folder / run_id
        if replace and target.exists():
            aside = Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=self.folder))
            target.rename(aside / run_id)
            draft.rename(target)
            shutil.rmtree(aside)
            return
        try:
            draft.rename(target)
        except OSError:
            if self.find(run_id) is None:
                raise
            # another process finished the same run first: same name, same content

    def _remove_dead_drafts(self) -> None:
        for draft in self.folder.glob(f"{_DRAFT_PREFIX}*"):
            try:
                with (draft / _LOCK).open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except FileNotFoundError:
                if time.time() - draft.stat().st_mtime < _ORPHAN_SECONDS:
                    continue  # its writer is between making the folder and locking it
            except BlockingIOError:
                continue
            shutil.rmtree(draft, ignore_errors=True)

    def read_stage(self, stage: str, key: str) -> Any | None:
        """Return what a stage of an earlier, perhaps stopped, run left under `key`, or None."""
        path = self.folder / _STAGES / f"{stage}-{key}.json"
        try:
            return json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None

    def write_stage(self, stage: str, key: str, value: Any) -> None:
        """Keep a stage's result, so that a stopped run resumes after it."""
        folder = self.folder / _STAGES
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(name, folder / f"{stage}-{key}.json")


def _flush(folder: Path) -> None:
    """Write a folder's files through to the disk, so that a rename never outruns them."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_file() or path.is_dir():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
