from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.delivery import CampusCapacity, Capacity, SiteCapacity, online_compute
from gigaplan.delivery.online import KINDS


def steps(*found: tuple[float, float | list[float], float], draws: int = 1) -> Capacity:
    """Return capacity from (MW, month by draw, planned month)."""
    months = [np.broadcast_to(np.array(m, float), (draws,)) for _, m, _ in found]
    return Capacity(
        np.array([mw for mw, _, _ in found]),
        np.array(months) if months else np.zeros((0, draws)),
        np.array([p for _, _, p in found]),
    )


def one_site(
    permission: Capacity,
    hall: Capacity,
    chips: Capacity,
    connection: Capacity,
    generation: Capacity,
    pue: float = 1.25,
) -> SiteCapacity:
    return SiteCapacity(
        "s", [CampusCapacity("c", permission, hall, chips)], connection, generation, pue
    )


def test_each_month_names_what_holds_it_back() -> None:
    site = one_site(
        steps((100, 2, 0)),  # permission in month 2, planned 0
        steps((100, 4, 0)),  # hall in month 4
        steps((100, 6, 0)),  # chips in month 6
        steps((75, 8, 0)),  # connection in month 8
        steps((50, 10, 0)),  # generation in month 10
    )
    result = online_compute([site], first_month=0, months=12, draws=1)
    names = [KINDS[code] for code in result.bottleneck[0, :, 0]]
    # until month 8 there is no power at all, so power is the least from month 6 on
    assert result.online_it_mw[0, :, 0].tolist() == [0] * 8 + [60, 60, 100, 100]
    assert names[8:] == ["power", "power", "none", "none"]
    assert names[6] == "connection"
    assert np.all(result.planned_it_mw == 100)


def test_with_power_in_place_permission_then_hall_then_chips_are_named() -> None:
    site = one_site(
        steps((100, 2, 0)), steps((100, 4, 0)), steps((100, 6, 0)), steps((200, 0, 0)), steps()
    )
    result = online_compute([site], first_month=0, months=8, draws=1)
    names = [KINDS[code] for code in result.bottleneck[0, :, 0]]
    assert names == ["permission"] * 2 + ["hall"] * 2 + ["chips"] * 2 + ["none"] * 2


def test_partial_power_is_shared_and_facility_power_is_not_it_power() -> None:
    a = CampusCapacity("a", *(steps((60, 0, 0)) for _ in range(3)))
    b = CampusCapacity("b", *(steps((60, 0, 0)) for _ in range(3)))
    site = SiteCapacity("s", [a, b], steps((100, 0, 0), (50, 3, 0)), steps(), 1.25)
    result = online_compute([site], first_month=0, months=5, draws=1)
    assert result.online_it_mw[0, :, 0].tolist() == [80, 80, 80, 120, 120]


def test_chips_of_one_campus_do_not_fill_halls_of_another() -> None:
    a = CampusCapacity("a", steps((60, 0, 0)), steps((60, 0, 0)), steps((120, 0, 0)))
    b = CampusCapacity("b", steps((60, 0, 0)), steps((60, 0, 0)), steps())
    site = SiteCapacity("s", [a, b], steps((500, 0, 0)), steps(), 1.0)
    assert online_compute([site], first_month=0, months=1, draws=1).online_it_mw[0, 0, 0] == 60


def test_capacity_counts_from_the_first_whole_month_after_its_date() -> None:
    full = steps((10, 0, 0))
    site = one_site(full, steps((10, 2.4, 0)), full, full, steps(), 1.0)
    online = online_compute([site], first_month=0, months=5, draws=1).online_it_mw[0, :, 0]
    assert online.tolist() == [0, 0, 0, 10, 10]


def test_what_leaves_is_missed_and_what_never_comes_never_counts() -> None:
    full = steps((10, 0, 0), draws=2)
    chips = steps((10, 0, 0), (-10, 3, 9), draws=2)
    site = one_site(full, steps((10, [0, np.inf], 0), draws=2), chips, full, steps(draws=2), 1.0)
    result = online_compute([site], first_month=0, months=5, draws=2)
    assert result.online_it_mw[0, :, 0].tolist() == [10, 10, 10, 0, 0]
    assert result.online_it_mw[0, :, 1].tolist() == [0] * 5
    assert KINDS[result.bottleneck[0, 4, 0]] == "chips"


