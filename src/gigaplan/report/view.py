"""A run as the report reads it: its summary, tables and figures, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gigaplan.core.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd


class RunTables(Mapping[str, "pd.DataFrame"]):
    """The tables of a run by name, each read from its Parquet file when first asked for.

    Parameters
    ----------
    folder : Path
        The folder that holds ``<name>.parquet``; may be missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            import pandas as pd

            self._read[name] = pd.read_parquet(self._paths[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


@dataclass(frozen=True)
class RunView:
    """Everything of a run that a report is made from.

    Parameters
    ----------
    summary : dict
        ``run.json``; see docs/run-format.md.
    tables : mapping of str to DataFrame
        The run's tables; those of a folder are read when first asked for.
    figures : list of dict
        ``figures.json``: every figure used, with its source.
    inputs : dict
        ``inputs.json``: every input by its dotted field; empty if the run has none.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    figures: list[dict[str, Any]] = field(default_factory=list)
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | str) -> RunView:
        """Return the run kept in `folder`.

        Raises
        ------
        InputError
            If the folder holds no run, or one whose summary cannot be read.
        """
        folder = Path(folder)
        path = folder / "run.json"
        if not path.is_file():
            raise InputError(
                Problem(
                    "holds no run: run.json is missing.",
                    file=str(folder),
                    hint="List the runs that are kept with: gigaplan runs.",
                )
            )
        return cls(
            summary=_read_json(path),
            tables=RunTables(folder / "tables"),
            figures=_read_json(folder / "figures.json", []),
            inputs=_read_json(folder / "inputs.json", {}),
        )

    @property
    def run_id(self) -> str:
        """Return the run's name."""
        return str(self.summary.get("run_id", ""))

    @property
    def title(self) -> str:
        """Return the programme's title, or its name if it has none."""
        return str(self.summary.get("title") or self.summary.get("programme") or "")

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, or an empty one if the run does not hold it."""
        if name in self.tables:
            return self.tables[name]
        import pandas as pd

        return pd.DataFrame()


def _read_json(path: Path, absent: Any = None) -> Any:
    if absent is not None and not path.is_file():
        return absent
    try:
        return json.loads(path.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(
            Problem(
                f"is not readable as JSON ({error}).",
                file=str(path),
                hint="Run the programme again with --fresh.",
            )
        ) from error
