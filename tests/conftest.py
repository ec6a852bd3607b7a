"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and known answers beside the repository."""
    if not _SHARED.is_dir():
        pytest.skip("needs the shared folder of real data and known answers beside the repository")
    return _SHARED