def test_a_target_has_its_chance_and_standard_error() -> None:
    months = list(np.where(np.arange(100) < 30, 5.0, 50.0))
    full = steps((10, 0, 0), draws=100)
    site = one_site(full, steps((10, months, 5), draws=100), full, full, steps(draws=100), 1.0)
    result = online_compute([site], first_month=0, months=12, draws=100)
    chance = result.target_probability(6, 10.0)
    assert chance.mean == 0.3
    assert chance.standard_error == pytest.approx(np.sqrt(0.3 * 0.7 / 100))


@st.composite
def sites(draw: st.DrawFn) -> SiteCapacity:
    def some() -> Capacity:
        found = draw(st.lists(st.tuples(st.floats(0, 500), st.integers(0, 40)), max_size=4))
        seed = draw(st.integers(0, 1000))
        late = np.random.default_rng(seed).exponential(8, (len(found), 300))
        planned = np.array([float(m) for _, m in found])
        return Capacity(np.array([mw for mw, _ in found]), planned[:, None] + late, planned)

    campuses = [
        CampusCapacity(f"c{i}", some(), some(), some()) for i in range(draw(st.integers(1, 3)))
    ]
    return SiteCapacity("s", campuses, some(), some(), draw(st.floats(1, 1.6)))


def twin(site: SiteCapacity, months: int, draws: int) -> np.ndarray:
    def standing(capacity: Capacity, month: int) -> np.ndarray:
        here = np.ceil(capacity.months - 1e-9) <= month
        return np.asarray(np.sum(capacity.mw[:, None] * here, axis=0) + np.zeros(draws))

    out = np.zeros((months, draws))
    for m in range(months):
        ready = sum(
            np.minimum.reduce([standing(x, m) for x in (c.permission, c.hall, c.chips)])
            for c in site.campuses
        )
        power = (standing(site.connection, m) + standing(site.generation, m)) / site.pue
        out[m] = np.minimum(ready, power)
    return out


@settings(max_examples=30, deadline=None)
@given(sites())
def test_online_compute_agrees_with_its_plain_twin(site: SiteCapacity) -> None:
    result = online_compute([site], first_month=0, months=60, draws=300, threads=2)
    np.testing.assert_allclose(result.online_it_mw[0], twin(site, 60, 300), rtol=1e-5, atol=1e-3)
    late = result.online_it_mw[0] < result.planned_it_mw[0][:, None] - 2e-3
    assert np.all(result.bottleneck[0][late] > 0)
    shares = result.bottleneck_share()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    # nothing comes before its plan, so no draw is ahead of the plan
    assert np.all(result.online_it_mw[0] <= result.planned_it_mw[0][:, None] + 1e-3)


@settings(max_examples=20, deadline=None)
@given(sites(), st.floats(0, 300))
def test_more_connection_never_lowers_online_compute(site: SiteCapacity, mw: float) -> None:
    extra = Capacity(
        np.append(site.connection.mw, mw),
        np.vstack([site.connection.months, np.zeros((1, 300))]),
        np.append(site.connection.planned_months, 0.0),
    )
    more = SiteCapacity(site.name, site.campuses, extra, site.generation, site.pue)
    before, after = (
        online_compute([s], first_month=0, months=60, draws=300).online_it_mw for s in (site, more)
    )
    assert np.all(after >= before - 1e-3)


def test_a_pue_below_one_and_missing_draws_are_refused() -> None:
    full = steps((10, 0, 0))
    with pytest.raises(InputError, match=r"PUE of 's' is 0\.9"):
        one_site(full, full, full, full, full, 0.9)
    with pytest.raises(InputError, match="has 1 draws; 5 are needed"):
        online_compute([one_site(full, full, full, full, full)], first_month=0, months=2, draws=5)
    with pytest.raises(InputError, match="infinity for never"):
        steps((10, np.nan, 0))
