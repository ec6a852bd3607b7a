"""Small problems that many tests begin from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import Campus, ExpansionProblem, Hours, Period, Site

from .both_ways import solve_both_ways


@pytest.fixture
def one_site() -> Callable[..., ExpansionProblem]:
    """A builder of one period and one site 'here' with IT halls of `it_mw`, always run."""

    def build(
        *,
        it_mw: float = 100.0,
        weights: Any = (8760.0,),
        chains: tuple[int, ...] | None = None,
        site: dict[str, Any] | None = None,
        **rest: Any,
    ) -> ExpansionProblem:
        steps = np.asarray(weights, dtype=np.float64)
        rest.setdefault("periods", (Period(2030),))
        rest.setdefault("campuses", (Campus(name="it", site="here", existing_it_mw=it_mw),))
        rest.setdefault("capital_rate_fraction", 0.0)
        return ExpansionProblem(
            hours=Hours(steps, chains or (len(steps),)),
            sites=(Site(name="here", **(site or {})),),
            **rest,
        )

    return build


WORKED_OUT = (
    "test_operation",
    "test_investment",
    "test_against_pypsa",
    "test_against_peers",
)
"""Modules whose problems have answers from elsewhere, which decomposition must give too."""


@pytest.fixture(autouse=True)
def by_both_methods(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where answers are worked out by hand or by PyPSA, hold decomposition to them as well."""
    if request.module.__name__.rpartition(".")[2] in WORKED_OUT:
        monkeypatch.setattr(request.module, "solve", solve_both_ways)
