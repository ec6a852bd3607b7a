"""Small files written for the readers' tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

WriteCsv = Callable[..., Path]


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Write a CSV of stamps and one column; the value of row i is i unless told otherwise."""

    def write(
        *,
        start: str = "2021-01-01 00:00",
        rows: int = 8760,
        step_minutes: int = 60,
        column: str = "usd_per_mwh",
        values: Sequence[object] | None = None,
        suffix: str = "",
        leave_out: range = range(0),
        name: str = "series.csv",
    ) -> Path:
        first = datetime.fromisoformat(start)
        lines = [f"time_utc,{column}"]
        for i in range(rows):
            if i in leave_out:
                continue
            at = first + timedelta(minutes=step_minutes * i)
            lines.append(f"{at:%Y-%m-%d %H:%M}{suffix},{i if values is None else values[i]}")
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
