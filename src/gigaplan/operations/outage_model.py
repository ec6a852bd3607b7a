"""How units fail: durations, derates, refuelling, temperature, and causes common to several."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from gigaplan.core.errors import require

Floats = NDArray[np.float64]

POINTS = 2048
LARGEST = 22.3
"""Standard exponentials of the loops are below this."""


HOURS_PER_MONTH = 8760 / 12


def check_at_least(value: float, low: float, name: str, field_name: str, unit: str = "") -> None:
    """Refuse a figure that is not finite or too small."""
    require(
        math.isfinite(value) and value >= low,
        f"found {value:g}{unit}; a finite number of at least {low:g}{unit} is needed.",
        field=f"{name}.{field_name}",
    )


def check_fraction(value: float, name: str, field_name: str) -> None:
    """Refuse a figure that is no fraction."""
    require(
        0.0 <= value <= 1.0,
        f"found {value:g}; a fraction from 0 to 1 is needed.",
        field=f"{name}.{field_name}",
    )


@dataclass(frozen=True, slots=True)
class Refuelling:
    """A planned outage that returns.

    Parameters
    ----------
    cycle_months : float
        Months from one start to the next.
    length_days : float
        Days without power each time.
    phase_fraction : float
        Where in its cycle the unit stands beside the others, in cycles: units
        with phases 0 and 0.5 never refuel together. The place of the whole
        fleet in the cycle is drawn once per sample.
    """

    cycle_months: float
    length_days: float
    phase_fraction: float = 0.0

    def __post_init__(self) -> None:
        check_at_least(self.cycle_months, 1.0, "refuelling", "cycle_months", " months")
        check_at_least(self.length_days, 0.0, "refuelling", "length_days", " days")
        check_fraction(self.phase_fraction, "refuelling", "phase_fraction")
        require(
            24 * self.length_days < HOURS_PER_MONTH * self.cycle_months,
            f"found {self.length_days:g} days in a cycle of {self.cycle_months:g} months; "
            "an outage must be shorter than its cycle.",
            field="refuelling.length_days",
        )


@dataclass(frozen=True, slots=True)
class TemperatureOutages:
    """Forced-outage fraction by outdoor temperature, after Murphy et al. (2019).

    The failure rate of each hour is the one whose steady state is the fraction
    of that hour's temperature: units fail on their own, but more of them in the
    same cold hours. Between the points the fraction is interpolated; beyond the
    ends the last value holds.

    Parameters
    ----------
    celsius : tuple of float
        Temperatures, rising.
    outage_fraction : tuple of float
        Fraction of time out at each, below 1.

    References
    ----------
    S. Murphy, F. Sowell, J. Apt, "A time-dependent model of generator failures
    and recoveries captures correlated events and quantifies temperature
    dependence", Applied Energy 253 (2019) 113513.
    """

    celsius: tuple[float, ...]
    outage_fraction: tuple[float, ...]

    def __post_init__(self) -> None:
        require(
            len(self.celsius) == len(self.outage_fraction) > 0,
            "give one outage fraction for each temperature.",
            field="temperature_outages",
        )
        require(
            all(a < b for a, b in zip(self.celsius, self.celsius[1:], strict=False)),
            "the temperatures must rise.",
            field="temperature_outages.celsius",
        )
        require(
            all(0 <= f < 1 for f in self.outage_fraction),
            "each fraction must be at least 0 and below 1.",
            field="temperature_outages.outage_fraction",
        )


@dataclass(frozen=True, slots=True)
class Weibull:
    """Weibull hours of a given mean.

    Parameters
    ----------
    mean_hours : float
    shape : float
        1 is the exponential; above 1, the longer it lasts the likelier it ends.
    """

    mean_hours: float
    shape: float

    def __post_init__(self) -> None:
        for value, name in ((self.mean_hours, "mean_hours"), (self.shape, "shape")):
            require(
                0 < value < math.inf, f"found {value:g}; a number above 0 is needed.", field=name
            )

    @property
    def scale_hours(self) -> float:
        """Hours that a standard exponential of 1 stands for."""
        return self.mean_hours / math.gamma(1 + 1 / self.shape)

    def rest_hours(self, chance: Floats) -> Floats:
        """Return what is left, seen at a time of no account, at each chance of less."""
        power = 1 / self.shape
        return np.asarray(self.scale_hours * gammaincinv(power, chance) ** power, np.float64)


@dataclass(frozen=True, slots=True)
class Empirical:
    """Hours as they were, each as likely as the next.

    Parameters
    ----------
    hours : tuple of float
        Durations on record, above 0.
    """

    hours: tuple[float, ...]

    def __post_init__(self) -> None:
        require(
            len(self.hours) > 0 and all(0 < h < math.inf for h in self.hours),
            "durations above 0 are needed, at least one.",
            field="hours",
        )

    @property
    def mean_hours(self) -> float:
        """Mean of the durations."""
        return float(np.mean(self.hours))

    def rest_hours(self, chance: Floats) -> Floats:
        """Return what is left, seen at a time of no account, at each chance of less."""
        hours = np.sort(self.hours)
        # the chance of less than t is the sum of min(hours, t) over the sum of hours
        upto = np.concatenate([[0.0], hours])
        waiting = hours.size - np.arange(hours.size)
        reached = np.concatenate([[0.0], np.cumsum(waiting * np.diff(upto))]) / hours.sum()
        rest: Floats = np.interp(chance, reached, upto)
        return rest


Durations: TypeAlias = Weibull | Empirical


def rest_table(durations: Durations) -> Floats:
    """Return what is left at even steps of a standard exponential from 0 to `LARGEST`."""
    steps = np.linspace(0.0, LARGEST, POINTS)
    return durations.rest_hours(-np.expm1(-steps))


@dataclass(frozen=True, slots=True)
class Derating:
    """Failures that leave a unit running at less: a third state.

    Parameters
    ----------
    share_of_failures : float
        Part of a unit's failures that derate it; the others stop it.
    lost_fraction : float
        Part of its MW that is lost meanwhile.
    mean_hours : float
        Until it is whole again, exponential.
    """

    share_of_failures: float
    lost_fraction: float
    mean_hours: float

    def __post_init__(self) -> None:
        for name in ("share_of_failures", "lost_fraction"):
            value = getattr(self, name)
            require(
                0 <= value <= 1,
                f"found {value:g}; a fraction from 0 to 1 is needed.",
                field=f"derating.{name}",
            )
        require(
            0 < self.mean_hours < math.inf,
            f"found {self.mean_hours:g}; hours above 0 are needed.",
            field="derating.mean_hours",
        )


@dataclass(frozen=True, slots=True)
class LoadOutage:
    """Events of the campus itself that stop part of its load: cooling, network, transformers, UPS.

    Parameters
    ----------
    name : str
        Unique among them; its events depend on it and the seed alone.
    mttf_hours, mttr_hours : float
        Mean hours between and of events, both exponential.
    lost_fraction : float
        Part of the load that stands still. Several events at once add up, to all of it at most.
    """

    name: str
    mttf_hours: float
    mttr_hours: float
    lost_fraction: float = 1.0

    def __post_init__(self) -> None:
        require(bool(self.name), "a load outage needs a name.", field="load_outage.name")
        for name in ("mttf_hours", "mttr_hours"):
            value = getattr(self, name)
            require(
                0 < value < math.inf,
                f"found {value:g}; hours above 0 are needed.",
                field=f"{self.name}.{name}",
            )
        check_fraction(self.lost_fraction, self.name, "lost_fraction")


MOST_EVENTS = 64
"""Most events of one common cause in a year."""


@dataclass(frozen=True, slots=True)
class CommonCause:
    """Events that stop several units at once: a pipeline, a substation, a freeze, a heat wave.

    Parameters
    ----------
    name : str
        Unique among the causes; its events depend on it and the seed alone.
    units : tuple of str
        Names of the units it may hit; the grid connection's name is allowed.
    events_per_year : float
        Mean over the weather years; at most 20.
    mean_hours : float
        Length of an event, exponential.
    hit_fraction : float
        Chance that an event stops a unit, drawn unit by unit.
    below_celsius, above_celsius : float, optional
        Events begin only in hours colder, or hotter, than this.
    """

    name: str
    units: tuple[str, ...]
    events_per_year: float
    mean_hours: float
    hit_fraction: float = 1.0
    below_celsius: float | None = None
    above_celsius: float | None = None

    def __post_init__(self) -> None:
        require(bool(self.name), "a common cause needs a name.", field="common_cause.name")
        for low, high, name in (
            (0.0, 20.0, "events_per_year"),
            (0.0, 8760.0, "mean_hours"),
            (0.0, 1.0, "hit_fraction"),
        ):
            value = getattr(self, name)
            require(
                low < value <= high,
                f"found {value:g}; a number above {low:g} and at most {high:g} is needed.",
                field=f"{self.name}.{name}",
            )
