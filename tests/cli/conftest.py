"""One small run that the command-line tests share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[str]
Gigaplan = Callable[..., Done]


@pytest.fixture(scope="session")
def gigaplan() -> Gigaplan:
    """Return a function that runs the command line in a process of its own."""

    def call(*arguments: str | Path, cwd: Path | None = None) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "gigaplan.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=cwd,
        )

    return call


@pytest.fixture(scope="session")
def store(gigaplan: Gigaplan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that holds one-campus with 60 draws, seeds 1 and 2."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in ("1", "2"):
        done = gigaplan("run", "one-campus", "--draws", "60", "--seed", seed, "--out", folder)
        assert done.returncode == 0, done.stderr
    return folder
