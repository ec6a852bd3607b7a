"""Pausable training: what interruptions cost, how often to save, and how its power swings."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gigaplan.core.errors import require

HOURS_PER_YEAR = 8766.0


def _above_nought(value: float, name: str) -> None:
    require(0 < value < math.inf, f"found {value:g}; a number above 0 is needed.", field=name)


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """A synchronous job: one interruption stops all of it.

    Parameters
    ----------
    accelerators : int
    interruptions_per_accelerator_year : float
        All causes: hardware, network, software.
    save_hours : float
        Work stands still while its state is saved.
    restart_hours : float
        From an interruption to work again, before what was lost is done again.
    other_interruptions_per_year : float
        Of the whole job, such as pauses that the power supply asks for.
    """

    accelerators: int
    interruptions_per_accelerator_year: float
    save_hours: float
    restart_hours: float
    other_interruptions_per_year: float = 0.0

    def __post_init__(self) -> None:
        _above_nought(self.accelerators, "accelerators")
        _above_nought(self.interruptions_per_accelerator_year, "interruptions_per_accelerator_year")
        _above_nought(self.save_hours, "save_hours")
        for name in ("restart_hours", "other_interruptions_per_year"):
            value = getattr(self, name)
            require(0 <= value < math.inf, f"found {value:g}; at least 0 is needed.", field=name)

    @property
    def mean_hours_between_interruptions(self) -> float:
        """Mean time of the whole job between interruptions."""
        of_hardware = self.accelerators * self.interruptions_per_accelerator_year
        return HOURS_PER_YEAR / (of_hardware + self.other_interruptions_per_year)

    @property
    def best_save_interval_hours(self) -> float:
        """Hours of work between saves that leave the most goodput.

        J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart
        dumps", Future Generation Computer Systems 22 (2006) 303-312, eq. 37.
        """
        mean, save = self.mean_hours_between_interruptions, self.save_hours
        if save >= 2 * mean:
            return mean
        part = math.sqrt(save / (2 * mean))
        return math.sqrt(2 * save * mean) * (1 + part / 3 + part**2 / 9) - save

    def goodput_fraction(self, save_interval_hours: float | None = None) -> float:
        """Return the share of time that is work that lasts; saves at the best interval if left out.

        Daly (2006), eq. 20: interruptions may come while saving and restarting, too.
        """
        mean = self.mean_hours_between_interruptions
        every = (
            self.best_save_interval_hours if save_interval_hours is None else save_interval_hours
        )
        _above_nought(every, "save_interval_hours")
        lost = mean * math.exp(self.restart_hours / mean)
        return every / (lost * math.expm1((every + self.save_hours) / mean))


@dataclass(frozen=True, slots=True)
class SwingBuffer:
    """What must stand beside a load that swings, for the grid to see no faster change than it may.

    Parameters
    ----------
    swing_mw : float
        Between the highest and the lowest load.
    power_mw : float
        Most that the buffer gives or takes.
    energy_mwh : float
        Between its fullest and its emptiest.
    """

    swing_mw: float
    power_mw: float
    energy_mwh: float

    def covered_by(self, power_mw: float, energy_mwh: float) -> bool:
        """Return whether a storage of that size is enough."""
        return power_mw >= self.power_mw and energy_mwh >= self.energy_mwh


def swing_buffer(
    it_mw: float, swing_share: float, period_seconds: float, ramp_mw_per_second: float = 0.0
) -> SwingBuffer:
    """Return the buffer that a synchronous job's swings need.

    The load steps up and down by a share of its power, each half a period long. The grid may
    follow at most at a given ramp; the buffer gives the rest. A grid that may not follow at all
    leaves the buffer half the swing.

    Parameters
    ----------
    it_mw : float
        MW of the job at full work.
    swing_share : float
        Part of them that comes and goes.
    period_seconds : float
        From one rise to the next.
    ramp_mw_per_second : float
        What the grid, or the plants on site, may follow.
    """
    _above_nought(it_mw, "it_mw")
    _above_nought(period_seconds, "period_seconds")
    require(
        0 <= swing_share <= 1,
        f"found {swing_share:g}; a fraction from 0 to 1 is needed.",
        field="swing_share",
    )
    require(
        0 <= ramp_mw_per_second < math.inf,
        f"found {ramp_mw_per_second:g}; at least 0 is needed.",
        field="ramp_mw_per_second",
    )
    swing = it_mw * swing_share
    # how far from the middle the grid gets before the load turns
    reach = min(swing / 2, ramp_mw_per_second * period_seconds / 4)
    seconds = period_seconds / 2
    energy = swing / 2 * seconds
    if ramp_mw_per_second > 0:
        energy = min(energy, swing**2 / (2 * ramp_mw_per_second))
    return SwingBuffer(swing, swing / 2 + reach if swing else 0.0, energy / 3600)
