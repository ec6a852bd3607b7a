"""What the comparisons with PyPSA share."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

RELATIVE = 1e-6


@pytest.fixture(scope="session")
def pypsa() -> Any:
    found = pytest.importorskip("pypsa")
    logging.getLogger("pypsa").setLevel(logging.ERROR)
    logging.getLogger("linopy").setLevel(logging.ERROR)
    return found


def solve_model(network: Any) -> float:
    status = network.optimize.solve_model(
        solver_name="highs", log_to_console=False, mip_rel_gap=1e-9
    )
    assert status[1] == "optimal"
    return float(network.model.objective.value)


def prices_of(network: Any, bus: str) -> NDArray[np.float64]:
    """Return the raw duals of a bus's balance."""
    dual = network.model.constraints["Bus-nodal_balance"].dual
    dimension = next(d for d in dual.dims if d != "snapshot")
    return np.asarray(dual.sel({dimension: bus}).values, dtype=np.float64)


def same(ours: Any, theirs: Any) -> None:
    size = float(np.max(np.abs(theirs)))
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=RELATIVE * size)
