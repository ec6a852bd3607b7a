"""Small problems that many tests begin from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import Campus, ExpansionProblem, Hours, Period, Site


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
