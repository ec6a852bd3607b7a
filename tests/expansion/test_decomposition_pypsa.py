"""Random programmes of several sites by rounds, against PyPSA.

Twenty larger ones are in `test_against_peers`, marked slow.
"""

from __future__ import annotations

from typing import Any

import pytest

from gigaplan.expansion.decomposition import decompose

from .both_ways import ROUNDING
from .decomposition_peer import network, problem
from .pypsa_peer import pypsa, solve_model

__all__ = ["pypsa"]  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("seed", range(5))
def test_pypsas_optimum_lies_between_our_bound_and_plan(pypsa: Any, seed: int) -> None:
    peer = network(pypsa, seed)
    peer.optimize.create_model()
    theirs = solve_model(peer)
    for fast in (True, False):
        found = decompose(problem(seed), gap=1e-4, fast=fast)
        near = ROUNDING * abs(theirs)
        assert found.bound_usd <= theirs + near
        assert found.objective_usd >= theirs - near
        assert found.gap <= 1e-4
