"""An outlook counts the same worlds that `deliver` keeps."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.delivery.announced import announced_plan, bundled

from gigaplan.core.errors import InputError
from gigaplan.delivery import Outlook, deliver, outlook
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

DRAWS = 5000


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute")


@pytest.fixture(scope="module")
def plan(meta: ResolvedProgramme) -> Plan:
    return announced_plan(meta)


@pytest.fixture(scope="module")
def kept(meta: ResolvedProgramme, plan: Plan) -> Trajectories:
    return deliver(meta, plan, draws=DRAWS, threads=2)


@pytest.fixture(scope="module")
def counted(meta: ResolvedProgramme, plan: Plan) -> Outlook:
    return outlook(meta, plan, draws=DRAWS, threads=2)


def off_by(draws: NDArray[np.floating], found: NDArray[np.floating], shares: object) -> float:
    """Return how far found[share, row] is off in rank, at most, in draws[row, draw]."""
    exact = draws.astype(np.float32)
    value = found.astype(np.float32)[..., None]
    p = np.asarray(shares).reshape(-1, *[1] * (found.ndim - 1))
    above = p - (exact[None] <= value).mean(axis=-1)
    below = (exact[None] < value).mean(axis=-1) - p
    return float(np.maximum(above, below).max())


def assert_within_a_tenth_of_a_percentile(
    draws: NDArray[np.floating], found: NDArray[np.floating], shares: tuple[float, ...], cells: int
) -> None:
    """Check found[share, row] against draws[row, draw], give or take the width of a cell."""
    finite = np.where(np.isfinite(draws), draws, np.nan)
    middle = np.nanquantile(finite, [0.001, 0.999], axis=1)
    width = np.nan_to_num(np.ptp(middle, axis=0)) / cells + 1e-6 * np.abs(np.nan_to_num(middle[1]))
    for share, value in zip(shares, found, strict=True):
        low = np.quantile(draws, max(share - 0.001, 0), axis=1, method="lower")
        high = np.quantile(draws, min(share + 0.001, 1), axis=1, method="higher")
        assert np.all(low - width <= value)
        assert np.all(value <= high + width)


def test_quantiles_are_those_of_kept_draws_to_a_tenth_of_a_percentile(
    kept: Trajectories, counted: Outlook
) -> None:
    spent = np.sum(list(kept.capex_usd.values()), axis=0)
    month = np.arange(kept.timeline.first, kept.timeline.last + 1)
    yearly = np.array([spent[month // 12 == year].sum(axis=0) for year in counted.years])
    for draws, found in (
        (kept.online_it_mw(), counted.online_it_mw),
        (kept.online_month, counted.entity_month),
        (kept.entity_capex_usd, counted.entity_capex_usd),
        (yearly, counted.capex_by_year_usd["all"]),
        (np.cumsum(yearly, axis=0), counted.capex_to_date_usd),
    ):
        assert_within_a_tenth_of_a_percentile(draws, found, counted.shares, 2048)
    quarter = np.array(counted.quarters) - kept.timeline.first
    for i in range(len(counted.sites)):
        draws, found = kept.site_online_it_mw[i, quarter], counted.site_online_it_mw[:, i]
        assert_within_a_tenth_of_a_percentile(draws, found, counted.shares, 512)


def test_chances_bottlenecks_and_means_are_exact(kept: Trajectories, counted: Outlook) -> None:
    assert counted.targets == kept.targets
    assert np.allclose(counted.bottleneck_share, kept.bottleneck_share(), atol=1e-12)
    total = kept.online_it_mw()
    assert counted.mean_online_it_mw == pytest.approx(total.mean(axis=1), rel=1e-9)
    error = total.std(axis=1) / np.sqrt(DRAWS)
    assert counted.mean_error_it_mw == pytest.approx(error, rel=1e-6, abs=1e-3)
    never = np.isinf(kept.online_month).mean(axis=1)
    assert counted.entity_never == pytest.approx(never, abs=1e-12)


def test_threads_do_not_matter_to_the_last_bit(
    meta: ResolvedProgramme, plan: Plan, counted: Outlook
) -> None:
    one = outlook(meta, plan, draws=DRAWS, threads=1)
    for field in fields(one):
        ours, theirs = getattr(one, field.name), getattr(counted, field.name)
        if isinstance(ours, np.ndarray):
            assert np.array_equal(ours, theirs), field.name
        elif field.name != "capex_by_year_usd":
            assert ours == theirs
    for group, usd in one.capex_by_year_usd.items():
        assert np.array_equal(usd, counted.capex_by_year_usd[group])


def test_the_standard_error_of_a_quantile_is_that_between_seeds(
    meta: ResolvedProgramme, plan: Plan
) -> None:
    found = [outlook(meta, plan, draws=1024, seed=s, shares=[0.5]) for s in range(40)]
    month = 12 * 2031 - meta.timeline.first
    between = np.std([o.online_it_mw[0, month] for o in found], ddof=1)
    stated = np.mean([o.online_error_it_mw[0, month] for o in found])
    # the deviation of 40 values is known to 11%
    assert between == pytest.approx(stated, rel=0.45)


def test_progress_is_told_and_rises_to_one(meta: ResolvedProgramme, plan: Plan) -> None:
    seen: list[float] = []
    outlook(meta, plan, draws=3000, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_numbers_out_of_range_are_named(meta: ResolvedProgramme, plan: Plan) -> None:
    with pytest.raises(InputError, match="0 draws were asked for"):
        outlook(meta, plan, draws=0)
    with pytest.raises(InputError, match=r"quantile at 1\.2"):
        outlook(meta, plan, draws=10, shares=[1.2])
