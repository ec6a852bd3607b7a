"""Interruptions, saves and swings of training against a simulation and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from gigaplan.core.errors import InputError
from gigaplan.operations.training import TrainingJob, swing_buffer

# Llama 3 405B: 419 interruptions in 54 days on 16,384 GPUs.
RATE = 419 / (16_384 * 54 / 365.25)
JOB = TrainingJob(16_384, RATE, save_hours=10 / 3600, restart_hours=0.15)


def test_an_interruption_every_three_hours() -> None:
    assert JOB.mean_hours_between_interruptions == pytest.approx(54 * 24 / 419, rel=1e-3)


def test_nine_tenths_of_llama_3_s_time_was_effective() -> None:
    """Published: above 90%; saves of seconds and restarts of minutes give that."""
    assert 0.90 < JOB.goodput_fraction() < 0.97


@pytest.mark.parametrize("save", [0.003, 0.05, 0.5])
def test_the_best_interval_is_where_goodput_is_highest(save: float) -> None:
    job = TrainingJob(1000, 2.0, save_hours=save, restart_hours=0.3)
    found = minimize_scalar(
        lambda every: -job.goodput_fraction(every), bounds=(1e-3, 50), method="bounded"
    )
    assert job.best_save_interval_hours == pytest.approx(found.x, rel=0.02)
    assert job.goodput_fraction() == pytest.approx(-found.fun, rel=1e-4)


def simulated(job: TrainingJob, every: float, hours: float) -> float:
    """Return goodput by playing interruptions out one by one."""
    random = np.random.default_rng(1)
    mean = job.mean_hours_between_interruptions
    time, kept = 0.0, 0.0
    left = random.exponential(mean)
    restarting = False
    while time < hours:
        step = job.restart_hours if restarting else every + job.save_hours
        if left > step:
            time, left = time + step, left - step
            kept += 0.0 if restarting else every
            restarting = False
        else:
            time += left
            left, restarting = random.exponential(mean), True
    return kept / time


def test_goodput_is_that_of_a_simulation() -> None:
    job = TrainingJob(5000, 0.5, save_hours=0.1, restart_hours=0.4, other_interruptions_per_year=50)
    for every in (0.5, job.best_save_interval_hours, 4.0):
        found = job.goodput_fraction(every)
        assert found == pytest.approx(simulated(job, every, 300_000), rel=0.01)


def played(swing: float, period: float, ramp: float) -> tuple[float, float]:
    """Return power and MWh that a buffer needs, the grid following as fast as it may."""
    steps = 20_000
    seconds = period / steps
    load = np.where(np.arange(20 * steps) % steps < steps // 2, swing / 2, -swing / 2)
    grid = np.empty(load.size)
    now = -min(swing / 2, ramp * period / 4)  # as often above the middle as below
    for i, wanted in enumerate(load):
        now += float(np.clip(wanted - now, -ramp * seconds, ramp * seconds))
        grid[i] = now
    given = (load - grid)[-2 * steps :]
    energy = np.cumsum(given) * seconds / 3600
    return float(np.abs(given).max()), float(energy.max() - energy.min())


@pytest.mark.parametrize("ramp", [0.0, 3.0, 20.0, 60.0, 500.0])
def test_the_buffer_is_that_of_a_load_played_out(ramp: float) -> None:
    found = swing_buffer(it_mw=500.0, swing_share=0.4, period_seconds=8.0, ramp_mw_per_second=ramp)
    power, energy = played(200.0, 8.0, ramp)
    assert found.swing_mw == 200.0
    assert found.power_mw == pytest.approx(power, rel=5e-3)
    assert found.energy_mwh == pytest.approx(energy, rel=5e-3)
    assert found.covered_by(power * 1.01, energy * 1.01)
    assert not found.covered_by(power * 0.98, energy * 1.01)


def test_what_cannot_be_is_refused() -> None:
    for call, message in (
        (lambda: TrainingJob(0, 0.1, 0.1, 0.1), "above 0"),
        (lambda: TrainingJob(10, 0.1, 0.1, math.nan), "at least 0"),
        (lambda: JOB.goodput_fraction(0.0), "above 0"),
        (lambda: swing_buffer(10.0, 1.5, 1.0), "from 0 to 1"),
        (lambda: swing_buffer(10.0, 0.5, 1.0, -1.0), "at least 0"),
    ):
        with pytest.raises(InputError, match=message):
            call()
