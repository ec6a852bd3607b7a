"""How much new load an area can take that accepts to be curtailed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.operations.headroom import (
    AreaDemand,
    as_json,
    as_text,
    curtailment,
    headroom,
    read_demand,
)

Floats = NDArray[np.float64]


def area_of(demand_mw: Floats, first: str = "2021-01-01") -> AreaDemand:
    hours = np.datetime64(first, "h") + np.arange(len(demand_mw))
    months = hours.astype("datetime64[M]").astype(np.int64)
    return AreaDemand("area", demand_mw, months % 12 + 1, months // 12 + 1970)


def random_area(seed: int, hours: int = 2 * 8760) -> AreaDemand:
    random, hour = np.random.default_rng(seed), np.arange(hours)
    shape = 50 + 10 * np.sin(hour * np.pi / 12) + 8 * np.cos(hour * 2 * np.pi / 8760)
    return area_of(1000 * (shape + random.gamma(2.0, 3.0, hours)))


def curtailed_share(area: AreaDemand, load_mw: float) -> float:
    """Return the share of a load's energy that is curtailed, hour by hour, from its words."""
    summer = (area.month >= 4) & (area.month <= 9)
    peak = np.where(summer, area.demand_mw[summer].max(), area.demand_mw[~summer].max())
    over = np.clip(area.demand_mw + load_mw - peak, 0, load_mw)
    return float(over.sum() / (load_mw * len(over)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rate=st.floats(2e-4, 0.5))
def test_the_load_found_is_curtailed_by_the_share_asked_for(seed: int, rate: float) -> None:
    area = random_area(seed)
    found = headroom(area, [rate])[0]
    assert curtailed_share(area, found.headroom_mw) == pytest.approx(rate, rel=1e-9)
    assert curtailment(area, found.headroom_mw).rate_fraction == pytest.approx(rate, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_more_curtailment_never_takes_less_load_and_units_do_not_matter(seed: int) -> None:
    area = random_area(seed)
    loads = [one.headroom_mw for one in headroom(area)]
    assert loads == sorted(loads)
    double = AreaDemand("double", 2 * area.demand_mw + 500.0, area.month, area.year)
    # a constant more changes no distance to the peak, a factor scales them all
    assert [one.headroom_mw for one in headroom(double)] == pytest.approx([2 * x for x in loads])


def test_curtailments_are_counted_as_runs_of_hours() -> None:
    demand = np.full(8760, 100.0)
    demand[100:104] = 190.0  # January: four hours in a row
    demand[200] = 200.0  # the winter's peak
    demand[4000:4002] = 150.0  # June: its own peak, reached twice
    found = curtailment(area_of(demand), 40.0)
    # winter: 30 of 40 MW in four hours, 40 in one; summer: 40 in two
    assert found.hours_per_year == pytest.approx(7 * 8766 / 8760)
    assert found.curtailments_per_year == pytest.approx(3 * 8766 / 8760)
    assert found.longest_hours == 4
    assert found.mean_hours == pytest.approx(7 / 3)
    assert found.mean_depth_fraction == pytest.approx((4 * 30 + 3 * 40) / (7 * 40))
    assert found.half_kept_fraction == 0.0
    assert found.by_season_fraction == {
        "winter": pytest.approx(5 / 7),
        "summer": pytest.approx(2 / 7),
    }
    assert found.rate_fraction == pytest.approx(240 / (40 * 8760))
    assert found.by_year_fraction == {2021: pytest.approx(240 / (40 * 8760))}


def test_no_load_is_curtailed_for_less_than_the_hours_at_the_peak() -> None:
    found = headroom(random_area(1), [1e-5])[0]  # two peaks in 17,520 hours are 1.1e-4
    assert (found.headroom_mw, found.hours_per_year, found.mean_depth_fraction) == (0.0, 0.0, 0.0)


def test_years_that_are_alike_leave_no_doubt() -> None:
    year = random_area(3, 8760).demand_mw
    found = headroom(area_of(np.tile(year, 3)), [0.01])[0]
    assert found.error_mw == pytest.approx(0.0, abs=0.02 * found.headroom_mw)
    assert headroom(area_of(year), [0.01])[0].error_mw == float("inf")


def test_pjm_takes_what_the_published_study_says(shared: Path) -> None:
    # T. Norris et al., "Rethinking Load Growth" (2025): 18 GW in PJM at 0.5%, from 2016-2024;
    # the hours here are of 2020-2024
    area = read_demand(shared / "data/demand/eia930_demand_2020_2024.csv", ["PJM"])[0]
    found = headroom(area, [0.005])[0]
    assert found.headroom_mw / 1000 == pytest.approx(18.0, abs=1.0)
    assert len(found.by_year_fraction) == 5


def write(path: Path, rows: list[str]) -> Path:
    file = path / "demand.csv"
    file.write_text("time_utc,north\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def rows_of(hours: int) -> list[str]:
    stamps = np.datetime64("2021-01-01", "h") + np.arange(hours)
    return [f"{str(t).replace('T', ' ')}:00,{100 + i % 24}" for i, t in enumerate(stamps)]


def test_a_leap_year_is_read_whole(tmp_path: Path) -> None:
    rows = rows_of(4 * 8760 + 24)
    found = read_demand(write(tmp_path, rows))[0]
    assert len(found.demand_mw) == 35_064
    assert (found.year[-1], found.month[-1]) == (2024, 12)
    told = as_text(headroom(found))
    assert max(map(len, told.splitlines())) <= 80
    json.dumps(as_json(headroom(found)), allow_nan=False)


def blank(rows: list[str]) -> list[str]:
    return [*rows[:50], rows[50].split(",")[0] + ",", *rows[51:]]


BAD = [
    (blank, "demand.csv:52: column north: found no number; demand above 0 is needed"),
    (
        lambda r: [*r[:50], *r[51:]],
        "demand.csv:52: column time_utc: the row comes 120 min after it",
    ),
    (
        lambda r: [*r[:50], r[49], *r[50:]],
        "demand.csv:52: column time_utc: the row comes before or",
    ),
    (lambda r: [*r[:50], r[50].split(",")[0] + ",-3", *r[51:]], "found -3 MW"),
    (lambda r: r[:8000], "found 8,000 hours; at least a year (8,760) is needed"),
    (lambda r: [*r[:9], "x,1", *r[10:]], "demand.csv:11: column time_utc: found 'x'"),
]


@pytest.mark.parametrize(("spoil", "message"), BAD)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, spoil, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as error:
        read_demand(write(tmp_path, spoil(rows_of(8760))))
    assert message in str(error.value)


def test_an_area_that_is_not_there_and_a_rate_out_of_range_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path, rows_of(8760))
    with pytest.raises(InputError, match="column 'south' is missing; the file has time_utc, north"):
        read_demand(file, ["south"])
    area = read_demand(file)[0]
    with pytest.raises(InputError, match="a share above 0"):
        headroom(area, [0.0])
    with pytest.raises(InputError, match="a load above 0"):
        curtailment(area, 0.0)
    with pytest.raises(InputError, match="the same in every hour"):
        headroom(area_of(np.full(8760, 5.0)))
