"""What a connection is worth that comes earlier because it accepts curtailment."""

from __future__ import annotations

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.operations.headroom import AreaDemand, curtailment
from gigaplan.study.flexible_connection import as_text, flexible_connection
from gigaplan.study.pipeline import Settings


@pytest.fixture(scope="module")
def area() -> AreaDemand:
    hour = np.arange(8760)
    months = (np.datetime64("2023-01-01", "h") + hour).astype("datetime64[M]").astype(np.int64)
    demand = 20_000 + 6_000 * np.cos(hour * 2 * np.pi / 8760) + 2_000 * np.sin(hour * np.pi / 12)
    return AreaDemand("north", demand, months % 12 + 1, months // 12 + 1970)


def test_an_earlier_connection_is_worth_the_compute_it_brings_less_what_is_curtailed(
    area: AreaDemand,
) -> None:
    found = flexible_connection(
        "one-campus", "new-albany", area, Settings(draws=200), months=(3.0, 12.0)
    )
    assert found.curtailed == curtailment(area, found.connection_mw)
    share = found.curtailed.rate_fraction
    assert 0 < share < 0.5
    three, year = found.earlier
    assert 0 <= three.it_mw_months.mean <= year.it_mw_months.mean
    for one in found.earlier:
        assert one.lost_it_mw_months.mean == pytest.approx(share * one.it_mw_months.mean)
        assert one.usd.standard_error > 0
    assert "worth, million" in as_text(found)


def test_a_site_that_is_not_there_is_refused(area: AreaDemand) -> None:
    with pytest.raises(InputError, match="no site 'elsewhere'"):
        flexible_connection("one-campus", "elsewhere", area, Settings(draws=10))
