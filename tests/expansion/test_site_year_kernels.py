"""The compiled loops of the site-year against a plain twin, within bounds and within room."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import SolverError
from gigaplan.expansion.oracle import SiteYear, Source, site_year

from .site_year_twin import SmallYear, least_cost

BOUNDS = """
import numpy as np
from gigaplan.expansion.oracle import SiteYear, Source
rng = np.random.default_rng(0)
for wear, loss, lengths in ((0.0, 0.9, (60,)), (2.0, 1.0, (24, 36)), (0.0, 0.6, (1, 59))):
    year = SiteYear(
        rng.uniform(0.5, 1.2, 60),
        [
            Source("sun", 0.0, rng.random(60), {"clean": 1.0}),
            Source("line", np.round(rng.uniform(-40, 90, 60)), quantities={"carbon": 0.3}),
            Source("line", np.round(rng.uniform(-40, 40, 60)), sale=True),
            Source("reactor", 9.0, 0.9, {"clean": 1.0}, must_run_fraction=0.5),
        ],
        charge_efficiency_fraction=loss,
        discharge_efficiency_fraction=loss,
        wear_usd_per_mwh=wear,
        chain_lengths=lengths,
    )
    for _ in range(6):
        q = rng.uniform(0, 40, 5) * (rng.random(5) < 0.8)
        for energy in (0.0, q[3], 2000.0):
            q[4] = energy
            for prices in ({}, {"clean": -30.0, "carbon": 50.0}):
                year.operate(q, 30.0, prices, hourly=True)
                year.value(q, 0.0, prices)
"""


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 1_000_000))
def test_the_least_cost_is_that_of_every_way_round_in_plain_python(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 7))
    load = int(rng.integers(0, 6))
    price = rng.integers(-20, 60, count).astype(float)
    wind = rng.integers(0, 3, count).astype(float)
    power, energy = int(rng.integers(0, 4)), int(rng.integers(0, 6))
    sells = bool(rng.random() < 0.5)
    charge, discharge = float(rng.choice([1.0, 0.5])), float(rng.choice([1.0, 0.5]))
    wear = float(rng.choice([0.0, 2.0]))
    sources = [Source("line", price), Source("wind", 1.0, wind), Source("gas", 30.0)]
    if sells:
        sources.append(Source("export", price - 5, sale=True))
    year = SiteYear(
        np.ones(count),
        sources,
        ((0.5, 80.0), (0.5, 200.0)),
        charge_efficiency_fraction=charge,
        discharge_efficiency_fraction=discharge,
        wear_usd_per_mwh=wear,
    )
    q = np.array([2.0, 1.0, 1.0] + [1.0] * sells + [power, energy])
    offers = [
        [
            (price[h], 2.0),
            (1.0, wind[h]),
            (30.0, 1.0),
            (80.0, load / 2),
            (200.0, load / 2),
            *([(price[h] - 5, 1.0)] * sells),
        ]
        for h in range(count)
    ]
    twin = SmallYear([float(load + sells)] * count, offers, power, energy, charge, discharge, wear)
    # a MWh not sold is an offer at the price of the sale, and all is sold to begin with
    truth = least_cost(twin) - float(sells * (price - 5).sum())
    assert year.value(q, load).cost_usd[0] == pytest.approx(truth, rel=1e-9, abs=1e-9)
    assert year.operate(q, load).unpriced_cost_usd == pytest.approx(truth, rel=1e-9, abs=1e-9)


@pytest.mark.slow
def test_no_loop_reads_or_writes_outside_its_arrays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOUNDS],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_storage_with_more_segments_than_allowed_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    # half a chain of cheap hours, each at a price of its own, then half a chain of dear ones
    year = SiteYear(np.ones(500), [Source("line", np.sort(rng.uniform(0, 100, 500)))])
    point = [5.0, 1.0, 3000.0]
    truth = year.value(point, 1.0).cost_usd
    monkeypatch.setattr(site_year, "MOST_SEGMENTS", 64)
    for ask in (year.value, year.operate):
        with pytest.raises(SolverError, match="3000 MWh has more than 64 segments"):
            ask(point, 1.0)
    monkeypatch.setattr(site_year, "MOST_SEGMENTS", 1 << 20)
    assert (year.value(point, 1.0).cost_usd == truth).all()


def test_room_that_has_to_grow_changes_no_answer() -> None:
    # more segments than there is room for at first
    count = 12_000
    rng = np.random.default_rng(2)
    price = np.sort(rng.uniform(0, 100, count))
    year = SiteYear(np.ones(count), [Source("line", price)])
    found = year.value([5.0, 1.0, 1e6], 1.0)
    # every cheap hour is bought for a dear one
    assert found.cost_usd[0] == pytest.approx(2 * price[: count // 2].sum(), rel=1e-9)
